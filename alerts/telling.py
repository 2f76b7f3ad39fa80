"""What an incident owes whom: a decision that is told, turned into targets, each with its reason. Pure.

`docs/decisions/0013` says who is told what when; times are steady, `skew` turns them into civil ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from alerts import messages
from alerts.incidents import Because, Incident, Verb
from alerts.notification import Target
from alerts.oncall import escalation
from alerts.oncall.escalation import Advance, Escalation, Outcome, Passing
from alerts.routing import Call, Directory, Matter, Reason, Routed, distinct, find, reach, route
from ioc.duty import Contact, Person, Step

REMINDS_AFTER = 90 * 60.0
EXPIRES_AFTER = 2 * 3600.0
"""seconds that an acknowledgement of something critical lasts"""

MAINTENANCE = "maintenance"
TOLD_BEFORE = "told_before"
ACKNOWLEDGEMENT = "acknowledgement"

_GRAVEST = (Verb.OPENED, Verb.REOPENED, Verb.RAISED, Verb.FLAPPING, Verb.GREW)
"""of several things that were not told, the one that is told later"""


@dataclass(frozen=True, slots=True)
class Owed:
    """One target that is owed a message of a kind."""

    target: Target
    kind: Verb
    because: str


@dataclass(frozen=True, slots=True)
class Note:
    """What was decided besides, for whoever asks why."""

    verb: Verb
    because: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Telling:
    """The incident as it is afterwards, and what follows."""

    incident: Incident
    owed: tuple[Owed, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """The next thing that comes by itself: when, and why then."""

    at: float
    because: str


def tell(
    incident: Incident, verb: Verb, held_by: str, directory: Directory, now: float, skew: float
) -> Telling:
    """What follows from a decision that is told; `held_by` is the silence that holds the incident just now."""
    if incident.closed is not None:
        return _ended(incident, verb, directory)
    if verb is Verb.REOPENED and not incident.heard:
        verb = Verb.OPENED  # it is again what nobody knows of
    if held_by:
        return _held_back(incident, verb, held_by)
    kind = _graver(incident.missed, verb)
    freed = replace(incident, silenced_by="", missed="")
    if incident.told:
        return _worsened(freed, kind, directory, now, skew)
    return _opened(freed, kind, directory, now, skew)


def look_again(incident: Incident, held_by: str, directory: Directory, now: float, skew: float) -> Telling:
    """What follows when a silence has begun or ended; the same incident where nothing does."""
    if incident.closed is not None or held_by == incident.silenced_by:
        return Telling(incident)
    if held_by:
        return Telling(replace(incident, silenced_by=held_by), notes=(_silenced(held_by),))
    ended = Note(Verb.SILENCED, Because.SILENCE_ENDED, incident.silenced_by)
    if not incident.missed:
        return Telling(replace(incident, silenced_by=""), notes=(ended,))
    told = tell(incident, Verb(incident.missed), "", directory, now, skew)
    return replace(told, notes=(ended, *told.notes))


def upcoming(incident: Incident) -> Due | None:
    """The one thing that comes next by itself; None while nothing does."""
    if incident.closed is not None or incident.silenced_by:
        return None
    ack = incident.acknowledged
    if ack is not None:
        if ack.critical_since is None:
            return None
        if not ack.reminded:
            return Due(ack.critical_since + REMINDS_AFTER, Because.ACKNOWLEDGEMENT_RUNS_OUT)
        return Due(ack.critical_since + EXPIRES_AFTER, Because.ACKNOWLEDGEMENT_EXPIRED)
    chain = incident.escalation
    if chain is None or chain.due is None:
        return None
    return Due(chain.due, Because.REMINDER_DUE if chain.over else Because.STEP_DUE)


def fall_due(incident: Incident, directory: Directory, now: float, skew: float) -> Telling:
    """What follows now that what was upcoming has come; the same incident while nothing is due."""
    due = upcoming(incident)
    if due is None or now < due.at:
        return Telling(incident)
    ack, chain = incident.acknowledged, incident.escalation
    if ack is None:
        return Telling(incident) if chain is None else _step(incident, chain, directory, now, skew)
    if ack.critical_since is not None and now >= ack.critical_since + EXPIRES_AFTER:
        return _expired(incident, directory, now, skew)
    reminded = replace(incident, acknowledged=replace(ack, reminded=True))
    owed = tuple(
        Owed(target, Verb.REMINDER, ACKNOWLEDGEMENT) for target in _whoever_acknowledged(incident, directory)
    )
    note = Note(Verb.REMINDER, Because.ACKNOWLEDGEMENT_RUNS_OUT, ack.by)
    return Telling(reminded, owed, (note,))


def next_of(incident: Incident, directory: Directory, now: float, skew: float) -> tuple[Target, ...]:
    """Whom what comes next would be told, were it due now."""
    due = upcoming(incident)
    if due is None:
        return ()
    return tuple(each.target for each in fall_due(incident, directory, due.at, skew).owed)


def matter(incident: Incident) -> Matter:
    """What routes and silences read of an incident."""
    return Matter(messages.labels(incident), incident.severity.value)


def _opened(incident: Incident, kind: Verb, directory: Directory, now: float, skew: float) -> Telling:
    """It opens, or opens again after its close was told: the routes, and the chain where it begins or stood."""
    routed = route(matter(incident), now + skew, directory)
    calls = list(routed.calls)
    chain = _resumed(incident.escalation) or _begun(routed, directory)
    notes: tuple[Note, ...] = ()
    if incident.acknowledged is not None:
        calls += [Call(each, ACKNOWLEDGEMENT) for each in _whoever_acknowledged(incident, directory)]
    if chain is not None and (incident.acknowledged is None or not calls):
        chain, more, notes = _first(incident, chain, calls, directory, now, skew)
        calls += more
    opened = replace(incident, escalation=chain, closed_to=())
    return _told(opened, [Owed(each.target, kind, each.because) for each in distinct(calls)], notes, routed)


def _worsened(incident: Incident, kind: Verb, directory: Directory, now: float, skew: float) -> Telling:
    """To whoever was told before, and to whom the routes tell as it is now; more severe, it may have another chain."""
    routed = route(matter(incident), now + skew, directory)
    calls = [*_before(incident, directory), *routed.calls]
    notes: tuple[Note, ...] = ()
    chain = incident.escalation
    if kind is Verb.RAISED and routed.chain and (chain is None or chain.chain != routed.chain):
        chain = _begun(routed, directory)
        if chain is not None and incident.acknowledged is None:
            chain, more, notes = _first(incident, chain, calls, directory, now, skew)
            calls += more
    worse = replace(incident, escalation=chain)
    return _told(worse, [Owed(each.target, kind, each.because) for each in distinct(calls)], notes)


def _ended(incident: Incident, verb: Verb, directory: Directory) -> Telling:
    """To everybody who was told that it opened, silenced or not, and to nobody else."""
    chain = None if incident.escalation is None else escalation.stopped(incident.escalation)
    owed = tuple(Owed(each.target, verb, each.because) for each in _before(incident, directory))
    heard = incident.heard or bool(incident.told)
    over = replace(
        incident, told=(), closed_to=incident.told, escalation=chain, silenced_by="", missed="", untold="",
        heard=heard,
    )  # fmt: skip
    return Telling(over, owed)


def _held_back(incident: Incident, verb: Verb, held_by: str) -> Telling:
    missed = _graver(incident.missed, verb)
    held = replace(incident, silenced_by=held_by, missed=missed)
    return Telling(held, notes=(replace(_silenced(held_by), note=f"{held_by}: {verb}"),))


def _step(incident: Incident, chain: Escalation, directory: Directory, now: float, skew: float) -> Telling:
    """The chain goes on."""
    moved = escalation.advance(chain, now, _finder(incident, directory, now + skew))
    notes = _passed(moved)
    after = replace(incident, escalation=moved.escalation)
    if moved.outcome is Outcome.REMINDER:
        owed = [Owed(each.target, Verb.REMINDER, each.because) for each in _before(incident, directory)]
        return _told(after, owed, (*notes, Note(Verb.REMINDER, Because.REMINDER_DUE)))
    if moved.outcome is not Outcome.STEP:
        return Telling(after, notes=notes)
    place = moved.escalation.place
    owed = [Owed(each, Verb.ESCALATED, place) for each in moved.targets]
    return _told(after, owed, (*notes, Note(Verb.ESCALATED, Because.STEP_DUE, place)))


def _expired(incident: Incident, directory: Directory, now: float, skew: float) -> Telling:
    """The acknowledgement has run out: the chain starts again; without one, whoever was told before is told that."""
    ack = incident.acknowledged
    note = Note(Verb.UNACKNOWLEDGED, Because.ACKNOWLEDGEMENT_EXPIRED, ack.by if ack else "")
    free = replace(incident, acknowledged=None)
    chain = incident.escalation
    if chain is None:
        owed = [Owed(each.target, Verb.UNACKNOWLEDGED, ACKNOWLEDGEMENT) for each in _before(free, directory)]
        return _told(free, owed, (note,))
    began, calls, notes = _first(free, escalation.again(chain), [], directory, now, skew)
    owed = [Owed(each.target, Verb.UNACKNOWLEDGED, each.because) for each in calls]
    return _told(replace(free, escalation=began), owed, (note, *notes))


def _first(
    incident: Incident,
    chain: Escalation,
    calls: Iterable[Call],
    directory: Directory,
    now: float,
    skew: float,
) -> tuple[Escalation, list[Call], tuple[Note, ...]]:
    """Begin or resume a chain together with what is told anyway: where it stands, its calls, what was passed over."""
    moved = escalation.advance(chain, now, _finder(incident, directory, now + skew))
    parties = frozenset(each.target.party for each in calls)
    more = [Call(each, moved.escalation.place) for each in moved.targets]
    return escalation.joined(moved.escalation, parties), more, _passed(moved)


def _told(
    incident: Incident, owed: Iterable[Owed], notes: tuple[Note, ...], routed: Routed | None = None
) -> Telling:
    """The incident with whoever is told now among those who were."""
    owed = tuple(owed)
    fresh = {each.target.party: each.target for each in owed}
    kept = tuple(fresh.pop(each.party, each) for each in incident.told)
    told = (*kept, *fresh.values())
    untold = "" if told or routed is None else _why_nobody(routed)
    if untold and untold != incident.untold:
        missed = ", ".join(f"{reference}: {why}" for reference, why in (routed.missed if routed else ()))
        notes = (*notes, Note(Verb.UNTOLD, untold, missed))
    return Telling(
        replace(incident, told=told, untold="" if told else untold or incident.untold), owed, notes
    )


def _why_nobody(routed: Routed) -> str:
    return Reason.NOBODY_FOUND if routed.reason is Reason.ROUTED else routed.reason


def _before(incident: Incident, directory: Directory) -> list[Call]:
    """Everybody who was told so far, people by the way that reaches them best now."""
    return [Call(_way(each, incident, directory), TOLD_BEFORE) for each in incident.told]


def _way(target: Target, incident: Incident, directory: Directory) -> Target:
    person = directory.duty.people.get(target.person)
    if person is None:
        return target
    last = Contact(target.receiver, target.to)
    return reach(person, matter(incident), directory, last) or target


def _finder(incident: Incident, directory: Directory, civil: float) -> escalation.Find:
    asked = matter(incident)

    def look(step: Step) -> tuple[Target, ...] | Passing:
        if step.hours and not directory.is_open(step.hours, civil):
            return Passing.OUT_OF_HOURS
        found = (find(each, asked, civil, directory).targets for each in step.tell)
        calls = distinct(Call(target, "") for targets in found for target in targets)
        return tuple(each.target for each in calls) or Passing.FINDS_NOBODY

    return look


def _begun(routed: Routed, directory: Directory) -> Escalation | None:
    chain = directory.duty.chains.get(routed.chain)
    return None if chain is None else escalation.begin(chain)


def _resumed(chain: Escalation | None) -> Escalation | None:
    return None if chain is None else escalation.resumed(chain)


def _whoever_acknowledged(incident: Incident, directory: Directory) -> tuple[Target, ...]:
    """The person; where no person has that name or id, everybody told so far, or that it was over."""
    person = _person_who_acknowledged(incident, directory)
    told = incident.told or incident.closed_to
    return person or tuple(_way(each, incident, directory) for each in told)


def _person_who_acknowledged(incident: Incident, directory: Directory) -> tuple[Target, ...]:
    by = incident.acknowledged.by if incident.acknowledged else ""
    person = directory.duty.people.get(by) or _of_name(by, directory)
    if person is None:
        return ()
    last = next((Contact(each.receiver, each.to) for each in incident.told if each.person == person.id), None)
    target = reach(person, matter(incident), directory, last)
    return () if target is None else (target,)


def _of_name(name: str, directory: Directory) -> Person | None:
    wanted = name.casefold()
    return next((each for each in directory.duty.people.values() if each.name.casefold() == wanted), None)


def _passed(moved: Advance) -> tuple[Note, ...]:
    chain = moved.escalation.chain
    return tuple(
        Note(Verb.PASSED, each.why, f"chain {chain} step {each.step + 1} round {each.round}")
        for each in moved.passed
    )


def _silenced(held_by: str) -> Note:
    return Note(Verb.SILENCED, "maintenance" if held_by == MAINTENANCE else "silence", held_by)


def _graver(missed: str, verb: Verb) -> Verb:
    both = [each for each in _GRAVEST if each in (missed, verb)]
    return both[0] if both else verb
