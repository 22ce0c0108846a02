# SPDX-License-Identifier: LGPL-2.1-or-later
"""memplugd on D-Bus, with a real bus and a real polkit."""

import json
import re
import xml.etree.ElementTree as ElementTree

from .box import CONFIG, MEMORY, MOVABLE_ON_NODE_1, Wrong, expect, expect_match
from .registry import OFFLINE_AT_BOOT, Boot, scenario

NAME = "org.memplug1"
PATH = "/org/memplug1"
MANAGER = "org.memplug1.Manager"
DEVICE = "org.memplug1.Device"
INTERFACES = "/usr/share/dbus-1/interfaces"
POLKIT_RULE = "/etc/polkit-1/rules.d/50-test.rules"
ACCESS_DENIED = "org.freedesktop.DBus.Error.AccessDenied"
DEBUG = "ExecStart=\nExecStart=/usr/sbin/memplugd --service --log-level=debug\n"

LEAVE_NODE_1 = """\
rules = ( { name = "hands off"; match = { node = "1"; }; online = "leave"; } );
"""

# Each method, its polkit action, and arguments that would change something.
METHODS = (
    ("Reload", "reload", ""),
    ("Online", "online", "array:uint64:33 string:movable"),
    ("Offline", "offline", "array:uint64:1 uint64:0 boolean:false"),
    ("Rezone", "offline", "array:uint64:1 string:kernel uint64:0 boolean:true"),
    ("Unplug", "offline", "string:PNP0C80:00 uint64:0"),
    ("Hold", "hold", "string:test"),
)


def as_user(user):
    return f"setpriv --reuid {user} --regid nogroup --clear-groups " if user else ""


def call(box, method, arguments="", user=None):
    """Calls a method of the manager's with dbus-send. Answers the name of the error and its text,
    or "" and the reply."""
    result = box.guest.run(
        f"{as_user(user)}dbus-send --system --print-reply --reply-timeout=60000 --dest={NAME} {PATH} "
        f"{MANAGER}.{method} {arguments}", check=False, timeout=90)
    if not result.rc:
        return "", result.out
    name, _, text = result.out.removeprefix("Error ").partition(": ")
    return name, text.strip()


def expect_error(box, wanted, method, arguments="", user=None):
    name, text = call(box, method, arguments, user)
    expect(f"what {method}({arguments}) of {user or 'root'} fails with ({text})", name, wanted)
    return text


def busctl_json(box, arguments, user=None):
    return json.loads(box.guest.run(f"{as_user(user)}busctl --json=short {arguments}").out)


def get(box, name, path=PATH, interface=MANAGER, user=None):
    return busctl_json(box, f"get-property {NAME} {path} {interface} {name}", user)["data"]


def wait_on_bus(box, seconds=60):
    """Waits until memplugd has its name; the bus has no other way to be asked for that from a
    shell."""
    box.guest.run(f"timeout {seconds} sh -c 'until busctl status {NAME} >/dev/null 2>&1; "
                  "do sleep 0.1; done'", timeout=seconds + 30)


def start(box, config):
    box.start(config)
    wait_on_bus(box)


class Monitor:
    """All signals of memplugd's from now on. busctl can't subscribe for as long as it listens: so somebody
    else does."""

    def __init__(self, box):
        self.box = box
        self.subscriber = box.guest.start("exec memplugctl monitor --json")
        # It has subscribed by the time it is told of a reload.
        box.guest.run(
            "timeout 60 sh -c 'until grep -q . "
            f"{self.subscriber.output_file}; do memplugctl reload; sleep 0.1; done'", timeout=90)
        self.job = box.guest.start(
            f"exec busctl monitor --json=short --match \"type='signal',sender='{NAME}'\"")
        box.wait_file(self.job.output_file, "Monitoring bus")

    def wait(self, pattern, count=1):
        self.box.wait_file(self.job.output_file, pattern, count)

    def signals(self):
        """A list of (member, arguments)."""
        lines = [json.loads(line) for line in self.job.output().splitlines()
                 if line.startswith("{")]
        return [(line["member"], line["payload"]["data"]) for line in lines]

    def end_subscription(self):
        """Until memplugd knows of it: it reads what the bus says in order."""
        self.subscriber.kill()
        self.subscriber.wait()
        self.box.guest.run("timeout 60 sh -c 'while busctl list | grep -q memplugctl; do sleep 0.1; "
                           "done'", timeout=90)
        get(self.box, "Mode")

    def end(self):
        self.job.kill()
        self.job.wait()


