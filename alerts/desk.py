"""Carries out what was decided about incidents: into the book, the state file, the picture and the outbox.

One call is one commit: the rows of the transition, the incidents it changed, and the deliveries they owe.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from alerts import journal, messages, telling
from alerts.dispatch import CALLED_OFF, FAILED, TOLD, Settlement
from alerts.incidents import ENDS, REOPEN_WITHIN, TELLS, Book, Decision, Incident, Verb
from alerts.notification import Notification, Target
from alerts.planning import SETTLE, calm_at, enact
from alerts.recorder import Recorder
from alerts.routing import Directory
from alerts.rules import Severity
from alerts.screen import coming, name_of, recounted, shown
from alerts.telling import Telling
from ioc.clock import Clock
from ioc.picture import Picture
from ioc.state.ledger import Write

MAINTAINED = "maintenance"
IDENTITY = ("first_rule", "labels")
"""facts that stay as they were when it opened"""
_SHOWN_AS = {FAILED: "failing"}

Members = Callable[[Incident], Sequence[str]]
Offer = Callable[[Notification], None]
HeldBy = Callable[[Incident], str]
Wake = Callable[[str, int, float], None]


@dataclass(frozen=True, slots=True)
class Origin:
    """What an alert comes from: a rule's id, how severe it is, and what is shown of it on a subject."""

    rule: str
    severity: Severity
    facts: Callable[[str], dict[str, Any]]


@dataclass(slots=True)
class Batch:
    """What was decided and is not carried out yet; `touched` has the decision that is told of each incident."""

    rows: list[Write] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    touched: dict[int, Verb | None] = field(default_factory=dict)


@dataclass(slots=True)
class Reached:
    """What became of what a party was told of one incident: how many are not settled, whether any was told."""

    shown: dict[str, Any]
    owed: int = 0
    told: bool = False
    unheard: bool = False
    """the last one that is through was refused for good, or called off"""

    @property
    def in_vain(self) -> bool:
        """Whether nothing has reached them, and nothing is owed any more."""
        return self.unheard and not self.told and not self.owed

    def settle(self, settlement: Settlement) -> None:
        """One is through; another may have taken its place."""
        instead = settlement.instead
        self.owed = max(0, self.owed - 1)
        self.owed += instead is not None and instead.incident == settlement.notification.incident
        self.told |= settlement.state == TOLD
        self.unheard = settlement.state == FAILED or settlement.answer == CALLED_OFF


