# SPDX-License-Identifier: LGPL-2.1-or-later
"""A short soak, and one of ten minutes; tests/soak is the long one."""

from .registry import scenario
from .soak import Soak


@scenario()
def soak_short(box):
    return Soak(box).run(steps=60)


@scenario(kernels=(), more_kernels=("6.1", "6.12"), older=False)
def soak_ten_minutes(box):
    return Soak(box).run(seconds=600)
