# SPDX-License-Identifier: LGPL-2.1-or-later
"""The host's end of the line to the agent in a guest. guest/agent.c tells the protocol."""

import base64
import gzip

from .line import LineSocket

# With "+ " and the line's end far below the 4 KiB that a tty holds for a slow reader.
_PIECE = 2048


class Agent:
    """An agent that runs shell scripts, one at a time."""

    def __init__(self, connected):
        self._line = LineSocket(connected)
        self._sequence = 0

    def wait_ready(self, deadline):
        self._wait_for("ready", deadline)

    def close(self):
        self._line.close()

    def run(self, script, deadline):
        """Runs a script and returns its exit code, and its output as bytes."""
        request = base64.b64encode(script.encode()).decode()
        for begin in range(0, len(request), _PIECE):
            self._line.send("+ " + request[begin:begin + _PIECE], deadline)
            self._wait_for("+", deadline)
        self._sequence += 1
        self._line.send(f"! {self._sequence}", deadline)
        return self._answer(deadline)

    def _answer(self, deadline):
        head = self._line.receive(deadline).split()
        if len(head) != 4 or head[:2] != ["=", str(self._sequence)]:
            raise RuntimeError(f"the guest's agent answered {head}")
        lines = iter(lambda: self._line.receive(deadline), ".")
        output = base64.b64decode("".join(lines))
        return int(head[2]), gzip.decompress(output) if head[3] == "gzip" else output

    def _wait_for(self, word, deadline):
        line = self._line.receive(deadline)
        if line != word:
            raise RuntimeError(f"the guest's agent said '{line}', not '{word}'")
