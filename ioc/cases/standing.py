"""How a case stands at a moment, and when that will next be otherwise.

`clock_of` says once, when a case changes, by which moments its clock runs; how it stands at any moment is then only a
comparison, so that a million cases need no calendar to be looked at. Moments are civil seconds since the Unix epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple, TypeVar

from ioc import deadline
from ioc.cases.merge import EARLIEST, LATEST
from ioc.cases.model import ENDS, LIVE, Case, Kind, Record, Stage, Step, Supplement, kind_of, rank
from ioc.deadline import Limit, Result
from ioc.worktime import WorkCalendar

PAST = 0.001
"""seconds after its due moment at which a case is overdue: at the moment itself it is in time"""
DAY = 86_400.0
AGES = (5, 10, 20, 30, 60)
"""days since reception at which a case gets into the next class of age"""

Pause = tuple[float, float | None]
Edges = tuple[float | None, float | None]
MOST_DUES = 100_000
T = TypeVar("T")


class Standing(StrEnum):
    """How an open case stands."""

    NONE = "none"
    """nothing says when it is due"""
    ON_TRACK = "on_track"
    SOON = "soon"
    OVERDUE = "overdue"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the clock of every case runs by: the calendar, and working seconds to `soon` and to `stuck` by kind.

    `limit` is how long a procedure may take, of a kind; None where nobody said.
    """

    calendar: WorkCalendar
    soon: Callable[[Kind], float]
    stuck: Callable[[Kind], float]
    limit: Callable[[Kind, str], Limit | None]
    _dues: dict[tuple[float, float], Edges] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def edges(self, due: float, soon: float) -> Edges:
        """When what is due at a moment is due soon and is overdue; kept, as many cases share a due."""
        found = self._dues.get((due, soon))
        if found is None:
            if len(self._dues) >= MOST_DUES:
                self._dues.clear()
            falls = _known(lambda: deadline.falls_at(self.calendar, due))
            begins = _known(lambda: deadline.soon_at(self.calendar, due, soon))
            found = self._dues[due, soon] = begins, None if falls is None else falls + PAST
        return found


class Times(NamedTuple):
    """The moments of an open case; all None once it is over, and those of its due while it is paused."""

    due: float | None = None
    """as people are told it"""
    soon: float | None = None
    overdue: float | None = None
    stuck: float | None = None
    paused: bool = False


class View(NamedTuple):
    """How an open case stands at one moment; `age` is the number of AGES it has passed."""

    standing: Standing
    stuck: bool
    age: int


OVER = Times()


def clock_of(case: Case, terms: Terms) -> Times:
    """The moments by which an open case's clock runs; OVER for one that is not open, or that no record told of."""
    latest = case.latest
    stage, progress = latest.stage, latest.at
    if case.record is None or stage not in LIVE:
        return OVER
    kind = kind_of(case.key)
    stuck = _known(lambda: deadline.stuck_at(terms.calendar, progress, terms.stuck(kind)))
    if stage is Stage.PAUSED or pending(case.record):
        return Times(stuck=stuck, paused=True)
    due = due_of(case, terms)
    if due is None:
        return Times(stuck=stuck)
    return Times(due, *terms.edges(due, terms.soon(kind)), stuck)


def view_of(times: Times, received: float | None, at: float) -> View:
    """How an open case with these moments stands at a moment."""
    stuck = times.stuck is not None and at >= times.stuck
    return View(_standing(times, at), stuck, age_of(received, at))


def next_moment(times: Times, received: float | None, at: float) -> float | None:
    """The first moment after this one at which an open case stands otherwise."""
    ages = () if received is None else (received + days * DAY for days in AGES)
    return min(
        (each for each in (times.soon, times.overdue, times.stuck, *ages) if each is not None and each > at),
        default=None,
    )


def age_of(received: float | None, at: float) -> int:
    """How many of AGES a case received at a moment has passed; 0 where that is not known."""
    return 0 if received is None else sum(at - received >= days * DAY for days in AGES)


