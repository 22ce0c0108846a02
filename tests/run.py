# SPDX-License-Identifier: LGPL-2.1-or-later
"""All tests of memplugd: builds, unit tests, linters, and scenarios in guests with real kernels.
tests/run, which calls this, has installed what it needs."""

import argparse
import json
import pathlib
import sys
import time
import traceback

sys.dont_write_bytecode = True
TESTS = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(TESTS))

from guest import runner  # noqa: E402
from lib.builds import TREE, Build  # noqa: E402
from lib.report import Report, python, run  # noqa: E402

GCC = Build("gcc", "gcc", ("-Dwerror=true",))
CLANG = Build("clang", "clang", ("-Dwerror=true",))
SANITIZE = Build("sanitize", "gcc", ("-Db_sanitize=address,undefined",))
THREADS = Build("threads", "gcc", ("-Db_sanitize=thread",))
COVERAGE = Build("coverage", "gcc", ("-Db_coverage=true",))

# The unit tests in which more than one thread runs.
THREADED_TESTS = ("unit / sysfs", "unit / worker")

# All states of all worlds: minutes, and hours in a build that looks at each step. Such a build has
# explore-some.
WHOLE_EXPLORATION = ("explore / explore-1", "explore / explore-2")

# How long --all looks for inputs that a target of tests/fuzz can't bear.
FUZZ_SECONDS = 60

# How often --all runs the tests of races.
RACES = 10

# How much of the lines of these rooms the tests run, at the least.
COVERED_PERCENT = 90
COVERED_ROOMS = ("model", "rules", "plan", "actuate", "config")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="tests/run", description=__doc__)
    parser.add_argument("--all", action="store_true",
                        help="every scenario on every kernel, races often, valgrind, fuzzing, the demo")
    parser.add_argument("--only", metavar="WORD", help="tests with this word in their name")
    parser.add_argument("--list", action="store_true", help="print the scenarios' names")
    return parser.parse_args()


def make(report, build, needed, targets=()):
    """Builds, if that is asked for or needed for what is asked for."""
    name = f"build with {build.name}"
    if not (report.wants(name) or needed):
        return False
    begin = time.monotonic()
    ok, said = build.make(targets)
    if report.wants(name) or not ok:
        report.tell(name, ok, time.monotonic() - begin, said)
    return ok


def wants_any(report, label, words):
    return any(report.wants(f"{label}: {word}") for word in words)


def unit_tests(report, everything):
    """The tests that meson knows, in each build that shows something else."""
    # Which tests there are is known only when it's built: so for them it is built in any case.
    word = report.word
    if make(report, GCC, needed=True):
        GCC.run_tests(report, GCC.tests())
        if everything:
            races = [test for test in GCC.tests() if test.startswith("unit / race-")]
            for _ in range(RACES - 1):
                GCC.run_tests(report, races)
            # check's children would be waited for by a valgrind each.
            GCC.run_tests(report, GCC.tests("unit"), label="valgrind",
                          wrapper="valgrind -q --error-exitcode=99 --leak-check=full",
                          env={"CK_FORK": "no"})
    make(report, CLANG, needed=False)
    if not word or wants_any(report, SANITIZE.name, GCC.tests()) or report.wants(
            f"build with {SANITIZE.name}"):
        if make(report, SANITIZE, needed=True):
            SANITIZE.run_tests(report, [test for test in SANITIZE.tests()
                                        if test not in WHOLE_EXPLORATION])
    if wants_any(report, THREADS.name, THREADED_TESTS):
        targets = [f"tests/unit/test-{test.partition(' / ')[2]}" for test in THREADED_TESTS]
        if make(report, THREADS, needed=True, targets=targets):
            THREADS.run_tests(report, THREADED_TESTS)


def fuzzing(report):
    """What was found before is replayed by each build; this looks for more."""
    run_target = TESTS / "fuzz/run"
    targets = run(python(run_target, "--list"))[1].split()
    for target in targets:
        report.run(f"fuzz: {target}", python(run_target, target, FUZZ_SECONDS))


