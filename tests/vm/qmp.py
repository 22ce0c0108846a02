# SPDX-License-Identifier: LGPL-2.1-or-later
"""QEMU's monitor: commands, events, and memory that comes and goes."""

import json
import time

from .line import Deadline, LineSocket

# ACPI's _OST: the guest's word on an eject request, and what isn't a final "no" there
_OST_EJECT = (0x003, 0x103)
_OST_NOT_A_REFUSAL = (0x00, 0x84)


class QmpError(Exception):
    """QEMU refused a command."""


class Qmp:
    """A connection to a monitor."""

    def __init__(self, connected):
        self._line = LineSocket(connected)
        self._events = []

    def greet(self, deadline):
        self._line.receive(deadline)
        self.command("qmp_capabilities", deadline=deadline)

    def close(self):
        self._line.close()

    def command(self, name, arguments=None, deadline=None):
        deadline = deadline or Deadline(30)
        self._line.send(json.dumps({"execute": name, "arguments": arguments or {}}), deadline)
        while True:
            message = json.loads(self._line.receive(deadline))
            if "event" in message:
                self._events.append(message)
            elif "error" in message:
                raise QmpError(f"{name}: {message['error']['desc']}")
            else:
                return message["return"]

    def wait_event(self, wanted, deadline):
        """The first event for which `wanted(name, data)` is true; others are kept."""
        while True:
            for event in self._events:
                if wanted(event["event"], event.get("data", {})):
                    self._events.remove(event)
                    return event
            message = json.loads(self._line.receive(deadline))
            if "event" in message:
                self._events.append(message)

    def plug_dimm(self, name, size, node):
        """Plugs a DIMM. Returns when QEMU has it; the guest's kernel adds it in its own time."""
        self._add_memory(name, size)
        try:
            self.command("device_add", {"driver": "pc-dimm", "id": name, "memdev": f"mem-{name}",
                                        "node": node})
        except QmpError:
            self.command("object-del", {"id": f"mem-{name}"})
            raise

    def unplug_dimm(self, name, timeout):
        """Asks the guest to let go of a DIMM: True when it is gone, False when it refused."""
        deadline = Deadline(timeout)
        # What the guest said at an earlier try is no answer to this one.
        self._events = [event for event in self._events if not _unplug_answer(name, event)]
        self.command("device_del", {"id": name})
        event = self.wait_event(
            lambda kind, data: _unplug_answer(name, {"event": kind, "data": data}), deadline)
        if event["event"] != "DEVICE_DELETED":
            return False
        self.command("object-del", {"id": f"mem-{name}"})
        return True

    def add_virtio_mem(self, name, size, node, requested="0"):
        """Adds a virtio-mem device of at most `size`. The guest needs the module virtio_mem."""
        self._add_memory(name, size)
        self.command("device_add", {"driver": "virtio-mem-pci", "id": name, "node": node,
                                    "memdev": f"mem-{name}",
                                    "requested-size": size_bytes(requested)})

    def resize_virtio_mem(self, name, requested):
        """Asks the guest to make the device so big; `virtio_mem_size` tells how far it came."""
        self.command("qom-set", {"path": f"/machine/peripheral/{name}",
                                 "property": "requested-size", "value": size_bytes(requested)})

    def virtio_mem_size(self, name):
        return self.command("qom-get", {"path": f"/machine/peripheral/{name}",
                                        "property": "size"})

    def wait_virtio_mem(self, name, size, timeout):
        """Waits until the device has come to that size, if it hasn't yet."""
        deadline = Deadline(timeout)
        while self.virtio_mem_size(name) != size_bytes(size):
            # QEMU tells each change, but no more than one in a second, and the last for certain.
            self.wait_event(lambda kind, data: kind == "MEMORY_DEVICE_SIZE_CHANGE"
                            and data.get("id") == name, deadline)

    def save(self, file, deadline):
        """Writes all that the machine is to a file, and lets it go on.

        It is stopped before that: of a running one, what is written to memory meanwhile is sent again,
        and where processors are emulated, each by a thread, that isn't always noticed."""
        self.command("stop", deadline=deadline)
        # By itself QEMU leaves most of the bandwidth to others.
        self.command("migrate-set-parameters", {"max-bandwidth": 1 << 40}, deadline)
        self.command("migrate", {"uri": f"exec:cat >'{file}'"}, deadline)
        # There is an event for the end of this, but it comes too early to go on.
        self._wait_status("postmigrate", deadline)
        self.command("cont", deadline=deadline)

    def go_on(self, deadline):
        """Lets a machine that was begun from a file go on, as soon as all of that is read. What is sent
        to it before that is lost."""
        self._wait_status("paused", deadline)
        self.command("cont", deadline=deadline)

    def _wait_status(self, status, deadline):
        while self.command("query-status", deadline=deadline)["status"] != status:
            said = self.command("query-migrate", deadline=deadline)
            if said.get("status") == "failed":
                raise QmpError(f"the machine's state: {said.get('error-desc', 'failed')}")
            time.sleep(min(0.02, deadline.remaining()))

    def _add_memory(self, name, size):
        # Not reserved: a small host offers a lot, and only what the guest touches counts.
        self.command("object-add", {"qom-type": "memory-backend-ram", "id": f"mem-{name}",
                                    "size": size_bytes(size), "reserve": False})


def size_bytes(size):
    """Bytes of "512M", "1G" or a number."""
    units = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
    text = str(size)
    if text[-1] in units:
        return int(text[:-1]) * units[text[-1]]
    return int(text)


def _unplug_answer(name, event):
    kind, data = event["event"], event.get("data", {})
    if kind in ("DEVICE_DELETED", "DEVICE_UNPLUG_GUEST_ERROR", "MEM_UNPLUG_ERROR"):
        return data.get("device") == name
    if kind == "ACPI_DEVICE_OST":
        info = data["info"]
        return (info.get("device") == name and info["source"] in _OST_EJECT
                and info["status"] not in _OST_NOT_A_REFUSAL)
    return False