def interface_of(text, name):
    """What an interface has, without regard to the order."""
    interface, = ElementTree.fromstring(text).findall(f"interface[@name='{name}']")
    return sorted(
        (member.tag, member.get("name"),
         tuple((inner.tag, inner.get("name"), inner.get("type"), inner.get("direction"),
                inner.get("value")) for inner in member))
        for member in interface)


def expect_interface(box, path, name):
    documented = interface_of(box.guest.read(f"{INTERFACES}/{name}.xml"), name)
    there = interface_of(
        box.guest.run(f"busctl introspect --xml-interface {NAME} {path}").out, name)
    expect(f"what is at {path}", there, documented)
    if len(documented) < 10:
        raise Wrong(f"only {len(documented)} members of {name}")


@scenario()
def bus_shows_what_is(box):
    """What is there is what is documented; devices are as memplugctl has them."""
    box.guest.run(f"echo online_kernel >{MEMORY}/auto_online_blocks")
    start(box, MOVABLE_ON_NODE_1)
    new = box.plug("d1", "512M", 1)
    box.wait_journal("^memory[0-9]+: done", count=4)
    expect_interface(box, PATH, MANAGER)

    expect("Version", "memplugctl " + get(box, "Version"), box.memplugctl("--version").strip())
    expect("Mode", (get(box, "Mode"), get(box, "ActiveMode"), get(box, "ModeReason")),
           ("uevent", "uevent", ""))
    expect("Config", get(box, "Config"), f"1 rule of {CONFIG}")
    expect("ConfigErrors", get(box, "ConfigErrors"), 0)
    expect("TakenOver", get(box, "TakenOver"), [["auto_online_blocks", "online_kernel"]])
    expect("Outcomes", {word: n for word, n in get(box, "Outcomes").items() if n}, {"done": 4})
    expect("Holds", get(box, "Holds"), [])

    device, = [device for device in box.memplugctl_json("devices")["devices"]
               if device["source"] == "dimm"]
    listed = busctl_json(
        box, f"call {NAME} {PATH} org.freedesktop.DBus.ObjectManager GetManagedObjects")
    (path, interfaces), = [(path, interfaces) for path, interfaces in listed["data"][0].items()
                           if DEVICE in interfaces]
    expect("the device's path", path, f"{PATH}/device/PNP0C80_3a00")
    expect_interface(box, path, DEVICE)
    shown = {name: value["data"] for name, value in interfaces[DEVICE].items()}
    expect("the device", shown, {
        "Name": device["device"], "Source": "dimm", "Nodes": [1],
        "Blocks": [[new[0], new[-1]]], "Size": device["bytes"],
        "Kernel": device["kernel_bytes"], "Movable": device["movable_bytes"],
        "Offline": device["offline_bytes"], "CanBeUnplugged": device["removable"],
        "Hindrance": ""})

    # One block of it in the kernel zone: then it says what memplugctl says.
    box.guest.run(f"cd {MEMORY}/memory{new[-1]} && echo offline >state && "
                  "echo online_kernel >state")
    box.expect_blocks(new[-1:], "online", "Normal")
    text, = re.findall(r"^PNP0C80:00 .* no, (1 block .*)$", box.memplugctl("devices"), re.MULTILINE)
    expect("Hindrance", get(box, "Hindrance", path, DEVICE),
           f"{text.strip()}; 'memplugctl rezone PNP0C80:00 --to movable' could move it")
    expect("CanBeUnplugged", get(box, "CanBeUnplugged", path, DEVICE), False)


