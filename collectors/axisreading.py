"""edXML messages asked of an exchange axis: list by list, page by page, each page one commit.

A list is gone through from its first page; what came there since the last whole pass is fetched, and a little of what
came before it, since an axis may show a message late. Fetching one again changes nothing in the book.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import pairwise

import orjson

from collectors.axis import Axis, Missing, Unavailable
from collectors.documenttaking import Taking
from collectors.feed import Around
from collectors.wire.axis import Entry, Page
from ioc.errors import CodecError

KINDS = ("edoc", "status")
MOST_PAGES = 50
"""pages of a list that one look asks for; the next look goes on"""
MOST_REMEMBERED = 50_000
"""messages known to be committed, which are not fetched again"""

Paths = tuple[Sequence[str], str, str]
"""those that list, the one that fetches, the one that is told; the last may be empty"""


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

    def whole(self) -> Progress:
        """After the last page."""
        return Progress(max(self.since, self.newest))


class AxisReading:
    """Reads an axis' messages into a feed; `overlap` in seconds."""

    def __init__(
        self, axis: Axis, around: Around, taking: Taking, paths: Paths, size: int, overlap: float
    ) -> None:
        self._axis, self._around, self._taking = axis, around, taking
        self._lists, self._fetch, self._confirm = paths
        self._size, self._overlap = size, overlap
        self._done: OrderedDict[str, None] = OrderedDict()
        self._progress: dict[str, Progress] = {}
        """as the cursor says, and where a pass that found nothing new is now"""

    async def look(self) -> bool:
        """Go through every list; whether one has more pages. Raises Unavailable, NotCommitted."""
        more = False
        for path in self._lists:
            for kind in KINDS:
                more = await self._pass(path, kind) or more
        return more

    async def close(self) -> None:
        """Let go of connections."""
        await self._axis.close()

    async def _pass(self, path: str, kind: str) -> bool:
        """Go through one list; whether pages are left."""
        place, before = f"{path} {kind}", Page(())
        for _ in range(MOST_PAGES):
            progress = self._progress_at(place)
            page = await self._axis.page(path, kind, progress.page, self._size, self._around.zone)
            over = (page == before) or len(page.entries) + page.nameless < self._size
            over = over or self._is_old(page, progress)
            now = self._around.clock.civil(self._around.clock.now())
            after = progress.after(page, now, bool(self._confirm))
            await self._take(page, progress, place, after.whole() if over else after)
            self._progress[place] = after.whole() if over else after
            if over:
                return False
            before = page
        return True

    def _progress_at(self, place: str) -> Progress:
        known = self._progress.get(place)
        return known or progress_of(self._around.cursor()).get(place, Progress())

    def _is_old(self, page: Page, progress: Progress) -> bool:
        """Whether this page and each after it is too old to be new: where the newest come first."""
        moments = [each.at for each in page.entries if each.at is not None]
        falling = len(moments) == len(page.entries) and all(a >= b for a, b in pairwise(moments))
        strictly = falling and moments[:1] > moments[-1:]
        return strictly and not self._confirm and moments[0] < progress.since - self._overlap

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
                if missing == len(new) > 1:
                    raise Unavailable(
                        f"gives none of the {len(new)} messages it lists; the last: {error}"
                    ) from error
                self._taking.unreadable(each.id, str(error))
            if self._taking.full:
                await self._taking.commit(None)

    async def _one(self, entry: Entry) -> None:
        reader = self._taking.reader()
        async with aclosing(self._axis.message(self._fetch, entry.id)) as pieces:
            async for piece in pieces:
                reader.feed(piece)
                await asyncio.sleep(0)
        self._taking.add(reader.end())

    async def _confirmed(self, entry: Entry) -> None:
        """Remember that a message is committed; tell the axis, where that is wanted."""
        self._done[entry.id] = None
        if len(self._done) > MOST_REMEMBERED:
            self._done.popitem(last=False)
        if self._confirm:
            await self._axis.finished(self._confirm, entry.id)

    def _is_new(self, entry: Entry, progress: Progress) -> bool:
        if entry.id in self._done:
            return False
        return bool(self._confirm) or entry.at is None or entry.at >= progress.since - self._overlap


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
