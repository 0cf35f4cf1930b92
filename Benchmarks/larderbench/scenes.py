"""Who does what in which order, and what is timed.

A scene is one contender going once through a story: cold, again, after a restart. Each timed step starts
with an empty page cache unless the page cache is the point. The runner lets the contenders take turns, so that
what disturbs the machine disturbs all of them.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Callable

from . import process, system
from .library import Library
from .process import BenchError
from .shares import Share
from .system import GIB, KIB, MIB
from .views import View, ZeroFs

PROBE = Path(__file__).with_name("probe.py")
PROBE_COMMAND = [sys.executable, "-I", "-S", str(PROBE)]
SLOWEST_BYTES_PER_SECOND = 2_000_000  # who is slower than this has failed
SMALL_FILES_SECONDS_MAX = 600
RANDOM_READS = {"share": 200}
RANDOM_READS_ELSE = 2000
# rclone reads the whole film for its fingerprint before it gives the first byte: once per round will do.
FIRST_READS = {"rclone": 1}
FIRST_READS_ELSE = 3
FILL_ATTEMPTS = 3

Record = Callable[[str, float], None]


class Stand:
    """A view on a share, ready to be measured, and the means to start both anew."""

    def __init__(
        self, view: View, share: Share, library: Library, tools: dict[str, Path], seed: int
    ):
        self.view = view
        self.share = share
        self.library = library
        self.tools = tools
        self.seed = seed

    def fresh(self) -> None:
        """Share and view mounted anew, nothing cached anywhere."""
        self.stop()
        self.view.wipe()
        self.start()

    def restart(self) -> None:
        """Share and view mounted anew, as after a reboot: what is on disk stays."""
        self.stop()
        self.start()

    def start(self) -> None:
        self.share.start()
        self.view.start(self.share.path)
        self.drop()

    def stop(self) -> None:
        self.view.stop()
        self.share.stop()

    def drop(self) -> None:
        system.drop_page_cache(self.view.place)

    def file(self, name: str) -> Path:
        return self.view.path / name

    # What is timed.

    def stream(self, name: str) -> float:
        """Opens a file and reads it from start to end, as `dd bs=1M` does; MB/s."""
        path = self.file(name)
        size = (self.library.main / name).stat().st_size
        timeout = 30 + size / SLOWEST_BYTES_PER_SECOND
        return stream_megabytes_per_second(path, size, timeout)

    def first(self, name: str) -> float:
        return probe("first", self.file(name), 64 * KIB, timeout=300)["ms"]

    def random(self, name: str) -> dict:
        count = RANDOM_READS.get(self.view.name, RANDOM_READS_ELSE)
        return probe("random", self.file(name), count, self.seed, timeout=120)

    def documents(self) -> float:
        folder = self.file(self.library.documents)
        found = probe("documents", folder, timeout=SMALL_FILES_SECONDS_MAX)
        if found["files"] != self.library.plan.documents:
            raise BenchError(f"{found['files']} documents found")
        return found["s"]

    def find(self, files: int) -> float:
        """`find -ls` over the tree; seconds. What it printed is counted, not kept."""
        start = time.perf_counter()
        command = ["find", str(self.file(self.library.tree)), "-ls"]
        output = process.run(command, SMALL_FILES_SECONDS_MAX)
        taken = time.perf_counter() - start
        if output.count("\n") <= files:
            raise BenchError(f"find: {output.count(chr(10))} lines for {files} files")
        return taken

    # Getting there.

    def fill(self, name: str) -> int:
        """Reads a file until the disk tier has it; returns what the cache occupies."""
        size = (self.library.main / name).stat().st_size
        for _ in range(FILL_ATTEMPTS):
            self.stream(name)
            used = self.view.drain()
            if used >= 0.95 * size:
                break
            self.restart()
        return used


def probe(*arguments: object, timeout: float) -> dict:
    command = [*PROBE_COMMAND, *map(str, arguments)]
    return json.loads(process.run(command, timeout, title=f"{arguments[0]} read"))


def stream_megabytes_per_second(path: Path, size: int, timeout: float) -> float:
    found = probe("stream", path, timeout=timeout)
    if found["bytes"] != size:
        raise BenchError(f"{path.name}: {found['bytes']} bytes instead of {size}")
    return size / 1e6 / found["s"]


def timed_with_processor(stand: Stand, name: str) -> tuple[float, float | None]:
    """MB/s of a stream, and processor seconds per GB that the view's daemon used for it."""
    pid = stand.view.pid
    before = system.processor_seconds(pid) if pid else 0
    speed = stand.stream(name)
    if not pid:
        return speed, None
    size = (stand.library.main / name).stat().st_size
    return speed, (system.processor_seconds(pid) - before) / (size / 1e9)


