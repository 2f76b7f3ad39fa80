"""Cases for tests: builders with defaults, and Hypothesis strategies for what sources say of one case."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from ioc.cases.model import Kind, Record, Stage, Step, Supplement
from ioc.cases.standing import Terms
from ioc.deadline import Limit, Unit
from ioc.worktime import WorkCalendar

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
CALENDAR = WorkCalendar(
    HANOI, frozenset({1, 2, 3, 4, 5}), ((7 * 60 + 30, 11 * 60 + 30), (13 * 60 + 30, 17 * 60))
)
HOUR, DAY = 3_600.0, 86_400.0
KEY = "dossier/H44.12-261005-0001"
TERMS = Terms(
    CALENDAR,
    soon=lambda kind: 7.5 * HOUR,
    stuck=lambda kind: 30 * HOUR,
    limit=lambda kind, procedure: Limit(10, Unit.WORKING_DAYS) if procedure == "2.000815" else None,
)
STATUSES = [
    ("1", Stage.APPLIED),
    ("3", Stage.REFUSED),
    ("4", Stage.OPEN),
    ("5", Stage.PAUSED),
    ("7", Stage.WITHDRAWN),
    ("8", Stage.STOPPED),
    ("9", Stage.DONE),
]
STAGES = dict(STATUSES)
PARENTS = {"xa-1": ("xa-1", "tinh"), "xa-2": ("xa-2", "tinh")}


def at(text: str) -> float:
    """A moment in Hanoi, as `2026-10-05 08:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=HANOI).timestamp()


def above(unit: str, day: int) -> tuple[str, ...]:
    """A tree of two communes below a province."""
    return PARENTS.get(unit, (unit,))


def record(when: str | float, status: str = "4", **changed: Any) -> Record:
    """A record of KEY at a moment, with a national status."""
    moment = at(when) if isinstance(when, str) else when
    given = {"key": KEY, "source": "portal", "unit": "xa-1", **changed}
    return Record(at=moment, status=status, stage=STAGES[status], **given)


def step(when: str | float, status: str = "4", **changed: Any) -> Step:
    """A step of KEY at a moment, with a national status."""
    moment = at(when) if isinstance(when, str) else when
    given = {"key": KEY, "source": "portal", **changed}
    return Step(at=moment, status=status, stage=STAGES[status], **given)


BASE = at("2026-10-05 08:00")
moments = st.integers(0, 12).map(lambda n: BASE + n * DAY / 2)
statuses = st.sampled_from(STATUSES)
supplements = st.builds(Supplement, moments, st.none() | moments, st.none(), st.none() | moments)


@st.composite
def records(draw: st.DrawFn, key: str = KEY) -> Record:
    """Anything that a source may say all at once."""
    status, stage = draw(statuses)
    return Record(
        key=key,
        at=draw(moments),
        source=draw(st.sampled_from(("portal", "sql"))),
        unit=draw(st.sampled_from(("xa-1", "xa-2", "?"))),
        status=status,
        stage=stage,
        received=draw(st.none() | moments),
        due=draw(st.none() | moments),
        closed=draw(st.none() | moments),
        procedure=draw(st.sampled_from(("", "2.000815", "1.001234"))),
        officer=draw(st.sampled_from(("", "an", "binh"))),
        channel=draw(st.sampled_from(("", "online", "direct"))),
        supplements=tuple(draw(st.lists(supplements, max_size=2))),
        marks=tuple(draw(st.lists(st.sampled_from(("signed", "digitised")), max_size=2))),
        applicant=draw(st.sampled_from(("", "Nguyễn Văn A"))),
    )


@st.composite
def steps(draw: st.DrawFn, key: str = KEY) -> Step:
    """Anything that a source may say of one act."""
    status, stage = draw(statuses)
    officer, unit = draw(st.sampled_from(("", "an", "chi"))), draw(st.sampled_from(("", "xa-2")))
    return Step(key, draw(moments), draw(st.sampled_from(("portal", "axis"))), status, stage, officer, unit)


def updates(key: str = KEY) -> st.SearchStrategy[Record | Step]:
    """Records and steps of one case."""
    return st.one_of(records(key), steps(key))


KINDS = [*Kind]
