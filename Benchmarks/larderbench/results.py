"""What was measured: values per share, figure and contender; failures; medians."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median

from .figures import LARDER, LINK, Check, Figure, link_value

EVERYWHERE = "any"  # the "share" of figures that do not depend on one


@dataclass
class Verdict:
    check: Check
    value: float | None  # Larder's figure, or its ratio to the contender in the check
    met: bool | None


@dataclass
class Results:
    values: dict = field(default_factory=lambda: defaultdict(list))
    failures: dict = field(default_factory=dict)
    durations: dict = field(default_factory=lambda: defaultdict(list))

    def record(self, share: str, figure: str, contender: str, value: float) -> None:
        self.values[share, figure, contender].append(value)

    def fail(self, share: str, scene: str, contender: str, reason: str) -> None:
        self.failures[share, scene, contender] = reason

    def took(self, share: str, scene: str, contender: str, seconds: float) -> None:
        self.durations[share, scene, contender].append(round(seconds, 1))

    @property
    def seconds(self) -> float:
        """What all scenes took together, mounting and filling caches included."""
        return sum(sum(values) for values in self.durations.values())

    def has_failed(self, share: str, scene: str, contender: str) -> bool:
        return (share, scene, contender) in self.failures

    def median(self, share: str, figure: str, contender: str) -> float | None:
        if contender == LINK:
            return link_value(figure)
        found = self.values.get((share, figure, contender))
        return median(found) if found else None

    def verdicts(self, share: str, figure: Figure) -> list[Verdict]:
        larder = self.median(share, figure.name, LARDER)
        return [self.verdict(share, figure, check, larder) for check in figure.checks]

    def verdict(self, share: str, figure: Figure, check: Check, larder: float | None) -> Verdict:
        if larder is None:
            return Verdict(check, None, None)
        if check.against is None:
            return Verdict(check, larder, check.holds(larder))
        other = self.median(share, figure.name, check.against)
        if not other:
            return Verdict(check, None, None)
        return Verdict(check, larder / other, check.holds(larder / other))

    def as_json(self) -> dict:
        figures: dict = {}
        for (share, figure, contender), values in self.values.items():
            place = figures.setdefault(share, {}).setdefault(figure, {})
            place[contender] = {"median": median(values), "values": values}
        failures = [
            {"share": share, "scene": scene, "contender": contender, "reason": reason}
            for (share, scene, contender), reason in self.failures.items()
        ]
        durations = [
            {"share": share, "scene": scene, "contender": contender, "seconds": values}
            for (share, scene, contender), values in self.durations.items()
        ]
        return {"figures": figures, "failures": failures, "durations": durations}
