# SPDX-License-Identifier: LGPL-2.1-or-later
"""Chance for tests, which can be repeated."""

import os
import random

VARIABLE = "MEMPLUG_TEST_SEED"


def new_dice(seed=None):
    """Answers dice, and a text that tells how to have them fall like that again."""
    if seed is None:
        seed = int(os.environ.get(VARIABLE) or random.SystemRandom().randrange(1 << 32))
    return random.Random(seed), f"{VARIABLE}={seed}"
