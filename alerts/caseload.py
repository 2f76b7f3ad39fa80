"""What a change of state means for the incidents that are there: who is hit, who waits, who is left behind."""

from __future__ import annotations

from collections.abc import Callable

from alerts import planning, telling
from alerts.desk import Desk, Origin
from alerts.foreign import is_foreign
from alerts.incidents import Decision, Incident, Verb
from alerts.landscape import Landscape, subject_of
from alerts.lifecycle import Phase
from alerts.rules import Severity
from alerts.watching import HIDDEN, Watch, is_held

MEMBERS_AFTER = 0.5
"""seconds in which changes of members are gathered"""
STRANDED_AFTER = 30.0
"""seconds after a root's recovery in which what stood behind it has time to answer"""


class Caseload:
    """Keeps incidents true to the picture between the transitions of their alerts.

    `watches` gives the rules on a subject, `origin` what an alert that fires comes from (None: it does not fire),
    `wake(what, incident, at)` asks to be rung.
    """

    def __init__(
        self,
        desk: Desk,
        land: Landscape,
        watches: Callable[[str], tuple[Watch, ...]],
        origin: Callable[[str], Origin | None],
        now: Callable[[], float],
        wake: Callable[[str, int, float], None],
    ) -> None:
        self._desk = desk
        self._land = land
        self._watches = watches
        self._origin = origin
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
                self._hurry(incident, now)
        if book.held:
            for behind in (subject, *self._land.descendants(subject)):
                self._place_held(behind, now)

    def look_again(self) -> None:
        """The topology has changed: who stands behind whom is to be looked at again."""
        at = self._now() + MEMBERS_AFTER
        for incident in self._desk.book:
            if incident.closed is None:
                self._recount(incident.id, at)

    def settle(self, now: float) -> None:
        """What was not asked since the start is waited for no longer."""
        for subject in {subject for subject, _ in self._desk.book.held.values()}:
            self._place_held(subject, now)

    # --- what comes by itself ---

    def due(self, number: int, now: float) -> None:
        """A silence may have begun or ended, and what comes next of an incident may have come."""
        incident = self._desk.book.incidents.get(number)
        if incident is None or incident.closed is not None:
            return
        if self._land.awaited(incident.root, now):
            self._wake("due", number, self._land.settled_at)
        elif self._waits(incident, now):
            self._wake("due", number, now + STRANDED_AFTER)
        else:
            self._desk.look_again(number, now)
            if self._waits(
                self._desk.book.incidents[number], now
            ):  # only now is it known what fell due meanwhile
                self._wake("due", number, now + STRANDED_AFTER)
            else:
                self._desk.fall_due(number, now)

    def look_for_silences(self, now: float) -> None:
        """Silences or maintenances are otherwise: each open incident is looked at again."""
        for incident in list(self._desk.book):
            if incident.closed is None and self._desk.holds(incident) != incident.silenced_by:
                self.due(incident.id, now)

    def _waits(self, incident: Incident, now: float) -> bool:
        """Whether something would be told of what is just getting well, or of what nobody has seen since."""
        if incident.missed and not self._desk.holds(incident):
            return not self._burns(incident)
        due = telling.upcoming(incident)
        return due is not None and now >= due.at and self._recovers(incident)

    def _burns(self, incident: Incident) -> bool:
        """Whether an alert of it is known to fire just now."""
        return any(self._fires(alert, subject_of(alert)) for alert in incident.alerts)

    def _recovers(self, incident: Incident) -> bool:
        """Whether every alert of it is recovering; one that flaps may have none just now."""
        phases = [
            Phase.FIRING if (found := self._watch(alert)) is None else found.alert.phase
            for alert in incident.alerts
        ]
        return all(each is Phase.RECOVERING for each in phases)

    def _hurry(self, incident: Incident, now: float) -> None:
        """What waited for its root to be seen, or to fire again, is looked at now."""
        due = telling.upcoming(incident)
        if incident.silenced_by or (due is not None and due.at <= now):
            self._wake("due", incident.id, now)

    # --- members ---

    def _place_held(self, subject: str, now: float) -> None:
        for alert in self._desk.book.held_of(subject):
            if alert in self._desk.book.held:  # one placed before it may have taken it along
                self._place(alert, subject, self._desk.book.held[alert][1], now)

    def _place(self, alert: str, subject: str, severity: Severity, now: float) -> None:
        """Find a firing alert its incident."""
        origin = self._origin(alert)
        if origin is None:
            self._desk.book.release(alert)
            return
        if self._land.state(subject) in HIDDEN | {""}:
            return  # what is not known of it, as after a restart, is told to nobody
        decisions = planning.begun(self._desk.book, alert, subject, severity, self._land, now)
        if decisions[0].verb is not Verb.HELD or alert not in self._desk.book.held:
            self._desk.carry_out(decisions, (), origin, now)

    def joined(self, subject: str) -> None:
        """An alert that no rule of ours made has begun or ended: its incident may have more members, or fewer."""
        incident = self._desk.book.open_of_root(subject)
        if incident is not None:
            self._recount(incident.id, self._now() + MEMBERS_AFTER)

    def _recount(self, number: int, at: float) -> None:
        if at < self._due.get(number, float("inf")):
            self._due[number] = at
            self._wake("members", number, at)

    def count_members(self, number: int, now: float) -> None:
        """Count who is hit by an incident, now that changes have been gathered."""
        self._due.pop(number, None)
        incident = self._desk.book.incidents.get(number)
        if incident is None or incident.closed is not None:
            return
        self._desk.refresh(incident, now)
        grown = planning.grown(self._desk.book.incidents[number], now)
        if grown is not None:
            self._desk.carry_out((grown,), (), None, now)
        self._free_stranded(self._desk.book.incidents[number], now)

    def _free_stranded(self, incident: Incident, now: float) -> None:
        """What is still not well some time after its root has recovered becomes an incident of its own."""
        subjects = {alert: subject_of(alert) for alert in incident.alerts}
        stranded = planning.stranded(incident, subjects, self._land)
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
        self._desk.carry_out(planning.leave(self._desk.book, incident, alert, subject), (), None, now)
        origin = self._origin(alert)
        if origin is not None:
            self._place(alert, subject, origin.severity, now)

    def calm(self, number: int, now: float) -> None:
        """A flapping incident may have been stable long enough."""
        incident = self._desk.book.incidents.get(number)
        decision: Decision | None = planning.calmed(incident, now) if incident else None
        if decision is not None:
            self._desk.carry_out((decision,), (), None, now)

    def _watch(self, alert: str) -> Watch | None:
        watches = self._watches(subject_of(alert))
        return next((each for each in watches if each.alert.key == alert), None)
