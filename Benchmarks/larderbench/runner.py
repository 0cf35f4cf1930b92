"""Lets the contenders take turns through the scenes, and leaves nothing mounted."""

from __future__ import annotations

import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from . import patterns, playing, process, scenes, system, writing
from .library import Library
from .process import BenchError
from .results import EVERYWHERE, Results
from .scenes import MountMillion, Stand
from .shares import LocalShare, Share, shares_by_name
from .views import Larder, LocalDisk, Rclone, ShareItself, View, ZeroFs

SOURCES = Path(__file__).resolve().parent.parent
C_PROGRAMS = ("zerofs", "delayproxy", "players", "scanner")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Scene:
    name: str
    play: Callable
    contenders: tuple[str, ...]
    figures: frozenset[str]
    once: bool = False
    parts: tuple[str, ...] = ("home",)  # of the library
    only_share: str | None = None


def all_scenes() -> list[Scene]:
    def scene(name, play, contenders, figures, once=False, parts="home", only_share=None):
        return Scene(name, play, tuple(contenders.split()), frozenset(figures.split()), once,
                     tuple(parts.split()), only_share)  # fmt: skip

    three = "share rclone larder"
    film = "film-cold first-64k film-disk film-pagecache random-p50 random-p99 cpu"
    finds = "find-cold find-again find-cold-operations find-again-operations"
    texts = "text-space text-disk text-random-p50"
    ways = "backward every-fourth interleaved reopen"
    passes = "slowest documents heads"
    mixed = " ".join(f"mixed-{kind}{when}" for when in ("", "-restart") for kind in passes.split())
    frames = "mp4-first-frame mkv-first-frame"
    slow = "slow-player slow-player-unused"
    scans = " ".join(f"{name} {name}-reread" for name in playing.SCANNERS)
    return [
        scene("film", scenes.film, "local share rclone larder", film),
        scene("film-memory", scenes.film_memory, "larder zerofs", "film-memory cpu-memory"),
        scene("documents", scenes.documents, "share rclone larder", "documents-cold documents-again"),
        scene("find", scenes.find, "share rclone larder", finds),
        scene("text", scenes.text, "local share rclone larder", texts),
        scene("photos-heads", patterns.photos_heads, three, "photos-heads", parts="photos"),
        scene("thumbnails", patterns.thumbnails, three, "thumbnails", parts="photos"),
        scene("copy-1mb", patterns.copy_1mb, three, "copy-1mb", parts="copies"),
        scene("patterns", patterns.film_patterns, three, ways),
        scene("mixed", patterns.mixed, "larder", mixed, parts="home photos copies"),
        scene("first-frames", playing.first_frames, three, frames, parts="clips"),
        scene("players", playing.players, three, "players resume-after-seek", parts="shows"),
        scene("slow-player", playing.slow_player, three, slow, parts="home episode",
              only_share="slowshare"),
        scene("scan", playing.scan_while_playing, three, scans, parts="home photos shows"),
        scene("writing", writing.writing, "share larder",
              "write-stream write-small rsync-into git-clone git-status-after git-status-warm"),
        scene("share-gone", writing.share_gone, "larder",
              "gone-cached-errors gone-cached-slowest gone-uncached gone-refused gone-refused-p99 gone-return",
              only_share="slowshare"),
        scene("resident", scenes.resident, "rclone larder", "resident resident-peak", once=True),
        scene("mount-million", MountMillion(), "larder",
              "mount-million mount-million-killed", once=True),
    ]  # fmt: skip


@dataclass
class Setting:
    """Everything a run was asked for."""

    place: Path
    library: Library
    tools: dict[str, Path]
    runs: int
    wants: set[str]
    contenders: set[str] | None  # None: all
    rclone_options: list[str]
    larder_options: dict[str, str]


