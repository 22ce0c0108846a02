# SPDX-License-Identifier: LGPL-2.1-or-later
"""Build directories of meson, and the results of their tests."""

import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import time

from .report import run

TREE = pathlib.Path(__file__).resolve().parents[2]

# The results of meson that mean that a test has shown something. A skipped one hasn't.
GOOD = ("OK", "EXPECTEDFAIL")

SANITIZER_ENV = {
    "ASAN_OPTIONS": "halt_on_error=1:abort_on_error=1:detect_leaks=1",
    "LSAN_OPTIONS": f"suppressions={TREE / 'tests/lib/known-leaks'}:print_suppressions=0",
    "UBSAN_OPTIONS": "halt_on_error=1:abort_on_error=1:print_stacktrace=1",
    "TSAN_OPTIONS": f"halt_on_error=1:abort_on_error=1:suppressions={TREE / 'tests/lib/known-races'}",
}


@dataclasses.dataclass(frozen=True)
class Build:
    """A build directory."""

    name: str
    compiler: str
    options: tuple = ()

    @property
    def path(self):
        return TREE / "build" / self.name

    def make(self, targets=()):
        """Configures and builds it; answers whether that went well, and what was said."""
        said = ""
        if self._made_from() != self._inputs():
            shutil.rmtree(self.path, ignore_errors=True)
            ok, said = run(["meson", "setup", self.path, TREE, *self.options],
                           env={"CC": self.compiler})
            if not ok:
                return False, said
            (self.path / "inputs.json").write_text(json.dumps(self._inputs()))
        ok, more = run(["ninja", "-C", self.path, *targets])
        return ok, said + more

    def tests(self, suite=None):
        """The tests that it has: names as in "unit / base"."""
        done = subprocess.run(["meson", "introspect", "--tests", str(self.path)], check=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        found = [test["suite"][0].partition(":")[2] + " / " + test["name"]
                 for test in json.loads(done.stdout)]
        return [name for name in found if suite is None or name.startswith(suite + " / ")]

    def run_tests(self, report, tests, *, label=None, wrapper=None, env=None):
        """Runs these tests, each of which counts as one."""
        names = {f"{label or self.name}: {test}": test.partition(" / ")[2] for test in tests}
        names = {name: test for name, test in names.items() if report.wants(name)}
        if not names:
            return
        begin = time.monotonic()
        log = f"testlog-{label}" if label else "testlog"
        command = ["meson", "test", "-C", self.path, "--no-rebuild", "--logbase", log,
                   *(["--wrapper", wrapper, "--timeout-multiplier", "10"] if wrapper else []),
                   *names.values()]
        # meson adds the wrapper's name.
        added = f"-{wrapper.split()[0]}" if wrapper else ""
        file = self.path / "meson-logs" / f"{log}{added}.json"
        file.unlink(missing_ok=True)
        said = run(command, env={**SANITIZER_ENV, **(env or {})})[1]
        results = _read_results(file)
        for name, test in names.items():
            result = results.get(test)
            if result:
                _tell(report, name, result)
            else:
                report.tell(name, False, time.monotonic() - begin, f"it didn't run:\n{said}")

    def _inputs(self):
        """What makes a build directory useless when it changes."""
        version = run([self.compiler, "--version"])[1].splitlines()[:1]
        return [str(TREE), self.compiler, version, list(self.options),
                os.environ.get("CFLAGS"), run(["meson", "--version"])[1]]

    def _made_from(self):
        try:
            return json.loads((self.path / "inputs.json").read_text())
        except (OSError, ValueError):
            return None


# libFuzzer is clang's. What it links has undefined symbols that only the program defines.
FUZZ = Build("fuzz", "clang", ("-Dfuzz=true", "-Db_sanitize=address,undefined", "-Db_lundef=false"))


def _read_results(file):
    """By the test's name, what meson wrote about it."""
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return {}
    results = (json.loads(line) for line in lines)
    return {result["name"].rpartition(" / ")[2]: result for result in results}


def _tell(report, name, result):
    details = f"{result['result']}\n{result.get('stdout', '')}\n{result.get('stderr', '')}\n"
    report.tell(name, result["result"] in GOOD, result["duration"], details)
