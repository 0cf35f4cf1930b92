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


MIXED_MEMORY = ("64M", "512M")


def mixed(stand: Stand, wants: set[str], record: Record) -> None:
    """One process that plays, works, browses and copies: what a second pass takes, over what the first took."""
    worst: dict[str, float] = {}
    usual = stand.view.options["memory"]
    try:
        for memory in MIXED_MEMORY:
            stand.view.options["memory"] = memory
            stand.fresh()
            taken = mixed_passes(stand)
            note_mixed(worst, record, memory, "", {k: again / once for k, (once, again) in taken.items()})
            if not any(name.endswith("-restart") for name in wants):
                continue
            stand.view.drain()
            stand.restart()
            later = mixed_passes(stand)
            note_mixed(worst, record, memory, "-restart", {k: later[k][0] / taken[k][0] for k in taken})
    finally:
        stand.view.options["memory"] = usual
    for figure, ratio in worst.items():
        record(figure, ratio)


def mixed_passes(stand: Stand) -> dict[str, list[float]]:
    library = stand.library
    names = (library.documents, library.photos, library.copies)
    folders = [stand.file(name) for name in names]
    film = stand.file(library.film)
    return probe("mixed", film, library.plan.pattern // 2, *folders, stand.seed,
                 timeout=4 * SMALL_FILES_SECONDS_MAX)  # fmt: skip


def note_mixed(
    worst: dict[str, float], record: Record, memory: str, when: str, ratios: dict[str, float]
) -> None:
    """The worst of all memory sizes counts; the JSON has each."""
    for kind, ratio in ratios.items():
        record(f"mixed-{kind}{when}-{memory}", ratio)
    for kind, ratio in [*ratios.items(), ("slowest", max(ratios.values()))]:
        figure = f"mixed-{kind}{when}"
        worst[figure] = max(ratio, worst.get(figure, 0))


def record_traffic(
    stand: Stand, figure: str, before: int | None, useful: int, record: Record
) -> None:
    """Bytes from the share over bytes that were asked for, where the share can tell; for the JSON."""
    after = stand.share.bytes_read_when_quiet()
    if before is not None and after is not None:
        record(f"{figure}-traffic", (after - before) / useful)