def coverage(report):
    """How much of each room is run by the tests that meson knows. Whether they pass, they have said
    before: here the ones that run as another user can't write down what they ran, and complain."""
    name = "coverage"
    if not report.wants(name):
        return
    begin = time.monotonic()
    ok, said = COVERAGE.make()
    if ok:
        tests = [test.partition(" / ")[2] for test in COVERAGE.tests()
                 if test not in WHOLE_EXPLORATION]
        run(["meson", "test", "-C", COVERAGE.path, "--no-rebuild", *tests])
        ok, said = run(["gcovr", "-r", TREE, "-f", f"{TREE}/src/", COVERAGE.path, "--json-summary"])
    if not ok:
        report.tell(name, False, time.monotonic() - begin, said)
        return
    lines = {}
    for file in json.loads(said[said.index("{"):])["files"]:
        room = lines.setdefault(file["filename"].split("/")[1], [0, 0])
        room[0] += file["line_covered"]
        room[1] += file["line_total"]
    percent = {room: 100 * covered / total for room, (covered, total) in sorted(lines.items())}
    low = [room for room in COVERED_ROOMS if percent[room] < COVERED_PERCENT]
    table = ", ".join(f"{room} {part:.1f} %" for room, part in percent.items())
    report.tell(name, not low, time.monotonic() - begin, table + "\n", table,
                f"below {COVERED_PERCENT} %: {' '.join(low)}\n" if low else "")


def linters(report, everything):
    report.run("lint: cppcheck", [
        "cppcheck", "--quiet", "--error-exitcode=1", "--enable=warning,performance,portability",
        "--inline-suppr", "--suppress=missingIncludeSystem", "--std=c11", "-D_GNU_SOURCE",
        # It doesn't know the cleanup attribute.
        "--suppress=memleak", "-I", TREE / "src", TREE / "src"])
    if everything:
        report.run("lint: clang-tidy", ["run-clang-tidy", "-quiet", "-p", CLANG.path,
                                        f"{TREE}/src/.*"])
    report.run("lint: include rules", python(TESTS / "lint/include-rules", TREE / "src"))
    report.run("lint: format", python(TESTS / "lint/format", TREE))
    report.run("lint: man pages", python(TESTS / "lint/man-pages", TREE))
    report.run("lint: catalog", python(TESTS / "lint/catalog", TREE))
    report.run("lint: the linters see what is bad", python(TESTS / "lint/self-check"))


def guest_scenarios(report, everything):
    chosen = [(kernel, scenario) for kernel, scenario in runner.choose(everything=everything)
              if report.wants(f"guest: {scenario.name} on {kernel}")]
    if not chosen:
        return
    ok, said = GCC.make()
    if not ok:
        report.tell("guest: a build to test", False, 0, said)
        return
    begin = time.monotonic()
    ok, said = run(python(TESTS / "vm/prepare"))
    if report.wants("guest: kernels and images") or not ok:
        report.tell("guest: kernels and images", ok, time.monotonic() - begin, said)
    if not ok:
        return

    told = 0

    def tell(result):
        nonlocal told
        told += 1
        report.tell(f"guest: {result.name}", not result.reason, result.seconds,
                    result.details, result.note, result.reason)

    begin = time.monotonic()
    try:
        wanted = runner.run(GCC.path, chosen, tell, repeat_races=RACES if everything else 1)
    except Exception:  # pylint: disable=broad-except
        report.tell("guest: the runner", False, time.monotonic() - begin, traceback.format_exc())
    else:
        if told != wanted:
            report.tell("guest: all scenarios ran", False, time.monotonic() - begin,
                        f"{told} of {wanted} ran\n")


def main():
    options = parse_arguments()
    if options.list:
        print(*(f"guest: {scenario.name} on {kernel}"
                for kernel, scenario in runner.choose(everything=options.all)), sep="\n")
        return 0

    begin = time.monotonic()
    report = Report(TREE / "build/logs", options.only)
    unit_tests(report, options.all)
    linters(report, options.all)
    if options.all:
        coverage(report)
        fuzzing(report)
    guest_scenarios(report, options.all)
    if options.all:
        report.run("test machines", python(TESTS / "vm/selftest"))
        report.run("demo", [TESTS / "demo"])
    print(f"in {time.monotonic() - begin:.0f} s")
    return report.finish()


sys.exit(main())
