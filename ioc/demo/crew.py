"""What the demo's people do at the wall: they take over the shift, and acknowledge some of what they are paged for.

Which incidents somebody takes, how soon and with which words follows from the seed and the root.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from ioc.clock import Clock
from ioc.demo.duty import HEARTBEAT, SCHEDULE, SECOND_LINE
from ioc.demo.logs import Tail
from ioc.demo.moment import monotonic
from ioc.demo.pages import RESOLVED, Page, read
from ioc.demo.quiet import MAINTAINED_SITE, SILENCED_ROOM
from ioc.demo.service import Service
from ioc.errors import IocError

LOOK_EVERY, BEAT_EVERY = 0.5, 20.0
SHARE = 0.4
"""of what is paged is acknowledged by somebody"""
SOONEST, LATEST = 12.0, 25.0
"""seconds from the page to the acknowledgement"""
LASTS = 7 * 86_400.0
NOTES = (
    "Đã gọi đầu mối, đang kiểm tra nguồn điện",
    "Đã báo nhà mạng, chờ mã sự cố",
    "Cán bộ kỹ thuật đang tới nơi",
    "Đã gọi, đang khởi động lại thiết bị",
)
HANDOVER = "Nhận ca. Một tuyến cáp đang thay, một phòng họp đang thay thiết bị; ngoài ra bình thường."


@dataclass(frozen=True, slots=True)
class Hand:
    """An acknowledgement to come: of which incident, at which monotonic moment, with which note."""

    incident: str
    at: float
    note: str


def hand(seed: int, page: Page) -> Hand | None:
    """Who is woken by a page may take it; None where nobody does."""
    rng = Random(f"crew {seed} {page.root}")
    takes, after, note = rng.random() < SHARE, rng.uniform(SOONEST, LATEST), rng.choice(NOTES)
    return Hand(page.incident, page.at + after, note) if takes and page.wakes else None


class Crew:
    """The people of the center before the service's wall."""

    def __init__(self, service: Service, seed: int, clock: Clock) -> None:
        self._service = service
        self._seed = seed
        self._clock = clock
        self._coming: dict[str, Hand] = {}
        self._beats_at = 0.0

    async def begin(self) -> None:
        """Take over the shift: a maintenance, a silence and a note; raises IocError when the service refuses."""
        people = await self._service.on_call(SCHEDULE)
        if not people:
            raise IocError(f"nobody is on call in the schedule {SCHEDULE!r} of the demo's service")
        until = self._clock.civil(self._clock.now()) + LASTS
        for what, body in _taking_over(people[0], until):
            if why := await self._service.tell(f"/api/v1/{what}", body):
                raise IocError(f"the demo's service refused a POST to /api/v1/{what}: {why}")

    async def keep(self, sink: Tail) -> None:
        """Follow the pages of a sink until cancelled."""
        while True:
            self.heed(read(sink.read())[0])
            await self.work(monotonic(self._clock))
            await asyncio.sleep(LOOK_EVERY)

    def heed(self, pages: Iterable[Page]) -> None:
        """Take in pages that came."""
        for page in pages:
            if page.status == RESOLVED:
                self._coming.pop(page.incident, None)
            elif found := hand(self._seed, page):
                self._coming.setdefault(page.incident, found)

    async def work(self, now: float) -> None:
        """Do what is due at a monotonic moment; an incident that closed meanwhile needs nobody."""
        if now >= self._beats_at:
            self._beats_at = now + BEAT_EVERY
            await self._service.tell(f"/heartbeat/{HEARTBEAT}", {})
        for each in [each for each in self._coming.values() if each.at <= now]:
            del self._coming[each.incident]
            for by in (await self._service.on_call(SCHEDULE))[:1]:
                body = {"by": by, "note": each.note}
                await self._service.tell(f"/api/v1/incidents/{each.incident}/acknowledge", body)


def _taking_over(by: str, until: float) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is said at the start of a shift, where to; `until` is a civil moment."""
    scope, network = {"kind": "site", "id": MAINTAINED_SITE}, SECOND_LINE[0][1]
    yield "maintenance", {"scope": scope, "end": until, "reason": "Thay tuyến cáp", "by": network}
    silenced = f'subject="{SILENCED_ROOM}"'
    yield "silences", {"matchers": silenced, "end": until, "reason": "Thay thiết bị", "by": by}
    yield "shift", {"by": by, "text": HANDOVER, "schedule": SCHEDULE}
