"""The slow side: what a person would have mounted already. Nothing here leaves 127.0.0.1."""

from __future__ import annotations

import getpass
import json
import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

from . import process, system
from .process import BenchError, Daemon

ROUND_TRIP_MS = 8
BANDWIDTH = 100_000_000  # bytes per second
SSHD_EMPTY_DIRECTORY = Path("/run/sshd")  # where Debian's sshd locks its unprivileged half in


class Share:
    """A directory to cache. `start` mounts it anew, so nothing is left of an earlier reader."""

    name = "share"
    counts_operations = False

    def __init__(self, source: Path, place: Path):
        self.source = source
        self.place = place
        self.path = place / "share"
        self.daemon: Daemon | None = None
        place.mkdir(parents=True, exist_ok=True)
        self.path.mkdir(exist_ok=True)

    def start(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        process.unmount(self.path, self.daemon)
        self.daemon = None

    def close(self) -> None:
        self.stop()

    def operations(self) -> int | None:
        """How many requests the share has answered since it started, where it can tell."""
        return None

    def bytes_read(self) -> int | None:
        """How many bytes of files the share has given since it started, where it can tell."""
        return None

    def bytes_read_when_quiet(self, timeout: float = 60, quiet: float = 1) -> int | None:
        """The same, once nobody has read anything from it for a while."""
        deadline = time.monotonic() + timeout
        count, since = self.bytes_read(), time.monotonic()
        while count is not None and time.monotonic() < deadline:
            if time.monotonic() - since >= quiet:
                break
            time.sleep(0.2)
            now = self.bytes_read()
            if now != count:
                count, since = now, time.monotonic()
        return count


class LocalShare(Share):
    """A fast share: for figures that do not depend on the share, and to try the harness."""

    name = "local"

    def __init__(self, source: Path, place: Path):
        super().__init__(source, place)
        self.path = source

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass


class SlowShare(Share):
    """Larder's own slow pass-through: a round trip per operation, a shared bandwidth."""

    name = "slowshare"
    counts_operations = True

    def __init__(self, source: Path, place: Path, executable: Path):
        super().__init__(source, place)
        self.executable = str(executable)

    def start(self) -> None:
        command = [self.executable, str(self.source), str(self.path)]
        command += ["--round-trip", f"{ROUND_TRIP_MS}ms"]
        command += ["--bandwidth", f"{BANDWIDTH // 1_000_000}MB/s"]
        self.daemon = Daemon(command, self.place / "slowshare.log")
        process.wait_for_mount(self.path, self.daemon)

    def operations(self) -> int | None:
        return sum_of_counts(self.statistics())

    def bytes_read(self) -> int | None:
        return int(json.loads(self.statistics())["bytes_read"])

    def statistics(self) -> str:
        return self.control("stats")

    def control(self, word: str) -> str:
        return process.run([self.executable, "ctl", str(self.path), word], timeout=10)


def sum_of_counts(text: str) -> int:
    """All operations in `slowshare ctl … stats`, which prints JSON or lines of "name count"."""
    try:
        found = json.loads(text)
    except ValueError:
        found = dict(re.findall(r"^\s*([a-z_.]+)[\s:=]+(\d+)\s*$", text, re.MULTILINE))
    if not isinstance(found, dict):
        raise BenchError("slowshare ctl stats: a form that is not understood")
    for key in ("operations", "requests", "total"):
        if key in found:
            found = found[key]
            break
    if isinstance(found, dict):
        return sum(int(n) for name, n in found.items() if "bytes" not in name)
    return int(found)


class Sshfs(Share):
    """sshfs to an sshd of our own, through a proxy that makes loopback a long link."""

    name = "sshfs"

    def __init__(self, source: Path, place: Path, proxy: Path):
        super().__init__(source, place)
        self.server = SshServer(place / "sshd")
        self.proxy_executable = proxy
        self.proxy: Daemon | None = None
        self.port = 0

    def start(self) -> None:
        if self.proxy is None:
            self.server.start()
            self.start_proxy()
        command = ["sshfs", "-f", "-p", str(self.port), "-F", "/dev/null"]
        for option in self.server.client_options():
            command += ["-o", option]
        command += [f"{getpass.getuser()}@127.0.0.1:{self.source}", str(self.path)]
        self.daemon = Daemon(command, self.place / "sshfs.log")
        process.wait_for_mount(self.path, self.daemon)

    def start_proxy(self) -> None:
        one_way_us = ROUND_TRIP_MS * 1000 // 2
        command = [str(self.proxy_executable), str(self.server.port), str(one_way_us), str(BANDWIDTH)]
        self.proxy = Daemon(command, self.place / "proxy.log", stdout=subprocess.PIPE)
        self.port = int(self.proxy.process.stdout.readline() or 0)
        if not self.port:
            raise BenchError(f"delayproxy did not start: {process.tail(self.proxy.log)}")

    def close(self) -> None:
        self.stop()
        if self.proxy is not None:
            self.proxy.stop()
            self.proxy.process.stdout.close()
            self.proxy = None
        self.server.stop()


class SshServer:
    """An sshd with a key, a configuration and a port of its own, on 127.0.0.1 only."""

    def __init__(self, place: Path):
        self.place = place
        self.daemon: Daemon | None = None
        self.port = 0
        self.made_directory = False

    def start(self) -> None:
        self.place.mkdir(mode=0o700, parents=True, exist_ok=True)
        for key in ("host", "user"):
            self.make_key(self.place / key)
        shutil.copy(self.place / "user.pub", self.place / "authorized_keys")
        self.port = free_port()
        (self.place / "config").write_text(self.configuration())
        if os.geteuid() == 0 and not SSHD_EMPTY_DIRECTORY.exists():
            SSHD_EMPTY_DIRECTORY.mkdir(mode=0o755)
            self.made_directory = True
        sshd = shutil.which("sshd") or "/usr/sbin/sshd"
        command = [sshd, "-D", "-e", "-f", str(self.place / "config")]
        self.daemon = Daemon(command, self.place / "log")
        self.wait_for_port()

    def make_key(self, path: Path) -> None:
        if not path.exists():
            process.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], 20)

    def configuration(self) -> str:
        return "\n".join(
            [
                f"Port {self.port}",
                "ListenAddress 127.0.0.1",
                f"HostKey {self.place}/host",
                f"AuthorizedKeysFile {self.place}/authorized_keys",
                f"AllowUsers {getpass.getuser()}",
                "PermitRootLogin prohibit-password",
                "PasswordAuthentication no",
                "KbdInteractiveAuthentication no",
                "UsePAM no",
                "StrictModes no",
                "PidFile none",
                "AllowTcpForwarding no",
                "X11Forwarding no",
                "Subsystem sftp internal-sftp",
                "",
            ]
        )

    def client_options(self) -> list[str]:
        return [
            f"IdentityFile={self.place}/user",
            "IdentitiesOnly=yes",
            "IdentityAgent=none",
            "BatchMode=yes",
            f"UserKnownHostsFile={self.place}/known_hosts",
            "StrictHostKeyChecking=no",
        ]

    def wait_for_port(self) -> None:
        for _ in range(200):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if not self.daemon.is_running:
                break
            time.sleep(0.05)
        raise BenchError(f"sshd did not start: {process.tail(self.daemon.log)}")

    def stop(self) -> None:
        if self.daemon is not None:
            self.daemon.stop()
            self.daemon = None
        if self.made_directory:
            SSHD_EMPTY_DIRECTORY.rmdir()
            self.made_directory = False


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def shares_by_name(names, source: Path, place: Path, tools: dict[str, Path]) -> list[Share]:
    made: dict[str, Share] = {}
    for name in names:
        where = place / name
        if name == "slowshare":
            made[name] = SlowShare(source, where, tools["slowshare"])
        elif name == "sshfs":
            made[name] = Sshfs(source, where, tools["delayproxy"])
        else:
            made[name] = LocalShare(source, where)
    return list(made.values())