def closed_at(case: Case) -> float | None:
    """When a case was over: as its record says, else when it came to the status it ended with; None while it is not."""
    latest = case.latest
    if latest.stage not in ENDS:
        return None
    record = case.record
    if record is not None and record.closed is not None and record.stage in ENDS:
        return record.closed
    ended = latest.at
    for said in reversed(_trail(case)):
        if said.stage not in ENDS:
            break
        ended = said.at
    return ended


def result_of(case: Case, terms: Terms) -> Result:
    """How a case that is over was closed."""
    closed = closed_at(case)
    due = due_of(case, terms)
    if closed is None or due is None:
        return Result.NONE
    return _known(lambda: deadline.result_of(terms.calendar, due, closed)) or Result.NONE


def due_of(case: Case, terms: Terms) -> float | None:
    """When a case is due: the newest date given for a supplement, else the source's, else by its procedure's limit.

    Pauses that ended without a new date move it by their own length.
    """
    record = case.record
    if record is None:
        return None
    dated = newest_dated(record)
    given = dated.due_after if dated else record.due
    due = computed_due(record, terms) if given is None else given
    if due is None or not _ever_paused(case):
        return due
    covered = (dated.brought or dated.asked) if dated else EARLIEST
    ended = [(begin, end) for begin, end in pauses(case) if end is not None and begin > covered]
    return deadline.moved_by(due, ended) if ended else due


def computed_due(record: Record, terms: Terms) -> float | None:
    """When a case is due by its procedure's limit alone."""
    limit = terms.limit(kind_of(record.key), record.procedure)
    received = record.received
    if limit is None or received is None:
        return None
    return _known(lambda: deadline.due_of(terms.calendar, received, limit))


def differing(record: Record, terms: Terms) -> float | None:
    """The computed due moment where the source's own is more than a working day from it."""
    given = record.due
    computed = None if given is None else computed_due(record, terms)
    if given is None or computed is None or not EARLIEST <= given < LATEST:
        return None
    return computed if deadline.differs(terms.calendar, given, computed) else None


def newest_dated(record: Record) -> Supplement | None:
    """The supplement asked for last of those that a return date was given for."""
    dated = [each for each in record.supplements if each.due_after is not None]
    return max(dated, key=lambda each: (each.asked, each.due_after or 0.0), default=None)


def pending(record: Record) -> bool:
    """Whether papers were asked for and not brought."""
    return any(each.brought is None for each in record.supplements)


def _ever_paused(case: Case) -> bool:
    """Whether there may be a pause at all: of nearly every case there is none, and nothing to be put in order."""
    record = case.record
    if record is not None and (record.supplements or record.stage is Stage.PAUSED):
        return True
    return any(step.stage is Stage.PAUSED for step in case.steps)


def pauses(case: Case) -> list[Pause]:
    """Every stretch of a paused status, and from asking for papers to their being brought; an open end is None."""
    asked = [(each.asked, each.brought) for each in case.record.supplements] if case.record else []
    return [*asked, *_paused(_trail(case))]


def _paused(trail: list[Record | Step]) -> Iterator[Pause]:
    begin: float | None = None
    for said, after in pairwise([*trail, None]):
        if said is not None and said.stage is Stage.PAUSED:
            begin = said.at if begin is None else begin
            if after is None:
                yield begin, None
            elif after.stage is not Stage.PAUSED:
                yield begin, after.at
        else:
            begin = None


def _trail(case: Case) -> list[Record | Step]:
    """Everything said of a case's status, oldest first; of one moment the further one last, the record after a step."""
    record = () if case.record is None else (case.record,)
    return sorted((*case.steps, *record), key=rank)


def _standing(times: Times, at: float) -> Standing:
    if times.paused:
        return Standing.PAUSED
    if times.due is None:
        return Standing.NONE
    if times.overdue is not None and at >= times.overdue:
        return Standing.OVERDUE
    return Standing.SOON if times.soon is not None and at >= times.soon else Standing.ON_TRACK


def _known(asked: Callable[[], T | None]) -> T | None:
    """What working time says; None for moments outside the years that it knows."""
    try:
        return asked()
    except ValueError:
        return None
