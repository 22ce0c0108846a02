# SPDX-License-Identifier: LGPL-2.1-or-later
"""Scenarios: memplugd in a guest with a real kernel, and memory that is plugged.

registry.py   what a scenario is, and what it wants to be booted in
box.py        a guest with memplugd in it, and what scenarios do there
install.py    the trees that are laid over a guest: the build, and helpers such as pin.c
runner.py     runs scenarios, several in one guest, and tells what came of each
case_*.py     the scenarios themselves
"""
