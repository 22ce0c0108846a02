# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a scenario is, and what it wants to be booted in."""

import dataclasses
import typing


@dataclasses.dataclass(frozen=True)
class Boot:
    """How a guest is booted. Scenarios with the same boot share that.

    enabled   memplugd starts at boot
    dimms     (name, size, node) of DIMMs that are there at boot
    nodes     memory of each NUMA node
    files     (path, text) of files in the guest; (path, "-> target") is a symbolic link
    """

    kind: str = "full"
    append: str = ""
    enabled: bool = False
    dimms: tuple = ()
    nodes: tuple = ("2G", "0")
    files: tuple = ()


@dataclasses.dataclass(frozen=True)
class Scenario:
    """A test. `function(box)` raises an exception when it fails; what it answers is told."""

    function: typing.Callable
    boot: Boot
    kernels: tuple
    more_kernels: tuple
    older: bool
    kernel_onlines: bool
    races: bool

    @property
    def name(self):
        return self.function.__name__.replace("_", "-")


SCENARIOS = []

# For a boot's command line: newer kernels else put a DIMM online before anybody else can.
OFFLINE_AT_BOOT = "memhp_default_state=offline"


def scenario(*, boot=Boot(), kernels=("6.1",), more_kernels=("6.12",), older=True,
             kernel_onlines=False, races=False):
    """Makes a function a scenario.

    kernels          those of each run
    more_kernels     those of a run of everything, besides
    older            a run of everything has older ones, too
    kernel_onlines   leave the kernel's own onlining as it was at boot; else it is switched off
    races            worth many repetitions in a run of everything
    """
    def register(function):
        SCENARIOS.append(Scenario(function, boot, kernels, more_kernels, older, kernel_onlines,
                                  races))
        return function
    return register
