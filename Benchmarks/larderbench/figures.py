"""The table: what is measured, in which unit, and what Larder must reach."""

from __future__ import annotations

from dataclasses import dataclass

from .library import FULL, PLAYERS, Plan
from .shares import BANDWIDTH, ROUND_TRIP_MS
from .system import MIB

LARDER = "larder"
LINK = "link"  # the share's bandwidth, as a contender that needs no measuring
LINK_RATES = {"film-cold", "copy-1mb", "backward", "every-fourth", "interleaved", "reopen"}

# Nobody sees less; and no clock is better than that on a busy machine.
NO_STALL_SECONDS = 0.05
CHUNK_TRANSFER_MS = MIB / BANDWIDTH * 1e3
RESUME_MS = 2 * ROUND_TRIP_MS + CHUNK_TRANSFER_MS


@dataclass(frozen=True)
class Check:
    """One condition on Larder's figure: against a number, or against another contender's figure."""

    limit: float
    at_least: bool
    against: str | None = None
    strictly: bool = False

    def holds(self, value: float) -> bool:
        if self.strictly:
            return value > self.limit if self.at_least else value < self.limit
        return value >= self.limit if self.at_least else value <= self.limit

    @property
    def sign(self) -> str:
        equal = "" if self.strictly else "="
        return {"": ">", "=": "≥"}[equal] if self.at_least else {"": "<", "=": "≤"}[equal]


@dataclass(frozen=True)
class Figure:
    name: str
    title: str
    unit: str
    checks: tuple[Check, ...] = ()
    more_is_better: bool = False
    once: bool = False  # does not depend on the share: measured once per run
    only_share: str | None = None  # can be measured on this kind of share only


def at_least(limit: float, against: str | None = None) -> Check:
    return Check(limit, True, against)


def at_most(limit: float, against: str | None = None) -> Check:
    return Check(limit, False, against)


def below(against: str) -> Check:
    return Check(1, False, against, strictly=True)


def film_figures(plan: Plan) -> list[Figure]:
    warm = (at_least(0.8, "local"), at_least(3, "rclone"))
    return [
        Figure("film-cold", "film, cold", "MB/s", (at_least(0.9, LINK),), True),
        Figure("first-64k", "first 64 KiB of the film, cold", "ms", (at_most(1.15, "share"),)),
        Figure("film-disk", "film again, from the disk tier", "MB/s", warm, True),
        Figure("film-memory", "film again, from the memory tier", "MB/s",
               (at_least(1500), at_least(0.8, "zerofs")), True),
        Figure("film-pagecache", "film again, from the page cache", "MB/s",
               (at_least(0.8, "local"),), True),
        Figure("random-p50", "random 4 KiB, disk tier warm, p50", "ms", (at_most(0.15),)),
        Figure("random-p99", "random 4 KiB, disk tier warm, p99", "ms"),
        Figure("cpu", "processor seconds per GB, disk tier", "s/GB", (below("rclone"),)),
        Figure("cpu-memory", "processor seconds per GB, memory tier", "s/GB"),
    ]  # fmt: skip


def browsing_figures(plan: Plan) -> list[Figure]:
    documents = f"{plan.documents:,} documents in {plan.document_folders} folders"
    seconds_max = 0.5 * plan.documents / FULL.documents
    tree = f"find -ls, {plan.tree_files:,} files"
    return [
        Figure("documents-cold", f"{documents}, cold", "s", (at_most(0.15, "share"),)),
        Figure("documents-again", f"{documents}, after a restart", "s", (at_most(seconds_max),)),
        Figure("find-cold", f"{tree}, cold", "s", (at_most(0.5, "share"),)),
        Figure("find-again", f"{tree}, after a restart", "s", (at_most(0.15),)),
        Figure("find-cold-operations", f"{tree}, cold: operations on the share", "",
               only_share="slowshare"),
        Figure("find-again-operations", f"{tree}, after a restart: operations on the share", "",
               (at_most(0),), only_share="slowshare"),
    ]  # fmt: skip


def text_figures(plan: Plan) -> list[Figure]:
    warm = (at_least(0.8, "local"), at_least(3, "rclone"))
    return [
        Figure("text-space", "text, disk tier: space used / raw", "×", (at_most(0.65),)),
        Figure("text-disk", "text again, from the disk tier", "MB/s", warm, True),
        Figure("text-random-p50", "text, random 4 KiB, p50", "ms", (at_most(0.15),)),
    ]


def folder_figures(plan: Plan) -> list[Figure]:
    return [
        Figure("photos-heads", f"head (64 KiB) of {plan.photos} photos, cold", "s",
               (at_most(0.15, "share"),)),
        Figure("thumbnails", "thumbnail of a photo of 3 to 5 MB, one after the other, cold", "ms"),
        Figure("copy-1mb", f"{plan.copies} files of 1 MB, cold", "MB/s",
               (at_least(0.85, LINK),), True),
    ]  # fmt: skip


def pattern_figures(plan: Plan) -> list[Figure]:
    near = (at_least(0.7, LINK),)
    apart = f"{plan.apart / 1e6:.0f} MB apart"
    return [
        Figure("backward", "film backwards in 64 KiB steps, cold", "MB/s", near, True),
        Figure("every-fourth", "every fourth 64 KiB of the film, cold", "MB/s", near, True),
        Figure("interleaved", f"two interleaved readers {apart}, cold", "MB/s", near, True),
        Figure("reopen", "open, read 128 KiB, close, again and again, cold", "MB/s", near, True),
    ]


