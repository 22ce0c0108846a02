# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cases about config files that are odd: those of tests/corpus/config, and those that are made."""

import os
import pathlib
import resource
import subprocess
import time

from ctl import check, compare_file

CORPUS = pathlib.Path(__file__).resolve().parents[1] / "corpus/config"

# What reading any config may cost, on a slow machine and under valgrind or a sanitizer too.
SECONDS_MAX = 20
# Without them. A config of 1 MiB takes some 20 MiB.
MEMORY_MAX_KIB = 64 << 10


def told_of(ctl, name, **kwargs):
    """What check-config says about a file, with its exit code."""
    begin = time.monotonic()
    done = subprocess.run([ctl.program, "check-config", name], check=False, encoding="utf-8",
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=SECONDS_MAX, env=ctl.environment(),
                          **kwargs)
    check(time.monotonic() - begin < SECONDS_MAX, f"{name}: too slow")
    return f"exit code {done.returncode}\n{done.stdout}{done.stderr}"


def case_config_corpus(ctl):
    """Each NAME.conf of the corpus is told as NAME.expected says."""
    os.chdir(CORPUS)
    files = sorted(CORPUS.glob("*.conf"))
    check(len(files) >= 30, f"only {len(files)} files")
    for file in files:
        compare_file(file.with_suffix(".expected"), told_of(ctl, file.name))
    alone = {file.stem for file in CORPUS.glob("*.expected")} - {file.stem for file in files}
    check(not alone, f"without a file: {alone}")


def expect_refusal(ctl, name, text, **kwargs):
    """One error, and nothing besides."""
    told = told_of(ctl, name, **kwargs)
    expected = f"exit code 1\n1 error, 0 warnings\n{text}\n"
    check(told == expected, f"expected:\n{expected}told:\n{told}")


def case_config_nested(ctl):
    """libconfig alone would run out of its stack with these, or free them by recursion."""
    for n in 33, 20000:
        for text in "x = " + "(" * n, "\nx = " + "(" * n + ")" * n + ";\n":
            pathlib.Path("nested.conf").write_text(text, encoding="ascii")
            line = 1 + text.startswith("\n")
            expect_refusal(ctl, "nested.conf",
                           f"nested.conf:{line}: error: nested more than 32 deep")


def case_config_large(ctl):
    """Its size alone says that it is none: it isn't read."""
    with open("large.conf", "wb") as file:
        file.truncate(100 << 20)
    expect_refusal(ctl, "large.conf", "large.conf: error: larger than 1 MiB")
    pathlib.Path("large.conf").write_bytes(b"#" * ((1 << 20) + 1))
    expect_refusal(ctl, "large.conf", "large.conf: error: larger than 1 MiB")
    pathlib.Path("large.conf").write_bytes(b"#" * (1 << 20))
    check(told_of(ctl, "large.conf") == "exit code 0\nOK: 0 rules from large.conf\n",
          "1 MiB is not too large")


def case_config_costs(ctl):
    """As many settings as are allowed, and as many rules as can be."""
    rule = '{ match = { node = "%d"; }; online = "leave"; },\n'
    pathlib.Path("many.conf").write_text(
        "rules = (\n" + "".join(rule % i for i in range(2000)).rstrip(",\n") + ");\n",
        encoding="ascii")
    check(told_of(ctl, "many.conf") == "exit code 0\nOK: 2000 rules from many.conf\n", "2000 rules")
    if not any(name.endswith("SAN_OPTIONS") for name in os.environ):
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        check(peak < MEMORY_MAX_KIB, f"it took {peak} KiB")


def case_config_no_file(ctl):
    """What is no file that could be read. To open the FIFO would take for ever."""
    for name, text in (("/dev/zero", "expected a regular file"),
                       ("loop.conf", "can't be read: Too many levels of symbolic links"),
                       ("none.conf", "can't be read: No such file or directory"),
                       ("fifo.conf", "expected a regular file")):
        if name == "loop.conf":
            os.symlink(name, name)
        elif name == "fifo.conf":
            os.mkfifo(name)
        expect_refusal(ctl, name, f"{name}: error: {text}")


def case_config_unreadable(ctl):
    """For root nothing is unreadable, so root asks as somebody else."""
    os.chmod(".", 0o755)
    pathlib.Path("secret.conf").write_text('mode = "observe";\n', encoding="ascii")
    os.chmod("secret.conf", 0)
    user = {"user": 65534} if os.geteuid() == 0 else {}
    try:
        expect_refusal(ctl, "secret.conf", "secret.conf: error: can't be read: Permission denied",
                       **user)
    except PermissionError:
        # The build directory isn't for that user. The unit tests show the same.
        check(user, "can't run memplugctl")
