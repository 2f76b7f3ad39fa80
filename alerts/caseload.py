"""What a change of state means for the incidents that are there: who is hit, who waits, who is left behind."""

from __future__ import annotations

from collections.abc import Callable

from alerts import incidents
from alerts.desk import Desk
from alerts.foreign import Foreign, is_foreign
from alerts.incidents import Decision, Incident, Verb
from alerts.landscape import Landscape, subject_of
from alerts.lifecycle import LIT, Phase
from alerts.rules import Rule, Severity
from alerts.watching import HIDDEN, Watch, is_held

MEMBERS_AFTER = 0.5
"""seconds in which changes of members are gathered"""
STRANDED_AFTER = 30.0
"""seconds after a root's recovery in which what stood behind it has time to answer"""


class Caseload:
    """Keeps incidents true to the picture between the transitions of their alerts.

    `watches` gives the rules on a subject, `wake(incident, at)` asks to be rung.
    """

    def __init__(
        self,
        desk: Desk,
        land: Landscape,
        watches: Callable[[str], tuple[Watch, ...]],
        now: Callable[[], float],
        wake: Callable[[int, float], None],
    ) -> None:
        self._desk = desk
        self._land = land
        self._watches = watches
        self._now = now
        self._wake = wake
        self._due: dict[int, float] = {}
        """when the members of which incident are counted next"""

    def moved(self, subject: str) -> None:
        """A state has changed: who is hit by which incident may have too."""
        book = self._desk.book
        if not book.incidents and not book.held:
            return
        above = {subject, *self._land.ancestors(subject)}
        now = self._now()
        concerned = [book.open_of_root(each) for each in above]
        concerned += [book.of_alert(each.alert.key) for each in self._watches(subject)]
        for incident in concerned:
            if incident is not None:
                self._recount(incident.id, now + MEMBERS_AFTER)
        for alert, (held, severity) in list(book.held.items()):
            if held == subject or subject in self._land.ancestors(held):
                self._place(alert, held, severity, now)

    def look_again(self) -> None:
        """The topology has changed: who stands behind whom is to be looked at again."""
        at = self._now() + MEMBERS_AFTER
        for incident in self._desk.book:
            if incident.closed is None:
                self._recount(incident.id, at)

    def _place(self, alert: str, subject: str, severity: Severity, now: float) -> None:
        """Find a firing alert its incident."""
        if not self._is_lit(alert, subject):
            self._desk.book.held.pop(alert, None)
            return
        if self._land.state(subject) in HIDDEN | {""}:
            return  # what is not known of it, as after a restart, is told to nobody
        decisions = incidents.begun(self._desk.book, alert, subject, severity, self._land, now)
        if decisions[0].verb is not Verb.HELD or alert not in self._desk.book.held:
            self._desk.carry_out(decisions, (), self._rule(alert), now)

    def joined(self, subject: str) -> None:
        """An alert that no rule of ours made has begun or ended: its incident may have more members, or fewer."""
        incident = self._desk.book.open_of_root(subject)
        if incident is not None:
            self._recount(incident.id, self._now() + MEMBERS_AFTER)

    def _is_lit(self, alert: str, subject: str) -> bool:
        if is_foreign(alert):
            return alert in self._land.foreign
        return alert in {each.alert.key for each in self._watches(subject) if each.alert.phase in LIT}

    def _recount(self, number: int, at: float) -> None:
        if at < self._due.get(number, float("inf")):
            self._due[number] = at
            self._wake(number, at)

    def count_members(self, number: int, now: float) -> None:
        """Count who is hit by an incident, now that changes have been gathered."""
        self._due.pop(number, None)
        incident = self._desk.book.incidents.get(number)
        if incident is None or incident.closed is not None:
            return
        self._desk.refresh(incident, now)
        grown = incidents.grown(self._desk.book.incidents[number], now)
        if grown is not None:
            self._desk.carry_out((grown,), (), None, now)
        self._free_stranded(self._desk.book.incidents[number], now)

    def _free_stranded(self, incident: Incident, now: float) -> None:
        """What is still not well some time after its root has recovered becomes an incident of its own."""
        subjects = {alert: subject_of(alert) for alert in incident.alerts}
        stranded = incidents.stranded(incident, subjects, self._land)
        if not stranded:
            return
        value = self._land.value(incident.root)
        ripe = now if value is None else float(value["since"]) + STRANDED_AFTER
        if now < ripe:
            self._recount(incident.id, ripe)
            return
        for alert, subject in stranded:
            if self._fires(alert, subject):
                self._free(incident.id, alert, subject, now)
            else:  # it may get well, or fall silent again, with no change of its state
                self._recount(incident.id, now + STRANDED_AFTER)

    def _fires(self, alert: str, subject: str) -> bool:
        """Whether an alert is known to fire just now: not recovering, not unknown, not answering again."""
        found = self._watch(alert)
        if is_foreign(alert):
            return alert in self._land.foreign
        if found is None or is_held(self._land.value(subject)):
            return False
        return found.alert.phase is Phase.FIRING and found.alert.stale_since is None

    def _free(self, incident: int, alert: str, subject: str, now: float) -> None:
        self._desk.carry_out(incidents.leave(self._desk.book, incident, alert, subject), (), None, now)
        rule = self._rule(alert)
        if rule is not None:
            self._place(alert, subject, rule.severity, now)

    def calm(self, number: int, now: float) -> None:
        """A flapping incident may have been stable long enough."""
        incident = self._desk.book.incidents.get(number)
        decision: Decision | None = incidents.calmed(incident, now) if incident else None
        if decision is not None:
            self._desk.carry_out((decision,), (), None, now)

    def _rule(self, alert: str) -> Rule | Foreign | None:
        if is_foreign(alert):
            return self._land.foreign.get(alert)
        found = self._watch(alert)
        return found.rule if found else None

    def _watch(self, alert: str) -> Watch | None:
        watches = self._watches(subject_of(alert))
        return next((each for each in watches if each.alert.key == alert), None)