class Runner:
    def __init__(self, setting: Setting):
        self.setting = setting
        self.results = Results()
        self.readahead_kib = 1024

    def run(self, share_names: list[str], all_of_them: list[Scene]) -> None:
        wanted = [scene for scene in all_of_them if scene.figures & self.setting.wants]
        place = self.setting.place / "shares"
        main = self.setting.library.main
        for share in shares_by_name(share_names, main, place, self.setting.tools):
            here = [scene for scene in wanted if scene.only_share in (None, share.name)]
            self.play_all(share.name, share, [scene for scene in here if not scene.once])
        crowd = LocalShare(self.setting.library.crowd, place / "crowd")
        self.play_all(EVERYWHERE, crowd, [scene for scene in wanted if scene.once])

    def play_all(self, title: str, share: Share, chosen: list[Scene]) -> None:
        try:
            for scene in chosen:
                for turn in range(self.setting.runs):
                    for contender in self.contenders(scene):
                        self.play(title, share, scene, contender, turn)
                self.forget(scene)
        finally:
            share.close()

    def contenders(self, scene: Scene) -> list[str]:
        chosen = self.setting.contenders
        return [name for name in scene.contenders if chosen is None or name in chosen]

    def forget(self, scene: Scene) -> None:
        """Caches may be as large as the data; each scene has its own."""
        for contender in self.contenders(scene):
            shutil.rmtree(self.place_of(contender, scene) / "cache", ignore_errors=True)

    def place_of(self, contender: str, scene: Scene) -> Path:
        return self.setting.place / "views" / f"{contender}-{scene.name}"

    def play(self, title: str, share: Share, scene: Scene, contender: str, turn: int) -> None:
        view = self.view(contender, scene)
        if view is None or self.results.has_failed(title, scene.name, contender):
            return
        say(f"{title}: {scene.name}, {contender}, {turn + 1} of {self.setting.runs}")
        below = LocalShare(share.source, share.place) if contender in ("local", "zerofs") else share
        stand = Stand(view, below, self.setting.library, self.setting.tools, seed=turn)
        wants = set(scene.figures & self.setting.wants)
        start = time.monotonic()
        try:
            scene.play(stand, wants, self.recorder(title, contender, scene))
        except (BenchError, OSError) as error:
            reason = "; ".join([str(error), *ended_daemons(stand)])
            say(f"  failed: {reason}")
            self.results.fail(title, scene.name, contender, reason)
        finally:
            self.clear(stand)
            self.results.took(title, scene.name, contender, time.monotonic() - start)

    def recorder(self, share: str, contender: str, scene: Scene):
        """Takes what was asked for, and what is in no table: that goes to the JSON only."""
        unasked = scene.figures - self.setting.wants

        def record(figure: str, value: float) -> None:
            say(f"  {figure} = {value:.4g}")
            if figure not in unasked:
                self.results.record(share, figure, contender, value)
            if figure == "readahead-kib":
                self.readahead_kib = int(value)

        return record

    def clear(self, stand: Stand) -> None:
        for stop in (stand.view.stop, stand.share.stop):
            try:
                stop()
            except (BenchError, OSError) as error:
                say(f"  clean-up: {error}")
        if stand.view.has_cache and not isinstance(stand.view, Larder):
            stand.view.wipe()

    def view(self, contender: str, scene: Scene) -> View | None:
        setting = self.setting
        place = self.place_of(contender, scene)
        if contender == "local":
            return LocalDisk(place, setting.library.main)
        if contender == "share":
            return ShareItself(place)
        if contender == "rclone":
            return self.rclone(place, scene)
        if contender == "zerofs":
            return self.zerofs(place)
        return self.larder(place, scene)

    def rclone(self, place: Path, scene: Scene) -> Rclone | None:
        if shutil.which("rclone") is None:
            return None
        limit = []
        if scene.name == "scan":
            limit = ["--vfs-cache-max-size", f"{self.setting.library.plan.scan_disk // system.MIB}M"]
        return Rclone(place, limit + self.setting.rclone_options)

    def zerofs(self, place: Path) -> ZeroFs:
        view = ZeroFs(place, self.setting.tools["zerofs"], self.setting.library.plan.film)
        view.readahead_kib = self.readahead_kib
        return view

    def larder(self, place: Path, scene: Scene) -> Larder | None:
        executable = self.setting.tools.get("larder")
        if executable is None:
            return None
        view = Larder(place, executable)
        plan = self.setting.library.plan
        if scene.name == "scan":
            view.options |= {"memory": "128M", "disk": f"{plan.scan_disk // system.MIB}M"}
        view.options |= self.setting.larder_options
        if scene.name == "film-memory":
            view.options["memory"] = scenes.memory_for(plan.film)
        if scene.name == "resident":
            view.options["memory"] = f"{plan.memory_tier // system.MIB}M"
        if scene.name == "mount-million":
            view.options["disk"] = MountMillion.DISK
        return view


def ended_daemons(stand: Stand) -> list[str]:
    """Who of share and view is not there any more, which explains more than what its reader was told."""
    daemons = [daemon for daemon in (stand.share.daemon, stand.view.daemon) if daemon]
    return [daemon.ending for daemon in daemons if not daemon.is_running]


def build_tools(place: Path) -> dict[str, Path]:
    """Compiles the C helpers; the compiler says what is missing."""
    place.mkdir(parents=True, exist_ok=True)
    flags = process.run(["pkg-config", "--cflags", "--libs", "fuse3"], 20).split()
    tools = {}
    for name in C_PROGRAMS:
        source, target = SOURCES / f"{name}.c", place / name
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            process.run(["cc", "-O2", "-o", str(target), str(source), *flags, "-pthread"], 120)
        tools[name] = target
    return tools


def find_binaries(directory: Path) -> dict[str, Path]:
    names = ("larder", "slowshare", "disk-tier-bench")
    return {name: directory / name for name in names if (directory / name).exists()}


def clear_leftovers(place: Path) -> None:
    """Unmounts what a killed run left behind, innermost first."""
    left = [path for path in system.mounts() if path.startswith(f"{place}/")]
    for path in sorted(left, reverse=True):
        process.force_unmount(Path(path))
    shutil.rmtree(place, ignore_errors=True)
