"""Carries out what was decided about incidents: into the book, the state file, the picture and the outbox.

One call is one commit: the rows of the transition, the incidents it changed, and the deliveries they owe.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from alerts import journal, messages
from alerts.channels.base import Receiver
from alerts.dispatch import Dispatch
from alerts.foreign import Foreign
from alerts.incidents import (
    ENDS,
    REOPEN_WITHIN,
    SETTLE,
    TELLS,
    Book,
    Decision,
    Incident,
    Verb,
    calm_at,
    enact,
)
from alerts.notification import Notification
from alerts.recorder import Recorder
from alerts.rules import Rule
from ioc.clock import Clock
from ioc.picture import Picture
from ioc.state.ledger import Write

MAINTENANCE = "maintenance"
SAMPLE = 50
"""members shown of an incident"""

Members = Callable[[Incident], Sequence[str]]
Facts = Callable[[Rule, str], dict[str, Any]]
Wake = Callable[[str, int, float], None]


class Desk:
    """The book of incidents and what hangs on it.

    `members` lists who is hit by an incident, `facts` gives what is shown of a rule on a subject, `wake(what,
    incident, at)` asks to be rung.
    """

    def __init__(
        self, clock: Clock, picture: Picture, recorder: Recorder, dispatch: Dispatch, members: Members, facts: Facts,
        wake: Wake, link: str,
    ) -> None:  # fmt: skip
        self._clock = clock
        self._picture = picture
        self._recorder = recorder
        self._dispatch = dispatch
        self._members = members
        self._facts = facts
        self._wake = wake
        self._link = link.rstrip("/")
        self.book = Book()
        self.receivers: Mapping[str, Receiver] = {}
        self.next_delivery = 1
        self._told: dict[int, dict[str, dict[str, Any]]] = {}
        self._shown: dict[int, tuple[Incident, bool]] = {}
        """what the picture shows, and whether it is recorded"""

    def carry_out(
        self, decisions: Iterable[Decision], rows: Sequence[Write], rule: Rule | Foreign | None, now: float
    ) -> None:
        """Do what was decided, with the rows that belong to it; `rule` is the one that fired, or what stands for it."""
        decided = tuple(decisions)
        touched: dict[int, Verb | None] = {}
        for decision in decided:
            self._enact(decision, rule, now)
            if decision.incident is not None:
                told = decision.verb if decision.verb in TELLS else None
                touched[decision.incident] = touched.get(decision.incident) or told
        changed = [self._measured(self.book.incidents[number]) for number in touched]
        owed = [each for one in changed for each in self._owe(one, touched[one.id], now)]
        for incident in changed:
            self.book.put(self._remember_told(incident, touched[incident.id], owed))
        final = [self.book.incidents[incident.id] for incident in changed]
        self._commit(final, decided, rows, owed, now)
        for incident in final:
            self._schedule(incident)

    async def change(self, incident: Incident, rows: Sequence[Write]) -> None:
        """Replace an incident by a version that nobody is told of; returns when it is shown."""
        self.book.put(incident)
        done = asyncio.get_running_loop().create_future()
        self._commit([incident], (), rows, [], self._clock.now(), done)
        await done

    def refresh(self, incident: Incident, now: float) -> None:
        """Show the members as they are now; those found right after a page are part of it, which is recorded."""
        measured = self._measured(incident)
        if now < measured.told_at + SETTLE and measured.members > measured.told_members:
            measured = replace(measured, told_members=measured.members)
            self._recorder.record([journal.incident_row(measured, self._clock.skew())], lambda recorded: None)
        self.book.put(measured)
        shown = self._shown.get(incident.id)
        if shown is not None:
            self._show(_recounted(shown[0], measured), shown[1])

    def settled(self, notification: Notification, told: bool, attempts: int, answer: str) -> None:
        """A delivery is through, which is written."""
        if notification.incident not in self.book.incidents:
            return  # closed and forgotten while it was owed
        self._note_told(
            notification.incident,
            notification.receiver,
            "told" if told else "failing",
            self._clock.now(),
            attempts,
        )
        shown = self._shown.get(notification.incident)
        if shown is not None:
            self._show(*shown)

    def restore(self, known: journal.Remembered) -> None:
        """Take over what the state file knew; what was owed is sent again as a repeat."""
        self.book = Book(known.incidents, known.next_incident)
        self.next_delivery = known.next_delivery
        for incident, receiver, state, at, attempts in known.told:
            self._note_told(incident, receiver, _shown_as(state), at, attempts)
        for each in known.incidents:
            self._show(each, True)
            self._schedule(each)
        for notification in known.owed:
            self._dispatch.offer(notification.repeated())

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
        return [journal.incident_row(each, skew) for each in self.book]

    def _enact(self, decision: Decision, rule: Rule | Foreign | None, now: float) -> None:
        verb, number = decision.verb, decision.incident
        if verb is Verb.HELD and decision.severity is not None:
            self.book.held[decision.alert] = (decision.subject, decision.severity)
        else:
            self.book.held.pop(decision.alert, None)
        if number is None:
            return
        name = rule.name if isinstance(rule, Foreign) else rule.id if rule else ""
        incident = enact(self.book.incidents.get(number), decision, name, now)
        if verb is Verb.OPENED:
            self.book.next_id = max(self.book.next_id, number + 1)
        if rule is not None and self._says_anew(decision, incident):
            facts = rule.facts if isinstance(rule, Foreign) else self._facts(rule, incident.root)
            kept = {"first_rule": incident.facts.get("first_rule", name)}
            if "labels" in incident.facts:  # its identity: routes and silences go by them
                kept["labels"] = incident.facts["labels"]
            incident = replace(incident, rule=name, facts={**facts, **kept})
        self.book.put(incident)
        if verb is Verb.ABSORBED and decision.into is not None:
            into = self.book.incidents[decision.into]
            self.book.put(replace(into, alerts=into.alerts | decision.alerts))

    def _says_anew(self, decision: Decision, incident: Incident) -> bool:
        """Whether this is about the incident's own root, and so tells what it is about."""
        if decision.verb not in (Verb.OPENED, Verb.REOPENED, Verb.FLAPPING, Verb.RAISED):
            return False
        return decision.subject == incident.root and bool(decision.alert) and decision.severity is not None

    def _measured(self, incident: Incident) -> Incident:
        if incident.closed is not None:
            return incident
        count = max(1, len(self._members(incident)))
        return replace(incident, members=count, peak=max(incident.peak, count))

    def _owe(self, incident: Incident, verb: Verb | None, now: float) -> list[Notification]:
        """What an incident owes its receivers for a decision that is told."""
        if verb is None:
            return []
        owed = []
        skew = self._clock.skew()
        for name in self._whom(incident, verb):
            owed.append(
                messages.notification(self.next_delivery, incident, name, verb, now + skew, skew, self._link)
            )
            self.next_delivery += 1
        return owed

    def _whom(self, incident: Incident, verb: Verb) -> list[str]:
        """Whoever was told it opened is told it closed; anything else goes to those who want its severity."""
        if verb in ENDS or incident.closed is not None:
            return sorted(incident.told)
        return [name for name, each in self.receivers.items() if incident.severity.value in each.severities]

    def _remember_told(self, incident: Incident, verb: Verb | None, owed: Sequence[Notification]) -> Incident:
        mine = [each for each in owed if each.incident == incident.id]
        for each in mine:
            self._note_told(incident.id, each.receiver, "owed", self._clock.now(), 0)
        if verb is None:
            return incident
        if incident.closed is not None:
            return replace(incident, told=frozenset())
        told = incident.told | {each.receiver for each in mine}
        return replace(incident, told=told, told_members=incident.members)

    def _commit(
        self, incidents: Sequence[Incident], decisions: Sequence[Decision], rows: Sequence[Write],
        owed: Sequence[Notification], now: float, done: asyncio.Future[None] | None = None,
    ) -> None:  # fmt: skip
        skew = self._clock.skew()
        writes = [
            *rows,
            *(journal.incident_row(each, skew) for each in incidents),
            *journal.decisions_rows(decisions, now + skew),
            *map(journal.owed_row, owed),
        ]
        if not writes:
            return

        def follow(recorded: bool) -> None:
            for incident in incidents:
                self._show(incident, recorded)
            for each in owed:
                self._dispatch.offer(each if recorded else replace(each, unrecorded=True))
            if done is not None and not done.done():
                done.set_result(None)

        def late() -> None:
            for incident in incidents:
                shown = self._shown.get(incident.id)
                if shown is not None and _recounted(shown[0], incident) == incident:
                    self._show(shown[0], True)

        self._recorder.record(writes, follow, late)

    def _schedule(self, incident: Incident) -> None:
        if incident.closed is not None:
            self._wake("forget", incident.id, incident.closed + REOPEN_WITHIN)
        elif incident.flapping:
            self._wake("calm", incident.id, calm_at(incident))

    def _note_told(self, incident: int, receiver: str, state: str, at: float, attempts: int) -> None:
        self._told.setdefault(incident, {})[receiver] = {"state": state, "at": at, "attempts": attempts}

    def _show(self, incident: Incident, recorded: bool) -> None:
        if incident.id not in self.book.incidents:
            return
        self._shown[incident.id] = (incident, recorded)
        members = self._members(incident) if incident.closed is None else ()
        value = shown(incident, members, recorded, self._clock.skew())
        root = self._picture.get(f"endpoint/{incident.root}") or {}
        value["silenced"] = incident.closed is None and root.get("state") == MAINTENANCE
        told = {name: dict(each) for name, each in self._told.get(incident.id, {}).items()}
        self._picture.put(f"incident/{incident.id}", value | {"told": told})


