"""The table: what is measured, in which unit, and what Larder must reach."""

from __future__ import annotations

from dataclasses import dataclass

from .library import FULL, Plan
from .shares import BANDWIDTH
from .system import MIB

LARDER = "larder"
LINK = "link"  # the share's bandwidth, as a contender that needs no measuring


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


def film_figures() -> list[Figure]:
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
        Figure("documents-cold", f"{documents}, cold", "s"),
        Figure("documents-again", f"{documents}, after a restart", "s", (at_most(seconds_max),)),
        Figure("find-cold", f"{tree}, cold", "s", (at_most(0.5, "share"),)),
        Figure("find-again", f"{tree}, after a restart", "s", (at_most(0.15),)),
        Figure("find-cold-operations", f"{tree}, cold: operations on the share", "",
               only_share="slowshare"),
        Figure("find-again-operations", f"{tree}, after a restart: operations on the share", "",
               (at_most(0),), only_share="slowshare"),
    ]  # fmt: skip


def text_figures() -> list[Figure]:
    warm = (at_least(0.8, "local"), at_least(3, "rclone"))
    return [
        Figure("text-space", "text, disk tier: space used / raw", "×", (at_most(0.65),)),
        Figure("text-disk", "text again, from the disk tier", "MB/s", warm, True),
        Figure("text-random-p50", "text, random 4 KiB, p50", "ms", (at_most(0.15),)),
    ]


def daemon_figures(plan: Plan) -> list[Figure]:
    tier = plan.memory_tier // MIB
    known = f"{plan.crowd_files:,} files known"
    return [
        Figure("resident", f"resident memory, {tier} MiB tier full, {known}", "MiB",
               (at_most(tier + 150),), once=True),
        Figure("resident-peak", "the same, at its highest", "MiB", once=True),
        Figure("mount-million", "mount with 1,000,000 index rows until ls works", "s",
               (at_most(1),), once=True),
    ]  # fmt: skip


def all_figures(plan: Plan) -> list[Figure]:
    return film_figures() + browsing_figures(plan) + text_figures() + daemon_figures(plan)


LINK_VALUES = {"film-cold": BANDWIDTH / 1e6}  # in MB/s
