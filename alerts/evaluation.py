"""Runs the rules: which of them a change of the picture concerns, and when each is to be looked at again.

No tick and no database: a rule runs when something it reads has changed or its timer comes due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, Protocol

from alerts.landscape import Landscape
from alerts.lifecycle import CALM, LIT, Alert, Phase, Transition, remove, step
from alerts.rules import Rule
from alerts.watching import SELF, Watch, Watched, is_held, watched
from ioc.clock import Clock
from ioc.inventory import Inventory
from ioc.model import Attend, Order, Recheck
from ioc.picture import Value

LIVE = "endpoint/"
ATTEND_EVERY = 2.0
ATTEND_LONGER = 5.0
RECHECK_BEFORE = 1.0
SECOND_LOOK = 1.5
"""seconds of its hold that an alert has left at least after a restart, so that no single lost packet pages"""

Enter = Callable[[Transition, Alert, Rule | None, float], None]


class Timers(Protocol):
    """One moment a key: `("alert", (SUBJECT, RULE))` and `("recheck", (SUBJECT, RULE))`."""

    def set(self, key: tuple[str, Any], at: float) -> None:
        """Have a key ring at a steady moment, and only then."""

    def cancel(self, key: tuple[str, Any]) -> None:
        """Have a key not ring."""


class Evaluation:
    """Every rule on every subject; `enter(transition, alert, rule, now)` is told of each transition."""

    def __init__(self, clock: Clock, land: Landscape, timers: Timers, order: Order, enter: Enter) -> None:
        self._clock = clock
        self._land = land
        self._timers = timers
        self._order = order
        self._enter = enter
        self._watched: dict[str, Watched] = {}
        self._by_key: dict[str, Watched] = {}
        """the same by their keys of the picture"""

    def adopt(self, inventory: Inventory, rules: Iterable[Rule], own: Iterable[str]) -> None:
        """Take over subjects and rules; `own` are our own keys of the picture. Alerts that still apply go on."""
        self._watched = watched(inventory, rules, own, self._watched)
        self._by_key = {
            subject if subject.startswith(SELF) else LIVE + subject: each
            for subject, each in self._watched.items()
        }

    def alerts(self) -> dict[tuple[str, str], Alert]:
        """Every alert there is, by subject and rule."""
        return {(watch.alert.subject, watch.alert.rule): watch.alert for watch in self}

    def __iter__(self) -> Iterator[Watch]:
        return (watch for each in self._watched.values() for watch in each.watches)

    def reads(self, key: str) -> bool:
        """Whether any rule is on a key of the picture."""
        return key in self._by_key

    def see(self, key: str, old: Value | None, new: Value | None, moved: bool) -> None:
        """A value of the picture has changed; `moved`: its state too."""
        concerned = self._by_key.get(key)
        if concerned is not None:
            self._look(concerned, old, new, moved)

    def recheck(self, key: tuple[str, str], now: float) -> None:
        """Ask once more right before an alert fires."""
        self._order(Recheck(key[0], by=now + RECHECK_BEFORE))

    def resume(self, alert: Alert, now: float) -> Watch | None:
        """Go on with an alert of the last run: its clock has run on, but no page without a second look.

        None, and it is ended, where no rule is there for it any more.
        """
        watch = next((each for each in self.watches(alert.subject) if each.rule.id == alert.rule), None)
        if watch is None:
            self.end(alert, now)
            return None
        waited = alert.clock(now)
        if alert.phase is Phase.PENDING:
            waited = min(waited, max(0.0, watch.rule.for_ - SECOND_LOOK))
        watch.alert = replace(alert, waited=waited, running=None, stale_since=now)
        return watch

    def end_removed(self, before: dict[tuple[str, str], Alert], now: float) -> None:
        """End what a new configuration has no rule for any more."""
        kept = {(watch.alert.subject, watch.rule.id) for watch in self}
        for key, alert in before.items():
            if key not in kept and alert.phase not in CALM:
                self.end(alert, now)

    def end(self, alert: Alert, now: float) -> None:
        """End an alert whose rule or subject is gone."""
        after, transition = remove(alert, now)
        self._timers.cancel(("alert", (alert.subject, alert.rule)))
        self._timers.cancel(("recheck", (alert.subject, alert.rule)))
        if transition is not None:
            self._enter(transition, after, None, now)

    def lit(self) -> set[str]:
        """Keys of the alerts that fire."""
        return {watch.alert.key for watch in self if watch.alert.phase in LIT}

    def errors(self) -> int:
        """Evaluations of conditions that failed."""
        rules = {watch.rule.id: watch.rule for watch in self}
        return sum(rule.if_.errors for rule in rules.values())

    def _look(self, watched: Watched, old: Value | None, new: Value | None, moved: bool) -> None:
        if moved or old is None or new is None or old.get("answering") != new.get("answering"):
            watches = watched.watches
        else:
            watches = watched.sampled
        if not watches:
            return
        now = self._clock.now()
        if new is not None and watched.rollings:
            watched.feed(new, now)
        for watch in watches:
            self._evaluate(watch, new, now)

    def _evaluate(self, watch: Watch, value: Value | None, now: float) -> None:
        was = watch.alert
        reading = watch.reading(value)
        if not reading and was.calm:  # as nearly always
            return
        alert, transition, wake = step(was, reading, is_held(value), watch.rule, now)
        watch.alert = alert
        if watch.windows and reading:
            expiry = watch.expiry()
            wake = min(each for each in (wake, expiry) if each is not None) if wake or expiry else None
        self._set_timers(watch, was, wake, now)
        if transition is not None:
            self._enter(transition, alert, watch.rule, now)

    def _set_timers(self, watch: Watch, was: Alert, wake: float | None, now: float) -> None:
        alert = watch.alert
        key = (alert.subject, alert.rule)
        if wake is None:
            self._timers.cancel(("alert", key))
        else:
            self._timers.set(("alert", key), wake)
        if alert.subject.startswith(SELF) or (alert is was):
            return
        if alert.phase is Phase.PENDING and alert.running is not None:
            self._attend(alert.subject, key, alert.running + watch.rule.for_ - alert.waited, now)
        elif was.phase is Phase.PENDING:
            self._timers.cancel(("recheck", key))
            if all(each.alert.phase is not Phase.PENDING for each in self.watches(alert.subject)):
                self._order(Attend(alert.subject, ATTEND_EVERY, 0.0))

    def _attend(self, subject: str, key: tuple[str, str], due: float, now: float) -> None:
        """Look closely at what may be about to fire, and once more right before it does."""
        if due <= now:
            return
        self._order(Attend(subject, ATTEND_EVERY, due + ATTEND_LONGER))
        if due - RECHECK_BEFORE > now:
            self._timers.set(("recheck", key), due - RECHECK_BEFORE)

    def wake(self, key: tuple[str, str], now: float) -> None:
        """The clock of an alert (subject, rule) has run out."""
        subject, rule = key
        watched = self._watched.get(subject)
        if watched is not None:
            watched.advance(now)
            value = self._land.value(subject)
            for watch in watched.watches:
                if watch.rule.id == rule:
                    self._evaluate(watch, value, now)

    def watches(self, subject: str) -> tuple[Watch, ...]:
        """The rules on a subject."""
        watched = self._watched.get(subject)
        return watched.watches if watched else ()

    def look_at_all(self, now: float) -> None:
        """Run every rule on the picture as it is."""
        for subject, each in self._watched.items():
            value = self._land.value(subject)
            for watch in each.watches:
                self._evaluate(watch, value, now)
