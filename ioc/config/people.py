"""People who can be told, from what was written."""

from __future__ import annotations

from collections.abc import Mapping

from ioc.config import duty_schema
from ioc.config.compiled import Receiver
from ioc.config.directory import Piece
from ioc.config.faults import Faults
from ioc.config.fit import fit
from ioc.config.known import Known
from ioc.duty import Contact, Duty, Person


def people(named: Mapping[str, Piece], known: Known, faults: Faults) -> dict[str, Person]:
    """Everybody whose entry is sound."""
    out: dict[str, Person] = {}
    for id, piece in named.items():
        written = fit(duty_schema.Person, piece, faults, "person")
        if written is not None:
            _check(written, piece, known, faults)
            out[id] = _person(id, written)
    return out


def check_reach(
    duty: Duty, receivers: Mapping[str, Receiver], named: Mapping[str, Piece], faults: Faults
) -> None:
    """Whoever may be told has a way to be reached, and one that takes critical incidents."""
    for id in told(duty):
        person = duty.people.get(id)
        if person is None:
            continue
        ways = [receivers[each.by].severities for each in person.contacts if each.by in receivers]
        if not person.contacts:
            hint = "give contacts: [{by: RECEIVER, to: ADDRESS}]"
            what = "person who is told and has no contacts:"
            faults.add("unreachable-person", named[id].place(), what, id, hint)
        elif ways and not any("critical" in severities for severities in ways):
            hint = "no receiver of the contacts takes that severity"
            place = named[id].place("contacts")
            faults.warn("untold-critical", place, "person who is not told of critical incidents:", id, hint)


def told(duty: Duty) -> list[str]:
    """The ids of all who are on call at some time, or named by a chain or a route, in order."""
    steps = [step.tell for chain in duty.chains.values() for step in chain.steps]
    references = [each for tell in (*steps, *(route.tell for route in duty.routes)) for each in tell]
    named = {each.removeprefix("person:") for each in references if each.startswith("person:")}
    if "unit" in references:
        named |= {person.id for person in duty.people.values() if person.unit}
    return sorted(named.union(*(schedule.people() for schedule in duty.schedules.values())))


def _check(written: duty_schema.Person, piece: Piece, known: Known, faults: Faults) -> None:
    for index, contact in enumerate(written.contacts):
        known.expect("receiver", contact.by, piece.place("contacts", index, "by"), faults)
    if written.unit is not None:
        known.expect("unit", written.unit, piece.place("unit"), faults)


def _person(id: str, written: duty_schema.Person) -> Person:
    return Person(
        id=id,
        name=written.name,
        contacts=tuple(Contact(each.by, each.to) for each in written.contacts),
        unit=written.unit or "",
        phone=written.phone,
        language=written.language,
        digest=written.digest,
    )
