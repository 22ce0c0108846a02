# SPDX-License-Identifier: LGPL-2.1-or-later
"""One line for each test, a log of each, and the count."""

import os
import pathlib
import re
import subprocess
import sys
import time

SHOWN = 40


class Report:
    """Counts tests. What was chosen by no word is not run, and not counted."""

    def __init__(self, logs, word=None):
        self.logs = pathlib.Path(logs)
        self.logs.mkdir(parents=True, exist_ok=True)
        self.word = word
        self.passed = self.failed = 0

    def wants(self, name):
        return not self.word or self.word in name

    def tell(self, name, ok, seconds, details="", note="", reason=""):
        """Tells and counts one test. What it said goes into its log. If it failed, the beginning
        of `reason` is shown, or without one the end of what it said."""
        self.passed, self.failed = self.passed + bool(ok), self.failed + (not ok)
        if note:
            note = f"; {note}"
        print(f"{'ok  ' if ok else 'FAIL'} {name} ({seconds:.1f} s{note})", flush=True)
        log = self.logs / (re.sub(r"[^A-Za-z0-9.+-]+", "-", name).strip("-") + ".log")
        log.write_text(reason + details)
        if not ok:
            lines = reason.rstrip().splitlines()[:SHOWN] or details.rstrip().splitlines()[-SHOWN:]
            print("\n".join(f"     | {line}" for line in lines))
            print(f"     `-- {os.path.relpath(log)}", flush=True)

    def run(self, name, command, **more):
        """Runs a command as one test, and answers whether it passed."""
        if not self.wants(name):
            return True
        begin = time.monotonic()
        ok, output = run(command, **more)
        self.tell(name, ok, time.monotonic() - begin, output)
        return ok

    def finish(self):
        """The last line, and the exit code."""
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 0 if self.passed and not self.failed else 1


def run(command, env=None, cwd=None, timeout=1800):
    """Runs a command; answers whether it succeeded, and all that it said."""
    try:
        done = subprocess.run(
            [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", cwd=cwd, timeout=timeout,
            env=dict(os.environ, **(env or {})))
    except FileNotFoundError as error:
        return False, f"can't run: {error}\n"
    except subprocess.TimeoutExpired as error:
        said = error.stdout or b""
        return False, f"{said.decode(errors='replace')}\nnot through after {timeout} s\n"
    return done.returncode == 0, done.stdout


def python(script, *arguments):
    return [sys.executable, script, *arguments]
