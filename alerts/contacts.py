"""Which of a person's contacts a message tries first, and which one next. Pure (docs/decisions/0013, 0016)."""

from __future__ import annotations

from collections.abc import Collection

from ioc.duty import Contact, Person


def order(person: Person, trouble: Collection[str], last: Contact | None) -> tuple[Contact, ...]:
    """A person's contacts in the order in which a new message tries them.

    Contacts of receivers in `trouble` come after all others; among equals the one that worked `last` for the same
    incident is first, the others stand as configured.
    """
    return tuple(sorted(person.contacts, key=lambda each: (each.by in trouble, each != last)))


def following(person: Person, tried: Collection[Contact], trouble: Collection[str]) -> Contact | None:
    """The contact to try after those that were `tried`; None when there is no other."""
    return next((each for each in order(person, trouble, None) if each not in tried), None)
