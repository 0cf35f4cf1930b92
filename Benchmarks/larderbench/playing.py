"""Scenes of films that play by the clock: alone, in company, slowly, and beside a scanner."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from . import process
from .process import BenchError, Daemon
from .scenes import Record, Stand, probe
from .system import KIB, MIB

FILM_RATE = 8_000_000  # bytes per second
SLOW_RATE = 6_000_000 // 8
SEEKS = 2
PATIENCE_SECONDS = 180  # beyond what is played: for starts, seeks and stalls
# Of what was played, so that reading it again does not reach what may be read ahead of it.
REREAD_PART = 0.6
SCANNERS = {  # figure: name of the program, bytes of each file (0: all)
    "scan-while-playing-named": ("clamscan", 0),
    "scan-while-playing-heads": ("housekeeper", 64 * KIB),
}


def play(stand: Stand, names: list[str], rate: int, seconds: float, seeks: int = 0) -> dict:
    """What players.c says about these files, played side by side."""
    files = [str(stand.file(name)) for name in names]
    command = [str(stand.tools["players"]), str(rate), str(seconds), str(seeks), str(stand.seed)]
    found = json.loads(process.run(command + files, seconds + PATIENCE_SECONDS, "player"))
    sizes = [(stand.library.main / name).stat().st_size for name in names]
    found["part"] = found["bytes"] / sum(min(size, rate * seconds) for size in sizes)
    return found


def first_frames(stand: Stand, wants: set[str], record: Record) -> None:
    figures = ("mp4-first-frame", "mkv-first-frame")
    for figure, name in zip(figures, stand.library.clips, strict=True):
        if figure not in wants:
            continue
        stand.fresh()
        first_frame(stand.library.main / name)  # brings the programs' own pages back
        record(figure, first_frame(stand.file(name)))


def first_frame(path: Path) -> float:
    """Seconds until a video is probed and its first second is decoded."""
    start = time.perf_counter()
    process.run(["ffprobe", "-v", "error", "-show_format", "-show_streams", str(path)], 120)
    command = ["ffmpeg", "-v", "error", "-nostdin", "-t", "1", "-i", str(path), "-f", "null", "-"]
    process.run(command, 120)
    return time.perf_counter() - start


def players(stand: Stand, wants: set[str], record: Record) -> None:
    stand.fresh()
    seconds = stand.library.plan.play_seconds
    found = play(stand, stand.library.show_files, FILM_RATE, seconds, SEEKS)
    record("players", found["stalled_s"])
    record("resume-after-seek", median(found["resume_ms"]))
    record("resume-after-seek-max", max(found["resume_ms"]))
    record("players-start", median(found["start_ms"]))
    record("players-settling", found["settling_s"])
    record("players-part", found["part"])


def slow_player(stand: Stand, wants: set[str], record: Record) -> None:
    """How far ahead of a slow player the share is read, and what of it was read for nothing."""
    if "slow-player" in wants:
        stand.fresh()
        before = bytes_read(stand)
        found = play(stand, [stand.library.film], SLOW_RATE, stand.library.plan.slow_play_seconds)
        record("slow-player", (bytes_read(stand) - before - found["bytes"]) / 1e6)
        record("slow-player-stalled", found["stalled_s"])
    if "slow-player-unused" in wants:
        stand.fresh()
        before = bytes_read(stand)
        length = stand.library.plan.episode
        found = play(stand, [stand.library.episode], SLOW_RATE, 2 * length / SLOW_RATE + 10)
        if found["bytes"] != length:
            raise BenchError(f"{found['bytes']} bytes played of {length}")
        unused = stand.share.bytes_read_when_quiet() - before - length
        record("slow-player-unused", 100 * unused / length)


def bytes_read(stand: Stand) -> int:
    count = stand.share.bytes_read()
    if count is None:
        raise BenchError("this share does not tell what was read from it")
    return count


def scan_while_playing(stand: Stand, wants: set[str], record: Record) -> None:
    """A film plays, and somebody reads everything else. Then what was played is read again."""
    for figure, (name, head) in SCANNERS.items():
        if not wants & {figure, f"{figure}-reread"}:
            continue
        stand.fresh()
        with scanning(stand, name, head) as scanned:
            seconds = stand.library.plan.scan_seconds
            found = play(stand, [stand.library.film], FILM_RATE, seconds)
        record(figure, found["stalled_s"])
        record(f"{figure}-part", found["part"])
        record(f"{figure}-files", scanned["files"])
        record(f"{figure}-megabytes", scanned["bytes"] / 1e6)
        if stand.view.has_cache and f"{figure}-reread" in wants:
            reread(stand, figure, found["bytes"], record)


@contextmanager
def scanning(stand: Stand, name: str, head: int):
    """A scanner of this name at work on all but the film; filled in at its end with what it read."""
    program = stand.view.place / name
    shutil.copy(stand.tools["scanner"], program)
    library = stand.library
    folders = (library.photos, library.shows, library.documents, library.tree)
    command = [str(program), str(head), *(str(stand.file(folder)) for folder in folders)]
    scanner = Daemon(command, stand.view.place / "scanner.log", stdout=subprocess.PIPE)
    scanned: dict = {}
    try:
        yield scanned
    finally:
        scanner.stop()
        output = scanner.process.stdout.read()
        scanner.process.stdout.close()
    if not output:
        raise BenchError(f"{name}: killed before it could say what it read")
    scanned |= json.loads(output)


def reread(stand: Stand, figure: str, played: int, record: Record) -> None:
    """Share reads, in % of the bytes, when what was played is read again."""
    part = int(REREAD_PART * played) // MIB * MIB
    if part == 0:
        raise BenchError("next to nothing was played")
    stand.share.bytes_read_when_quiet()
    stand.drop()
    before = stand.share.bytes_read()
    if before is None:
        return
    probe("first", stand.file(stand.library.film), part, timeout=PATIENCE_SECONDS)
    record(f"{figure}-reread", 100 * (stand.share.bytes_read() - before) / part)
