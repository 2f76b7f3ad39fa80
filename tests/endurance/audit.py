"""The delivery ledger against what arrived: what may not be, as sentences. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tests.endurance.household import CHAIN, HOOK
from tests.endurance.post import Message

Row = Mapping[str, Any]
Transition = tuple[str, int, str, str]
"""party, incident, kind and because: what nobody is told twice without a word that it is a repeat"""
WAKING = frozenset({"escalated", "reminder"})


class Audit:
    """What the ledger says of each message that arrived."""

    def __init__(self, rows: Iterable[Row], messages: Sequence[Message]) -> None:
        self.rows = {each["id"]: each for each in rows}
        self.messages = messages
        self._of_hook = {
            (f"receiver:{each['receiver']} {each['incident']} {each['kind']}"): each
            for each in self.rows.values()
            if not each["person"]
        }

    def row(self, message: Message) -> Row | None:
        """The delivery that a message was; None when the ledger knows of none."""
        if message.channel == "webhook":
            return self._of_hook.get(message.delivery)
        return self.rows.get(int(message.delivery))

    def transition(self, row: Row) -> Transition:
        """What a delivery tells whom: of one that took another's place, what that one told."""
        first = row
        while first["because"] == "failover":
            first = self.rows[first["instead_of"]]
        return party(row), row["incident"], row["kind"], first["because"]

    def told(self) -> dict[Transition, list[Message]]:
        """The messages of each transition, as they came."""
        found: dict[Transition, list[Message]] = defaultdict(list)
        for message in self.messages:
            row = self.row(message)
            if row is not None:
                found[self.transition(row)].append(message)
        return found

    def faults(self) -> Iterator[str]:
        """What may not be, whatever was silenced or acknowledged."""
        told = self.told()
        for transition, messages in told.items():
            for each in messages[1:]:
                if not each.repeat:
                    yield f"{transition} was told twice without saying so: {messages}"
        for message in self.messages:
            yield from self._of_message(message)
        for row in self.rows.values():
            if row["state"] == "told" and row["incident"] and not told.get(self.transition(row)):
                yield f"the ledger says it was told, and nothing arrived: {row}"
        yield from self._closed_in_vain(told)
        yield from self._owed_twice()

    def _of_message(self, message: Message) -> Iterator[str]:
        row = self.row(message)
        if row is None:
            yield f"the ledger knows nothing of it: {message}"
        elif (row["kind"], party(row)) != (message.kind, message.party):
            yield f"the ledger has it as {row}: {message}"

    def _closed_in_vain(self, told: Mapping[Transition, Sequence[Message]]) -> Iterator[str]:
        """Who never heard of a beginning needs to hear of no end."""
        heard = {(party, incident) for party, incident, kind, _ in told if kind != "closed"}
        for party_, incident, kind, _ in told:
            if kind == "closed" and (party_, incident) not in heard:
                yield f"{party_} was told the end of incident {incident}, and nothing before"

    def _owed_twice(self) -> Iterator[str]:
        """One transition is owed once; what fails over takes the place of the one before."""
        owed: dict[Transition, list[int]] = defaultdict(list)
        for id, row in self.rows.items():
            if row["because"] != "failover":
                owed[self.transition(row)].append(id)
        for transition, ids in owed.items():
            if len(ids) > 1:
                yield f"{transition} is owed as {ids}"

    def woken_after(self, acknowledged: Mapping[int, float]) -> Iterator[str]:
        """Steps of a chain that were due after somebody had the incident in hand."""
        for row in self.rows.values():
            since = acknowledged.get(row["incident"])
            if since is not None and row["kind"] in WAKING and row["at"] > since:
                yield f"acknowledged at {since:.3f}, and: {row}"

    def told_while_silent(self, silenced: Mapping[int, float]) -> Iterator[str]:
        """What was owed of incidents after a silence of them, but for their end."""
        for row in self.rows.values():
            since = silenced.get(row["incident"])
            if since is not None and row["kind"] != "closed" and row["at"] > since:
                yield f"silenced at {since:.3f}, and: {row}"

    def chain_of(self, incident: int) -> set[tuple[str, str, str]]:
        """The steps of the chain that were told and answered: party, kind, because."""
        return {
            (party, kind, because)
            for (party, number, kind, because), messages in self.told().items()
            if number == incident and any(each.answered for each in messages)
        } & set(CHAIN)


def party(row: Row) -> str:
    """Whom a delivery is for, as a reference."""
    return f"person:{row['person']}" if row["person"] else f"receiver:{row['receiver']}"


def whoever_heard(messages: Iterable[Message]) -> dict[str, set[str]]:
    """Who was told, and answered, that something is wrong, by its subject."""
    found: dict[str, set[str]] = defaultdict(set)
    for each in messages:
        if each.answered and each.kind != "closed":
            found[each.subject].add(each.party)
    return found


EVERYBODY = {HOOK} | {party for party, _, _ in CHAIN}
"""whoever is told of something that nobody takes in hand"""