def film(stand: Stand, wants: set[str], record: Record) -> None:
    name = stand.library.film
    if "first-64k" in wants and stand.view.name != "local":
        for _ in range(FIRST_READS.get(stand.view.name, FIRST_READS_ELSE)):
            stand.fresh()
            stand.file(stand.library.some_document).read_bytes()  # so that the programs are not cold
            stand.drop()
            record("first-64k", stand.first(name))
    if wants == {"first-64k"}:
        return
    stand.fresh()
    if stand.view.has_cache:
        record("film-cold", stand.stream(name))
        if wants & FILM_WARM:
            film_from_cache(stand, wants, record)
    elif stand.view.name == "local":
        film_again(stand, wants, record)
    else:
        film_without_cache(stand, wants, record)


FILM_WARM = {"film-disk", "film-pagecache", "random-p50", "random-p99", "cpu"}


def film_without_cache(stand: Stand, wants: set[str], record: Record) -> None:
    """The share itself keeps nothing on disk: every read after a dropped page cache is cold."""
    if wants & {"film-cold", "film-disk", "film-pagecache"}:
        cold = stand.stream(stand.library.film)
        record("film-cold", cold)
        record("film-disk", cold)
    if "film-pagecache" in wants:
        record("film-pagecache", stand.stream(stand.library.film))
    random_reads(stand, wants, record)


def film_from_cache(stand: Stand, wants: set[str], record: Record) -> None:
    name = stand.library.film
    used = stand.view.drain()
    if used < 0.95 * stand.library.plan.film:
        used = stand.fill(name)
    record("film-coverage", used / stand.library.plan.film)
    stand.view.empty_memory(stand.restart)
    film_again(stand, wants, record)


def film_again(stand: Stand, wants: set[str], record: Record) -> None:
    name = stand.library.film
    if wants & {"film-disk", "cpu"}:
        stand.drop()
        speed, processor = timed_with_processor(stand, name)
        record("film-disk", speed)
        if processor is not None:
            record("cpu", processor)
    random_reads(stand, wants, record)
    if "film-pagecache" in wants:
        stand.stream(name)
        record("film-pagecache", stand.stream(name))


def random_reads(stand: Stand, wants: set[str], record: Record) -> None:
    if not wants & {"random-p50", "random-p99"}:
        return
    stand.view.empty_memory(stand.restart)
    stand.drop()
    taken = stand.random(stand.library.film)
    record("random-p50", taken["p50"])
    record("random-p99", taken["p99"])


def film_memory(stand: Stand, wants: set[str], record: Record) -> None:
    """Larder with a memory tier that holds the film, and zerofs with the same kernel readahead."""
    stand.fresh()
    name = stand.library.film
    if isinstance(stand.view, ZeroFs):
        speed = stream_megabytes_per_second(stand.file("zeros"), stand.view.size, 60)
        record("film-memory", speed)
        return
    stand.stream(name)
    stand.view.drain()
    stand.drop()
    speed, processor = timed_with_processor(stand, name)
    record("film-memory", speed)
    if processor is not None:
        record("cpu-memory", processor)
    record("readahead-kib", float(system.readahead_file(stand.view.path).read_text()))


def documents(stand: Stand, wants: set[str], record: Record) -> None:
    stand.fresh()
    cold = stand.documents()
    record("documents-cold", cold)
    if not stand.view.has_cache:
        record("documents-again", cold)  # nothing is kept: it is always cold
        return
    if "documents-again" in wants:
        stand.view.drain()
        stand.restart()
        record("documents-again", stand.documents())


def find(stand: Stand, wants: set[str], record: Record) -> None:
    stand.fresh()
    find_counted(stand, "find-cold", record)
    if stand.view.has_cache:
        stand.view.drain()
    stand.restart()
    find_counted(stand, "find-again", record)


