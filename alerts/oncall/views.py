"""How schedules are shown: in the picture, in the API's answers, as `self/duty`. Pure.

Shifts come in civil time; what goes out is steady, as everything in the picture: `skew` is the difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from alerts.oncall.changes import Made
from alerts.oncall.gaps import Gap, called, gaps_of, unreached
from alerts.oncall.schedule import Shift, turns
from ioc.duty import Duty, Schedule
from ioc.worktime import WorkCalendar

MONTH = 30 * 86_400.0
MOST_NEXT = 5
MOST_TOLD = 20


def shown(schedule: Schedule, duty: Duty, found: Sequence[Shift], skew: float) -> dict[str, Any]:
    """The picture's `oncall/ID`; `until` is when others take over, None when nobody does within `found`."""
    first, *later = turns(found)
    return {
        "name": schedule.name,
        "people": people(first.people, duty),
        "because": first.because,
        "until": later[0].start - skew if later else None,
        "next": [_shift(each, duty, skew) for each in later[:MOST_NEXT]],
    }


def overview(
    schedule: Schedule,
    duty: Duty,
    found: Sequence[Shift],
    holes: Sequence[Gap],
    made: Iterable[Made],
    skew: float,
) -> dict[str, Any]:
    """One schedule of `GET /api/v1/oncall`."""
    return {
        "id": schedule.id,
        **shown(schedule, duty, found, skew),
        "timezone": schedule.zone.key,
        "shifts": [_shift(each, duty, skew) | {"because": each.because} for each in found],
        "gaps": [{"start": gap.start - skew, "end": gap.end - skew} for gap in holes],
        "changes": [_change(each, skew) for each in made],
    }


def until(found: Iterable[Shift], end: float) -> list[Shift]:
    """Shifts up to a moment; the last is cut there."""
    return [replace(each, end=min(each.end, end)) for each in found if each.start < end]


def people(ids: Iterable[str], duty: Duty) -> list[dict[str, str]]:
    """Who that is, and their telephone numbers."""
    known = ((id, duty.people.get(id)) for id in ids)
    return [
        {"id": id, "name": person.name if person else id, "phone": person.phone if person else ""}
        for id, person in known
    ]


def verdict(
    duty: Duty,
    found: Mapping[str, Sequence[Shift]],
    calendars: Mapping[str, WorkCalendar],
    severities: Mapping[str, frozenset[str]],
    skew: float,
) -> dict[str, Any]:
    """The picture's `self/duty` but its `since`, from the coming shifts of every schedule by id."""
    schedules = duty.schedules
    holes = [
        (schedules[id], gap)
        for id, coming in found.items()
        for gap in gaps_of(schedules[id], coming, calendars)
    ]
    holes.sort(key=lambda each: each[1].start)
    lost = {
        each.id: each for coming in found.values() for each in unreached(called(duty, coming), severities)
    }
    names = ", ".join(each.name for each in lost.values())
    detail = _gap_said(*holes[0], len(holes)) if holes else names
    return {
        "state": "gap" if holes else "unreached" if lost else "ok",
        "detail": detail,
        "gaps": [
            {"schedule": schedule.id, "name": schedule.name, "start": gap.start - skew, "end": gap.end - skew}
            for schedule, gap in holes[:MOST_TOLD]
        ],
        "unreachable": sorted(lost)[:MOST_TOLD],
    }


def _gap_said(schedule: Schedule, gap: Gap, count: int) -> str:
    begin, end = (f"{datetime.fromtimestamp(each, schedule.zone):%H:%M %d/%m}" for each in gap)
    more = f" (+{count - 1})" if count > 1 else ""
    return f"{schedule.name}: {begin} – {end}{more}"


def _shift(shift: Shift, duty: Duty, skew: float) -> dict[str, Any]:
    return {"start": shift.start - skew, "end": shift.end - skew, "people": people(shift.people, duty)}


def _change(made: Made, skew: float) -> dict[str, Any]:
    who: dict[str, Any] = (
        {"people": list(made.people)} if made.people else {"one": made.one, "other": made.other}
    )
    return {
        "id": made.id,
        "kind": made.kind,
        "start": made.start - skew,
        "end": made.end - skew,
        "by": made.by,
        "reason": made.reason,
        **who,
    }
