"""Whether the addresses of people are ones that their channels can send to."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ioc.config.compiled import Receiver
from ioc.config.directory import Piece
from ioc.config.faults import Faults
from ioc.duty import Duty

Misaddressed = Callable[[str, str], str]
"""what is wrong with an address for a channel; empty where nothing is"""


def nothing_wrong(channel: str, to: str) -> str:
    """Takes every address."""
    return ""


def check(
    duty: Duty,
    told: Mapping[str, Receiver],
    pieces: Mapping[str, Piece],
    misaddressed: Misaddressed,
    faults: Faults,
) -> None:
    """An address that cannot be sent to is found before somebody is to be woken by it."""
    for id, person in duty.people.items():
        for index, contact in enumerate(person.contacts):
            receiver = told.get(contact.by)
            wrong = misaddressed(receiver.channel, contact.to) if receiver else ""
            if wrong:
                place = pieces[id].place("contacts", index, "to")
                faults.add("bad-contact", place, f'contact of "{id}" by "{contact.by}": {wrong}')
