"""Markdown for people, JSON for machines, and the table in a README."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from .figures import LARDER, Figure
from .process import BenchError
from .results import EVERYWHERE, Results, Verdict

START, END = "<!-- bench:start -->", "<!-- bench:end -->"
NOTHING = "–"
REFERENCES = {"local": "local disk", "zerofs": "zerofs"}
SHARE_TITLES = {
    "slowshare": "`slowshare`, 8 ms and 100 MB/s",
    "sshfs": "`sshfs` over loopback with 8 ms and 100 MB/s",
    "local": "a local directory",
    EVERYWHERE: "the daemon itself (on a local directory)",
}
HEADER = ["figure", "share", "rclone", "reference", "Larder", "ratio", "target", "met"]


def amount(value: float | None, unit: str) -> str:
    """A figure with three significant digits and its unit."""
    if value is None:
        return NOTHING
    if unit == "MB/s" and value >= 1000:
        value, unit = value / 1000, "GB/s"
    if unit == "ms" and value >= 1000:
        value, unit = value / 1000, "s"
    if unit == "":
        return f"{value:,.0f}"
    if value == 0:
        return f"0 {unit}"
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 3
    return f"{value:.{digits}f} {unit}"


def ratio_text(verdict: Verdict) -> str:
    name = REFERENCES.get(verdict.check.against, verdict.check.against)
    return f"{verdict.value:.2f} × {name}"


def target_text(verdict: Verdict, unit: str) -> str:
    check = verdict.check
    if check.against is None:
        return f"{check.sign} {amount(check.limit, unit)}"
    name = REFERENCES.get(check.against, check.against)
    return f"{check.sign} {check.limit:g} × {name}"


def ratios_to_others(results: Results, share: str, figure: Figure) -> list[str]:
    """Larder's figure against the others, where the target names none of them."""
    larder = results.median(share, figure.name, LARDER)
    found = []
    for contender in ("share", "rclone"):
        other = results.median(share, figure.name, contender)
        if larder and other:
            found.append(f"{larder / other:.2g} × {contender}")
    return found


def row(results: Results, share: str, figure: Figure) -> list[str]:
    verdicts = results.verdicts(share, figure)
    ratios = [ratio_text(v) for v in verdicts if v.check.against and v.value is not None]
    met = [v.met for v in verdicts if v.met is not None]
    word = NOTHING if not met else "yes" if all(met) else "**no**"
    if met and len(met) < len(verdicts):
        word += " (in part)"
    references = []
    for contender, title in REFERENCES.items():
        value = results.median(share, figure.name, contender)
        if value is not None:
            references.append(f"{title} {amount(value, figure.unit)}")
    value = {
        name: amount(results.median(share, figure.name, name), figure.unit)
        for name in ("share", "rclone", LARDER)
    }
    return [
        figure.title,
        value["share"],
        value["rclone"],
        ", ".join(references) or NOTHING,
        value[LARDER],
        ", ".join(ratios or ratios_to_others(results, share, figure)) or NOTHING,
        ", ".join(target_text(v, figure.unit) for v in verdicts) or NOTHING,
        word,
    ]


def table(results: Results, share: str, figures: list[Figure]) -> str:
    rows = [HEADER, ["---"] + ["---:"] * 4 + ["---"] * 3]
    rows += [row(results, share, figure) for figure in figures]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows)


def failure_lines(results: Results) -> list[str]:
    return [
        f"- {contender}, {scene}, {share}: {reason}"
        for (share, scene, contender), reason in results.failures.items()
    ]


def duration_text(seconds: float) -> str:
    minutes = max(1, round(seconds / 60))
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def machine_line(machine: dict[str, str], runs: int, quick: bool, seconds: float) -> str:
    parts = [machine["processor"], machine["memory"], "Linux " + machine["kernel"]]
    parts += [f"{name} {machine[name]}" for name in ("libfuse", "rclone", "sshfs", "larder")
              if machine.get(name)]  # fmt: skip
    mode = "; quick mode, small files: for trying only" if quick else ""
    taken = f"Median of {runs}, page cache dropped before each figure; {duration_text(seconds)} in all. "
    return taken + ", ".join(parts) + mode + "."


def markdown(results: Results, shares: list[str], figures: list[Figure], machine: str) -> str:
    parts = []
    for share in shares + [EVERYWHERE]:
        here = [f for f in figures if belongs(f, share)]
        here = [f for f in here if has_values(results, share, f)]
        if here:
            parts += [f"**On {SHARE_TITLES[share]}**", table(results, share, here)]
    if results.failures:
        parts.append("Not measured:\n\n" + "\n".join(failure_lines(results)))
    return "\n\n".join([*parts, machine]) + "\n"


def belongs(figure: Figure, share: str) -> bool:
    if share == EVERYWHERE:
        return figure.once
    return not figure.once and figure.only_share in (None, share)


def has_values(results: Results, share: str, figure: Figure) -> bool:
    return any(key[:2] == (share, figure.name) for key in results.values)


def verdict_list(results: Results, shares: list[str], figures: list[Figure]) -> list[dict]:
    """Every target with Larder's value beside it, for machines."""
    found = []
    for share in shares + [EVERYWHERE]:
        for figure in figures:
            if belongs(figure, share):
                for verdict in results.verdicts(share, figure):
                    found.append({
                        "share": share, "figure": figure.name, "value": verdict.value,
                        "target": target_text(verdict, figure.unit), "met": verdict.met,
                    })  # fmt: skip
    return found


def save(place: Path, content: dict) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    path = place / time.strftime("%Y%m%d-%H%M%S.json")
    path.write_text(json_text(content))
    (place / "latest.json").write_text(path.read_text())
    return path


def json_text(content: dict) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def update(path: Path, text: str, beside: Path, content: dict) -> None:
    """Replaces what stands between the markers of a file; `beside` gets every single run."""
    before, start, rest = path.read_text().partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise BenchError(f"{path}: no {START} … {END}")
    beside.write_text(json_text(content))
    link = os.path.relpath(beside, path.parent)
    path.write_text(f"{before}{START}\n{text}\nEvery single run: [{link}]({link}).\n{END}{after}")
