"""The shell around alerts of other programs: takes posts, keeps leases, and tells the engine what fires and ends.

A post is answered when what it changed is in the state file. One that only renews leases changes nothing there: after a
restart every alert has a whole lease more.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from alerts import messages, outside_rows
from alerts.keeping import kept
from alerts.lifecycle import Phase, Transition, Why
from alerts.outside import (
    ALERTS_A_TURN,
    INCIDENTS_A_TURN,
    LEASE,
    RULE,
    Effect,
    Outside,
    OutsideAlert,
    ahead_of,
    arranged,
    turns,
)
from alerts.outside_facts import facts
from alerts.postable import Flaw, Posted, alerts, array
from alerts.rules import Severity
from ioc.alarm import Alarm
from ioc.clock import Clock
from ioc.inventory import Inventory
from ioc.others import Terms
from ioc.picture import Picture
from ioc.state.ledger import Write
from ioc.telemetry import Telemetry

KEY = "self/outside"

Ring = Callable[[str, float], None]


class Engine(Protocol):
    """What of the engine takes alerts that are no rule's own."""

    def outside(
        self, transition: Transition, severity: Severity, facts: Mapping[str, Any], rows: Sequence[Write] = ()
    ) -> None:
        """Plan the incident of an alert that begins or ends to fire; `rows` are in the same commit."""

    def resume_outside(self, transition: Transition, severity: Severity, facts: Mapping[str, Any]) -> None:
        """Go on with one that fired before a restart."""

    def together(self) -> AbstractContextManager[None]:
        """Make one commit, and one message an incident, of all that begins or ends inside."""

    def lit_outside(self, prefix: str) -> Iterable[str]:
        """Keys of such alerts in open incidents whose rule begins with `prefix`."""


