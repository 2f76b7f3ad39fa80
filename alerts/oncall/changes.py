"""Overrides and swaps that people make on screen: checked, written and read back. Pure; times are civil seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from alerts.maintenance import required
from alerts.oncall.rotation import wall
from alerts.oncall.schedule import Change
from ioc.duty import Duty, Override, Schedule, Swap
from ioc.errors import Refused
from ioc.state.ledger import Write

LONGEST = 366 * 86_400.0
LONGEST_REASON = 500
MOST = 500
"""changes of all schedules that are not over"""


@dataclass(frozen=True, slots=True)
class Made:
    """One of them: `people` of an override, or `one` and `other` of a swap; who made it, when and why."""

    id: int
    schedule: str
    start: float
    end: float
    by: str
    reason: str
    made: float
    people: tuple[str, ...] = ()
    one: str = ""
    other: str = ""

    def change(self, schedule: Schedule) -> Change:
        """As the schedule reads it, in its local time."""
        start, end = wall(self.start, schedule.zone), wall(self.end, schedule.zone)
        if self.people:
            return Override(start, end, self.people)
        return Swap(start, end, self.one, self.other)

    def names(self) -> set[str]:
        """The ids of all whom it concerns."""
        return {id for id in (*self.people, self.one, self.other) if id}

    @property
    def kind(self) -> str:
        """`override` or `swap`."""
        return "override" if self.people else "swap"


def check(made: Made, duty: Duty, now: float) -> Made:
    """The change, tidied; raises Refused with what of it cannot be meant."""
    if made.schedule not in duty.schedules:
        raise Refused(f"schedule {made.schedule!r} is not known; see /api/v1/oncall", status=404)
    _check_times(made, now)
    if made.people:
        _check_people(made.people, duty)
    else:
        _check_people((made.one, made.other), duty)
        if made.one == made.other:
            raise Refused(f"other: {made.other!r} is the same person; a swap is of two", status=422)
    required("by", made.by, 100)
    if len(made.reason) > LONGEST_REASON:
        raise Refused(f"reason has {len(made.reason)} characters; at most {LONGEST_REASON} are kept")
    return made


def _check_times(made: Made, now: float) -> None:
    if not made.start < made.end:
        raise Refused(f"end: {made.end:.15g} is not after start, {made.start:.15g}", status=422)
    if made.end <= now:
        raise Refused(f"end: {made.end:.15g} is in the past, now is {now:.0f}", status=422)
    for what, span in (("start", abs(made.start - now)), ("end", made.end - made.start)):
        if span > LONGEST:
            raise Refused(f"{what}: {span / 86_400:.0f} days are more than the 366 allowed", status=422)


def _check_people(ids: Sequence[str], duty: Duty) -> None:
    for id in ids:
        person = duty.people.get(id)
        if person is None:
            raise Refused(f"person {id!r} is not known; see /api/v1/oncall", status=422)
        if not person.contacts:
            raise Refused(f"person {id!r} has no contacts and could not be told", status=422)


def made_row(made: Made) -> Write:
    """That it was made."""
    body = orjson.dumps(asdict(made)).decode()
    sql = "INSERT INTO duty_changes (id, schedule, body) VALUES (?, ?, ?)"
    return Write(sql, (made.id, made.schedule, body))


def ended_row(number: int, civil: float) -> Write:
    """That it was taken back."""
    return Write("UPDATE duty_changes SET ended = ? WHERE id = ?", (civil, number))


STANDING = "SELECT body FROM duty_changes WHERE ended IS NULL AND json_extract(body, '$.end') > ? ORDER BY id"
"""query of those that are not over at a civil moment"""
LAST = "SELECT coalesce(max(id), 0) FROM duty_changes"


def of_rows(rows: Sequence[tuple[Any, ...]]) -> list[Made]:
    """What `STANDING` found."""
    out: list[Made] = []
    for (body,) in rows:
        fields = orjson.loads(body)
        out.append(Made(**{**fields, "people": tuple(fields["people"])}))
    return out
