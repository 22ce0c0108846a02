# SPDX-License-Identifier: LGPL-2.1-or-later
"""Things that are made once and kept outside the tree.

A thing is a directory in the cache with an `inputs.json` that tells what it was made from.
It is made anew when it is missing or when its inputs are other ones. It is made under another
name and renamed when it is whole, so an interrupted run leaves no half thing, and under a lock,
so two runs don't make it at once.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time


def directory():
    """The cache's directory, made if it is missing."""
    chosen = os.environ.get("MEMPLUG_TEST_CACHE")
    if not chosen:
        base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
        chosen = pathlib.Path(base) / "memplugd-tests"
    path = pathlib.Path(chosen).absolute()
    path.mkdir(parents=True, exist_ok=True)
    return path


def fingerprint(*paths):
    """A word that changes when one of the files changes: for scripts that go into an image."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(pathlib.Path(path).read_bytes())
    return digest.hexdigest()[:16]


def ensure(name, inputs, build):
    """The directory of the thing `name`; `build(directory)` makes it where that is needed."""
    path = directory() / name
    if _made_from(path) == inputs:
        return path
    with _locked(name):
        # Another run may have made it while this one waited for the lock.
        if _made_from(path) != inputs:
            _make(path, inputs, build)
    return path


def forget(name):
    """Removes a thing, so that the next `ensure` makes it anew."""
    with _locked(name):
        shutil.rmtree(directory() / name, ignore_errors=True)


def _made_from(path):
    try:
        return json.loads((path / "inputs.json").read_text())
    except (OSError, ValueError):
        return None


@contextlib.contextmanager
def _locked(name):
    with open(directory() / f".{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(path, inputs, build):
    prefix = f".{path.name}.making."
    _sweep(path.parent, prefix)
    print(f"making {path.name} in {path.parent} ...", file=sys.stderr, flush=True)
    begin = time.monotonic()
    made = pathlib.Path(tempfile.mkdtemp(prefix=prefix, dir=path.parent))
    # mkdtemp makes it 0700, and apt's download user and mmdebstrap's namespaces must get in.
    made.chmod(0o755)
    try:
        build(made)
        (made / "inputs.json").write_text(json.dumps(inputs, indent=2) + "\n")
        shutil.rmtree(path, ignore_errors=True)
        made.rename(path)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    # Once more: a killed run's child may have been writing there at the first time.
    _sweep(path.parent, prefix)
    print(f"made {path.name} in {time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)


def _sweep(parent, prefix):
    """Removes what killed runs have left. Who began it is gone: this process holds the lock."""
    for leftover in parent.glob(prefix + "*"):
        shutil.rmtree(leftover, ignore_errors=True)
