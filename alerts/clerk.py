"""Answers what people ask of the delivery ledger, and sends test pages, which go the way of real ones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from alerts import explain
from alerts.channels.base import Receiver
from alerts.dispatch import Dispatch
from alerts.lateness import TEST
from alerts.messages import spoken
from alerts.notification import Notification
from ioc.clock import Clock
from ioc.deliveries import Asked, Row, columns, rows, statement
from ioc.duty import Person
from ioc.errors import Refused
from ioc.state.look import Look

AT_ONCE = 2
"""questions that read the state file at a time"""
PATIENCE = 30.0
"""seconds that whoever sends a test page waits for what becomes of it"""
MOST_PEOPLE = 20
"""people on call that one test page goes to"""

OnCall = Callable[[str], Sequence[str]]
"""ids of the people on call now by schedule; raises errors.Refused for a schedule that is not configured"""


class Clerk:
    """Reads the ledger off the event loop; `people` and `receivers` are those configured now."""

    def __init__(
        self, clock: Clock, look: Look, dispatch: Dispatch, people: Callable[[], Mapping[str, Person]],
        receivers: Callable[[], Mapping[str, Receiver]], on_call: OnCall,
    ) -> None:  # fmt: skip
        self._clock = clock
        self._look = look
        self._dispatch = dispatch
        self._people = people
        self._receivers = receivers
        self._on_call = on_call
        self._places = asyncio.Semaphore(AT_ONCE)

    async def deliveries(self, asked: Asked, language: str = "") -> Sequence[Row]:
        """The rows of a question, newest first; each as a sentence too, `text`, where a language is named."""
        sql, params = statement(asked)
        async with self._places:
            found = rows(await asyncio.to_thread(self._look.read, sql, params))
        return [{**each, "text": explain.delivered(each, language)} for each in found] if language else found

    async def explain(self, incident: int, person: str, language: str) -> Mapping[str, Any]:
        """Why who was told of an incident, or why one person was or was not. Raises Refused."""
        async with self._places:
            told = await asyncio.to_thread(explain.story, self._look, incident, person, language)
        return {"incident": told.incident, "about": told.about, "facts": list(told.facts)}

    async def page(self, to: str, by: str) -> Sequence[Row]:
        """Send a test page to a reference and wait a while: every delivery made of it, and of one
        that is still owed what its receiver failed with last. Raises Refused."""
        pages = [self._test(receiver, address, person, by) for receiver, address, person in self._whom(to)]
        waits = [self._dispatch.post(each) for each in pages]
        await asyncio.wait(waits, timeout=PATIENCE)
        first = min(each.id for each in pages)
        async with self._places:
            found = rows(await asyncio.to_thread(self._look.read, _SINCE, (first,)))
        made = _made_of({each.id for each in pages}, found)
        failing = {each["receiver"]: each["detail"] for each in self._dispatch.shown()["failing"]}
        return [
            {**row, "answer": failing.get(row["receiver"], "")} if row["state"] == "owed" else row
            for row in made
        ]

    def _whom(self, to: str) -> list[tuple[str, str, Person | None]]:
        kind, _, name = to.partition(":")
        match kind:
            case "receiver" if name in self._receivers():
                if not self._receivers()[name].channel.own_address():
                    raise Refused(f"receiver {name!r} has no address of its own; page a person", status=422)
                return [(name, "", None)]
            case "receiver":
                raise Refused(
                    f"there is no receiver {name!r}; one of {_listed(self._receivers())}", status=404
                )
            case "person":
                return [self._contact(name)]
            case "schedule":
                people = list(self._on_call(name))[:MOST_PEOPLE]
                if not people:
                    raise Refused(f"nobody is on call in schedule {name!r}", status=409)
                return [self._contact(each) for each in people]
        raise Refused(
            f"{to[:80]!r} is nobody to page; write person:ID, receiver:NAME or schedule:ID", status=422
        )

    def _contact(self, id: str) -> tuple[str, str, Person]:
        person = self._people().get(id)
        if person is None:
            raise Refused(f"there is no person {id!r}; one of {_listed(self._people())}", status=404)
        contact = self._dispatch.contact(0, person)
        if contact is None:
            raise Refused(f"person {id!r} has no contacts", status=422)
        return contact.by, contact.to, person

    def _test(self, receiver: str, to: str, person: Person | None, by: str) -> Notification:
        number, civil = self._dispatch.number(), self._clock.civil(self._clock.now())
        language = person.language if person else "vi"
        title = f"sent by {by}" if language == "en" else f"do {by} gửi"
        known = {"what": title, "summary": title, "since": spoken(civil), "kind": TEST}
        labels = {"alertname": TEST, "incident": "0", "subject": "self/page", "delivery": str(number)}
        return Notification(
            number, 0, receiver, TEST, "firing", "critical", civil, civil, None, labels, known, to=to,
            person=person.id if person else "", language=language, because=TEST,
        )  # fmt: skip


def _made_of(ids: set[int], found: Sequence[Row]) -> list[Row]:
    """Those deliveries and all that took their place, in order."""
    wanted, out = set(ids), []
    for row in sorted(found, key=lambda each: int(each["id"])):
        if row["id"] in wanted or row["instead_of"] in wanted:
            wanted.add(row["id"])
            out.append(row)
    return out


def _listed(known: Mapping[str, object]) -> str:
    names = sorted(known)
    return ", ".join(names[:20]) + (" …" if len(names) > 20 else "") if names else "none is configured"


_SINCE = f"SELECT {columns()} FROM deliveries WHERE id >= ? AND kind = 'test' ORDER BY id LIMIT 1000"  # noqa: S608
