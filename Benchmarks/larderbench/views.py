"""What is measured: the share itself, rclone, Larder, a trivial FUSE file system, the local disk."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

from . import process, system
from .process import BenchError, Daemon

DRAIN_SECONDS_MAX = 180


class View:
    """Something that shows the share's files. Mounted and unmounted many times; keeps its cache."""

    name = ""
    has_cache = False

    def __init__(self, place: Path):
        self.place = place
        self.path = place / "view"
        self.cache = place / "cache"
        self.daemon: Daemon | None = None
        self.path.mkdir(parents=True, exist_ok=True)

    @property
    def pid(self) -> int | None:
        return self.daemon.pid if self.daemon else None

    def command(self, share: Path) -> list[str]:
        raise NotImplementedError

    def start(self, share: Path) -> None:
        self.cache.mkdir(parents=True, exist_ok=True)
        self.daemon = Daemon(self.command(share), self.place / f"{self.name}.log")
        process.wait_for_mount(self.path, self.daemon)

    def stop(self) -> None:
        process.unmount(self.path, self.daemon)
        self.daemon = None

    def wipe(self) -> None:
        """Forgets everything that was cached; only while unmounted."""
        shutil.rmtree(self.cache, ignore_errors=True)

    def drain(self) -> int:
        """Waits until what was read has reached the disk; returns what the cache occupies."""
        return system.wait_until_quiet(self.cache, DRAIN_SECONDS_MAX)

    def empty_memory(self, restart) -> None:
        """Leaves only the disk tier filled. Most have no memory tier besides the page cache."""


class ShareItself(View):
    """No cache but the kernel's: the share's own mount."""

    name = "share"

    def start(self, share: Path) -> None:
        self.path = share

    def stop(self) -> None:
        pass


class LocalDisk(View):
    """The library where it lies, on the local disk: what no cache on that disk can beat."""

    name = "local"

    def __init__(self, place: Path, library: Path):
        super().__init__(place)
        self.path = library

    def start(self, share: Path) -> None:
        pass

    def stop(self) -> None:
        pass


class Rclone(View):
    """Debian's rclone on a local path, with the cache mode that people use for media."""

    name = "rclone"
    has_cache = True

    def __init__(self, place: Path, extra: list[str]):
        super().__init__(place)
        self.extra = extra

    def command(self, share: Path) -> list[str]:
        command = ["rclone", "mount", str(share), str(self.path), "--config", ""]
        command += ["--vfs-cache-mode", "full", "--vfs-read-ahead", "64M"]
        return command + ["--cache-dir", str(self.cache)] + self.extra


class Larder(View):
    name = "larder"
    has_cache = True

    def __init__(self, place: Path, executable: Path):
        super().__init__(place)
        self.executable = str(executable)
        # Scenes are cold where they say so.
        self.options = {
            "memory": "512M", "disk": "5G", "readahead": "32M", "catalogue": "off",
        }

    def command(self, share: Path) -> list[str]:
        options = {"cache": str(self.cache), **self.options}
        text = ",".join(f"{key}={value}" for key, value in options.items())
        return [self.executable, "mount", str(share), str(self.path), "-o", text]

    def status(self) -> dict:
        text = process.run([self.executable, "status", str(self.path), "--json"], timeout=20)
        try:
            return json.loads(text)
        except ValueError:
            raise BenchError("larder status --json: not JSON") from None

    def drain(self) -> int:
        deadline = time.monotonic() + DRAIN_SECONDS_MAX
        while queued_bytes(self.status()) > 0 and time.monotonic() < deadline:
            time.sleep(0.1)
        return super().drain()

    def empty_memory(self, restart) -> None:
        restart()

    def start_in_background(self, share: Path, file: str) -> tuple[float, float]:
        """Mounts as a person does, lists the view and reads a file of it.

        Returns the seconds until the mount command was back, and until all of it was done.
        """
        self.cache.mkdir(parents=True, exist_ok=True)
        start = time.perf_counter()
        process.run(self.command(share) + ["--background"], timeout=120)
        mounted = time.perf_counter() - start
        process.run(["ls", str(self.path)], timeout=60)
        process.run(["cat", str(self.path / file)], timeout=60)
        return mounted, time.perf_counter() - start

    def stored_objects(self) -> int:
        """How many files the disk tier has something of."""
        tiers = self.status()["views"][0]["status"]["tiers"]
        return next(int(tier["entries"]) for tier in tiers if tier["name"] == "disk")


def queued_bytes(status: object) -> float:
    """What waits to be written, wherever status says so: any number whose name says "queued"."""
    if isinstance(status, list):
        return sum(queued_bytes(item) for item in status)
    if not isinstance(status, dict):
        return 0
    total = 0.0
    for name, value in status.items():
        if isinstance(value, (dict, list)):
            total += queued_bytes(value)
        elif isinstance(value, (int, float)) and ("queued" in name or "pending" in name):
            total += value
    return total


class ZeroFs(View):
    """A trivial FUSE file system in C that returns zeros, with Larder's kernel readahead."""

    name = "zerofs"

    def __init__(self, place: Path, executable: Path, size: int):
        super().__init__(place)
        self.executable = str(executable)
        self.size = size
        self.readahead_kib = 1024

    def command(self, share: Path) -> list[str]:
        return [self.executable, str(self.path), str(self.size)]

    def start(self, share: Path) -> None:
        super().start(share)
        system.readahead_file(self.path).write_text(f"{self.readahead_kib}\n")
