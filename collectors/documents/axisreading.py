"""edXML messages asked of an exchange axis: list by list, page by page, each page one commit.

A list is gone through from its first page, one that goes by days from its first day; what came there since the last
whole pass is fetched, and a little of what came before it, since an axis may show a message late. Fetching one again
changes nothing in the book.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

import orjson

from collectors.documents.axis import Asked, Axis, Missing, Unavailable
from collectors.documents.taking import Taking
from collectors.feed import Around
from collectors.wire.axis import Entry, Page
from ioc.errors import CodecError

KINDS = ("edoc", "status")
MOST_PAGES = 50
"""pages of a list that one look asks for; the next look goes on"""
MOST_REMEMBERED = 50_000
"""messages known to be committed, which are not fetched again"""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one list is read: all of before `since`, and of this pass the pages before `page`, up to `newest`."""

    since: float = 0.0
    page: int = 1
    newest: float = 0.0

    def after(self, page: Page, now: float, shrinks: bool) -> Progress:
        """After one more page, the first again where what was taken leaves the list; no moment is later than now."""
        newest = max([min(each.at, now) for each in page.entries if each.at is not None], default=0.0)
        return Progress(self.since, 1 if shrinks else self.page + 1, max(self.newest, newest))

    def whole(self, least: float) -> Progress:
        """After the last page; a list by days is read up to the last midnight, even where nothing came."""
        return Progress(max(self.since, self.newest, least))


class AxisReading:
    """Reads an axis' messages into a feed.

    `overlap` are the seconds before the newest message in which one may still appear, `back` those before now at which
    the first pass begins.
    """

    def __init__(
        self, axis: Axis, around: Around, taking: Taking, size: int, overlap: float, back: float
    ) -> None:
        self._axis, self._around, self._taking = axis, around, taking
        self._size, self._overlap, self._back = size, overlap, back
        self._confirms = bool(axis.paths.confirm)
        self._gave = False
        """whether it ever gave a message, so that one that is missing is its own fault"""
        self._done: OrderedDict[str, None] = OrderedDict()
        self._progress: dict[str, Progress] = {}
        """as the cursor says, and where a pass that found nothing new is now"""

    async def look(self) -> bool:
        """Go through every list; whether one has more pages. Raises Unavailable, NotCommitted."""
        more = False
        for path in self._axis.paths.lists:
            for kind in KINDS:
                more = await self._pass(path, kind) or more
        return more

    async def close(self) -> None:
        """Let go of connections."""
        await self._axis.close()

    async def _pass(self, path: str, kind: str) -> bool:
        """Go through one list; whether pages are left."""
        place, before, by_day = f"{path} {kind}", Page(()), "{from}" in path
        for _ in range(MOST_PAGES):
            progress = self._progress.setdefault(place, self._progress_at(place))
            asked = Asked(kind, progress.page, self._size, self._day(progress))
            page = await self._axis.page(path, asked, self._around.zone)
            over = self._is_today(asked.day) if by_day else self._is_last(page, before, progress)
            after = progress.after(page, self._now(), self._confirms and not by_day)
            if over:
                after = after.whole(self._midnight(0) if by_day else 0.0)
            await self._take(page, progress, place, after)
            self._progress[place] = after
            if over:
                return False
            before = page
        return True

    def _progress_at(self, place: str) -> Progress:
        known = progress_of(self._around.cursor()).get(place)
        return known or Progress(self._midnight(self._back) + self._overlap)

    def _midnight(self, back: float) -> float:
        """The first moment of the day that was so many seconds ago."""
        then = datetime.fromtimestamp(self._now() - back, self._around.zone)
        return then.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()

    def _now(self) -> float:
        return self._around.clock.civil(self._around.clock.now())

    def _day(self, progress: Progress) -> date:
        """The day that a page of a list by days is of."""
        first = datetime.fromtimestamp(progress.since - self._overlap, self._around.zone).date()
        return first + timedelta(days=progress.page - 1)

    def _is_today(self, day: date) -> bool:
        return day >= datetime.fromtimestamp(self._now(), self._around.zone).date()

    def _is_last(self, page: Page, before: Page, progress: Progress) -> bool:
        """Whether nothing new comes after a page; an axis that does not page says the same again."""
        short = len(page.entries) + page.nameless < self._size
        return short or page == before or self._is_old(page, progress)

    def _is_old(self, page: Page, progress: Progress) -> bool:
        """Whether this page and each after it is too old to be new: where the newest come first."""
        moments = [each.at for each in page.entries if each.at is not None]
        falling = len(moments) == len(page.entries) and all(a >= b for a, b in pairwise(moments))
        strictly = falling and moments[:1] > moments[-1:]
        return strictly and not self._confirms and moments[0] < progress.since - self._overlap

    async def _take(self, page: Page, progress: Progress, place: str, after: Progress) -> None:
        """Fetch what is new of a page and commit it with how far the list is read then."""
        self._taking.forget()
        self._taking.nameless(page.nameless)
        new = [each for each in page.entries if self._is_new(each, progress)]
        await self._fetched(new)
        said = progress_of(self._around.cursor())
        if new or (after.page == 1 and said.get(place) != after):
            await self._taking.commit(cursor_of({**said, place: after}))
        for each in new:
            await self._confirmed(each)

    async def _fetched(self, new: Sequence[Entry]) -> None:
        """Read each message; raises Unavailable where the axis gives none of several: no fault of theirs."""
        missing = 0
        for each in new:
            try:
                await self._one(each)
            except CodecError as error:
                missing += isinstance(error, Missing)
                if missing == len(new) and (missing > 1 or not self._gave):
                    raise Unavailable(
                        f"gives none of the {len(new)} messages it lists; the last: {error}"
                    ) from error
                self._taking.unreadable(each.id, str(error))
            if self._taking.full:
                await self._taking.commit(None)

    async def _one(self, entry: Entry) -> None:
        reader = self._taking.reader()
        async with aclosing(self._axis.message(entry.id)) as pieces:
            async for piece in pieces:
                reader.feed(piece)
                await asyncio.sleep(0)
        self._gave = True
        self._taking.add(reader.end())

    async def _confirmed(self, entry: Entry) -> None:
        """Remember that a message is committed; tell the axis, where that is wanted."""
        self._done[entry.id] = None
        if len(self._done) > MOST_REMEMBERED:
            self._done.popitem(last=False)
        await self._axis.finished(entry.id)

    def _is_new(self, entry: Entry, progress: Progress) -> bool:
        if entry.id in self._done:
            return False
        return self._confirms or entry.at is None or entry.at >= progress.since - self._overlap


def cursor_of(progress: dict[str, Progress]) -> str:
    """The cursor that says how far each list is read."""
    return orjson.dumps(
        {place: [each.since, each.page, each.newest] for place, each in progress.items()}
    ).decode()


def progress_of(cursor: str | None) -> dict[str, Progress]:
    """How far each list is read by a cursor; nothing where it is another feed's."""
    try:
        said = orjson.loads(cursor or "{}")
        return {str(place): Progress(float(a), int(b), float(c)) for place, (a, b, c) in said.items()}
    except (TypeError, ValueError, AttributeError):
        return {}
