"""What one case adds to the figures: under which units, procedure and officer, and which counts grow by one.

A case is in the figures of now while it is open or not accepted yet, in those of the day it was received, and in those
of the day it was over. What is counted of it depends on nothing else, so that a figure is a sum of shares, and an
update takes the old ones away and adds the new ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ioc.cases.model import LIVE, UNKNOWN_UNIT, Case, Kind, Stage, kind_of
from ioc.cases.rule21 import GOOD, Judgement, facts_of, judge
from ioc.cases.standing import Standing, Terms, View, closed_at, computed_due, result_of
from ioc.deadline import Result

NOW = 0
"""the day of what is counted while it is so"""
QUARTER = 900.0
"""seconds of the longest stretch in which no zone's date changes: its offset is a multiple of them"""

Above = Callable[[str, int], tuple[str, ...]]
"""a unit and those above it, nearest first, in the tree of a day (its ordinal)"""


class Share(NamedTuple):
    """What a case adds one to: `names`, under each unit, its procedure and its officer, on one day (an ordinal)."""

    day: int
    kind: Kind
    units: tuple[str, ...]
    procedure: str
    officer: str
    names: tuple[str, ...]


class Outcome(NamedTuple):
    """How a case that is over ended, by both rules; `day` is the ordinal of its date."""

    day: int
    stage: Stage
    result: Result
    judgement: Judgement


def share_of_now(case: Case, view: View, terms: Terms, above: Above) -> Share | None:
    """What an open case, or one not accepted yet, adds to the figures of now; None for every other."""
    record = case.record
    stage = case.latest.stage
    if record is None or not (stage in LIVE or stage is Stage.APPLIED):
        return None
    units = above(case.unit or UNKNOWN_UNIT, day_of(record.received or record.at, terms))
    return present(kind_of(case.key), units, record.procedure, case.officer, record.channel, stage, view)


def present(
    kind: Kind, units: tuple[str, ...], procedure: str, officer: str, channel: str, stage: Stage, view: View
) -> Share:
    """What a case of these adds to the figures of now."""
    names = names_of_now(stage, view.standing, view.stuck, view.age, channel)
    return Share(NOW, kind, units, procedure, officer, names)


def shares_of_days(case: Case, terms: Terms, above: Above) -> tuple[Share, ...]:
    """What an accepted case adds to the day it was received and to the one it was over."""
    record = case.record
    if record is None or case.latest.stage in (Stage.APPLIED, Stage.REFUSED):
        return ()
    received = day_of(record.received or record.at, terms)
    kind, units = kind_of(case.key), above(case.unit or UNKNOWN_UNIT, received)
    names = names_of_reception(record.channel, record.marks)
    taken = Share(received, kind, units, record.procedure, "", names)
    outcome = outcome_of(case, terms)
    if outcome is None:
        return (taken,)
    ended = names_of_end(outcome.stage, outcome.result, outcome.judgement)
    return taken, Share(outcome.day, kind, units, record.procedure, "", ended)


def same_days(was: Case, now: Case) -> bool:
    """Whether two states of a case surely add the same to days, told without counting: open, by the same record."""
    return (
        was.record == now.record
        and was.latest.stage in LIVE
        and now.latest.stage in LIVE
        and was.unit == now.unit
    )


def outcome_of(case: Case, terms: Terms) -> Outcome | None:
    """How a case ended; None for one that is not over."""
    closed, record = closed_at(case), case.record
    if closed is None or record is None:
        return None
    judgement = Judgement.UNKNOWN
    if kind_of(case.key) is Kind.DOSSIER:
        maximum = computed_due(record, terms) if record.due is None else None
        judgement = judge(facts_of(case, maximum), closed)
    return Outcome(day_of(closed, terms), case.latest.stage, result_of(case, terms), judgement)


def day_of(moment: float, terms: Terms) -> int:
    """The ordinal of a moment's local date; 1 for one that is no date."""
    return _day(moment // QUARTER, terms.calendar.zone)


@lru_cache(maxsize=65_536)
def _day(quarter: float, zone: ZoneInfo) -> int:
    try:
        return datetime.fromtimestamp(quarter * QUARTER, zone).toordinal()
    except (ValueError, OverflowError, OSError):
        return 1


@cache
def names_of_now(stage: Stage, standing: Standing, stuck: bool, age: int, channel: str) -> tuple[str, ...]:
    """Counts of what is so now."""
    if stage is Stage.APPLIED:
        return ("applied",)
    mark = ("stuck",) if stuck else ()
    return ("open", f"stage/{stage}", f"standing/{standing}", f"age/{age}", f"channel/{channel}", *mark)


@cache
def names_of_reception(channel: str, marks: tuple[str, ...]) -> tuple[str, ...]:
    """Counts of the day of reception."""
    return (
        "received",
        f"received/channel/{channel}",
        *(f"received/mark/{mark}" for mark in sorted(set(marks))),
    )


@cache
def names_of_end(stage: Stage, result: Result, judgement: Judgement) -> tuple[str, ...]:
    """Counts of the day a case was over: how it was closed, and by rule 2.1, never mixed."""
    return tuple(_end(stage, result, judgement))


def _end(stage: Stage, result: Result, judgement: Judgement) -> Iterator[str]:
    if stage is Stage.DONE:
        yield "resolved"
        yield f"resolved/{result}"
    else:
        yield str(stage)
    if judgement is not Judgement.UNKNOWN:
        yield "rule21/on_time" if judgement in GOOD else "rule21/overdue"