@scenario()
def bus_tells_what_happens(box):
    """Signals and changed properties, as the journal has it."""
    start(box, MOVABLE_ON_NODE_1)
    monitor = Monitor(box)
    new = box.plug("d1", "1G", 1)
    monitor.wait('"member":"Outcome"', len(new))
    monitor.wait('"member":"PropertiesChanged".*"Open":[^}]*0}.*"done":8,')
    box.wait_journal("^memory[0-9]+: done", count=len(new))
    monitor.wait('"member":"Told"', len(new))
    monitor.wait('"member":"Uevent".*"online"', len(new))
    signals = monitor.signals()

    # Without anybody who has subscribed, properties still say that they change.
    monitor.end_subscription()
    n_before = len([member for member, _ in monitor.signals() if member != "PropertiesChanged"])
    box.wait_online(box.plug("d2", "256M", 1))
    monitor.wait('"member":"PropertiesChanged".*"done":10,')
    expect("signals of blocks", len([member for member, _ in monitor.signals()
                                     if member != "PropertiesChanged"]), n_before)
    monitor.end()

    rule = f"rule 'node 1 can be pulled' ({CONFIG}:2)"
    for index in new:
        mine = [(member, data[1:]) for member, data in signals
                if member != "PropertiesChanged" and data[0] == index]
        expect(f"events of {index}", [data[0] for member, data in mine if member == "Uevent"],
               ["add", "online"])
        expect(f"verdicts on {index}", [data for member, data in mine if member == "Verdict"],
               [["movable", rule, ""]])
        outcome, = [data for member, data in mine if member == "Outcome"]
        expect(f"what {index} came to", outcome[:3] + outcome[4:], ["done", "movable", 0, 1, rule])
        expect(f"that {outcome[3]} µs are a time", 0 < outcome[3] < 60_000_000, True)
    lines = box.journal().splitlines()
    for _, level, text in [data for member, data in signals if member == "Told"]:
        expect(f"the level of '{text}'", level, 6)
        expect(f"that '{text}' is in the journal", text in lines, True)

    changes = [data for member, data in signals if member == "PropertiesChanged"]
    changed = {name for _, values, _ in changes for name in values}
    expect("properties that have changed", changed,
           {"Busy", "CurrentBlock", "CurrentSince", "Open", "Outcomes"} & changed | {"Outcomes"})
    # One for each moment of the work, not for each block.
    expect(f"that {len(changes)} change signals aren't many", len(changes) <= 2 * len(new), True)
    expect("Busy", get(box, "Busy"), False)
    expect("Open", get(box, "Open"), 0)


@scenario()
def bus_rights(box):
    """An ordinary user may read all of it, and change something only if polkit says so."""
    user = "nobody"
    start(box, LEAVE_NODE_1)
    new = box.plug("d1", "256M", 1)
    box.wait_journal("^memory32-33: left offline")

    expect("Mode", get(box, "Mode", user=user), "uevent")
    shown = busctl_json(box, f"call {NAME} {PATH} org.freedesktop.DBus.Properties GetAll s {MANAGER}",
                        user)
    expect("how many properties there are", len(shown["data"][0]), 15)
    listed = busctl_json(
        box, f"call {NAME} {PATH} org.freedesktop.DBus.ObjectManager GetManagedObjects", user)
    expect("devices", list(listed["data"][0]), [f"{PATH}/device/PNP0C80_3a00"])
    for method, action, arguments in METHODS:
        text = expect_error(box, ACCESS_DENIED, method, arguments, user)
        expect_match(method, text, f"'{NAME}.{action}': that takes an authentication")
    box.expect_blocks(new, "offline")

    # Where polkit isn't there, root goes on, and nobody else.
    box.guest.run("systemctl mask --runtime --now polkit")
    for method, _, arguments in METHODS:
        text = expect_error(box, ACCESS_DENIED, method, arguments, user)
        expect_match(method, text, "polkit can't be asked")
    expect("error of root's Reload", call(box, "Reload")[0], "")
    box.guest.run("systemctl unmask --runtime polkit")

    box.guest.write(POLKIT_RULE, """
        polkit.addRule(function(action, subject) {
            if (action.id == "org.memplug1.online" && subject.user == "nobody")
                return polkit.Result.YES;
        });""")
    box.guest.run("systemctl restart polkit")
    try:
        name, text = call(box, "Online", "array:uint64:33 string:movable", user)
        expect(f"error of Online, which polkit allows ({text})", name, "")
        box.expect_blocks([33], "online", "Movable")
        expect_error(box, ACCESS_DENIED, "Reload", "", user)
    finally:
        box.guest.run(f"rm {POLKIT_RULE}; systemctl restart polkit")


