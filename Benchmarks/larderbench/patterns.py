"""Scenes of looking through folders, and of reading a film in any way but from start to end."""

from __future__ import annotations

import os
import time

from . import process
from .library import COPY_BYTES
from .process import BenchError
from .scenes import SMALL_FILES_SECONDS_MAX, Record, Stand, probe
from .system import KIB

HEAD_BYTES = 64 * KIB
PATTERN_SECONDS = {"share": 10}  # its rate is known by then
PATTERN_SECONDS_ELSE = 60
THUMBNAILS_OF_SHARE = 60
CONVERT = "/usr/bin/convert"  # ImageMagick's, where Debian has it


def photos_heads(stand: Stand, wants: set[str], record: Record) -> None:
    """What a file manager does to show types and embedded previews."""
    stand.fresh()
    before = stand.share.bytes_read()
    folder = stand.file(stand.library.photos)
    found = probe("heads", folder, HEAD_BYTES, timeout=SMALL_FILES_SECONDS_MAX)
    if found["files"] != stand.library.plan.photos:
        raise BenchError(f"{found['files']} photos found")
    record("photos-heads", found["s"])
    record_traffic(stand, "photos-heads", before, found["bytes"], record)


def thumbnails(stand: Stand, wants: set[str], record: Record) -> None:
    """A program per photo, as file managers start their thumbnailers."""
    if not os.path.exists(CONVERT):
        raise BenchError(f"{CONVERT} is missing; see Benchmarks/packages")
    stand.fresh()
    folder = stand.file(stand.library.photos)
    target = stand.view.place / "thumbnail.png"
    count = stand.library.plan.thumbnails
    if not stand.view.has_cache:
        count = min(count, THUMBNAILS_OF_SHARE)
    start = time.perf_counter()
    for name in os.listdir(folder)[:count]:
        process.run([CONVERT, str(folder / name), "-thumbnail", "256x256", str(target)], timeout=60)
    record("thumbnails", (time.perf_counter() - start) * 1e3 / count)


def copy_1mb(stand: Stand, wants: set[str], record: Record) -> None:
    stand.fresh()
    folder = stand.file(stand.library.copies)
    found = probe("copy", folder, timeout=SMALL_FILES_SECONDS_MAX)
    if found["bytes"] != stand.library.plan.copies * COPY_BYTES:
        raise BenchError(f"{found['bytes']} bytes found in {found['files']} files")
    record("copy-1mb", found["bytes"] / 1e6 / found["s"])


def film_patterns(stand: Stand, wants: set[str], record: Record) -> None:
    """Each on its own mount, cold: what one pattern fetched is no help to the next."""
    count = stand.library.plan.pattern
    apart = stand.library.plan.apart
    patterns = {
        "backward": (count,),
        "every-fourth": (count // 2,),
        "interleaved": (count, apart),
        "reopen": (count // 2,),
    }
    seconds = PATTERN_SECONDS.get(stand.view.name, PATTERN_SECONDS_ELSE)
    for name, (wanted, *rest) in patterns.items():
        if name not in wants:
            continue
        stand.fresh()
        before = stand.share.bytes_read()
        path = stand.file(stand.library.film)
        found = probe(name, path, wanted, seconds, *rest, timeout=seconds + 60)
        record(name, found["bytes"] / 1e6 / found["s"])
        record_traffic(stand, name, before, found["bytes"], record)


def record_traffic(
    stand: Stand, figure: str, before: int | None, useful: int, record: Record
) -> None:
    """Bytes from the share over bytes that were asked for, where the share can tell; for the JSON."""
    after = stand.share.bytes_read_when_quiet()
    if before is not None and after is not None:
        record(f"{figure}-traffic", (after - before) / useful)
