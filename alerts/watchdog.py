"""Our sign of life to a dead man's switch that somebody else runs: it tells people when ours does not come.

Each round is rung by a timer, and calls out only after the state file has taken a write and the round itself came in
time: a service that hangs, or that can no longer keep what it knows, falls silent here. Shown as `self/watchdog`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import aiohttp

from alerts.reception import Ring, Timers
from alerts.service import proxy_of
from ioc.alarm import Alarm
from ioc.clock import Clock
from ioc.errors import NotCommitted
from ioc.others import Switch
from ioc.picture import Picture
from ioc.state.ledger import Write
from ioc.telemetry import Telemetry

LATEST = 5.0
"""seconds that a round may begin late, or the state file take for a write, while we count as alive"""
KEY = "self/watchdog"
MARK = ".watchdog"
"""our own name among the heartbeats in the state file; an id never begins with a dot"""


class Ledger(Protocol):
    """The state file."""

    def commit(self, *writes: Write) -> asyncio.Future[int]:
        """Write all or nothing, in order."""


class Watchdog:
    """Calls a switch, where there is one, each round from `start()` on. `checks` each say what is wrong, or nothing."""

    def __init__(
        self,
        clock: Clock,
        picture: Picture,
        ledger: Ledger,
        switch: Switch | None,
        telemetry: Telemetry,
        checks: Sequence[Callable[[], str]] = (),
        timers: Callable[[Clock, Ring], Timers] = Alarm,
    ) -> None:
        self._clock = clock
        self._picture = picture
        self._ledger = ledger
        self._switch = switch
        self._checks = checks
        self._timers = timers(clock, self._ring)
        self._due = 0.0
        self._round: asyncio.Task[None] | None = None
        self._session: aiohttp.ClientSession | None = None
        self._since = clock.now()
        self._state = "waiting"
        self._told = telemetry.tally("ioc_watchdog_calls", "Signs of life that the switch took.")
        self._failed = telemetry.tally("ioc_watchdog_failures", "Signs of life that it did not take.")
        self._withheld = telemetry.tally("ioc_watchdog_withheld", "Signs of life not sent: we were not well.")

    def start(self) -> None:
        """Begin with a call at once."""
        if self._switch is not None:
            self._show("waiting", "")
            self._arm(self._clock.now())

    def apply(self, switch: Switch | None) -> None:
        """Take over a new configuration, with a call at once when it changed."""
        if switch == self._switch:
            return
        self._switch = switch
        self._timers.cancel("round")
        if switch is None:
            self._picture.remove(KEY)
        self.start()

    async def close(self) -> None:
        """Call no more."""
        self._timers.stop()
        if self._round is not None:
            self._round.cancel()
            await asyncio.gather(self._round, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def _arm(self, at: float) -> None:
        self._due = at
        self._timers.set("round", at)

    def _ring(self, key: str, now: float) -> None:
        late, switch = now - self._due, self._switch
        if switch is None:
            return
        self._arm(max(self._due + switch.every, now))
        if self._round is None or self._round.done():  # a call that hangs is ended by its own timeout
            self._round = asyncio.get_running_loop().create_task(self._go(switch, late), name="watchdog")

    async def _go(self, switch: Switch, late: float) -> None:
        wrong = await self._wrong(late)
        if wrong:
            self._withheld.n += 1
            self._show("withheld", wrong)
            return
        failed = await self._call(switch)
        if failed:
            self._failed.n += 1
            self._show("failing", failed)
        else:
            self._told.n += 1
            self._show("ok", "")

    async def _wrong(self, late: float) -> str:
        """Why we do not count as alive; empty when we do."""
        if late > LATEST:
            return f"this round began {late:.1f} s late"
        for check in self._checks:
            if said := check():
                return said
        now = self._clock.civil(self._clock.now())
        sql = "INSERT OR REPLACE INTO heartbeats (name, at, heard) VALUES (?, ?, 1)"
        try:
            async with asyncio.timeout(LATEST):
                await asyncio.shield(self._ledger.commit(Write(sql, (MARK, now))))
        except TimeoutError:
            return f"the state file took no write within {LATEST:g} s"
        except NotCommitted as error:
            return f"the state file refuses writes: {error}"
        return ""

    async def _call(self, switch: Switch) -> str:
        """What went wrong with a call; empty when the switch took it."""
        try:
            async with asyncio.timeout(switch.timeout):
                proxy = proxy_of(switch.url)
                async with self._opened().get(switch.url, allow_redirects=False, proxy=proxy) as answer:
                    return "" if 200 <= answer.status < 300 else f"it answered {answer.status}"
        except TimeoutError:
            return f"no answer within {switch.timeout:g} s"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return f"{type(error).__name__}: {error}"[:200]

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    def _show(self, state: str, detail: str) -> None:
        now = self._clock.now()
        if state != self._state:
            self._state, self._since = state, now
        value: dict[str, Any] = {
            "state": state,
            "since": self._since,
            "at": now,
            "detail": detail,
            "told": self._told.n,
            "failed": self._failed.n,
            "withheld": self._withheld.n,
        }
        self._picture.put(KEY, value)
