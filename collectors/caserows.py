"""Rows made into updates by a map: pure, one row at a time, and what is wrong with one is said of that row alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import re2  # type: ignore[import-untyped]

from collectors.casedates import Form
from collectors.casemap import CaseMap, SupplementMap
from collectors.casepicks import DatePick, Pick, Row
from collectors.casevalues import Known, Place, RowFault, Values
from ioc.cases.merge import EARLIEST
from ioc.cases.model import (
    UNKNOWN_UNIT,
    Fault,
    Finding,
    Kind,
    Record,
    Stage,
    Step,
    Supplement,
    Update,
    key_of,
)

MOST_SUPPLEMENTS = 32
_KINDS = frozenset(map(str, Kind))


class Mapped(NamedTuple):
    """What a row says; `key` is empty where it says of no case."""

    key: str
    updates: tuple[Update, ...]
    faults: tuple[RowFault, ...]


class Mapper:
    """A map made ready to read rows of one source."""

    def __init__(self, how: CaseMap, source: str, known: Known) -> None:
        self.how, self.source, self.known = how, source, known
        self.nothing = frozenset(how.nothing)
        self.places = {name: _place(name, pick, how.forms) for name, pick in how.picks().items()}
        self.papers = _papers(how.supplements, how.forms)
        self.when = {name: frozenset(mark.when) for name, mark in how.marks.items()}
        self.form = re2.compile(how.id_form) if how.id_form else None

    def row_to(self, row: Row, number: int, now: float) -> Mapped:
        """What row `number` says, read at a civil moment; its faults are findings of that row alone."""
        return _Reading(self, Values(row, number, self.known, self.nothing, now)).mapped()


def findings(mapped: Mapped, source: str) -> Iterable[Finding]:
    """A row's faults as the book keeps them; one of no case names its row, so that each is told."""
    for row, column, value, fault, what in mapped.faults:
        where = column if mapped.key else f"row {row}, {column}"
        yield Finding(mapped.key, fault, source, f'{where}: "{value}": {what}')


class _Papers(NamedTuple):
    """The places of a supplement; `rows` is None where the row itself has it."""

    rows: Place | None
    asked: Place
    brought: Place | None
    due_before: Place | None
    due_after: Place | None