def shown(incident: Incident, members: Sequence[str], recorded: bool, skew: float) -> dict[str, Any]:
    """The picture's `incident/N`, but for `told` and `silenced`."""
    facts: Mapping[str, Any] = incident.facts
    ack = incident.acknowledged
    named = {name: facts.get(name, "") for name in _FACTS}
    return {
        "id": incident.id,
        "status": "open" if incident.closed is None else "closed",
        "severity": incident.severity.value,
        "rule": incident.rule,
        "root": incident.root,
        "cause": facts.get("cause", {}),
        "began": facts["began"] - skew if "began" in facts else incident.opened,
        "opened": incident.opened,
        "closed": incident.closed,
        "members": incident.members,
        "peak": incident.peak,
        "sample_members": list(members[:SAMPLE]),
        **named,
        "acknowledged": None if ack is None else {"by": ack.by, "at": ack.at, "note": ack.note},
        "unrecorded": not recorded,
        "flapping": incident.flapping,
        "joined": incident.into,
        "next": _next(incident),
    }


_FACTS = (
    "title", "name", "kind", "system", "unit", "unit_name", "site", "site_name", "owner", "phone", "carrier",
    "circuit", "hotline", "next_action", "runbook",
)  # fmt: skip


def _recounted(incident: Incident, newer: Incident) -> Incident:
    """A version of an incident with the members of a newer one."""
    told = newer.told_members
    return replace(incident, members=newer.members, peak=newer.peak, told_members=told)


def _next(incident: Incident) -> str:
    """What comes next, as a code for which screens have a sentence."""
    if incident.into is not None:
        return "joined"
    if incident.closed is not None:
        return "closed"
    if incident.flapping:
        return "awaits_calm"
    return "awaits_recovery" if incident.acknowledged else "awaits_acknowledgement"


def _shown_as(state: str) -> str:
    return "failing" if state == "failed" else state
