# SPDX-License-Identifier: LGPL-2.1-or-later
"""Packages of any Debian release, without touching what this machine has installed.

apt runs with a configuration of its own in a scratch directory. Where to download from is taken
from this machine's own apt sources: they are known to be reachable.
"""

import os
import pathlib
import subprocess

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class AptError(Exception):
    """A package can't be had; the text says why and what to do."""


def codename():
    """The code name of this machine's release."""
    for line in pathlib.Path("/etc/os-release").read_text().splitlines():
        key, _, value = line.partition("=")
        if key == "VERSION_CODENAME":
            return value.strip('"')
    raise AptError("/etc/os-release has no VERSION_CODENAME: the test machines need Debian")


def mirrors():
    """The archive and, where it has one, the security archive of this machine's sources."""
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(CODENAME) $(COMPONENT)",
         "Created-By: Packages"], check=True, stdout=subprocess.PIPE, text=True).stdout
    here, archive, security = codename(), None, None
    for fields in (line.split() for line in listed.splitlines()):
        # A source that was never updated has no code name, and three fields then.
        uri, names, component = fields[0], fields[1:-1], fields[-1]
        if component == "main" and here in names:
            archive = archive or uri
        if component == "main" and f"{here}-security" in names:
            security = security or uri
    if not archive:
        raise AptError(f"this machine's apt sources don't have {here} main")
    return archive, security


def source_line(uri, suite):
    return f"deb [signed-by={KEYRING}] {uri} {suite} main\n"


class Private:
    """apt for one suite, with all of its files in `scratch`."""

    def __init__(self, scratch, suite):
        self.scratch = pathlib.Path(scratch)
        for name in ("state/lists/partial", "cache/archives/partial", "etc/parts"):
            (self.scratch / name).mkdir(parents=True)
        (self.scratch / "state/status").touch()
        (self.scratch / "etc/sources.list").write_text(source_line(mirrors()[0], suite))
        self._run("apt-get", "update")

    def dependency(self, package, prefix):
        """The package that `package` depends on and whose name begins with `prefix`."""
        for line in self._run("apt-cache", "depends", "--important", package).splitlines():
            word, _, name = line.strip().partition(": ")
            if word == "Depends" and name.startswith(prefix):
                return name
        raise AptError(f"{package} depends on no {prefix}*")

    def unpack(self, package, where):
        """Downloads `package`, unpacks it below `where`, and returns its version."""
        self._run("apt-get", "download", package, cwd=self.scratch)
        archive, = self.scratch.glob(f"{package}_*.deb")
        subprocess.run(["dpkg", "-x", str(archive), str(where)], check=True)
        version = subprocess.run(["dpkg-deb", "-f", str(archive), "Version"], check=True,
                                 stdout=subprocess.PIPE, text=True).stdout.strip()
        archive.unlink()
        return version

    def _run(self, program, *arguments, cwd=None):
        settings = {
            "Dir::State": self.scratch / "state",
            "Dir::State::status": self.scratch / "state/status",
            "Dir::Cache": self.scratch / "cache",
            "Dir::Etc::sourcelist": self.scratch / "etc/sources.list",
            "Dir::Etc::sourceparts": self.scratch / "etc/parts",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": self.scratch / "etc/parts",
            "APT::Architecture": "amd64",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
            # The download user has no access to a cache in somebody's home directory.
            "APT::Sandbox::User": "root",
        }
        command = [program]
        for key, value in settings.items():
            command += ["-o", f"{key}={value}"]
        # apt exits 0 when an update fails to download; this makes it tell.
        command += ["-o", "APT::Update::Error-Mode=any"]
        done = subprocess.run(command + list(arguments), cwd=cwd, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=dict(os.environ, LC_ALL="C"))
        if done.returncode:
            raise AptError(f"{program} {' '.join(arguments)} failed:\n{done.stderr.strip()}")
        return done.stdout
