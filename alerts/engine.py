"""The shell of alerting: sees every change of the picture, runs the rules it concerns, and keeps their timers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any, Protocol
from uuid import uuid4

from alerts import journal, messages, planned, planning
from alerts.caseload import Caseload
from alerts.channels.base import Channel, Receiver
from alerts.desk import Desk, Origin
from alerts.digests import Digests
from alerts.dispatch import Dispatch, Settlement
from alerts.evaluation import LIVE, Evaluation
from alerts.foreign import Foreign, is_foreign
from alerts.handling import Handling
from alerts.incidents import REOPEN_WITHIN, Incident
from alerts.landscape import SETTLING, Landscape, subject_of
from alerts.lifecycle import CALM, LIT, Alert, Phase, Transition
from alerts.oncall.schedule import on_call
from alerts.plans import Plans
from alerts.recorder import Recorder
from alerts.routing import Directory, OnCall
from alerts.rules import Rule, Severity
from alerts.telling import MAINTENANCE
from alerts.upkeep import Upkeep
from alerts.watching import SELF
from ioc.alarm import Alarm
from ioc.clock import Clock
from ioc.duty import Duty
from ioc.inventory import Inventory
from ioc.model import Order
from ioc.picture import Change, Picture
from ioc.state.ledger import Then, Write
from ioc.telemetry import Telemetry
from ioc.worktime import WorkCalendar

OWN = ("uplink", "ledger", "history", "deliveries", "config", "clock", "duty")
"""our own keys of the picture that rules may be on"""
PRUNE_EVERY = 3600.0


Key = tuple[str, Any]
Ring = Callable[[Key, float], None]
Silenced = Callable[[Mapping[str, str]], str]
"""the labels of an incident with its severity: the id of the silence that holds it, empty when none does"""


class Timers(Protocol):
    """One moment a key; `ioc.alarm.Alarm`, or a test's."""

    def set(self, key: Key, at: float) -> None:
        """Have a key ring at a steady moment, and only then."""

    def cancel(self, key: Key) -> None:
        """Have a key not ring."""

    def stop(self) -> None:
        """Ring no more."""