class Ledger(Protocol):
    """The state file."""

    def commit(self, *writes: Write) -> asyncio.Future[int]:
        """Write all or nothing, in order."""

    def read(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query."""


class Timers(Protocol):
    """One moment a key; `ioc.alarm.Alarm`, or a test's."""

    def set(self, key: str, at: float) -> None:
        """Have a key ring at a steady moment, and only then."""

    def cancel(self, key: str) -> None:
        """Have a key not ring."""

    def stop(self) -> None:
        """Ring no more."""


class Reception:
    """Alerts of other programs in one service. Call `restore()` once, after the engine's."""

    def __init__(
        self,
        clock: Clock,
        picture: Picture,
        engine: Engine,
        ledger: Ledger,
        terms: Terms,
        inventory: Inventory,
        telemetry: Telemetry,
        timers: Callable[[Clock, Ring], Timers] = Alarm,
    ) -> None:
        self._clock = clock
        self._picture = picture
        self._engine = engine
        self._ledger = ledger
        self._book = Outside(terms)
        self._inventory = inventory
        self._timers = timers(clock, self.ring)
        self._kept: dict[str, float] = {}
        """until when the state file says that an alert fires"""
        self._over: deque[str] = deque()
        """alerts whose leases have run out"""
        self._ending: asyncio.Task[None] | None = None
        self._full_since: float | None = None
        self._order = asyncio.Lock()
        what = "Alerts that other programs posted, by what came of them."
        self._effects = {each: telemetry.tally("ioc_outside_alerts", what, effect=each) for each in Effect}
        self._flaws = telemetry.tally("ioc_outside_refused", "Alerts of other programs that are malformed.")
        telemetry.gauge("ioc_outside_firing", "Alerts of other programs that fire", lambda: len(self._book))

    def restore(self) -> None:
        """Take over what fired when the last run stopped; tell the engine where it knows otherwise."""
        now, skew = self._clock.now(), self._clock.skew()
        known = set(self._engine.lit_outside(RULE))
        with self._engine.together():
            for alert in outside_rows.kept(self._ledger, now, skew):
                self._book.put(alert)
                self._enter(alert, now)
                fires = Transition(alert.rule, alert.subject, Phase.INACTIVE, Phase.FIRING, now, Why.POSTED)
                self._engine.resume_outside(fires, alert.severity, self._facts(alert, now, skew))
                known.discard(alert.key)
            for key in known:
                rule, subject = key.split("@", 1)
                self._tell(rule, subject, Severity.INFO, {}, False, Why.LEASE_OVER, now, ())
        self._show(now)

    def apply(self, terms: Terms, inventory: Inventory) -> None:
        """Take over a new configuration; an alert that fires keeps its subject until it ends."""
        self._book.terms = terms
        self._inventory = inventory
        self._show(self._clock.now())

    def rows(self) -> list[Write]:
        """All that fires, to be written afresh."""
        skew = self._clock.skew()
        return [outside_rows.row(alert, skew) for alert in self._book]

    def close(self) -> None:
        """End nothing any more."""
        self._timers.stop()
        if self._ending is not None:
            self._ending.cancel()

    async def take(self, body: bytes) -> list[str]:
        """Take a post: what is wrong with each alert that was not taken; the others are kept.

        Raises Refused: 400 when it is no list of alerts, 503 when the state file does not take it in time.
        """
        posted, refused = await self._read(array(body))
        async with self._order:
            ahead = ahead_of(posted, self._clock.civil(self._clock.now()))
            in_order = arranged(posted, self._book.terms)
            changed = False
            for portion in turns(in_order, self._book.terms):
                changed |= self._take_together(portion, ahead, refused)
                await asyncio.sleep(0)
            self._show(self._clock.now())
            if changed:
                await kept(self._ledger.commit(), "send it again, which does no harm")
        return refused

    def ring(self, mark: str, now: float) -> None:
        """The lease of an alert has run out; those of one post do so together, and are ended in turns."""
        self._over.append(mark)
        if self._ending is None or self._ending.done():
            self._ending = asyncio.create_task(self._end_over(), name="leases")

    async def _end_over(self) -> None:
        """End what ran out and was not renewed meanwhile."""
        while self._over:
            now, ended = self._clock.now(), 0
            subjects: set[str] = set()
            with self._engine.together():
                while self._over and ended < ALERTS_A_TURN and len(subjects) < INCIDENTS_A_TURN:
                    alert = self._book.expire(self._over.popleft(), now)
                    if alert is not None:
                        self._end(alert, Why.LEASE_OVER, now)
                        subjects.add(alert.subject)
                        ended += 1
            self._show(now)
            await asyncio.sleep(0)

    async def _read(self, items: list[Any]) -> tuple[list[Posted], list[str]]:
        posted: list[Posted] = []
        refused: list[str] = []
        for number, each in enumerate(alerts(items)):
            if isinstance(each, Flaw):
                self._flaws.n += 1
                refused.append(str(each))
            else:
                posted.append(each)
            if number % ALERTS_A_TURN == ALERTS_A_TURN - 1:
                await asyncio.sleep(0)
        return posted, refused

    def _take_together(self, posted: Sequence[Posted], ahead: float, refused: list[str]) -> bool:
        """Take some alerts in one commit; whether that changed anything."""
        changed = False
        with self._engine.together():
            for each in posted:
                effect = self._take(each, ahead)
                changed |= effect in (Effect.FIRES, Effect.RESOLVED)
                if effect is Effect.NO_ROOM:
                    refused.append(self._no_room(each))
        return changed

    def _take(self, posted: Posted, ahead: float) -> Effect:
        now, skew = self._clock.now(), self._clock.skew()
        effect, alert = self._book.take(posted, ahead, self._inventory.endpoints, now, skew)
        self._effects[effect].n += 1
        if alert is None:
            return effect
        if effect is Effect.FIRES:
            self._enter(alert, now)
            self._fire(alert, now, skew)
        elif effect is Effect.RENEWED:
            self._renew(alert, now, skew)
        else:
            self._end(alert, Why.ENDED, now)
        return effect

    def _enter(self, alert: OutsideAlert, now: float) -> None:
        self._kept[alert.fingerprint] = max(alert.ends, now + LEASE)
        self._timers.set(alert.fingerprint, alert.ends)

    def _renew(self, alert: OutsideAlert, now: float, skew: float) -> None:
        self._timers.set(alert.fingerprint, alert.ends)
        if alert.ends > max(self._kept.get(alert.fingerprint, now), now + LEASE):
            self._kept[alert.fingerprint] = alert.ends
            self._ledger.commit(outside_rows.row(alert, skew)).add_done_callback(_look_at)

    def _fire(self, alert: OutsideAlert, now: float, skew: float) -> None:
        shown = self._facts(alert, now, skew)
        rows = (outside_rows.row(alert, skew),)
        self._tell(alert.rule, alert.subject, alert.severity, shown, True, Why.POSTED, now, rows)

    def _facts(self, alert: OutsideAlert, now: float, skew: float) -> dict[str, Any]:
        return facts(alert, self._book.terms, self._inventory, messages.day_of(now + skew), skew)

    def _end(self, alert: OutsideAlert, why: Why, now: float) -> None:
        self._kept.pop(alert.fingerprint, None)
        self._timers.cancel(alert.fingerprint)
        rows = (outside_rows.gone(alert),)
        self._tell(alert.rule, alert.subject, alert.severity, {}, False, why, now, rows)

    def _tell(
        self, rule: str, subject: str, severity: Severity, shown: Mapping[str, Any], fires: bool, why: Why, now: float,
        rows: Sequence[Write],
    ) -> None:  # fmt: skip
        was, is_ = (Phase.INACTIVE, Phase.FIRING) if fires else (Phase.FIRING, Phase.RESOLVED)
        self._engine.outside(Transition(rule, subject, was, is_, now, why), severity, shown, rows)

    def _no_room(self, posted: Posted) -> str:
        name = posted.labels.get("alertname", "without alertname")
        return f"{name[:60]!r}: {self._book.terms.most} alerts fire, no more are taken; raise outside.most"

    def _show(self, now: float) -> None:
        terms = self._book.terms
        full = len(self._book) >= terms.most
        if full != (self._full_since is not None):
            self._full_since = now if full else None
        shown = {
            "state": "full" if full else "ok",
            "since": self._full_since,
            "firing": len(self._book),
            "most": terms.most,
            "detail": f"no more than {terms.most} alerts of others fire at once" if full else "",
        }
        self._picture.put(KEY, shown)


def _look_at(future: asyncio.Future[int]) -> None:
    """A renewal that was not written is written with the next one."""
    if not future.cancelled():
        future.exception()
