"""Where messages arrive: a webhook, a gateway for short messages and a mail server, and what they must not see.

Each end may kill the service when it has received a message and before it answers. What must never be seen is a
sentence in `Post.faults`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from alerts.wording import VIETNAMESE
from ioc.clock import Clock
from tests.alerts.channels.postman import Postman

CHANNELS = ("webhook", "sms", "mail")
SENT_AGAIN = "(Gửi lại) "
"""stands before a short message that may have been read before"""
_ROOM = re.compile(r"(room|noise)-[0-9]{4}")
_DELIVERY = re.compile(r"<ioc-[0-9]+-([0-9]+)-")


@dataclass(frozen=True, slots=True)
class Message:
    """One message as its end received it; `answered` is False when the service was dead before the answer.

    `party` is `receiver:NAME` or `person:ID`, `delivery` what tells one delivery from another at this end: its id,
    and of a webhook the receiver, the incident and the kind. `at` is the machine's steady time.
    """

    channel: str
    party: str
    subject: str
    kind: str
    delivery: str
    repeat: bool
    at: float
    answered: bool = True


@dataclass(slots=True)
class Post:
    """Every message of every channel. `deadly` says of each whether it kills; `kill` does it.

    `people` are the ids of people by their address. `refusing` are channels that take nothing just now.
    """

    kill: Callable[[], None]
    heard: Callable[[], None]
    people: dict[str, str]
    deadly: Callable[[Message], bool] = field(default=lambda message: False)
    alive: bool = False
    refusing: str = ""
    refused: Counter[str] = field(default_factory=Counter)
    messages: list[Message] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def told(self, kind: str, party: str) -> set[str]:
        """The subjects that a party was told of so, and that were answered."""
        return {
            each.subject
            for each in self.messages
            if (each.kind, each.party) == (kind, party) and each.answered
        }

    def refuses(self, channel: str) -> bool:
        """Whether a channel takes nothing just now; what it refuses is counted."""
        self.refused[channel] += self.refusing == channel
        return self.refusing == channel

    async def webhook(self, request: web.Request) -> web.Response:
        """One POST of Alertmanager's payload, version 4."""
        if self.refuses("webhook"):
            return web.Response(status=503)
        body = await request.json()
        for alert in body["alerts"]:
            labels, notes = alert["labels"], alert["annotations"]
            if "unrecorded" in notes:
                self.faults.append(f"not recorded: {notes}")
            incident, kind = labels["incident"], notes["kind"]
            party, again = f"receiver:{body['receiver']}", "repeat" in notes
            self._take("webhook", party, labels["subject"], kind, f"{party} {incident} {kind}", again)
        return web.Response()

    async def gateway(self, request: web.Request) -> web.Response:
        """One short message as JSON."""
        if self.refuses("sms"):
            return web.Response(status=503)
        body: dict[str, Any] = await request.json()
        text = body["text"]
        again = text.startswith(SENT_AGAIN)
        kind = _kind(text.removeprefix(SENT_AGAIN))
        self._take("sms", f"person:{self.people[body['to']]}", _subject(text), kind, body["id"], again)
        return web.json_response({"taken": True})

    def mail(self, mail: EmailMessage, to: str) -> None:
        """One mail to one address."""
        found = _DELIVERY.match(mail["Message-ID"])
        plain = mail.get_body(("plain",))
        assert found is not None
        assert plain is not None
        again = VIETNAMESE.repeat in plain.get_content()
        subject = _subject(mail["Subject"])
        self._take("mail", f"person:{self.people[to]}", subject, mail["X-IOC-Kind"], found[1], again)

    def _take(self, channel: str, party: str, subject: str, kind: str, delivery: str, repeat: bool) -> None:
        message = Message(channel, party, subject, kind, delivery, repeat, self.clock.now())
        if self.deadly(message):
            self.kill()
        message = replace(message, answered=self.alive)
        if (channel, delivery) in self._seen and not repeat:
            self.faults.append(f"told twice without saying so: {message}")
        if subject.startswith("noise"):
            self.faults.append(f"nobody is to be told of this: {message}")
        self._seen.add((channel, delivery))
        self.messages.append(message)
        self.heard()


class MailServer(Postman):
    """A mail server whose mails arrive in the post."""

    def __init__(self, post: Post) -> None:
        super().__init__()
        self._post = post

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:  # fmt: skip
        if self._post.refuses("mail"):
            return "550 5.1.1 No such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        mail = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(envelope.content)
        for address in envelope.rcpt_tos:
            self._post.mail(mail, address)
        return "250 OK"


def _subject(text: str) -> str:
    found = _ROOM.search(text)
    return found[0] if found else ""


def _kind(text: str) -> str:
    """The kind that a short message's heading says."""
    heading = text.split("\n", 1)[0]
    said = (kind for kind, words in VIETNAMESE.kinds.items() if words and words in heading)
    return next(said, "opened")
