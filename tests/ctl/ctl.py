# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs memplugctl, and holds what it prints against what is expected."""

import difflib
import json
import os
import pathlib
import subprocess

import schema

EXPECTED = pathlib.Path(__file__).parent / "expected"


class Failure(Exception):
    """A test that didn't pass, and why."""


class Skipped(Exception):
    """What the test needs isn't there."""


def check(truth, text):
    """Fails with 'text' unless 'truth' holds."""
    if not truth:
        raise Failure(text)


class Ctl:
    """memplugctl, run in the directory where the case has its tree."""

    def __init__(self, program, case):
        self.program = program
        self.case = case
        # The system bus' address: none, so that the machine's own isn't asked.
        self.bus = None

    @staticmethod
    def environment(locale="C", bus=None):
        """What it runs in."""
        environment = {"PATH": os.environ["PATH"], "LC_ALL": locale, "TERM": "xterm", "PAGER": "cat",
                       "DBUS_SYSTEM_BUS_ADDRESS": bus or "unix:path=/nonexistent/bus"}
        # Sanitizers are told by the environment what to do.
        return environment | {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}

    def run(self, *arguments, exit_code=0, locale="C", env=None, **kwargs):
        """Runs it to its end, and checks its exit code (None: any will do), and its JSON by the
        schema. Answers what it wrote.

        env    what is different in its environment; None: it isn't there"""
        environment = self.environment(locale, self.bus) | (env or {})
        environment = {k: v for k, v in environment.items() if v is not None}
        kwargs = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
                  "encoding": "utf-8"} | kwargs
        done = subprocess.run([self.program, *arguments], env=environment, check=False, **kwargs)
        check(exit_code is None or done.returncode == exit_code,
              f"memplugctl {' '.join(arguments)}: exit code {done.returncode}, "
              f"expected {exit_code}\n{done.stdout}{done.stderr}")
        if "--json" in arguments and done.stdout and "--help" not in arguments:
            try:
                schema.validate_output(arguments, done.stdout)
            except schema.Unfit as unfit:
                raise Failure(str(unfit)) from unfit
        return done

    def expect(self, *arguments, **kwargs):
        """The same; standard output and error must be as in expected/CASE.txt."""
        done = self.run(*arguments, **kwargs)
        text = done.stdout
        if done.stderr:
            text += f"--- standard error ---\n{done.stderr}"
        compare(self.case, text)
        return done

    def expect_text(self, text):
        """What was gathered of several runs must be as in expected/CASE.txt."""
        compare(self.case, text)

    def json(self, *arguments, **kwargs):
        """Runs it with --json. Answers what it told, parsed."""
        done = self.run("--json", *arguments, **kwargs)
        check("\033" not in done.stdout, "escape codes in JSON")
        return json.loads(done.stdout)


def compare(case, text):
    """Holds 'text' against expected/CASE.txt."""
    compare_file(EXPECTED / f"{case}.txt", text)


def compare_file(path, text):
    """Holds 'text' against a file, or makes that file: MEMPLUG_TEST_UPDATE=1."""
    if os.environ.get("MEMPLUG_TEST_UPDATE") == "1":
        path.write_text(text, encoding="utf-8")
        return

    expected = path.read_text(encoding="utf-8")
    diff = difflib.unified_diff(expected.splitlines(True), text.splitlines(True),
                                f"{path.parent.name}/{path.name}", "what was printed")
    check(text == expected, "".join(diff))
