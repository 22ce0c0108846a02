# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the kernel says of its zones."""

import dataclasses
import re

FIELD = re.compile(r"^ +(?:pages )?(free|present|managed) +(\d+)$")


@dataclasses.dataclass
class Zone:
    """In pages."""

    free: int = 0
    present: int = 0
    managed: int = 0


def read_zones(guest):
    """/proc/zoneinfo as {(node, name of the zone): Zone}."""
    zones, zone = {}, None
    for line in guest.read("/proc/zoneinfo").splitlines():
        heading = re.match(r"Node (\d+), zone +(\w+)$", line)
        if heading:
            zone = zones[int(heading[1]), heading[2]] = Zone()
        elif field := FIELD.match(line):
            setattr(zone, field[1], int(field[2]))
    return zones


def present(guest, node):
    """How many pages are present in the kernel zones of a node, and in its Movable."""
    zones = read_zones(guest)
    return (sum(zone.present for (of, name), zone in zones.items()
                if of == node and name != "Movable"),
            zones[node, "Movable"].present)
