"""Lets the contenders take turns through the scenes, and leaves nothing mounted."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from . import process, scenes, system
from .library import Library
from .process import BenchError
from .results import EVERYWHERE, Results
from .scenes import MountMillion, Stand
from .shares import LocalShare, Share, shares_by_name
from .views import Larder, LocalDisk, Rclone, ShareItself, View, ZeroFs

SOURCES = Path(__file__).resolve().parent.parent
C_PROGRAMS = ("zerofs", "delayproxy")
EXTRAS = {"film-coverage", "readahead-kib"}  # recorded for the JSON, never in the table


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Scene:
    name: str
    play: Callable
    contenders: tuple[str, ...]
    figures: frozenset[str]
    once: bool = False


def all_scenes(million_rows: Path | None) -> list[Scene]:
    def scene(name, play, contenders, figures, once=False):
        return Scene(name, play, tuple(contenders.split()), frozenset(figures.split()), once)

    film = "film-cold first-64k film-disk film-pagecache random-p50 random-p99 cpu"
    finds = "find-cold find-again find-cold-operations find-again-operations"
    texts = "text-space text-disk text-random-p50"
    return [
        scene("film", scenes.film, "local share rclone larder", film),
        scene("film-memory", scenes.film_memory, "larder zerofs", "film-memory cpu-memory"),
        scene("documents", scenes.documents, "share rclone larder", "documents-cold documents-again"),
        scene("find", scenes.find, "share rclone larder", finds),
        scene("text", scenes.text, "local share rclone larder", texts),
        scene("resident", scenes.resident, "rclone larder", "resident resident-peak", once=True),
        scene("mount-million", MountMillion(million_rows), "larder", "mount-million", once=True),
    ]


@dataclass
class Setting:
    """Everything a run was asked for."""

    place: Path
    library: Library
    tools: dict[str, Path]
    runs: int
    wants: set[str]
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
            self.play_all(share.name, share, [scene for scene in wanted if not scene.once])
        crowd = LocalShare(self.setting.library.crowd, place / "crowd")
        self.play_all(EVERYWHERE, crowd, [scene for scene in wanted if scene.once])

    def play_all(self, title: str, share: Share, chosen: list[Scene]) -> None:
        try:
            for scene in chosen:
                for turn in range(self.setting.runs):
                    for contender in scene.contenders:
                        self.play(title, share, scene, contender, turn)
        finally:
            share.close()

    def play(self, title: str, share: Share, scene: Scene, contender: str, turn: int) -> None:
        view = self.view(contender, scene)
        if view is None or self.results.has_failed(title, scene.name, contender):
            return
        say(f"{title}: {scene.name}, {contender}, {turn + 1} of {self.setting.runs}")
        below = LocalShare(share.source, share.place) if contender in ("local", "zerofs") else share
        stand = Stand(view, below, self.setting.library, seed=turn)
        wants = set(scene.figures & self.setting.wants)
        try:
            scene.play(stand, wants, self.recorder(title, contender, wants))
        except (BenchError, OSError) as error:
            say(f"  failed: {error}")
            self.results.fail(title, scene.name, contender, str(error))
        finally:
            self.clear(stand)

    def recorder(self, share: str, contender: str, wants: set[str]):
        def record(figure: str, value: float) -> None:
            say(f"  {figure} = {value:.4g}")
            if figure in wants | EXTRAS:
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
        place = setting.place / "views" / f"{contender}-{scene.name}"
        if contender == "local":
            return LocalDisk(place, setting.library.main)
        if contender == "share":
            return ShareItself(place)
        if contender == "rclone":
            return Rclone(place, setting.rclone_options) if shutil.which("rclone") else None
        if contender == "zerofs":
            return self.zerofs(place)
        return self.larder(place, scene)

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
        view.options |= self.setting.larder_options
        if scene.name == "film-memory":
            view.options["memory"] = scenes.memory_for(plan.film)
        if scene.name == "resident":
            view.options["memory"] = f"{plan.memory_tier // system.MIB}M"
        return view


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
    names = ("larder", "slowshare")
    return {name: directory / name for name in names if (directory / name).exists()}


def clear_leftovers(place: Path) -> None:
    """Unmounts what a killed run left behind, innermost first."""
    left = [path for path in system.mounts() if path.startswith(f"{place}/")]
    for path in sorted(left, reverse=True):
        process.force_unmount(Path(path))
    shutil.rmtree(place, ignore_errors=True)
