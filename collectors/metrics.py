"""What is taken out of a page of metrics: numbers for rules, and series for history. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from collectors.own import OwnField
from collectors.rates import Counts, rates
from collectors.wire.exposition import LABEL, METRIC, Sample
from ioc.legible import control

LONGEST_LABEL = 200
"""characters of a series' name in history"""
Several = Literal["refuse", "sum", "least", "most"]


class Take(BaseModel):
    """Which series of a metric are taken, and as what."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    metric: str
    """name of the metric as it stands on the page, as `node_load1` or `http_requests_total`"""
    where: dict[str, str] = Field(default={}, max_length=16)
    """labels a series must have, with their values"""
    as_: Literal["gauge", "rate"] = Field(default="gauge", alias="as")
    """the value itself, or how much a second a counter grows"""
    several: Several = "refuse"
    """what becomes of several series where one number is wanted"""

    @field_validator("metric")
    @classmethod
    def _is_a_metric(cls, metric: str) -> str:
        if not METRIC.fullmatch(metric):
            raise ValueError(
                f"{metric!r} is not the name of a metric; write it as on the page, without labels"
            )
        return metric

    @field_validator("where")
    @classmethod
    def _are_labels(cls, where: dict[str, str]) -> dict[str, str]:
        labels(where)
        return where


class TakeField(Take, OwnField):
    """A number for rules and history."""


class TakeSeries(Take):
    """Series for history alone, told apart by some of their labels."""

    labels: list[str] = Field(default=[], max_length=8)
    """labels whose values tell the series apart"""
    most: int = Field(default=64, ge=1, le=1_024)
    """series kept of one endpoint; what comes beyond is left out"""

    @field_validator("labels")
    @classmethod
    def _are_names(cls, names: list[str]) -> list[str]:
        labels(names)
        return names


def labels(names: Iterable[str]) -> None:
    """Raise ValueError for a name that no label can have."""
    for name in names:
        if not LABEL.fullmatch(name):
            raise ValueError(f"{name!r} is not the name of a label")


@dataclass(slots=True)
class Known:
    """What is remembered of one endpoint: its counters, and which series history has of each taking."""

    counts: Counts | None = None
    series: dict[int, set[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Taken:
    """What a page gave: fields by name, series as metric, label and values, and what is to be told of it."""

    fields: dict[str, float] = field(default_factory=dict)
    series: list[tuple[str, str, dict[str, float]]] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    several: list[str] = field(default_factory=list)
    left: int = 0
    """series beyond those that are kept"""
    twice: int = 0
    """series that stand on the page again"""


def take(
    samples: Sequence[Sample],
    fields: Mapping[str, TakeField],
    series: Sequence[TakeSeries],
    known: Known,
    at: float,
) -> Taken:
    """What is wanted of a page's samples; `known` is brought up to the steady time `at`."""
    taken = Taken()
    page = _Page(samples, [*fields.values(), *series], known, at)
    taken.twice = page.twice
    for name, wanted in fields.items():
        _take_field(name, wanted, page, taken)
    for number, each in enumerate(series):
        _take_series(each, page, known.series.setdefault(number, set()), taken)
    return taken


class _Page:
    """The samples of a page by metric, and the rates of its counters."""

    def __init__(self, samples: Iterable[Sample], takes: Iterable[Take], known: Known, at: float) -> None:
        self.twice = 0
        self._by_metric: dict[str, dict[str, Sample]] = {}
        for each in samples:
            there = self._by_metric.setdefault(each.metric, {})
            name = _series(each)
            self.twice += name in there
            there.setdefault(name, each)
        counted = {each.metric for each in takes if each.as_ == "rate"}
        values = {
            name: each.value for metric in counted for name, each in self._by_metric.get(metric, {}).items()
        }
        self._rates, known.counts = rates(known.counts, Counts(at, values))

    def find(self, wanted: Take) -> Iterator[tuple[Mapping[str, str], float]]:
        """The labels and the number of each series that is taken; NaN for a rate that is not known."""
        for name, each in self._by_metric.get(wanted.metric, {}).items():
            if all(each.labels.get(label, "") == value for label, value in wanted.where.items()):
                if wanted.as_ == "rate":
                    yield each.labels, self._rates.get(name, math.nan)
                elif math.isfinite(each.value):
                    yield each.labels, each.value


def _take_field(name: str, wanted: TakeField, page: _Page, taken: Taken) -> None:
    numbers = [number for _, number in page.find(wanted)]
    if not numbers:
        taken.absent.append(name)
    elif (number := _one(numbers, wanted.several)) is None:
        taken.several.append(f"{name} ({len(numbers)} series)")
    elif math.isfinite(number):
        taken.fields[name] = number


def _take_series(wanted: TakeSeries, page: _Page, kept: set[str], taken: Taken) -> None:
    groups: dict[str, list[float]] = {}
    for found, number in page.find(wanted):
        groups.setdefault(",".join(found.get(label, "") for label in wanted.labels), []).append(number)
    for label, numbers in groups.items():
        one = _one(numbers, wanted.several)
        if not _has_room(label, kept, wanted.most):
            taken.left += 1
        elif one is None:
            taken.several.append(f"{wanted.metric} {label}".rstrip() + f" ({len(numbers)} series)")
        elif math.isfinite(one):
            value = {"rate" if wanted.as_ == "rate" else "value": one}
            taken.series.append((wanted.metric, label, value))


def _has_room(label: str, kept: set[str], most: int) -> bool:
    """Whether history has, or may have, this series: names that come and go would never end."""
    if label not in kept:
        unfit = len(label) > LONGEST_LABEL or not label.isprintable() or control(label)
        if unfit or len(kept) >= most:
            return False
        kept.add(label)
    return True


def _one(numbers: Sequence[float], several: Several) -> float | None:
    """The one number of several, None when they are to be one; NaN when one of them is not known."""
    if len(numbers) == 1:
        return numbers[0]
    if several != "refuse" and any(math.isnan(each) for each in numbers):
        return math.nan
    match several:
        case "sum":
            return math.fsum(numbers)
        case "least":
            return min(numbers)
        case "most":
            return max(numbers)
    return None


def _series(sample: Sample) -> str:
    return sample.metric + "".join(f"\0{name}\0{sample.labels[name]}" for name in sorted(sample.labels))
