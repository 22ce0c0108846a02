# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests/run and tests/demo share.

report.py   one line for each test, a log of each, the count
builds.py   build directories of meson, and the results of their tests
"""