class Desk:
    """The book of incidents and what hangs on it.

    `members` lists who is hit by an incident, `held_by` names the silence that holds it just now (empty: none),
    `wake(what, incident, at)` asks to be rung. `directory` is whom there is to tell.
    """

    def __init__(
        self, clock: Clock, picture: Picture, recorder: Recorder, offer: Offer, members: Members, held_by: HeldBy,
        wake: Wake, link: str,
    ) -> None:  # fmt: skip
        self._clock = clock
        self._picture = picture
        self._recorder = recorder
        self._offer = offer
        self._members = members
        self._held_by = held_by
        self._wake = wake
        self._link = link.rstrip("/")
        self.book = Book()
        self.directory = Directory()
        self.next_delivery = 1
        self._batch = Batch()
        self._gathering = False
        self._told: dict[int, dict[str, Reached]] = {}
        """by incident and party"""
        self._shown: dict[int, tuple[Incident, bool]] = {}
        """what the picture shows, and whether it is recorded"""

    # --- decisions ---

    def carry_out(
        self, decisions: Iterable[Decision], rows: Sequence[Write], origin: Origin | None, now: float,
        done: asyncio.Future[bool] | None = None,
    ) -> None:  # fmt: skip
        """Do what was decided, with the rows that belong to it; `origin` is that of the alert which fired."""
        self._batch.rows += rows
        for decision in decisions:
            self._make_way(decision, now)
            self._enact(decision, origin, now)
            self._batch.decisions.append(decision)
            if decision.incident is not None:
                told = decision.verb if decision.verb in TELLS else None
                touched = self._batch.touched
                touched[decision.incident] = touched.get(decision.incident) or told
        if not self._gathering:
            self._flush(now, done)

    @contextmanager
    def together(self, now: float) -> Iterator[None]:
        """Make one commit, and one message an incident, of all that is carried out inside."""
        self._gathering = True
        try:
            yield
        finally:
            self._gathering = False
            self._flush(now)

    def fall_due(self, number: int, now: float) -> None:
        """What comes next by itself may have come: a step of a chain, a reminder, the end of an acknowledgement."""
        incident = self.book.incidents.get(number)
        if incident is None:
            return
        followed = telling.fall_due(incident, self.directory, now, self._clock.skew())
        if followed.incident is incident:
            self.schedule(incident)
        else:
            self._follow(followed, now)

    def look_again(self, number: int, now: float) -> None:
        """A silence of an incident may have begun or ended."""
        incident = self.book.incidents.get(number)
        if incident is None:
            return
        held_by = self._held_by(incident)
        followed = telling.look_again(incident, held_by, self.directory, now, self._clock.skew())
        if followed.incident is not incident:
            self._follow(followed, now)

    def holds(self, incident: Incident) -> str:
        """The silence that holds an incident just now; empty when none does."""
        return self._held_by(incident)

    async def change(self, incident: Incident, rows: Sequence[Write]) -> bool:
        """Replace an incident by a version that nobody is told of; once it is shown, whether it is recorded."""
        changed = replace(incident, decided=self._clock.now())
        self.book.put(changed)
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._commit([changed], rows, [], done)
        self.schedule(changed)
        return await done

    def refresh(self, incident: Incident, now: float) -> None:
        """Show the members as they are now; those found right after a page are part of it, which is recorded."""
        measured = self._measured(incident)
        if now < measured.told_at + SETTLE and measured.members > measured.told_members:
            measured = replace(measured, told_members=measured.members)
            self._recorder.record([journal.incident_row(measured, self._clock.skew())], lambda recorded: None)
        self.book.put(measured)
        known = self._shown.get(incident.id)
        if known is not None:
            self._show(recounted(known[0], measured), known[1])

    # --- deliveries ---

    def settled(self, settlement: Settlement) -> None:
        """A delivery is told, failed or withdrawn."""
        incident = self.book.incidents.get(settlement.notification.incident)
        if incident is None:
            return  # closed and forgotten while it was owed
        reached = self._note_told(settlement.notification, settlement.state, settlement.attempts)
        reached.settle(settlement)
        told = _told_after(incident, settlement, reached)
        if told != incident.told:
            after = replace(incident, told=told)
            self.book.put(after)
            self._recorder.record([journal.incident_row(after, self._clock.skew())], lambda recorded: None)
        self._show_again(incident.id)

    # --- start and end ---

    def restore(self, known: journal.Remembered) -> None:
        """Take over what the state file knew; what was owed is sent again as a repeat."""
        self.book = Book(known.incidents, known.next_incident)
        self.book.dismissed |= known.dismissed
        self.next_delivery = known.next_delivery
        for each in known.told:
            self._restore_told(each)
        for incident in map(self._without_unheard, known.incidents):
            self.book.put(incident)
            self._show(incident, True)
            self.schedule(incident)
        for notification in known.owed:
            self._offer(notification.repeated())

    def forget(self, number: int) -> None:
        """An incident has been closed long enough."""
        incident = self.book.incidents.get(number)
        if incident is not None and incident.closed is not None:
            self.book.forget(number)
            self._told.pop(number, None)
            self._shown.pop(number, None)
            self._picture.remove(f"incident/{number}")

    def rows(self) -> list[Write]:
        """All that is so of the incidents, to be written afresh."""
        skew = self._clock.skew()
        return [
            *(journal.incident_row(each, skew) for each in self.book),
            *map(journal.dismissed_row, sorted(self.book.dismissed)),
        ]

    def show_all(self) -> None:
        """Show every incident again: who comes next may be otherwise."""
        for number in list(self._shown):
            self._show_again(number)

    # --- inside ---

    def _make_way(self, decision: Decision, now: float) -> None:
        """What is told of an incident's end and of its beginning are two messages."""
        before = self._batch.touched.get(decision.incident) if decision.incident is not None else None
        if before is not None and decision.verb in TELLS and (before in ENDS) != (decision.verb in ENDS):
            self._flush(now)

    def _enact(self, decision: Decision, origin: Origin | None, now: float) -> None:
        verb, number = decision.verb, decision.incident
        if verb is Verb.HELD and decision.severity is not None:
            self.book.hold(decision.alert, decision.subject, decision.severity)
        else:
            self.book.release(decision.alert)
        if number is None:
            return
        incident = enact(self.book.incidents.get(number), decision, origin.rule if origin else "", now)
        if verb is Verb.OPENED:
            self.book.next_id = max(self.book.next_id, number + 1)
        if origin is not None and _says_anew(decision, incident):
            kept = {name: incident.facts[name] for name in IDENTITY if name in incident.facts}
            facts = {"first_rule": origin.rule} | origin.facts(incident.root) | kept
            incident = replace(incident, rule=origin.rule, facts=facts)
        self.book.put(incident, "" if verb in ENDS else decision.alert)
        if verb is Verb.ABSORBED and decision.into is not None:
            into = self.book.incidents[decision.into]
            self.book.put(replace(into, alerts=into.alerts | decision.alerts))

    def _measured(self, incident: Incident) -> Incident:
        if incident.closed is not None:
            return incident
        count = max(1, len(self._members(incident)))
        return replace(incident, members=count, peak=max(incident.peak, count))

    def _flush(self, now: float, done: asyncio.Future[bool] | None = None) -> None:
        batch, self._batch = self._batch, Batch()
        skew = self._clock.skew()
        rows = [*batch.rows, *journal.decisions_rows(batch.decisions, now + skew)]
        tellings = []
        for number, verb in batch.touched.items():
            incident = self._measured(self.book.incidents[number])
            told = self._telling(incident, verb, now)
            if verb is not None and told.incident.closed is None:
                told = replace(told, incident=replace(told.incident, told_members=incident.members))
            tellings.append(told)
        self._carry(tellings, rows, now, done)

    def _telling(self, incident: Incident, verb: Verb | None, now: float) -> Telling:
        if verb is None:
            return Telling(incident)
        held_by = self._held_by(incident) if incident.closed is None else ""
        return telling.tell(incident, verb, held_by, self.directory, now, self._clock.skew())

    def _follow(self, followed: Telling, now: float) -> None:
        """Carry out what came by itself."""
        if followed.owed:
            measured = self._measured(followed.incident)
            told = max(measured.told_members, measured.members)
            followed = replace(followed, incident=replace(measured, told_members=told))
        self._carry([followed], [], now)

    def _carry(
        self,
        tellings: Sequence[Telling],
        rows: list[Write],
        now: float,
        done: asyncio.Future[bool] | None = None,
    ) -> None:
        skew = self._clock.skew()
        incidents, owed = [], []
        for each in tellings:
            incident = replace(each.incident, decided=now)
            self.book.put(incident)
            incidents.append(incident)
            owed += self._owe(incident, each, now)
            rows += (
                journal.act_row(
                    incident.id, now + skew, note.verb, note.because, incident.root, note=note.note
                )
                for note in each.notes
            )
        self._commit(incidents, rows, owed, done)
        for incident in incidents:
            self.schedule(incident)

    def _owe(self, incident: Incident, followed: Telling, now: float) -> list[Notification]:
        skew = self._clock.skew()
        owed = []
        for each in followed.owed:
            person = self.directory.duty.people.get(each.target.person)
            notification = messages.notification(
                self.next_delivery, incident, each.target, each.kind, now + skew, skew, self._link,
                because=each.because, language=person.language if person else "vi",
            )  # fmt: skip
            self.next_delivery += 1
            self._note_told(notification, "owed", 0).owed += 1
            owed.append(notification)
        return owed

    def _commit(
        self, incidents: Sequence[Incident], rows: Sequence[Write], owed: Sequence[Notification],
        done: asyncio.Future[bool] | None = None,
    ) -> None:  # fmt: skip
        skew = self._clock.skew()
        writes = [
            *rows,
            *(journal.incident_row(each, skew) for each in incidents),
            *map(journal.owed_row, owed),
        ]
        if not writes:
            return

        def follow(recorded: bool) -> None:
            for incident in incidents:
                self._show(incident, recorded)
            for each in owed:
                self._offer(each if recorded else replace(each, unrecorded=True))
            if done is not None and not done.done():
                done.set_result(recorded)

        def late() -> None:
            for incident in incidents:
                known = self._shown.get(incident.id)
                if known is not None and _same(known[0], incident):
                    self._show(known[0], True)

        self._recorder.record(writes, follow, late)

    def schedule(self, incident: Incident) -> None:
        """Ask to be rung for what comes next of an incident."""
        if incident.closed is not None:
            self._wake("forget", incident.id, incident.closed + REOPEN_WITHIN)
            return
        if incident.flapping:
            self._wake("calm", incident.id, calm_at(incident))
        due = telling.upcoming(incident)
        if due is not None:
            self._wake("due", incident.id, due.at)

    # --- what is shown ---

    def _note_told(self, notification: Notification, state: str, attempts: int) -> Reached:
        target = notification.target
        shown_as = {
            "state": _SHOWN_AS.get(state, state), "at": self._clock.now(), "attempts": attempts,
            "receiver": target.receiver, "name": name_of(target, self.directory), "kind": str(notification.kind),
        }  # fmt: skip
        known = self._told.setdefault(notification.incident, {})
        reached = known.setdefault(target.party, Reached(shown_as))
        reached.shown = shown_as
        return reached

    def _restore_told(self, each: journal.Told) -> None:
        shown_as = {
            "state": _SHOWN_AS.get(each.state, each.state), "at": each.at, "attempts": each.attempts,
            "receiver": each.target.receiver, "name": name_of(each.target, self.directory), "kind": each.kind,
        }  # fmt: skip
        known = self._told.setdefault(each.incident, {})
        reached = known.setdefault(each.target.party, Reached(shown_as))
        reached.shown = shown_as
        reached.owed += each.state == "owed"
        reached.told |= each.state == TOLD
        reached.unheard = each.state == FAILED or each.answer == CALLED_OFF

    def _without_unheard(self, incident: Incident) -> Incident:
        """As `settled` would have left it: a kill may come between a delivery's row and the incident's."""
        known = self._told.get(incident.id, {})
        told = tuple(each for each in incident.told if not _in_vain(known.get(each.party)))
        return incident if told == incident.told else replace(incident, told=told)

    def _show_again(self, number: int) -> None:
        known = self._shown.get(number)
        if known is not None:
            self._show(*known)

    def _show(self, incident: Incident, recorded: bool) -> None:
        if incident.id not in self.book.incidents:
            return
        self._shown[incident.id] = (incident, recorded)
        members = self._members(incident) if incident.closed is None else ()
        skew = self._clock.skew()
        value = shown(incident, members, recorded, skew)
        value |= coming(incident, self.directory, self._clock.now(), skew)
        root = self._picture.get(f"endpoint/{incident.root}") or {}
        maintained = root.get("state") == MAINTAINED or bool(incident.silenced_by)
        value["silenced"] = incident.closed is None and maintained
        told = {_key(party): dict(each.shown) for party, each in self._told.get(incident.id, {}).items()}
        self._picture.put(f"incident/{incident.id}", value | {"told": told})


