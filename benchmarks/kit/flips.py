"""What is broken when, and what a system's pages say of it. Moments are seconds of the machine's monotonic clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from random import Random
from typing import Any

from benchmarks.kit.figures import Figures, spread


@dataclass(frozen=True, slots=True)
class Flip:
    """A thing falls silent `at` and stays so, or answers again after `lasts` seconds: a blip."""

    subject: str
    at: float
    lasts: float | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One alert of one webhook, as it begins to fire."""

    at: float
    subject: str
    alert: str
    began: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Seconds from each outage's scheduled moment to its first page, infinite when there was none; false pages."""

    latencies: tuple[float, ...]
    false_pages: int

    def figures(self) -> dict[str, Any]:
        """As a result shows it."""
        latency: Figures = spread(self.latencies, "s", digits=2)
        missed = sum(each == inf for each in self.latencies)
        return {**latency, "outages": len(self.latencies), "missed": missed, "false_pages": self.false_pages}


def plan(rng: Random, subjects: Sequence[str], outages: int, blips: int, span: float) -> list[Flip]:
    """Outages and blips of 1 to 30 s on different things at random moments within `span` seconds."""
    chosen = rng.sample(subjects, outages + blips)
    lasting = [Flip(each, rng.uniform(0, span)) for each in chosen[:outages]]
    short = [Flip(each, rng.uniform(0, span), rng.uniform(1, 30)) for each in chosen[outages:]]
    return sorted([*lasting, *short], key=lambda flip: flip.at)


def pages(log: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> list[Page]:
    """Every firing alert in a sink's log (Alertmanager's payload, version 4), each alert once.

    `names` turns the `instance` of a Prometheus target into the thing that answers there.
    """
    found: dict[tuple[str, str, str], Page] = {}
    for line in log:
        for alert in line["body"]["alerts"]:
            if alert["status"] != "firing":
                continue
            labels = alert["labels"]
            subject = labels.get("subject") or names[labels["instance"]]
            page = Page(float(line["at"]), subject, labels["alertname"], alert["startsAt"])
            found.setdefault((page.subject, page.alert, page.began), page)
    return list(found.values())


def judge(flips: Iterable[Flip], told: Iterable[Page]) -> Outcome:
    """Which outage was told when; a page about anything else, or before its outage, is false."""
    outages = {each.subject: each.at for each in flips if each.lasts is None}
    first: dict[str, float] = {}
    false = 0
    for page in sorted(told, key=lambda each: each.at):
        if page.at < outages.get(page.subject, inf):
            false += 1
        else:
            first.setdefault(page.subject, page.at)
    return Outcome(tuple(first.get(each, inf) - at for each, at in outages.items()), false)
