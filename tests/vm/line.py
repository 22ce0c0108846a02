# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lines over a socket, each wait with a deadline."""

import os
import socket
import time


def patience():
    """Factor for all deadlines: for machines that are slower than slow."""
    return float(os.environ.get("MEMPLUG_TEST_PATIENCE", "1"))


class Deadline:
    """A point in time to be done by."""

    def __init__(self, seconds):
        self.seconds = seconds * patience()
        self._end = time.monotonic() + self.seconds

    def remaining(self):
        """The seconds that are left; TimeoutError when none are."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"{self.seconds:.0f} s are over")
        return left


class LineSocket:
    """A connected socket that speaks in lines."""

    def __init__(self, connected):
        self._socket = connected
        self._received = b""

    def send(self, text, deadline):
        self._socket.settimeout(deadline.remaining())
        self._socket.sendall(text.encode() + b"\n")

    def receive(self, deadline):
        """The next line; EOFError when the other side has gone."""
        while b"\n" not in self._received:
            self._socket.settimeout(deadline.remaining())
            try:
                piece = self._socket.recv(1 << 16)
            except socket.timeout:
                raise TimeoutError(f"{deadline.seconds:.0f} s are over") from None
            except ConnectionError:
                piece = b""
            if not piece:
                raise EOFError("the other side has gone")
            self._received += piece
        line, _, self._received = self._received.partition(b"\n")
        return line.decode(errors="replace").rstrip("\r")

    def close(self):
        self._socket.close()