def _told_after(incident: Incident, settlement: Settlement, reached: Reached) -> tuple[Target, ...]:
    """Who was told of it: by the way that reached them; nobody whom its opening never reached."""
    notification, told = settlement.notification, incident.told
    party = notification.target.party
    if settlement.state == TOLD and incident.closed is None:
        kept = tuple(notification.target if each.party == party else each for each in told)
        return kept if any(each.party == party for each in kept) else (*kept, notification.target)
    if reached.in_vain:
        return tuple(each for each in told if each.party != party)
    return told


def _in_vain(reached: Reached | None) -> bool:
    return reached is not None and reached.in_vain


def _key(party: str) -> str:
    """How `told` names a party: receivers by their name."""
    return party.removeprefix("receiver:")


def _says_anew(decision: Decision, incident: Incident) -> bool:
    """Whether this is about the incident's own root, and so tells what it is about."""
    if decision.verb not in (Verb.OPENED, Verb.REOPENED, Verb.FLAPPING, Verb.RAISED):
        return False
    return decision.subject == incident.root and bool(decision.alert) and decision.severity is not None


def _same(shown: Incident, recorded: Incident) -> bool:
    """Whether what is shown is what was recorded, but for what is counted and settled meanwhile."""
    return recounted(replace(shown, told=recorded.told), recorded) == recorded
