"""`ioc oncall DIR`: who is on call, by the configuration and by what was changed on screen, as a table."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from alerts.oncall import changes
from alerts.oncall.changes import Made
from alerts.oncall.gaps import gaps_of
from alerts.oncall.schedule import Shift, shifts
from ioc.clock import Clock
from ioc.config.compiled import Config
from ioc.config.scalars import UnfitError, moment
from ioc.duty import Schedule
from ioc.errors import IocError, StateUnusable
from ioc.reading import read
from ioc.state.look import Look

DAY = 86_400.0
MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Asked:
    """From when (a local time of each schedule; None: now) and for how many days."""

    at: datetime | None
    days: int


def oncall(directory: Path, at: str | None, days: int) -> None:
    """Print a table a schedule. Raises ConfigError, IocError."""
    if not 1 <= days <= MOST_DAYS:
        raise IocError(f"--days {days}: from 1 to {MOST_DAYS}")
    asked = Asked(_local(at), days)
    clock = Clock()
    config = read(directory, os.environ, clock)
    if not config.duty.schedules:
        raise IocError(f"{directory}: no schedules; define them under schedules")
    now = clock.civil(clock.now())
    made = standing(config, now)
    console = Console()
    for schedule in config.duty.schedules.values():
        console.print(table(config, schedule, made, asked, now))


def table(config: Config, schedule: Schedule, made: Sequence[Made], asked: Asked, now: float) -> Table:
    """The shifts of one schedule, in its local time; hours in which nobody is there are marked."""
    start = now if asked.at is None else asked.at.replace(tzinfo=schedule.zone).timestamp()
    changed = [
        each.change(schedule)
        for each in made
        if each.schedule == schedule.id and each.names() <= config.duty.people.keys()
    ]
    found = shifts(schedule, start, start + asked.days * DAY, config.calendars, changed)
    holes = gaps_of(schedule, found, config.calendars)
    count = "" if not holes else f" · {len(holes)} gap{'' if len(holes) == 1 else 's'}"
    out = Table(title=f"{schedule.name} ({schedule.id}), {schedule.zone.key}{count}", title_justify="left")
    for heading in ("from", "until", "on call", "telephone", "by"):
        out.add_column(heading)
    starts = {gap.start for gap in holes}
    for shift in found:
        out.add_row(
            *_row(config, schedule, shift, gap=any(shift.start <= each < shift.end for each in starts))
        )
    return out


def standing(config: Config, now: float) -> list[Made]:
    """What was changed on screen and is not over; nothing where no service has run yet."""
    try:
        return changes.of_rows(Look(config.state).read(changes.STANDING, (now,)))
    except StateUnusable:
        if config.state.is_file():
            raise
        return []


def _row(config: Config, schedule: Schedule, shift: Shift, *, gap: bool) -> tuple[str, ...]:
    people = config.duty.people
    names = ", ".join(people[id].name for id in shift.people if id in people)
    phones = ", ".join(filter(None, (people[id].phone for id in shift.people if id in people)))
    nobody = "[bold red]nobody[/]" if gap else "–"
    times = (
        f"{datetime.fromtimestamp(each, schedule.zone):%a %Y-%m-%d %H:%M}"
        for each in (shift.start, shift.end)
    )
    return (*times, names or nobody, phones, "" if not shift.people else shift.because)


def _local(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return moment(text)
    except UnfitError as unfit:
        raise IocError(f"--at {text!r}: {unfit.what}; {unfit.hint}") from None
