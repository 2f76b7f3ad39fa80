"""What somebody means who presses the button of a message, and whether it counts. Pure (docs/decisions/0017).

The button carries the number of a delivery and nothing else. Whoever makes up a number can only name a message that
went to the chat they press in, and only people of the configuration are heard.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from alerts.fitting import cut
from alerts.incidents import Verb
from alerts.notification import Notification
from alerts.rendering import ENDED, OWN
from ioc.duty import Contact, Person

LONGEST = 200
"""characters of a reply: what Telegram shows (core.telegram.org/bots/api, "answerCallbackQuery")"""
_DATA = re.compile(r"ack:(\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Press:
    """One press of a button: whose, in which chat, below which message, and what the button carried."""

    id: str
    user: str
    chat: str
    title: str
    """the chat's public name as an address, `@name`; empty where it has none"""
    message: int
    data: str


class Outcome(StrEnum):
    """What a press comes to."""

    TAKE = "take"
    """it counts, and is to be carried out"""
    TAKEN = "taken"
    YOURS = "yours"
    """whoever presses has it in hand already"""
    THEIRS = "theirs"
    """somebody else has"""
    CLOSED = "closed"
    SPENT = "spent"
    """it was carried out already, and what it began has run out since"""
    STRANGER = "stranger"
    """nobody whom the configuration knows"""
    UNKNOWN = "unknown"
    """the button is of no message that this chat was sent"""


_VIETNAMESE = {
    Outcome.TAKEN: "Bạn đã tiếp nhận sự cố {incident}.",
    Outcome.YOURS: "Sự cố {incident} bạn đã tiếp nhận rồi.",
    Outcome.THEIRS: "{by} đã tiếp nhận sự cố {incident}.",
    Outcome.CLOSED: "Sự cố {incident} đã đóng.",
    Outcome.SPENT: "Nút này đã dùng một lần; hãy bấm ở tin mới hơn.",
    Outcome.STRANGER: "Chưa tiếp nhận: mã Telegram {user} không có trong danh bạ người trực.",
    Outcome.UNKNOWN: "Chưa tiếp nhận: nút này không còn dùng được, hãy mở trang giám sát.",
}
_ENGLISH = {
    Outcome.TAKEN: "You have acknowledged incident {incident}.",
    Outcome.YOURS: "You have acknowledged incident {incident} already.",
    Outcome.THEIRS: "{by} has acknowledged incident {incident}.",
    Outcome.CLOSED: "Incident {incident} is closed.",
    Outcome.SPENT: "This button was used once; press the one of a newer message.",
    Outcome.STRANGER: "Not acknowledged: nobody on file has the Telegram id {user}.",
    Outcome.UNKNOWN: "Not acknowledged: this button is of no use any more, open the wall.",
}
_REPLIES: Mapping[str, Mapping[Outcome, str]] = MappingProxyType({"vi": _VIETNAMESE, "en": _ENGLISH})


def asks(notification: Notification) -> bool:
    """Whether a message asks somebody to take its incident in hand: nobody has, or whoever has is reminded."""
    if not notification.incident or notification.kind in ENDED | OWN:
        return False
    return notification.kind == Verb.REMINDER or "acknowledged" not in notification.annotations


def data_of(notification: Notification) -> str:
    """What the button of a message carries; 22 bytes at most."""
    return f"ack:{notification.id}"


def delivery_of(data: str) -> int | None:
    """The number of the delivery whose button carries this; None for what is no button of ours."""
    found = _DATA.fullmatch(data)
    return int(found[1]) if found else None


def presser(press: Press, receiver: str, people: Mapping[str, Person]) -> Person | None:
    """Who pressed: the person with this very contact, since nobody can press in another's name."""
    contact = Contact(receiver, press.user)
    return next((each for each in people.values() if contact in each.contacts), None)


def is_of(press: Press, notification: Notification, receiver: str, own: str) -> bool:
    """Whether a message went to the chat of the press, by the same receiver; `own` is the receiver's address."""
    to = notification.to or own
    here = press.chat == to or (bool(press.title) and press.title.casefold() == to.casefold())
    return here and notification.receiver == receiver


def judge(incident: Mapping[str, Any] | None, person: Person, since: float, spent: bool) -> Outcome:
    """What a press comes to, of the picture's `incident/N`; None: it was closed and forgotten.

    `since` is when the message was owed (steady): who acknowledged later than that did so after what it says. `spent`:
    this person has acknowledged the incident since, whatever became of it.
    """
    if incident is None or incident["status"] != "open":
        return Outcome.CLOSED
    known = incident["acknowledged"]
    if known is not None and known["at"] > since:
        return Outcome.YOURS if known["by"] in (person.id, person.name) else Outcome.THEIRS
    return Outcome.SPENT if spent else Outcome.TAKE


def reply(outcome: Outcome, language: str, **said: object) -> str:
    """What whoever pressed reads; `said` has `incident`, `by` and `user`."""
    texts = _REPLIES.get(language, _VIETNAMESE)
    return cut(texts[outcome].format_map(said), LONGEST)
