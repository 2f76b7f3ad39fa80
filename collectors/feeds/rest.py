"""Another system's REST interface, asked for the rows that changed: page after page, from a watermark on.

The watermark is the newest moment that a row became so, less an overlap for what is written late; a row that comes
again changes nothing. The cursor is written with the rows of each page, so that after a kill the page is asked for that
comes next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Literal, Self

import orjson
from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

from collectors.casedates import Form
from collectors.casemap import CaseMap
from collectors.caserows import Mapped, Mapper, findings
from collectors.casevalues import Known, RowFault
from collectors.expressions import LONGEST_EXPRESSION, compiled, searched
from collectors.feed import MOST_A_BATCH, Around, Batch, Heard, Said
from collectors.restask import Asked, Asker, Busy, Login
from collectors.weboptions import WebOptions
from ioc.cases.model import Fault
from ioc.errors import NoAnswer, NotCommitted, SourceError
from ioc.legible import quoted
from ioc.model import Reason

MOST_ROWS = 5_000
MOST_PAGES = 200
"""pages asked without a pause"""
MANY = 10
"""rows of which one at least must be read, or the system has changed"""
MOST_BYTES = 16_000_000
TURN = 100
LONGEST_PAGE = 1_000
"""characters of what names the next page"""

SinceForm = Literal[Form.ISO, Form.COMPACT, Form.EPOCH, Form.EPOCH_MS]


class RestOptions(WebOptions):
    """Where rows are asked for, and how they are read."""

    address: str = Field(min_length=1, max_length=253)
    """name or address of the system"""
    ask: Asked
    """what is asked"""
    login: Login | None = None
    """how a token is got that expires; a lasting one is `token`"""
    login_body: SecretStr | None = None
    """what is posted for a token: JSON, or `name=value&…`"""
    rows: str = Field(default="@", max_length=LONGEST_EXPRESSION)
    """JMESPath to the list of rows in an answer"""
    next: str = Field(default="", max_length=LONGEST_EXPRESSION)
    """JMESPath to what `{page}` is for the next page; empty: pages are counted until one has no rows"""
    first_page: str = Field(default="1", max_length=64)
    """what `{page}` is for the first page"""
    since: float = Field(default=0.0, ge=0)
    """where the watermark begins, in seconds since 1970"""
    since_form: SinceForm = Form.ISO
    """how `{since}` is written: iso, compact, epoch, epoch_ms"""
    overlap: float = Field(default=600.0, ge=0, le=7 * 86_400)
    """seconds before the newest row from which rows are asked for again"""
    every: float = Field(default=60.0, ge=5, le=86_400)
    """seconds between rounds"""
    timeout: float = Field(default=30.0, gt=0, le=300)
    """seconds for one page"""
    map: CaseMap
    """where each field of a case stands in a row"""

    @field_validator("rows", "next")
    @classmethod
    def _is_jmespath(cls, expression: str) -> str:
        if expression:
            compiled(expression)
        return expression

    @field_validator("first_page")
    @classmethod
    def _is_plain(cls, page: str) -> str:
        if not page.isprintable():
            raise ValueError("not plain text")
        return page

    @model_validator(mode="after")
    def _login_has_a_body(self) -> Self:
        if (self.login is None) != (self.login_body is None):
            raise ValueError("login and login_body belong together")
        if self.login is not None and (self.token is not None or self.user):
            raise ValueError("login and token or user together; keep one")
        return self

    @property
    def sign_in(self) -> tuple[Login, str] | None:
        """How a token is got, and what is posted for it."""
        if self.login is None or self.login_body is None:
            return None
        return self.login, self.login_body.get_secret_value()


@dataclass(frozen=True, slots=True)
class Place:
    """How far it is read: the watermark, the page to ask for next in a round under way, the newest moment of it."""

    since: float = 0.0
    page: str = ""
    newest: float = 0.0

    @classmethod
    def of(cls, cursor: str | None, since: float) -> Place:
        """As `text` wrote it; the beginning where there is none, or one of another form."""
        try:
            found = cls(**orjson.loads(cursor)) if cursor else cls(since)
            return cls(float(found.since), str(found.page), float(found.newest))
        except (TypeError, ValueError):
            return cls(since)

    def text(self) -> str:
        """As the book keeps it."""
        return orjson.dumps(self).decode()


class Rest:
    """Asks in rounds, each to the last page."""

    name: ClassVar[str] = "rest"
    Options: ClassVar[type[BaseModel]] = RestOptions

    def __init__(self, options: RestOptions, around: Around) -> None:
        self._options, self._around = options, around
        known = Known(around.zone, around.unit_of, around.stage_of, around.day_end)
        self._mapper = Mapper(options.map, around.id, known)
        self._asker = Asker(options.address, options, options.sign_in, MOST_BYTES, around.clock)
        self._updates = around.telemetry.tally(
            "ioc_feed_updates", "updates that a feed brought", feed=around.id
        )

    async def run(self) -> None:
        """Ask until cancelled."""
        try:
            while True:
                wait = await self.look()
                await asyncio.sleep(wait)
        finally:
            await self._asker.close()

    async def hear(self, heard: Heard) -> Said:
        """Nothing can be posted."""
        return Said(404, orjson.dumps({"error": "path", "message": "this feed asks"}))

    async def look(self) -> float:
        """Ask one round, or as much of it as is asked without a pause; the seconds until the next."""
        try:
            return await self._round()
        except Busy as error:
            self._around.say("failing", f"{error}; asked again in {error.after:.0f} s")
            return error.after
        except NotCommitted as error:
            self._around.say("failing", f"nothing can be kept: {error}")
        except (NoAnswer, SourceError) as error:
            self._around.say("failing", str(error))
        return self._options.every

    async def _round(self) -> float:
        options = self._options
        place = Place.of(self._around.cursor(), options.since)
        page, taken = place.page or options.first_page, 0
        for _ in range(MOST_PAGES):
            path, body = options.ask.filled(self._since(place.since), page)
            said = await self._asker.ask(options.ask.method, path, body, options.timeout)
            rows = self._rows(said)
            following = self._following(said, rows, page)
            mapped = await self._mapped(rows)
            newest = self._newest(place, mapped)
            place = replace(place, page=following, newest=newest) if following else self._over(place, newest)
            await self._keep(mapped, place)
            taken += sum(len(each.updates) for each in mapped)
            if not following:
                self._around.say("ok", f"{taken} updates")
                return options.every
            page = following
        self._around.say("ok", f"{taken} updates, more pages follow")
        return 1.0

    def _newest(self, place: Place, mapped: list[Mapped]) -> float:
        """The newest moment of a round; another clock that is ahead of ours must not hide rows that are to come."""
        now = self._around.clock.civil(self._around.clock.now())
        return max([place.newest, *(min(update.at, now) for each in mapped for update in each.updates)])

    def _over(self, place: Place, newest: float) -> Place:
        """Where the next round begins."""
        return Place(max(place.since, newest - self._options.overlap))

    def _rows(self, said: Any) -> list[Any]:
        """The rows of an answer; raises NoAnswer."""
        rows = _found(self._options.rows, said)
        if rows is None and self._options.rows != "@":
            rows = []  # a list without members is often not written at all
            if not isinstance(said, Mapping):
                raise NoAnswer(Reason.WRONG_ANSWER, f"{quoted(said)} is no object with {self._options.rows}")
        if not isinstance(rows, list):
            raise NoAnswer(
                "wrong_answer", f"{quoted(rows)} at {self._options.rows} is no list; has it changed?"
            )
        if len(rows) > MOST_ROWS:
            raise NoAnswer(Reason.WRONG_ANSWER, f"a page of {len(rows):,} rows; at most {MOST_ROWS:,}")
        return rows

    def _following(self, said: Any, rows: list[Any], page: str) -> str:
        """What names the next page; empty where there is none. Raises NoAnswer."""
        if not self._options.ask.pages:
            return ""
        if not self._options.next:
            return str(int(page) + 1) if rows and page.isdecimal() else ""
        found = _found(self._options.next, said)
        if found in (None, "", False):
            return ""
        if isinstance(found, dict | list) or len(str(found)) > LONGEST_PAGE:
            raise NoAnswer(Reason.WRONG_ANSWER, f"{quoted(found)} at {self._options.next} names no page")
        if str(found) == page:
            raise NoAnswer(Reason.WRONG_ANSWER, f"page {quoted(page)} names itself as the next one")
        return str(found)

    async def _mapped(self, rows: list[Any]) -> list[Mapped]:
        """What the rows say; raises NoAnswer where not one of MANY can be read."""
        found, now = [], self._around.clock.civil(self._around.clock.now())
        for number, row in enumerate(rows, 1):
            found.append(
                self._mapper.row_to(row, number, now) if isinstance(row, dict) else _no_row(row, number)
            )
            if number % TURN == 0:
                await asyncio.sleep(0)
        if len(rows) >= MANY and not any(each.updates for each in found):
            first = next((str(fault) for each in found for fault in each.faults), "")
            raise NoAnswer(
                "wrong_answer", f"no row of {len(rows)} can be read; has the system changed? {first}"
            )
        return found

    async def _keep(self, mapped: list[Mapped], place: Place) -> None:
        """Commit a page; the cursor with the last of it."""
        updates = [update for each in mapped for update in each.updates]
        found = [finding for each in mapped for finding in findings(each, self._around.id)]
        for begin in range(0, max(len(updates), 1), MOST_A_BATCH):
            last = begin + MOST_A_BATCH >= len(updates)
            piece = updates[begin : begin + MOST_A_BATCH]
            await self._around.keep(Batch(piece, found if last else (), place.text() if last else None))
        self._updates.n += len(updates)

    def _since(self, moment: float) -> str:
        form, local = self._options.since_form, datetime.fromtimestamp(moment, self._around.zone)
        if form is Form.ISO:
            return local.isoformat(timespec="seconds")
        if form is Form.COMPACT:
            return local.strftime("%Y%m%d%H%M%S")
        return f"{moment:.0f}" if form is Form.EPOCH else f"{moment * 1_000:.0f}"


def _no_row(row: object, number: int) -> Mapped:
    return Mapped("", (), (RowFault(number, "row", quoted(row), Fault.UNREADABLE, "not an object"),))


def _found(expression: str, said: Any) -> Any:
    try:
        return searched(expression, said)
    except ValueError as error:
        raise NoAnswer(Reason.WRONG_ANSWER, f"{expression}: {error}") from None