def mixed_figures(plan: Plan) -> list[Figure]:
    """Each over the same in the first pass; the worse of a memory tier of 64 and of 512 MiB."""
    who = "one process that plays, works, browses and copies, second pass"
    return [
        Figure("mixed-slowest", f"{who}: slowest of all", "×", (at_most(1),)),
        Figure("mixed-documents", f"{who}: {plan.documents:,} documents", "×", (at_most(0.12),)),
        Figure("mixed-heads", f"{who}: head of {plan.photos} photos", "×", (at_most(0.12),)),
        Figure("mixed-slowest-restart", "after a restart: slowest of all", "×", (at_most(1),)),
        Figure("mixed-documents-restart", "after a restart: documents", "×", (at_most(0.12),)),
        Figure("mixed-heads-restart", "after a restart: heads", "×", (at_most(0.12),)),
    ]


def playing_figures(plan: Plan) -> list[Figure]:
    frame = (at_most(1, "share"),)
    crowd = f"{PLAYERS} players at 8 MB/s, 2 seeks each in {plan.play_seconds} s"
    scanned = {"named": "`clamscan` reads all else", "heads": "a program reads all other heads"}
    figures = [
        Figure("mp4-first-frame", "MP4, index at its end: first second decoded, cold", "s", frame),
        Figure("mkv-first-frame", "MKV: first second decoded, cold", "s", frame),
        Figure("players", f"{crowd}: stalled in all", "s", (at_most(NO_STALL_SECONDS),)),
        Figure("resume-after-seek", "the same: first block after a seek, median", "ms",
               (at_most(RESUME_MS),)),
        Figure("slow-player", "one player at 6 Mbit/s: fetched ahead of it", "MB",
               (at_most(50),), only_share="slowshare"),
        Figure("slow-player-unused", "the same, a film played to its end: fetched for nothing", "%",
               (at_most(5),), only_share="slowshare"),
    ]  # fmt: skip
    for name, who in scanned.items():
        figure = f"scan-while-playing-{name}"
        figures += [
            Figure(figure, f"film at 8 MB/s while {who}: stalled", "s",
                   (at_most(NO_STALL_SECONDS),)),
            Figure(f"{figure}-reread", "what was played, again: read from the share", "%",
                   (at_most(1),), only_share="slowshare"),
        ]  # fmt: skip
    return figures


def writing_figures(plan: Plan) -> list[Figure]:
    size = f"{plan.written / MIB:.0f} MiB"
    as_share = (at_most(1.1, "share"),)
    return [
        Figure("write-stream", f"{size} written in one stream, and synced", "MB/s",
               (at_least(0.9, "share"),), True),
        Figure("write-small", f"{plan.small_files:,} files of 4 KiB made, written, closed", "s",
               as_share),
        Figure("rsync-into", f"`rsync -a` of {plan.documents:,} documents into it", "s", as_share),
        Figure("git-clone", "`git clone` of them into it", "s", as_share),
        Figure("git-status-after", "`git status` right after that", "s", as_share),
        Figure("git-status-warm", "`git status` once more", "s", (at_most(0.1, "share"),)),
    ]  # fmt: skip


def trouble_figures(plan: Plan) -> list[Figure]:
    here = {"only_share": "slowshare"}
    return [
        Figure("gone-cached-errors", "share hangs, 100 readers of cached files: errors", "",
               (at_most(0),), **here),
        Figure("gone-cached-slowest", "the same: slowest read", "ms", (at_most(50),), **here),
        Figure("gone-uncached", "share hangs: an uncached read fails after", "s",
               (at_most(31),), **here),
        Figure("gone-refused", "the next 1,000, each: median", "ms", (at_most(1),), **here),
        Figure("gone-refused-p99", "the same, p99", "ms", (at_most(1),), **here),
        Figure("gone-return", "share answers again: first uncached read succeeds after", "s",
               (at_most(2),), **here),
    ]  # fmt: skip


def daemon_figures(plan: Plan) -> list[Figure]:
    tier = plan.memory_tier // MIB
    known = f"{plan.crowd_files:,} files known"
    return [
        Figure("resident", f"resident memory, {tier} MiB tier full, {known}", "MiB",
               (at_most(tier + 150),), once=True),
        Figure("resident-peak", "the same, at its highest", "MiB", once=True),
        Figure("mount-million", "mount with 1,000,000 index rows until a folder is listed and a file read", "s",
               (at_most(1),), once=True),
        Figure("mount-million-killed", "the same after kill -9", "s", (at_most(1),), once=True),
    ]  # fmt: skip


def all_figures(plan: Plan) -> list[Figure]:
    return [
        *film_figures(plan),
        *browsing_figures(plan),
        *folder_figures(plan),
        *pattern_figures(plan),
        *mixed_figures(plan),
        *playing_figures(plan),
        *text_figures(plan),
        *writing_figures(plan),
        *trouble_figures(plan),
        *daemon_figures(plan),
    ]


def link_value(figure: str) -> float | None:
    """What the share's link allows, in MB/s; nothing where the figure is no such rate."""
    return BANDWIDTH / 1e6 if figure in LINK_RATES else None