@scenario()
def bus_online(box):
    """By hand: what the rules leave, in the zone that is asked for; with the truth as the answer."""
    start(box, LEAVE_NODE_1)
    new = box.plug("d1", "1G", 1)
    box.wait_journal("^memory32-39: left offline")

    answer = busctl_json(box, f"call {NAME} {PATH} {MANAGER} Online ats 4 39 38 39 38 movable")
    expect("the answer", answer["data"],
           [[[38, "done", "movable", 0], [39, "done", "movable", 0]]])
    box.expect_blocks([38, 39], "online", "Movable")
    box.expect_blocks(new[:6], "offline")

    answer = busctl_json(box, f"call {NAME} {PATH} {MANAGER} Online ats 3 32 39 4095 kernel")
    expect("the answer", answer["data"],
           [[[32, "done", "kernel", 0], [39, "wrong-zone", "movable", 0], [4095, "gone", "", 0]]])
    text = expect_error(box, "org.memplug1.Error.Gone", "Online", "array:uint64:4095 string:movable")
    expect_match("the error", text, "^memory4095: gone")
    expect_error(box, "org.memplug1.Error.WrongZone", "Online", "array:uint64:39 string:kernel")
    expect_error(box, "org.memplug1.Error.Refused", "Online", "array:uint64:33 string:")
    expect_error(box, "org.freedesktop.DBus.Error.InvalidArgs", "Online",
                 "array:uint64:33 string:Movable")

    # Two at once, for the same blocks; and one who doesn't wait for the answer.
    both = box.guest.run(f"""
        one="busctl --json=short call {NAME} {PATH} {MANAGER} Online ats 3 33 34 35 movable"
        busctl --expect-reply=no call {NAME} {PATH} {MANAGER} Online ats 1 34 movable
        $one & $one; wait""").out
    for line in both.splitlines():
        expect("blocks of an answer that aren't Movable",
               [row for row in json.loads(line)["data"][0] if row[2] != "movable"], [])
    expect("answers", len(both.splitlines()), 2)
    box.expect_blocks([33, 34, 35], "online", "Movable")


# In tests/run, a verb of memplugctl does the same: see case_verbs.py.
@scenario(kernels=(), more_kernels=("6.1",))
def bus_reload(box):
    """A broken config is refused with its first error, and the old one stays in force."""
    start(box, MOVABLE_ON_NODE_1)
    box.configure('mode = "uevents";\nkernel_min = 5;\n')
    text = expect_error(box, "org.memplug1.Error.InvalidConfig", "Reload")
    expect_match("the error", text, f"^{CONFIG}:1: .*got \"uevents\"")
    expect("ConfigErrors", get(box, "ConfigErrors"), 2)
    expect_match("LastTrouble", get(box, "LastTrouble")[1], "the old one stays in force")
    box.configure('mode = "observe";\n')
    expect("error of a good one", call(box, "Reload")[0], "")
    expect("Mode", (get(box, "Mode"), get(box, "ConfigErrors")), ("observe", 0))
    expect_error(box, "org.memplug1.Error.Refused", "Online", "array:uint64:33 string:movable")


