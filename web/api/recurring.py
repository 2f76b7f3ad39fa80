"""Maintenance that comes again: the `every` of `POST /api/v1/maintenance`, and `…/maintenance/every/ID`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from aiohttp import web
from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from ioc.config.scalars import UnfitError, day, duration
from ioc.errors import Refused
from ioc.recurrence import WEEK, Days, Every
from ioc.worktime import MINUTES_A_DAY
from web.api import answer, body
from web.auth import Need
from web.deps import Deps, Recurring, Route

CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
Time = Annotated[str, StringConstraints(pattern=CLOCK)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Repeat(body.Body):
    """When it comes again: which days, which one of a month's (`nth`, -1 the last), from `at` until `to` or `for`.

    `from` and `until` are dates, both included; `calendar` says which days are worked.
    """

    days: Literal["any", "working", "off"] | Annotated[list[Weekday], Field(min_length=1, max_length=7)]
    nth: int = Field(default=0, ge=-31, le=31)
    at: Time
    to: Time | None = None
    for_: body.Name | None = Field(default=None, alias="for")
    calendar: Annotated[body.Legible, StringConstraints(max_length=64)] = ""
    from_: body.Name | None = Field(default=None, alias="from")
    until: body.Name | None = None

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if (self.to is None) == (self.for_ is None):
            raise PydanticCustomError("one_end", 'give either to, a time such as "23:00", or for, a duration')
        return self


class Who(body.Body):
    """Who ends or skips it."""

    by: body.Name


class RecurringApi:
    """Ends a recurring maintenance, or skips it once."""

    def __init__(self, deps: Deps, recurring: Recurring) -> None:
        self._deps = deps
        self._recurring = recurring

    def routes(self) -> list[Route]:
        """End and skip; what recurs is listed with the maintenance."""
        one = r"/api/v1/maintenance/every/{id:\d{1,15}}"
        return [
            Route("DELETE", one, Need.WRITE, self._end),
            Route("POST", one + "/skip", Need.WRITE, self._skip),
        ]

    async def _end(self, request: web.Request) -> web.StreamResponse:
        said = await body.read(request, Who)
        await self._recurring.end(int(request.match_info["id"]), said.by)
        return web.Response(status=204)

    async def _skip(self, request: web.Request) -> web.StreamResponse:
        id = request.match_info["id"]
        said = await body.read(request, Who)
        await self._recurring.skip(int(id), said.by)
        return answer.json({"id": id, **(self._deps.picture.get(f"recurrence/{id}") or {})})


def every(wanted: Repeat) -> Every:
    """What was written as what comes again; raises Refused 422 with which part is wrong."""
    begin = _minute(wanted.at)
    if wanted.to is not None:
        length = ((_minute(wanted.to) - begin - 1) % MINUTES_A_DAY + 1) * 60.0
    else:
        length = _seconds(wanted.for_ or "")
    named = isinstance(wanted.days, str)
    return Every(
        Days(wanted.days) if isinstance(wanted.days, str) else Days.WEEKDAYS,
        begin,
        length,
        frozenset() if named else frozenset(WEEK.index(each) + 1 for each in wanted.days),
        wanted.nth,
        wanted.calendar,
        _date("from", wanted.from_) or date.min,
        _date("until", wanted.until) or date.max,
    )


def _minute(clock: str) -> int:
    hour, _, minute = clock.partition(":")
    return int(hour) * 60 + int(minute)


def _seconds(text: str) -> float:
    try:
        return duration(text)
    except UnfitError as error:
        raise Refused(f"every.for: {error.what}: {text!r}; {error.hint}", status=422) from None


def _date(name: str, text: str | None) -> date | None:
    try:
        return None if text is None else day(text)
    except UnfitError as error:
        raise Refused(f"every.{name}: {error.what}: {text!r}; {error.hint}", status=422) from None
