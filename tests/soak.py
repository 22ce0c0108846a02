# SPDX-License-Identifier: LGPL-2.1-or-later
"""Soaks memplugd in a guest: memory comes and goes at random, others interfere, and at the end all has
to be right. tests/soak, which calls this, has installed what it needs."""

import argparse
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
TESTS = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(TESTS))

from guest import runner, soak  # noqa: E402
from guest.box import Box  # noqa: E402
from guest.registry import Boot  # noqa: E402
from lib.builds import Build  # noqa: E402
from vm import kernels  # noqa: E402


def parse_arguments():
    parser = argparse.ArgumentParser(prog="tests/soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60, metavar="N", help="default: 60")
    parser.add_argument("--steps", type=int, metavar="N", help="so many steps instead")
    parser.add_argument("--kernel", choices=kernels.KERNELS, default="6.1", help="default: 6.1")
    parser.add_argument("--seed", type=int, metavar="S", help="as an earlier one said")
    parser.add_argument("--build", metavar="DIR", help="a build directory of meson")
    return parser.parse_args()


def make():
    build = Build("soak", "gcc", ("--buildtype=release",))
    ok, said = build.make()
    if not ok:
        sys.exit(f"soak: the build failed\n{said}")
    return build.path


def tell(text):
    print(text, flush=True)


def main():
    options = parse_arguments()
    build = options.build or make()
    with tempfile.TemporaryDirectory(prefix="memplug-soak.") as scratch:
        guest = runner.boot_guest(runner.Trees(build, scratch), options.kernel, Boot())
        with guest:
            box = Box(guest, build)
            box.begin(kernel_onlines=False)
            one = soak.Soak(box, options.seed)
            tell(f"{one.seed} on {guest}")
            try:
                tell(one.run(options.steps, options.minutes * 60, tell))
            except Exception:
                tell(box.portrait())
                raise
            trouble = guest.kernel_trouble()
    if trouble:
        sys.exit("the kernel's log has trouble:\n" + "\n".join(trouble[:20]))


main()