# In tests/run, a verb of memplugctl does the same: see case_verbs.py.
@scenario(kernels=(), more_kernels=("6.1",))
def bus_hold(box):
    """What is plugged during a hold waits until its client has died."""
    box.drop_in(DEBUG)
    start(box, MOVABLE_ON_NODE_1)
    job = box.guest.start("exec hold 'a test'")
    box.wait_file(job.output_file, "^held$")
    (since, uid, pid, why), = get(box, "Holds")
    expect("who holds, and why", (uid, pid, why), (0, job.pid, "a test"))
    expect(f"that it holds since {since}",
           abs(since / 1e6 - float(box.guest.run("date +%s").out)) < 600, True)

    new = box.plug("d1", "512M", 1)
    for index in new:
        box.wait_journal(f"^memory{index}: event 'add'")
    box.wait_status("^HELD")
    expect_error(box, "org.memplug1.Error.Busy", "Online", f"array:uint64:{new[0]} string:movable")
    box.expect_blocks(new, "offline")

    job.kill(9)
    job.wait()
    box.wait_online(new)
    box.expect_blocks(new, "online", "Movable")
    expect("Holds", get(box, "Holds"), [])
    box.expect_journal("^No longer held by pid .* of uid 0: a test", 1)


@scenario()
def bus_comes_back(box):
    """memplugd lives on without a bus, does its work, and is back on the next one."""
    start(box, MOVABLE_ON_NODE_1)
    pid = box.show("MainPID")
    box.guest.run("systemctl kill -s KILL dbus.service; systemctl stop dbus.socket dbus.service")
    box.wait_journal("^D-Bus is gone")
    new = box.plug("d1", "512M", 1)
    box.wait_online(new)
    box.guest.run("systemctl start dbus.socket dbus.service")
    wait_on_bus(box)
    expect("Outcomes", get(box, "Outcomes")["done"], len(new))

    # Killed and started at once, which its socket has done.
    box.guest.run("systemctl kill -s KILL dbus.service")
    box.wait_journal("^D-Bus is gone", count=2)
    wait_on_bus(box)
    monitor = Monitor(box)
    box.plug("d2", "256M", 1)
    monitor.wait('"member":"Outcome"', 2)
    expect("MainPID", box.show("MainPID"), pid)
    box.expect_no_trouble()


@scenario()
def bus_no_activation(box):
    """Whoever reads doesn't start what an administrator has stopped."""
    start(box, MOVABLE_ON_NODE_1)
    box.systemctl("stop")
    result = box.guest.run(f"busctl get-property {NAME} {PATH} {MANAGER} Mode", check=False)
    expect_match("a reader", result.out, "not provided by any .service files|not activatable")
    expect_error(box, "org.freedesktop.DBus.Error.ServiceUnknown", "Reload")
    box.expect_active("inactive")


@scenario(boot=Boot(append=OFFLINE_AT_BOOT, enabled=True, dimms=(("a", "256M", 1),),
                    files=((CONFIG, MOVABLE_ON_NODE_1),)))
def bus_joined_at_boot(box):
    """It is started long before the bus, waits for nothing, and is there when the bus is."""
    expect("the boot", box.guest.wait_boot(), "running")
    wait_on_bus(box)
    expect("Outcomes", get(box, "Outcomes")["done"], 2)
    times = [int(word) for word in box.guest.run(
        "systemctl show -P ActiveEnterTimestampMonotonic memplugd dbus.socket").out.split()]
    expect("that it was there before the bus", times, sorted(times))
    box.expect_journal("^D-Bus is gone", 0)
    ordered = box.guest.run("systemctl show -P After -P Wants -P Requires memplugd").out
    if "dbus" in ordered:
        raise Wrong(f"memplugd.service is ordered behind the bus: {ordered}")