class _Reading:
    """One row being read."""

    __slots__ = ("_mapper", "_places", "_values")

    def __init__(self, mapper: Mapper, values: Values) -> None:
        self._mapper, self._places, self._values = mapper, mapper.places, values

    def mapped(self) -> Mapped:
        """What the row says."""
        kind, id = self._kind(), self._id()
        if kind is None or not id:
            return Mapped("", (), tuple(self._values.faults))
        key = key_of(kind, id)
        updates = self._step(key, kind) if self._mapper.how.gives == "step" else self._record(key, kind)
        return Mapped(key, updates, tuple(self._values.faults))

    # --- what a row is made into ---

    def _record(self, key: str, kind: Kind) -> tuple[Update, ...]:
        row = self._values.row
        received, due = self._begun("received"), self._values.ended(self._places.get("due"), row)
        closed = self._begun("closed", received)
        papers = self._supplements()
        status, stage = self._status(kind, closed)
        said = self._begun("at")
        moments = [received, closed, *(each for paper in papers for each in (paper.asked, paper.brought))]
        at = self._newest(moments) if said is None else said
        unit, officer = self._unit("unit"), self._text("officer")
        record = Record(
            key, at, self._mapper.source, unit, status, stage, received, due, closed,
            self._unit("receiver") if self._text("receiver") else "",
            self._text("procedure"), officer, self._channel(), papers, self._marks(),
            self._text("applicant"), self._text("subject"),
        )  # fmt: skip
        if self._mapper.how.gives == "record" or said is None:
            return (record,)
        named = "" if unit == UNKNOWN_UNIT else unit
        return record, Step(key, at, self._mapper.source, status, stage, officer, named)

    def _step(self, key: str, kind: Kind) -> tuple[Update, ...]:
        at = self._begun("at")
        status, stage = self._status(kind, None)
        if at is None or not status:
            what = "a step needs a moment and a status; the row is left out"
            self._fault("status" if at is not None else "at", "", Fault.MISSING, what)
            return ()
        unit = self._unit("unit")
        return (Step(key, at, self._mapper.source, status, stage, self._text("officer"), unit),)

    # --- its fields ---

    def _kind(self) -> Kind | None:
        text = self._text("kind")
        kind = self._mapper.how.kinds.get(text) or (Kind(text) if text in _KINDS else None)
        if kind is None:
            what = "no kind of case; write it into `kinds`, or correct it; the row is left out"
            self._fault("kind", text, Fault.MISSING, what)
        return kind

    def _id(self) -> str:
        text, form = self._text("id"), self._mapper.form
        if not text:
            self._fault("id", "", Fault.MISSING, "a row without an id is of no case; the row is left out")
        elif form is not None and not form.fullmatch(text):
            self._fault("id", text, Fault.INVALID_CODE, "not a code as expected; kept as it is")
        return text

    def _unit(self, name: str) -> str:
        code, scheme = self._text(name), self._mapper.how.scheme
        unit = self._mapper.known.unit_of(scheme, code) if code else None
        if unit is not None:
            return unit
        codes = f"codes of units as {scheme}" if scheme else "codes of units"
        self._fault(name, code, Fault.UNKNOWN_UNIT, f"no unit has this code; add it to the {codes}")
        return UNKNOWN_UNIT

    def _status(self, kind: Kind, closed: float | None) -> tuple[str, Stage]:
        """As it came, and what it means; one that nobody knows is open, or done where the row says when it ended."""
        status = self._text("status")
        stage = self._mapper.how.statuses.get(status) or self._mapper.known.stage_of(kind, status)
        if stage is not None:
            return status, stage
        if "status" in self._places:
            what = "nobody knows what this status means; write it into `statuses`"
            self._fault("status", status, Fault.UNKNOWN_STATUS, what)
        return status, Stage.OPEN if closed is None else Stage.DONE

    def _channel(self) -> str:
        channel = self._text("channel")
        return self._mapper.how.channels.get(channel, channel)

    def _newest(self, named: Iterable[float | None]) -> float:
        """When a row became so that does not say: the newest moment it names, else before any other."""
        moments = [each for each in named if each is not None]
        if moments:
            return max(moments)
        name = next(each for each in ("at", "received", "id") if each in self._places)
        self._fault(name, "", Fault.MISSING, "the row names no moment; any other of this case counts more")
        return EARLIEST  # so that a corrected row wins, whenever it comes

    def _marks(self) -> tuple[str, ...]:
        when = self._mapper.when
        return tuple(name for name in when if self._text(f"marks.{name}").casefold() in when[name])

    def _supplements(self) -> tuple[Supplement, ...]:
        papers = self._mapper.papers
        if papers is None:
            return ()
        found = [self._supplement(papers, row) for row in self._rows_of(papers.rows)]
        return tuple(each for each in found if each is not None)

    def _rows_of(self, place: Place | None) -> list[Row]:
        """The rows that supplements are read from."""
        if place is None:
            return [self._values.row]
        value = self._values.value(place, self._values.row)
        members = value if isinstance(value, list) else [] if value in (None, "") else [value]
        if len(members) > MOST_SUPPLEMENTS:
            what = f"{len(members)} supplements; the first {MOST_SUPPLEMENTS} count"
            self._values.fault(place, value, Fault.UNREADABLE, what)
        rows = [each for each in members[:MOST_SUPPLEMENTS] if isinstance(each, Mapping)]
        if len(rows) < min(len(members), MOST_SUPPLEMENTS):
            self._values.fault(place, value, Fault.UNREADABLE, "not objects only; what is none is left out")
        return rows

    def _supplement(self, papers: _Papers, row: Row) -> Supplement | None:
        values = self._values
        asked = values.begun(papers.asked, row)
        if asked is None:
            return None
        brought = values.begun(papers.brought, row, asked)
        return Supplement(
            asked, brought, values.ended(papers.due_before, row), values.ended(papers.due_after, row)
        )

    # --- values ---

    def _text(self, name: str) -> str:
        return self._values.text(self._places.get(name))

    def _begun(self, name: str, earlier: float | None = None) -> float | None:
        return self._values.begun(self._places.get(name), self._values.row, earlier)

    def _fault(self, name: str, value: object, fault: Fault, what: str) -> None:
        self._values.fault(self._places[name], value, fault, what)


def _place(name: str, pick: Pick, forms: tuple[Form, ...]) -> Place:
    own = pick.forms if isinstance(pick, DatePick) else ()
    return Place(name, pick.name, pick.getter(), own or forms)


def _papers(how: SupplementMap | None, forms: tuple[Form, ...]) -> _Papers | None:
    if how is None:
        return None

    def optional(name: str, pick: Pick | None) -> Place | None:
        return None if pick is None else _place(name, pick, forms)

    return _Papers(
        optional("supplements", how.rows),
        _place("supplements.asked", how.asked, forms),
        optional("supplements.brought", how.brought),
        optional("supplements.due_before", how.due_before),
        optional("supplements.due_after", how.due_after),
    )