def find_counted(stand: Stand, figure: str, record: Record) -> None:
    before = stand.share.operations()
    record(figure, stand.find(stand.library.plan.tree_files))
    after = stand.share.operations()
    if before is not None and after is not None:
        record(f"{figure}-operations", after - before)


def text(stand: Stand, wants: set[str], record: Record) -> None:
    stand.fresh()
    name = stand.library.text
    if stand.view.has_cache:
        empty = stand.view.drain()
        stand.stream(name)
        stand.view.drain()
        stand.restart()  # whatever the disk tier let go in the first pass is asked for again
        stand.stream(name)
        record("text-space", (stand.view.drain() - empty) / stand.library.plan.text)
        stand.view.empty_memory(stand.restart)
    stand.drop()
    record("text-disk", stand.stream(name))
    stand.view.empty_memory(stand.restart)
    stand.drop()
    record("text-random-p50", stand.random(name)["p50"])


def resident(stand: Stand, wants: set[str], record: Record) -> None:
    """A film larger than the memory tier is read, and a crowd of files looked at, on a local share."""
    stand.fresh()
    stand.find(stand.library.plan.crowd_files)
    stand.stream(stand.library.film)
    stand.view.drain()
    found = system.resident_mib(stand.view.pid)
    record("resident", found["VmRSS"])
    record("resident-peak", found["VmHWM"])


class MountMillion:
    """Mounting with a huge index: what was stored of 1,000,000 files, and the listings that name them."""

    ROWS = 1_000_000
    DISK = "8G"  # room for all of them: nothing is to be evicted while the clock runs
    FILL_SECONDS_MAX = 900

    def __init__(self):
        self.filled = False

    def __call__(self, stand: Stand, wants: set[str], record: Record) -> None:
        stand.stop()
        stand.share.start()
        self.fill(stand)
        try:
            self.mount(stand, "mount-million", record)
            # Ended without a word; the dead mount is Larder's to clear away.
            pid = self.daemon(stand)
            os.kill(pid, signal.SIGKILL)
            wait_for_end(pid)
            self.mount(stand, "mount-million-killed", record)
        finally:
            pid = self.daemon(stand)
            process.unmount(stand.view.path, None)
            wait_for_end(pid)

    def mount(self, stand: Stand, figure: str, record: Record) -> None:
        stand.drop()
        mounted, usable = stand.view.start_in_background(stand.share.path, self.some_file(stand))
        record(figure, usable)
        record(f"{figure}-returned", mounted)
        if (rows := stand.view.stored_objects()) < self.ROWS:
            raise BenchError(f"only {rows} files in the index")

    def daemon(self, stand: Stand) -> int | None:
        return system.find_process("larder", stand.view.path)

    def fill(self, stand: Stand) -> None:
        """Has Larder make the share's place in the cache, and the disk tier's own program fill it."""
        if self.filled:
            return
        if "disk-tier-bench" not in stand.tools:
            raise BenchError("disk-tier-bench: not in the --bin-dir; build it first")
        stand.view.wipe()
        stand.start()
        stand.view.stop()
        places = list((stand.view.cache / "shares").iterdir())
        if len(places) != 1:
            raise BenchError(f"{len(places)} shares in a new cache")
        command = [str(stand.tools["disk-tier-bench"]), str(places[0]), "million"]
        process.run(command, self.FILL_SECONDS_MAX)
        self.filled = True

    def some_file(self, stand: Stand) -> str:
        """Read to show that the view is usable: a small one, of which nothing is known."""
        tree = stand.share.path / stand.library.tree
        return next(
            str((Path(folder) / name).relative_to(stand.share.path))
            for folder, _, names in os.walk(tree)
            for name in names
        )


def wait_for_end(pid: int | None, timeout: float = 30) -> None:
    deadline = time.monotonic() + timeout
    while pid and Path(f"/proc/{pid}").exists():
        if time.monotonic() > deadline:
            raise BenchError(f"larder (pid {pid}) outlived its mount by {timeout:.0f} s")
        time.sleep(0.05)


def memory_for(film_bytes: int) -> str:
    """A memory tier that holds the film with room to spare."""
    return f"{(film_bytes + GIB // 2) // MIB}M"
