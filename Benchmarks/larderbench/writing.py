"""Scenes of work: files written, copied and cloned into the view; and a share that goes away under its readers."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import time
from pathlib import Path

from . import process, scenes
from .process import BenchError
from .scenes import Record, Stand
from .system import KIB, MIB

SMALL_BYTES = 4 * KIB
READERS = 100
READER_PAUSE = 0.05  # seconds: 2,000 reads a second in all leave two cores time to breathe
READER_SECONDS = 8
REFUSED_READS = 1000
STEP = 128 * KIB
RETURN_SECONDS_MAX = 60


def written(stand: Stand) -> Path:
    """An empty folder of a share and a view that are mounted anew, as the view shows it."""
    folder = stand.library.main / "written"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    stand.fresh()
    return stand.file("written")


def clean(stand: Stand) -> None:
    stand.stop()
    shutil.rmtree(stand.library.main / "written", ignore_errors=True)


def writing(stand: Stand, wants: set[str], record: Record) -> None:
    try:
        if "write-stream" in wants:
            write_stream(stand, record)
        if "write-small" in wants:
            write_small(stand, record)
        if "rsync-into" in wants:
            rsync_into(stand, record)
        if wants & {"git-clone", "git-status-after", "git-status-warm"}:
            git(stand, record)
    finally:
        clean(stand)


def write_stream(stand: Stand, record: Record) -> None:
    """As `dd bs=1M conv=fsync`."""
    target = written(stand) / "stream"
    block = os.urandom(MIB)
    count = stand.library.plan.written // MIB
    start = time.perf_counter()
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        for _ in range(count):
            os.write(descriptor, block)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    record("write-stream", count * MIB / 1e6 / (time.perf_counter() - start))
    if (stand.library.main / "written" / "stream").stat().st_size != count * MIB:
        raise BenchError("the share lacks what was written")


def write_small(stand: Stand, record: Record) -> None:
    folder = written(stand)
    bytes_each = os.urandom(SMALL_BYTES)
    start = time.perf_counter()
    for index in range(stand.library.plan.small_files):
        descriptor = os.open(folder / f"note{index:04}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        os.write(descriptor, bytes_each)
        os.close(descriptor)
    record("write-small", time.perf_counter() - start)


def rsync_into(stand: Stand, record: Record) -> None:
    target = written(stand)
    source = stand.library.main / stand.library.documents
    start = time.perf_counter()
    process.run(["rsync", "-a", f"{source}/", f"{target}/"], scenes.SMALL_FILES_SECONDS_MAX)
    record("rsync-into", time.perf_counter() - start)


def git(stand: Stand, record: Record) -> None:
    """A clone of the documents; `git status` right behind it, and once more."""
    source = repository(stand)
    target = written(stand) / "clone"
    for name, command in (
        ("git-clone", ["git", "clone", "-q", "--no-hardlinks", str(source), str(target)]),
        ("git-status-after", ["git", "-C", str(target), "status", "--short"]),
        ("git-status-warm", ["git", "-C", str(target), "status", "--short"]),
    ):
        start = time.perf_counter()
        output = process.run(command, scenes.SMALL_FILES_SECONDS_MAX)
        record(name, time.perf_counter() - start)
        if output:
            raise BenchError(f"{name}: {output[:200]}")


def repository(stand: Stand) -> Path:
    place = stand.view.place.parent / "repository"
    if not (place / ".git" / "HEAD").exists():
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(stand.library.main / stand.library.documents, place)
        who = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
        for words in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "documents"]):
            process.run(["git", "-C", str(place), *words], timeout=120)
    return place


def share_gone(stand: Stand, wants: set[str], record: Record) -> None:
    """The share hangs while a hundred readers use cached files."""
    stand.fresh()
    folder = stand.file(stand.library.documents)
    cached = sorted(path for path in folder.rglob("*") if path.is_file())
    for name in cached:
        name.read_bytes()
    # Large, and read at random: nothing of it is fetched ahead.
    film = os.open(stand.file(stand.library.film), os.O_RDONLY)
    half = stand.library.plan.film // 2
    places = random.Random(stand.seed).sample(range(half // STEP), REFUSED_READS + 1)
    pages = [half + place * STEP for place in places]
    os.pread(film, SMALL_BYTES, 0)
    readers = subprocess.Popen(
        [*scenes.PROBE_COMMAND, "readers", str(READERS), str(READER_SECONDS), str(READER_PAUSE), *map(str, cached)],
        stdout=subprocess.PIPE,
    )
    time.sleep(1)
    stand.share.control("hang")
    try:
        # No page in the kernel helps: what was not read is not there.
        record("gone-uncached", failing_read(film, pages.pop()))
        times = [failing_read(film, page) for page in pages]
        record("gone-refused", sorted(times)[len(times) // 2] * 1e3)
        record("gone-refused-p99", sorted(times)[len(times) * 99 // 100] * 1e3)
        output, _ = readers.communicate(timeout=120)
    finally:
        readers.kill()
        stand.share.control("resume")
    found = json.loads(output)
    record("gone-cached-errors", found["errors"])
    record("gone-cached-slowest", found["slowest_ms"])
    start = time.perf_counter()
    while time.perf_counter() - start < RETURN_SECONDS_MAX:
        try:
            os.pread(film, SMALL_BYTES, pages[0])
            break
        except OSError:
            time.sleep(0.01)
    record("gone-return", time.perf_counter() - start)
    os.close(film)


def failing_read(descriptor: int, offset: int) -> float:
    start = time.perf_counter()
    try:
        os.pread(descriptor, SMALL_BYTES, offset)
    except OSError:
        return time.perf_counter() - start
    raise BenchError(f"the film was read at {offset} although the share was gone")
