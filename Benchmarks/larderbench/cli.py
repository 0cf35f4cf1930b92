"""The command line of Benchmarks/run."""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from . import library, report, runner, system
from .figures import (
    LARDER,
    Figure,
    all_figures,
    browsing_figures,
    daemon_figures,
    film_figures,
    folder_figures,
    mixed_figures,
    pattern_figures,
    playing_figures,
    text_figures,
    trouble_figures,
    writing_figures,
)
from .process import BenchError

REPOSITORY = runner.SOURCES.parent
SHARES = ("slowshare", "sshfs", "local")
CONTENDERS = ("local", "share", "rclone", "larder", "zerofs")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="Benchmarks/run",
        description="Measures a slow share by itself, through rclone and through Larder, in one run.",
        epilog="LARDER_BENCH_DIR: where data, caches and mounts go (default /var/tmp/larder-bench).",
    )
    add = parser.add_argument
    add("--share", choices=(*SHARES, "both"), default="both", help="default: both slow ones")
    add("--only", metavar="NAME,…", help="these figures only (see --list), by a prefix, or: tiers, ahead, work")
    add("--contenders", metavar="NAME,…", help="these only: " + ", ".join(CONTENDERS))
    add("--runs", type=int, help="how often each is measured; the median counts (3; --quick 1)")
    add("--quick", action="store_true", help="small files, one run: to try the harness")
    add("--list", action="store_true", help="name the figures and their targets, and end")
    add("--bin-dir", type=Path, default=REPOSITORY / ".build/release", metavar="DIR",
        help="where larder, slowshare and disk-tier-bench are (default .build/release)")  # fmt: skip
    add("--rclone-option", action="append", default=[], metavar="FLAG", help="another, for rclone")
    add("--larder-option", action="append", default=[], metavar="KEY=VALUE", help="for larder -o")
    add("--update", type=Path, metavar="FILE",
        help="put the table between the file's markers, the JSON into Benchmarks/figures.json")  # fmt: skip
    add("--results", type=Path, default=runner.SOURCES / "results", metavar="DIR",
        help="where the JSON goes")  # fmt: skip
    return parser.parse_args(arguments)


# What the tiers bring, what reading ahead brings, and how it is to work in: the parts of the table.
GROUPS = {
    "tiers": (film_figures, browsing_figures, text_figures, daemon_figures),
    "work": (writing_figures, trouble_figures),
    "ahead": (folder_figures, pattern_figures, mixed_figures, playing_figures),
}


def chosen_figures(figures: list[Figure], only: str | None, plan: library.Plan) -> set[str]:
    if only is None:
        return {figure.name for figure in figures}
    chosen: set[str] = set()
    for word in only.split(","):
        if word in GROUPS:
            found = {figure.name for make in GROUPS[word] for figure in make(plan)}
        else:
            found = {figure.name for figure in figures if figure.name.startswith(word)}
        if not found:
            raise BenchError(f"--only {word}: no such figure; --list names them")
        chosen |= found
    return chosen


def chosen_contenders(words: str | None) -> set[str] | None:
    if words is None:
        return None
    chosen = set(words.split(","))
    if unknown := chosen - set(CONTENDERS):
        raise BenchError(f"--contenders: no {', '.join(sorted(unknown))}; there are {', '.join(CONTENDERS)}")
    return chosen


def parts_for(wants: set[str], all_of_them: list[runner.Scene]) -> set[str]:
    """Of the library: what these figures need."""
    return {part for scene in all_of_them if scene.figures & wants for part in scene.parts}


def chosen_shares(share: str, tools: dict[str, Path]) -> list[str]:
    names = ["slowshare", "sshfs"] if share == "both" else [share]
    if "slowshare" in names and "slowshare" not in tools:
        if share == "slowshare":
            raise BenchError("slowshare: not in the --bin-dir; build it first")
        runner.say("slowshare is not built: sshfs only")
        names.remove("slowshare")
    return names


def list_figures(figures: list[Figure]) -> None:
    for figure in figures:
        targets = ", ".join(
            report.target_text(report.Verdict(check, None, None), figure.unit)
            for check in figure.checks
        )
        print(f"{figure.name:32} {figure.title}" + (f"  [{targets}]" if targets else ""))


def need_root() -> None:
    if os.geteuid() != 0:
        raise BenchError("only root can empty the page cache between figures: run it as root")


def lock(root: Path):
    """One benchmark at a time; the lock ends with the process."""
    handle = (root / "lock").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BenchError(f"another benchmark is running in {root}") from None
    return handle


def end_in_order(*_: object) -> None:
    raise SystemExit(130)


def larder_options(words: list[str]) -> dict[str, str]:
    return dict(word.partition("=")[::2] for word in words)


def measure(options: argparse.Namespace, figures: list[Figure], root: Path) -> int:
    """Builds what is needed, measures, prints; 0 where Larder worked and met every target."""
    place = root / "run"
    runner.clear_leftovers(place)
    tools = runner.build_tools(root / "bin") | runner.find_binaries(options.bin_dir.resolve())
    if "larder" not in tools:
        runner.say(f"larder is not in {options.bin_dir}: measuring the others")
    shares = chosen_shares(options.share, tools)
    plan = library.QUICK if options.quick else library.FULL
    wants = chosen_figures(figures, options.only, plan)
    stories = runner.all_scenes()
    setting = runner.Setting(
        place=place,
        library=library.build(root, plan, parts_for(wants, stories), runner.say),
        tools=tools,
        runs=options.runs or (1 if options.quick else 3),
        wants=wants,
        contenders=chosen_contenders(options.contenders),
        rclone_options=options.rclone_option,
        larder_options=larder_options(options.larder_option),
    )
    race = runner.Runner(setting)
    try:
        race.run(shares, stories)
    finally:
        runner.clear_leftovers(place)
    return publish(options, figures, race, shares, setting)


def publish(options, figures, race: runner.Runner, shares, setting: runner.Setting) -> int:
    larder = setting.tools.get("larder")
    machine = system.describe_machine(str(larder) if larder else None)
    line = report.machine_line(machine, setting.runs, options.quick, race.results.seconds)
    text = report.markdown(race.results, shares, figures, line)
    verdicts = report.verdict_list(race.results, shares, figures)
    content = {"machine": machine, "runs": setting.runs, "quick": options.quick,
               "plan": asdict(setting.library.plan), "verdicts": verdicts,
               **race.results.as_json()}  # fmt: skip
    print(text)
    runner.say(f"JSON: {report.save(options.results, content)}")
    if options.update:
        report.update(options.update, text, beside=runner.SOURCES / "figures.json", content=content)
    missed = any(verdict["met"] is False for verdict in verdicts)
    failed = any(contender == LARDER for _, _, contender in race.results.failures)
    return 1 if missed or failed else 0


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    figures = all_figures(library.QUICK if options.quick else library.FULL)
    if options.list:
        list_figures(figures)
        return 0
    signal.signal(signal.SIGTERM, end_in_order)
    signal.signal(signal.SIGINT, end_in_order)
    try:
        need_root()
        root = Path(os.environ.get("LARDER_BENCH_DIR", "/var/tmp/larder-bench")).resolve()
        root.mkdir(parents=True, exist_ok=True)
        with lock(root):
            return measure(options, figures, root)
    except BenchError as error:
        print(f"Benchmarks/run: {error}", file=sys.stderr)
        return 2
