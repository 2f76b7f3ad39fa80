"""The shell around heartbeats: takes them, keeps when they came, and tells the engine of one that is late.

Shown as `heartbeat/NAME`: `state` (waiting, ok, late), `name`, `since`, `at` (the last one; null before the first),
`due` (when it is late), `every`, `grace`.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from alerts import heartbeats, messages
from alerts.heartbeats import RULE, Pulse
from alerts.keeping import kept
from alerts.lifecycle import Phase, Transition, Why
from alerts.reception import Engine, Ledger, Ring, Timers
from alerts.rules import Severity
from ioc.alarm import Alarm
from ioc.clock import Clock
from ioc.errors import Refused
from ioc.inventory import Inventory
from ioc.others import Heartbeat
from ioc.picture import Picture
from ioc.state.ledger import Write
from ioc.telemetry import Telemetry

AT_MOST_EVERY = 1.0
"""seconds between two of one name that are kept; one that comes sooner is counted"""


class Pulses:
    """The heartbeats of one service. Call `restore()` once, after the engine's."""

    def __init__(
        self,
        clock: Clock,
        picture: Picture,
        engine: Engine,
        ledger: Ledger,
        asked: Mapping[str, Heartbeat],
        inventory: Inventory,
        telemetry: Telemetry,
        timers: Callable[[Clock, Ring], Timers] = Alarm,
    ) -> None:
        self._clock = clock
        self._picture = picture
        self._engine = engine
        self._ledger = ledger
        self._asked = dict(asked)
        self._inventory = inventory
        self._timers = timers(clock, self.ring)
        self._pulses: dict[str, Pulse] = {}
        self._taken = telemetry.tally("ioc_heartbeats", "Heartbeats taken.")
        self._dropped = telemetry.tally(
            "ioc_heartbeats_dropped", f"Heartbeats within {AT_MOST_EVERY:g} s of the last one."
        )

    def restore(self) -> None:
        """Take over when each came last; one that is new is expected from now on."""
        now, skew = self._clock.now(), self._clock.skew()
        late = set(self._engine.lit_outside(RULE))
        for name, at, heard in self._ledger.read("SELECT name, at, heard FROM heartbeats"):
            if name in self._asked:
                asked = self._asked[name]
                pulse = heartbeats.resumed(asked, at - skew, bool(heard), heartbeats.alert(name) in late, now)
                self._enter(asked, pulse)
                if pulse.late:
                    self._resume(asked, pulse, now)
        self._expect_new(now)
        for key in late - set(map(heartbeats.alert, self._asked)):
            self._end(key.split("@", 1)[1], Why.REMOVED, now, ())

    def apply(self, asked: Mapping[str, Heartbeat], inventory: Inventory) -> None:
        """Take over a new configuration; one that is no longer asked for ends."""
        now = self._clock.now()
        for name in [name for name in self._pulses if name not in asked]:
            self._drop(self._asked[name], now)
        before, self._asked, self._inventory = self._asked, dict(asked), inventory
        for name, pulse in list(self._pulses.items()):
            if before[name] != asked[name]:
                self._enter(asked[name], heartbeats.reconfigured(asked[name], pulse))
        self._expect_new(now)

    def rows(self) -> list[Write]:
        """When each came last, to be written afresh."""
        return [self._row(self._asked[name], pulse) for name, pulse in self._pulses.items()]

    def close(self) -> None:
        """Find nothing late any more."""
        self._timers.stop()

    async def beat(self, name: str, token: str = "") -> float:
        """One has come: seconds until the next one is late. Raises Refused: 404, 401, or 503 when it is not kept."""
        asked = self._asked.get(name)
        if asked is None:
            raise Refused(f"there is no heartbeat {name[:64]!r}; list it under heartbeats", status=404)
        if asked.token and not hmac.compare_digest(
            token.encode("utf-8", "surrogateescape"), asked.token.encode()
        ):
            raise Refused(f"this is not the token of heartbeat {name!r}", status=401)
        now, was = self._clock.now(), self._pulses[name]
        if was.heard and now - was.at < AT_MOST_EVERY:
            self._dropped.n += 1
            return was.due - now
        self._taken.n += 1
        fresh = heartbeats.beaten(asked, now)
        self._enter(asked, fresh)
        row = self._row(asked, fresh)
        if was.late:
            self._end(heartbeats.subject(asked.name), Why.HEARD, now, (row,))
        await kept(self._ledger.commit(row), "send it again")
        return fresh.due - now

    def ring(self, name: str, now: float) -> None:
        """One may be late."""
        asked, pulse = self._asked.get(name), self._pulses.get(name)
        if asked is None or pulse is None:
            return
        late = heartbeats.missed(pulse, now)
        if late is not None:
            self._enter(asked, late)
            self._tell(
                heartbeats.subject(asked.name),
                Severity(asked.severity),
                self._facts(asked, late),
                True,
                Why.LATE,
                now,
                (),
            )

    def _resume(self, asked: Heartbeat, pulse: Pulse, now: float) -> None:
        began = Transition(RULE, heartbeats.subject(asked.name), Phase.INACTIVE, Phase.FIRING, now, Why.LATE)
        self._engine.resume_outside(began, Severity(asked.severity), self._facts(asked, pulse))

    def _expect_new(self, now: float) -> None:
        for name, asked in self._asked.items():
            if name not in self._pulses:
                pulse = heartbeats.expected(asked, now)
                self._enter(asked, pulse)
                self._ledger.commit(self._row(asked, pulse)).add_done_callback(_look_at)

    def _enter(self, asked: Heartbeat, pulse: Pulse) -> None:
        self._pulses[asked.name] = pulse
        if pulse.late:
            self._timers.cancel(asked.name)
        else:
            self._timers.set(asked.name, pulse.due)
        self._picture.put(heartbeats.subject(asked.name), shown(asked, pulse))

    def _drop(self, asked: Heartbeat, now: float) -> None:
        pulse = self._pulses.pop(asked.name)
        self._timers.cancel(asked.name)
        self._picture.remove(heartbeats.subject(asked.name))
        gone = Write("DELETE FROM heartbeats WHERE name = ?", (asked.name,))
        if pulse.late:
            self._end(heartbeats.subject(asked.name), Why.REMOVED, now, (gone,))
        else:
            self._ledger.commit(gone).add_done_callback(_look_at)

    def _end(self, subject: str, why: Why, now: float, rows: Iterable[Write]) -> None:
        self._tell(subject, Severity.INFO, {}, False, why, now, rows)

    def _tell(
        self, subject: str, severity: Severity, facts: Mapping[str, Any], fires: bool, why: Why, now: float,
        rows: Iterable[Write],
    ) -> None:  # fmt: skip
        was, is_ = (Phase.INACTIVE, Phase.FIRING) if fires else (Phase.FIRING, Phase.RESOLVED)
        self._engine.outside(Transition(RULE, subject, was, is_, now, why), severity, facts, tuple(rows))

    def _facts(self, asked: Heartbeat, pulse: Pulse) -> dict[str, Any]:
        skew = self._clock.skew()
        began = pulse.at + asked.every + skew
        last = messages.spoken(pulse.at + skew)
        said = f"lần cuối {last}" if pulse.heard else f"chờ từ {last}"
        day = messages.day_of(began)
        unit, site = self._inventory.units.get(asked.unit, day), self._inventory.sites.get(asked.site)
        return {
            "name": asked.title,
            "kind": "heartbeat",
            "system": "",
            "unit": asked.unit,
            "unit_name": unit.name if unit else asked.unit,
            "site": asked.site,
            "site_name": site.name if site else asked.site,
            "owner": asked.owner or (site.owner.name if site else ""),
            "phone": asked.phone or (site.owner.phone if site else ""),
            **dict.fromkeys(("carrier", "circuit", "hotline"), ""),
            "title": f"{asked.title}: không nhận được tín hiệu đúng hạn, {said}"[: messages.LONGEST],
            "next_action": asked.next_action,
            "runbook": asked.runbook,
            "annotations": {},
            "cause": {"subject": heartbeats.subject(asked.name), "state": "late", "reason": ""},
            "began": began,
            "first_rule": heartbeats.SHOWN,
        }

    def _row(self, asked: Heartbeat, pulse: Pulse) -> Write:
        at = pulse.at + self._clock.skew()
        sql = "INSERT OR REPLACE INTO heartbeats (name, at, heard) VALUES (?, ?, ?)"
        return Write(sql, (asked.name, at, int(pulse.heard)))


def shown(asked: Heartbeat, pulse: Pulse) -> dict[str, Any]:
    """The picture's `heartbeat/NAME`."""
    state = "late" if pulse.late else "ok" if pulse.heard else "waiting"
    return {
        "state": state,
        "name": asked.title,
        "since": pulse.due if pulse.late else pulse.at,
        "at": pulse.at if pulse.heard else None,
        "due": pulse.due,
        "every": asked.every,
        "grace": asked.grace,
        "unit": asked.unit,
        "severity": asked.severity,
    }


def _look_at(future: asyncio.Future[int]) -> None:
    """Since when one is expected may be lost with a failing disk; it is expected from the next start on then."""
    if not future.cancelled():
        future.exception()
