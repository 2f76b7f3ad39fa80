"""What a case is, and what sources say of one.

A dossier, a document that waits for its reception, a petition, a task and a periodic report are one thing. Every
moment is in civil seconds since the Unix epoch. A source that has only rows, and shows what a row was before, sends a
step beside each record, so that pauses and latencies are known. These are tuples, as Sample is: each is made once an
update, and a million are kept. docs/decisions/0021-what-a-case-is.md.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What sort of thing a case is; the first part of its key."""

    DOSSIER = "dossier"
    DOCUMENT = "document"
    PETITION = "petition"
    TASK = "task"
    REPORT = "report"


class Stage(StrEnum):
    """What a status means, whatever its code."""

    APPLIED = "applied"
    """not accepted yet"""
    REFUSED = "refused"
    OPEN = "open"
    PAUSED = "paused"
    """open, and its clock stands still"""
    DONE = "done"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"


PROGRESS = {
    Stage.APPLIED: 0,
    Stage.OPEN: 1,
    Stage.PAUSED: 2,
    Stage.REFUSED: 3,
    Stage.WITHDRAWN: 4,
    Stage.STOPPED: 5,
    Stage.DONE: 6,
}
"""which of two statuses of one moment is the further"""

LIVE = frozenset({Stage.OPEN, Stage.PAUSED})
"""accepted, and somebody must still be through with it"""
CLOSED = frozenset({Stage.DONE, Stage.WITHDRAWN, Stage.STOPPED})
"""accepted, and over"""
ENDS = CLOSED | {Stage.REFUSED}
UNKNOWN_UNIT = "?"
"""the unit of what came under a code that nobody knows"""


class Fault(StrEnum):
    """What is wrong with what a source said; the case is kept all the same."""

    CONFLICT = "conflict"
    """two different records of one version; the one that came later counts"""
    WENT_BACK = "went_back"
    """a later status is one that comes before"""
    NO_RECORD = "no_record"
    """a step of a case that no record told of yet"""
    TOO_MANY_STEPS = "too_many_steps"
    DUE_BEFORE_RECEIVED = "due_before_received"
    CLOSED_BEFORE_RECEIVED = "closed_before_received"
    BROUGHT_BEFORE_ASKED = "brought_before_asked"
    IMPOSSIBLE_TIME = "impossible_time"
    DUE_DIFFERS = "due_differs"
    """the source's due is more than a working day from the one computed"""
    UNKNOWN_UNIT = "unknown_unit"
    UNKNOWN_STATUS = "unknown_status"
    INVALID_CODE = "invalid_code"
    UNREADABLE = "unreadable"
    """a value that is not what its field needs; the field is left out"""
    MISSING = "missing"
    """a field without which nothing, or not as much, can be said of the case"""


class Supplement(NamedTuple):
    """Papers asked of the applicant; `due_after` is the return date given for them."""

    asked: float
    brought: float | None = None
    due_before: float | None = None
    due_after: float | None = None


class Record(NamedTuple):
    """All that is so of a case at a moment, as one source has it.

    `at` is when it became so; where the source does not say, the newest moment that the record names. `unit` handles
    it, `receiver` took it in. `closed` is when the work on it ended. `marks` are facts that are counted, such as
    `signed_agency`. `applicant` and `subject` are kept apart from everything else.
    """

    key: str
    at: float
    source: str
    unit: str
    status: str
    stage: Stage
    received: float | None = None
    due: float | None = None
    closed: float | None = None
    receiver: str = ""
    procedure: str = ""
    officer: str = ""
    channel: str = ""
    supplements: tuple[Supplement, ...] = ()
    marks: tuple[str, ...] = ()
    applicant: str = ""
    subject: str = ""


class Step(NamedTuple):
    """One act on a case: its status from that moment on, and who did it, where that is said."""

    key: str
    at: float
    source: str
    status: str
    stage: Stage
    officer: str = ""
    unit: str = ""


Update = Record | Step


class Case(NamedTuple):
    """What is kept of a case: the record that wins, and its steps, oldest first.

    `digests` are of the records seen at the version of the one that wins, that one last. Names of people are not in it.
    """

    key: str
    record: Record | None = None
    digests: tuple[int, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def latest(self) -> Record | Step:
        """The newest thing said; of one moment the further one, of two that are as far the record."""
        record, steps = self.record, self.steps
        if record is None:
            return steps[-1]
        if not steps:
            return record
        step = steps[-1]
        if step.at != record.at:
            return step if step.at > record.at else record
        return step if PROGRESS[step.stage] > PROGRESS[record.stage] else record

    @property
    def officer(self) -> str:
        """Whoever was named last."""
        return self._named("officer")

    @property
    def unit(self) -> str:
        """The unit that was named last."""
        return self._named("unit")

    def _named(self, what: str) -> str:
        record = self.record
        for step in reversed(self.steps):
            if record is not None and rank(record) >= rank(step) and getattr(record, what):
                break
            if getattr(step, what):
                return str(getattr(step, what))
        return str(getattr(record, what)) if record is not None else ""


class Finding(NamedTuple):
    """Something wrong with the data of one case; the same one again is not another."""

    key: str
    fault: Fault
    source: str
    value: str = ""


def rank(said: Record | Step) -> tuple[float, int]:
    """What orders the things said of a case: when, and how far it was."""
    return said.at, PROGRESS[said.stage]


def key_of(kind: Kind, id: str) -> str:
    """The key of a case by the id that every source knows."""
    return f"{kind}/{id}"


def kind_of(key: str) -> Kind:
    """The kind that a key names; raises ValueError where it names none."""
    return Kind(key.partition("/")[0])