class Ledger(Protocol):
    """The state file."""

    def write(self, writes: Sequence[Write], then: Then) -> None:
        """Write all or nothing, in order; later, `then` is told of the place in the order, or of the refusal."""

    def read(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query."""


class Engine:
    """Rules, alerts, incidents, maintenance and deliveries of one service.

    Call `restore()` once, before the first change; `on_change` is a watcher of the picture. `on_maintenance` is told
    which endpoints' maintenance has begun or ended. `link` is the address of the wall, for messages. `silenced` and
    `on_call` may be set before `restore()`; whoever sets them calls `silences_changed()` or `duty_changed()` later.
    """

    def __init__(
        self,
        clock: Clock,
        picture: Picture,
        ledger: Ledger,
        inventory: Inventory,
        rules: Iterable[Rule],
        receivers: Mapping[str, Receiver],
        order: Order,
        telemetry: Telemetry,
        link: str = "",
        on_maintenance: Callable[[Iterable[str]], None] = lambda endpoints: None,
        timers: Callable[[Clock, Ring], Timers] = Alarm,
        jitter: Callable[[], float] | None = None,
        new_id: Callable[[], str] = lambda: str(uuid4()),
        duty: Duty | None = None,
        calendars: Mapping[str, WorkCalendar] | None = None,
    ) -> None:
        self._clock = clock
        self._picture = picture
        self._ledger = ledger
        self._timers = timers(clock, self.ring)
        self._land = Landscape(picture, inventory)
        self._rules = Evaluation(clock, self._land, self._timers, order, self._enter)
        self._foreign = self._land.foreign
        self.afresh: list[Callable[[], Iterable[Write]]] = []
        """what else is written afresh after the state file refused something"""
        self._channels: set[Channel] = set()
        self._recorder = Recorder(
            ledger, clock.now, self._waker("record"), self.ledger_trouble, self._everything, telemetry
        )
        self._dispatch = Dispatch(
            clock, picture, self._recorder, self._timers, self._number, self._closed, self._settled,
            jitter or Random().random, telemetry,
        )  # fmt: skip
        self._desk = Desk(
            clock,
            picture,
            self._recorder,
            self._dispatch.offer,
            self._land.members,
            self._held_by,
            self._wake_incident,
            link,
        )
        self._handling = Handling(clock, self._desk, self._land, self._dispatch.call_off)
        self._caseload = Caseload(
            self._desk, self._land, self._rules.watches, self._origin, clock.now, self._wake_incident
        )
        self._on_maintenance = on_maintenance
        self._upkeep = Upkeep(clock, picture, self._recorder, self._waker("maintenance"), self._maintained)
        self.plans = Plans(
            clock, picture, self._recorder, self._upkeep, lambda what, at: self._timers.set(("plans", what), at),
            self.silences_changed, new_id,
        )  # fmt: skip
        self._digests = Digests(
            clock, ledger, self._recorder, lambda: self._desk.directory, self._number, self._dispatch.offer,
            lambda at: self._timers.set(("digest", None), at), link,
        )  # fmt: skip
        self.silenced: Silenced = self.plans.silenced
        self.on_call: OnCall = self._by_schedule
        self._bells = self._hung()
        self._transitions = telemetry.tally("ioc_alert_transitions", "Alerts that changed their phase")
        self._meter(telemetry)
        self._duty = duty or Duty()
        self._calendars = calendars or {}
        self._adopt(inventory, rules, receivers)

    # --- start, reload, stop ---

    def restore(self) -> None:
        """Take over what the state file knows, then run every rule once on the picture as it is."""
        now, skew = self._clock.now(), self._clock.skew()
        self._land.settled_at = now + SETTLING
        known = journal.remembered(self._ledger, skew, now, REOPEN_WITHIN)
        self._upkeep.book.next_id = max(known.next_maintenance, self._upkeep.book.next_id)
        self._upkeep.restore(known.maintenances)
        self.plans.restore(self._ledger)
        self.ledger_trouble(True, "")
        self._dispatch.restore(self._ledger)
        self._desk.restore(known)
        for alert in known.alerts:
            self._resume(alert, now)
        self._end_orphans(now)
        self._timers.set(("prune", None), now + PRUNE_EVERY)
        self._timers.set(("settle", None), self._land.settled_at)
        self._digests.restore()
        self._rules.look_at_all(now)

    def apply(
        self, inventory: Inventory, rules: Iterable[Rule], receivers: Mapping[str, Receiver],
        duty: Duty | None = None, calendars: Mapping[str, WorkCalendar] | None = None,
    ) -> None:  # fmt: skip
        """Take over a new configuration; what still applies goes on, what no longer does is resolved as removed."""
        now = self._clock.now()
        before = self._rules.alerts()
        self._duty = duty or self._duty
        self._calendars = self._calendars if calendars is None else calendars
        self._adopt(inventory, rules, receivers)
        self._rules.end_removed(before, now)
        self._rules.look_at_all(now)
        self._caseload.look_again()
        self._digests.look_again()
        self._desk.show_all()

    def turn_day(self) -> None:
        """The date has changed: maintenance of a unit covers what belongs to it now."""
        self._upkeep.book.cover(self._land.inventory, self._today())

    async def close(self) -> None:
        """Stop; what is owed stays owed in the state file."""
        self._timers.stop()
        await self._dispatch.close()
        for channel in self._channels:
            await channel.close()

    # --- what happens ---

    def on_change(self, change: Change) -> None:
        """See a change of the picture; only endpoints and our own keys matter here."""
        key, _, old, new = change
        if not self._rules.reads(key) and not key.startswith((LIVE, SELF)):
            return
        moved = old is None or new is None or old.get("state") != new.get("state")
        self._rules.see(key, old, new, moved)
        if moved:
            self._caseload.moved(key.removeprefix(LIVE))

    def ring(self, key: Key, now: float) -> None:
        """A timer has come due."""
        what, which = key
        self._bells[what](which, now)

    def _hung(self) -> dict[str, Callable[[Any, float], None]]:
        """What is done when a timer comes due, by the first part of its key."""
        return {
            "alert": self._rules.wake,
            "recheck": self._rules.recheck,
            "record": lambda which, now: self._recorder.ring(which),
            "lane": lambda which, now: self._dispatch.ring(("lane", which), now),
            "delivery": lambda which, now: self._dispatch.ring(("delivery", which), now),
            "due": self._caseload.due,
            "settle": self._settle,
            "members": self._caseload.count_members,
            "calm": self._caseload.calm,
            "forget": lambda which, now: self._desk.forget(which),
            "maintenance": self._upkeep.ring,
            "plans": self.plans.ring,
            "digest": lambda which, now: self._digests.ring(now),
            "prune": self._prune,
        }

    def _settle(self, which: None, now: float) -> None:
        """What was not asked since the start is waited for no longer."""
        self._caseload.settle(now)
        self._caseload.look_for_silences(now)

    def _prune(self, which: None, now: float) -> None:
        civil = self._clock.civil(now)
        rows = [*journal.prune_rows(civil), *planned.prune_rows(civil)]
        self._recorder.record(rows, lambda recorded: None)
        self._timers.set(("prune", None), now + PRUNE_EVERY)

    def ledger_trouble(self, ok: bool, detail: str) -> None:
        """The state file takes writes, or does not; shown as `self/ledger`."""
        state = "ok" if ok else "failing"
        known = self._picture.get("self/ledger")
        if known is None or known["state"] != state:
            since = self._clock.now()
            self._picture.put("self/ledger", {"state": state, "since": since, "detail": detail})

    # --- alerts that no rule of ours made ---

    def outside(
        self, transition: Transition, severity: Severity, facts: Mapping[str, Any], rows: Sequence[Write] = ()
    ) -> None:
        """An alert begins to fire, or ends: plan its incident, with `rows` in the same commit.

        Its rule has `alerts.foreign.MARK` in it. `facts` are what `messages.facts` gives, and may hold `labels` of
        its own (for routes and silences), `first_rule` (its name) and `member` (its name within the incident).
        """
        self._transitions.n += 1
        foreign = Foreign(transition.rule, transition.subject, severity, facts)
        if transition.now in LIT:
            self._foreign.put(transition.alert, foreign)
        else:
            self._foreign.drop(transition.alert)
        now = transition.at
        written = [journal.transition_row(transition, self._clock.skew()), *rows]
        written += self._fired_anew(transition.alert)
        decisions = planning.plan(self._desk.book, transition, severity, self._land, now)
        self._desk.carry_out(decisions, written, _origin_of_foreign(foreign), now)
        self._caseload.joined(transition.subject)

    def resume_outside(self, transition: Transition, severity: Severity, facts: Mapping[str, Any]) -> None:
        """Go on with such an alert that fired before a restart: planned only when no incident has it."""
        key = transition.alert
        if self._desk.book.of_alert(key) is None and key not in self._desk.book.dismissed:
            self.outside(transition, severity, facts)
        else:
            self._foreign.put(key, Foreign(transition.rule, transition.subject, severity, facts))

    def lit_outside(self, prefix: str) -> set[str]:
        """Keys of such alerts in open incidents, or dismissed, whose rule begins with `prefix`."""
        inside = {key for each in self._desk.book for key in each.alerts}
        return {key for key in inside | self._desk.book.dismissed if key.startswith(prefix)}

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make one commit, and one message an incident, of all that comes from outside meanwhile."""
        with self._desk.together(self._clock.now()):
            yield

    # --- what neighbours tell ---

    def silences_changed(self) -> None:
        """A silence has begun, ended or been changed."""
        self._caseload.look_for_silences(self._clock.now())

    def duty_changed(self) -> None:
        """Who is on call may be somebody else: what comes next is shown anew."""
        self._desk.show_all()

    @property
    def directory(self) -> Directory:
        """Whom there is to tell, as in force."""
        return self._desk.directory

    # --- what people ask for ---

    async def acknowledge(self, incident: int, by: str, note: str = "", seen: float | None = None) -> None:
        """Somebody takes an open incident in hand; `seen` is its `decided` as they saw it. Raises Refused."""
        await self._handling.acknowledge(incident, by, note, seen)

    async def assign(self, incident: int, to: str, by: str) -> None:
        """Somebody is to see to an open incident. Raises Refused."""
        await self._handling.assign(incident, to, by)

    async def comment(self, incident: int, text: str, by: str) -> None:
        """Say something of an incident. Raises Refused."""
        await self._handling.comment(incident, text, by)

    async def close_incident(self, incident: int, reason: str, by: str) -> None:
        """Close an incident whose root is not down. Raises Refused."""
        await self._handling.close(incident, reason, by)

    async def maintain(
        self, kind: str, id: str, start: float | None, end: float, reason: str, by: str
    ) -> str:
        """Plan maintenance of an endpoint, site or unit between two steady times (None: now). Raises Refused."""
        return await self._upkeep.begin(kind, id, start, end, reason, by)

    async def end_maintenance(self, id: str, by: str) -> None:
        """End a maintenance now. Raises Refused."""
        await self._upkeep.end(id, by)

    @property
    def dispatch(self) -> Dispatch:
        """Where deliveries are owed that belong to no incident, such as a test page."""
        return self._dispatch

    def is_maintained(self, endpoint: str, now: float) -> bool:
        """Whether an endpoint is under maintenance at a steady time."""
        return self._upkeep.book.is_maintained(endpoint, now)

    async def delivered(self) -> None:
        """Return when no delivery is under way."""
        await self._dispatch.idle()

    # --- rules ---

    def _enter(self, transition: Transition, alert: Alert, rule: Rule | None, now: float) -> None:
        self._transitions.n += 1
        skew = self._clock.skew()
        rows = [journal.alert_rows(alert, skew), journal.transition_row(transition, skew)]
        severity = rule.severity if rule else Severity.INFO
        if alert.key in self._desk.book.dismissed and alert.phase in CALM:
            rows += self._fired_anew(alert.key)
        decisions = planning.plan(self._desk.book, transition, severity, self._land, now)
        self._desk.carry_out(decisions, rows, self._origin_of(rule) if rule else None, now)

    def _fired_anew(self, alert: str) -> list[Write]:
        """An alert whose incident somebody closed has ended, or fires anew: it counts again."""
        if alert not in self._desk.book.dismissed:
            return []
        self._desk.book.dismissed.discard(alert)
        return [journal.fired_anew_row(alert)]

    def _resume(self, alert: Alert, now: float) -> None:
        """Go on with an alert of the last run; one that fires and is in no incident waits for its place."""
        watch, book = self._rules.resume(alert, now), self._desk.book
        if watch is None or alert.phase not in LIT:
            return
        if alert.key not in book.dismissed and book.of_alert(alert.key) is None:
            book.hold(alert.key, alert.subject, watch.rule.severity)

    def _end_orphans(self, now: float) -> None:
        """End what incidents still name although no alert of it is known, as after a page that was not recorded."""
        lit = self._rules.lit()
        named = [key for each in self._desk.book for key in each.alerts if not is_foreign(key)]
        for key in [key for key in named if key not in lit]:
            rule, subject = key.split("@", 1)
            self._rules.end(Alert(rule, subject, Phase.FIRING), now)

    def _adopt(self, inventory: Inventory, rules: Iterable[Rule], receivers: Mapping[str, Receiver]) -> None:
        self._land.inventory = inventory
        own = (*OWN, *(f"channel/{name}" for name in receivers))
        self._rules.adopt(inventory, rules, own)
        self._upkeep.book.cover(inventory, self._today())
        self._desk.directory = Directory(
            self._duty, receivers, inventory.units, self._calendars, self._called, self._dispatch.failing
        )  # fmt: skip
        self._channels |= {each.channel for each in receivers.values()}
        self._dispatch.apply(receivers, self._duty.people)

    # --- neighbours ---

    def _by_schedule(self, schedule: str, civil: float) -> tuple[str, ...]:
        """Who is on call as configured, with no change that was made on screen."""
        directory = self._desk.directory
        return on_call(directory.duty.schedules[schedule], civil, directory.calendars)

    def _held_by(self, incident: Incident) -> str:
        if self._upkeep.book.is_maintained(incident.root, self._clock.now()):
            return MAINTENANCE
        return self.silenced({**messages.labels(incident), "severity": incident.severity.value})

    def _maintained(self, endpoints: Iterable[str]) -> None:
        """Maintenance has begun or ended: first the state is looked at anew, then what was held back."""
        covered = tuple(endpoints)
        self._on_maintenance(covered)
        now = self._clock.now()
        for endpoint in covered:
            incident = self._desk.book.open_of_root(endpoint)
            if incident is not None and self._desk.holds(incident) != incident.silenced_by:
                self._caseload.due(incident.id, now)

    def _origin(self, alert: str) -> Origin | None:
        """What an alert that fires comes from; None when it does not fire."""
        if (known := self._foreign.get(alert)) is not None:
            return _origin_of_foreign(known)
        for watch in self._rules.watches(subject_of(alert)):
            if watch.alert.key == alert and watch.alert.phase in LIT:
                return self._origin_of(watch.rule)
        return None

    def _origin_of(self, rule: Rule) -> Origin:
        return Origin(rule.id, rule.severity, lambda subject: self._facts(rule, subject))

    def _facts(self, rule: Rule, subject: str) -> dict[str, Any]:
        value = self._land.value(subject) or {}
        now = self._clock.now()
        # an outage began before it was told; poor quality has no such moment
        began = now if value.get("state", "up") == "up" else value.get("since", now)
        day = messages.day_of(self._clock.civil(now))
        return messages.facts(rule, subject, value, self._land.inventory, self._clock.civil(began), day)

    def _settled(self, settlement: Settlement) -> None:
        self._desk.settled(settlement)

    def _called(self, schedule: str, civil: float) -> tuple[str, ...]:
        return self.on_call(schedule, civil)

    def _number(self) -> int:
        """The id of a new delivery."""
        self._desk.next_delivery += 1
        return self._desk.next_delivery - 1

    def _closed(self, incident: int) -> float | None:
        """When an incident was closed, in civil time."""
        known = self._desk.book.incidents.get(incident)
        if known is not None:
            return None if known.closed is None else self._clock.civil(known.closed)
        rows = self._ledger.read("SELECT coalesce(closed, opened) FROM incidents WHERE id = ?", (incident,))
        return float(rows[0][0]) if rows else self._clock.civil(self._clock.now())

    def _wake_incident(self, what: str, number: int, at: float) -> None:
        self._timers.set((what, number), at)

    def _waker(self, what: str) -> Callable[[int, float], None]:
        return lambda number, at: self._timers.set((what, number), at)

    def _everything(self) -> list[Write]:
        skew = self._clock.skew()
        alerts = (watch.alert for watch in self._rules)
        return [
            *(journal.alert_rows(each, skew) for each in alerts if each.phase not in CALM),
            *self._desk.rows(),
            *self._upkeep.rows(),
            *self.plans.rows(),
            *map(journal.owed_row, self._dispatch.pending()),
            *(row for more in self.afresh for row in more()),
        ]

    def _today(self) -> Any:
        return messages.day_of(self._clock.civil(self._clock.now()))

    def _meter(self, telemetry: Telemetry) -> None:
        telemetry.gauge("ioc_incidents_open", "Open incidents", self._open_incidents)
        telemetry.gauge("ioc_alerts_firing", "Alerts that fire", self._firing)
        telemetry.gauge("ioc_rule_errors", "Evaluations of conditions that failed", self._rules.errors)

    def _open_incidents(self) -> int:
        return sum(each.closed is None for each in self._desk.book)

    def _firing(self) -> int:
        return len(self._rules.lit())


def _origin_of_foreign(foreign: Foreign) -> Origin:
    return Origin(foreign.name, foreign.severity, lambda subject: dict(foreign.facts))
