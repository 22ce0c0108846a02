# SPDX-License-Identifier: LGPL-2.1-or-later
"""The figures as Markdown, for the terminal and for README.md."""

import statistics


def _median(results, *keys):
    """Over a peer's rounds, of what stands below these keys; None: it has no such thing."""
    found = []
    for result in results:
        for key in keys:
            result = result.get(key) if result else None
        if result is not None:
            found.append(result)
    return statistics.median(found) if found else None


def _ratio(results, others, *keys):
    """The median of the ratios, round by round."""
    def get(result):
        for key in keys:
            result = result[key]
        return result

    return statistics.median(get(a) / get(b) for a, b in zip(results, others))


def _rows(rows):
    head, *rest = rows
    lines = ["| " + " | ".join(row) + " |" for row in (head, *rest)]
    return "\n".join([lines[0], "|---" * len(head) + "|", *lines[1:]]) + "\n"


def _ms(seconds, blocks):
    return "-" if seconds is None else f"{seconds / blocks * 1000:.2f} ms"


def _most_memory(results, unit):
    """Of the rounds. A service's first one after a boot has page cache to account for, too."""
    found = [result[unit]["peak_kib"] for result in results if (result.get(unit) or {}).get("peak_kib")]
    if not found:
        return "-"
    return f"{statistics.median(found) / 1024:.1f} MiB, at most {max(found) / 1024:.1f}"


def _number(value):
    return "-" if value is None else f"{value:.0f}"


def _beside(found):
    blocks, peers = found["blocks"], found["peers"]
    rows = [("who", "first `add` to last `online`", "beside the kernel", "user space, a block",
             "kernel, a block", "most memory", "processes")]
    for name, results in peers.items():
        # udevd deals with each event in any case; a rule is its own work.
        unit = "udevd" if name == "udev rule" else "own"
        rows.append((
            name, f"{_median(results, 'seconds'):.2f} s",
            f"{_ratio(results, peers['kernel'], 'seconds'):.3f}",
            _ms(_median(results, unit, "user_seconds"), blocks),
            _ms(_median(results, unit, "kernel_seconds"), blocks),
            _most_memory(results, unit),
            _number(_median(results, unit, "processes"))))
    others = statistics.median(result["udevd"]["user_seconds"]
                               for name, results in peers.items() if name != "udev rule"
                               for result in results)
    beside = statistics.median(ours["own"]["user_seconds"] / theirs["udevd"]["user_seconds"]
                               for ours, theirs in zip(peers["memplugd"], peers["udev rule"]))
    return (f"{blocks} blocks, a 64 GiB DIMM, in a {found['guest']}; the medians of {found['rounds']} "
            f"rounds, and of their ratios. The work of onlining is in the kernel's time of whoever has it "
            f"done. systemd-udevd, which looks at each event in any case, took {_ms(others, blocks)} in "
            f"user space for a block where it had no rule for it. memplugd took {beside:.2f} of what "
            f"the udev rule took there.\n\n" + _rows(rows))


def _scale(found):
    listed, dimms, many = found["list"], found["list_dimms"], found["daemon_many"]
    half, whole = found["plan"]
    rows = [
        ("what", "measured", "bar"),
        ("`memplugctl list` beside `lsmem`, 32,768 blocks",
         f"{listed['ours']:.3f} s and {listed['theirs']:.3f} s: {listed['times']:.1f} times as fast "
         f"({found['processors']} processors)", "3 times"),
        ("the same, where half of them are DIMMs'",
         f"{dimms['ours']:.3f} s and {dimms['theirs']:.3f} s: {dimms['times']:.1f} times as fast", ""),
        ("`list`, `status`, `plan`, and `lsmem`, 524,288 blocks",
         ", ".join(f"{found[name + '_many']['seconds']:.1f} s"
                   for name in ("list", "status", "plan", "lsmem")), ""),
        ("planning 524,288 blocks", f"{half['planned']:.3f} s", "0.2 s"),
        ("planning twice as many", f"{whole['planned'] / half['planned']:.2f} times that", "2.3 times"),
        ("sweep of 524,288 blocks at the start, a block",
         f"{many['sweep_calls_a_block']:.2f} system calls, {many['sweep_bytes_a_block']:.1f} bytes",
         "8 and 64"),
        ("a burst of 8 blocks on that machine",
         f"{many['burst_calls']:.0f} system calls about the kernel's files, "
         f"{many['burst_allocations']:.0f} allocations", "as on any machine; 0"),
        ("100,000 synthetic `add` events, each",
         f"{many['event_usec']:.1f} µs, {many['event_writes']:.0f} writes; memory grew by "
         f"{many['events_grew_bytes']:.0f} bytes", "50 µs, none, none"),
    ]
    return _rows(rows)


def make(found):
    """The text, with the date of the measurement."""
    parts = [f"Measured on {found['date']} by `tests/bench/run`.\n"]
    if "beside" in found:
        parts.append(_beside(found["beside"]))
    if "scale" in found:
        parts.append("Trees of files laid out like sysfs, outside a guest:\n\n" + _scale(found["scale"]))
    return "\n".join(parts)
