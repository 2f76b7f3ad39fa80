"""What an edXML message says of the documents whose reception is watched: a record a recipient, or a step.

A document is one case for each body it was sent to, `document/{DocumentId}>{OrganId}`. A document's message makes its
records, a status message makes one step. Moments are civil seconds since the Unix epoch. Source of the codes:
28/2018/QĐ-TTg and QCVN 102:2016/BTTTT; docs/documents.md says what each means here.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from zoneinfo import ZoneInfo

from collectors.wire.edxml import Group, Message
from collectors.wire.signers import Signed, marks
from ioc.cases.model import UNKNOWN_UNIT, Fault, Finding, Kind, Record, Stage, Step, Update, key_of
from ioc.errors import CodecError
from ioc.legible import stripped

LONGEST_ID = 200
LONGEST_ORGAN = 64
SENT, RECALLED, REPLACED = "sent", "recalled", "replaced"
RECALL, UPDATE, REPLACEMENT = "1", "2", "3"
"""BussinessDocType; 0 is a new document"""
RECEIVED = "received"
"""in the table of codes: over or open, as a site counts"""
_ORGAN = re.compile(r"[0-9A-Z]+(?:[.:_-][0-9A-Z]+)*")
_DOCUMENT = re.compile(r"[^,]+,\d{4}/\d{2}/\d{2},[^/]*/.+")
_MOMENT = re.compile(
    r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?)?(?: ?(Z|[+-]\d{2}:?\d{2}))?"
)
_TURNED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})(.*)")


@dataclass(frozen=True, slots=True)
class Reading:
    """How the messages of one source are read.

    `unit_of` is our id of an OrganId; `stage_of` what a status code means; `day_end` the moment that a date without a
    time means. `secret` are words that make a document secret, as `folded` gives them.
    """

    source: str
    zone: ZoneInfo
    day_end: Callable[[date], float]
    unit_of: Callable[[str], str | None]
    stage_of: Callable[[str], Stage | None]
    secret: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Told:
    """What one message says; nothing at all of a document that is `secret`."""

    updates: tuple[Update, ...] = ()
    findings: tuple[Finding, ...] = ()
    secret: bool = False


@cache
def codes() -> Mapping[str, str]:
    """What each code of the standard means: a stage, or `received`."""
    text = files("collectors.wire").joinpath("edxml.csv").read_text("utf-8")
    return MappingProxyType({row["code"]: row["stage"] for row in csv.DictReader(text.splitlines())})


def stages(until_done: bool) -> Mapping[str, Stage]:
    """The stage of each code; a document that was received is over, or with `until_done` open until it is done."""
    received = Stage.OPEN if until_done else Stage.DONE
    return {code: received if means == RECEIVED else Stage(means) for code, means in codes().items()}


def told(message: Message, reading: Reading) -> Told:
    """What a message says; raises CodecError where it does not say what it is about, or when."""
    if is_secret(message, reading.secret):
        return Told(secret=True)
    said = list(_status(message, reading) if _code(message) else _document(message, reading))
    updates = tuple(each for each in said if not isinstance(each, Finding))
    return Told(updates, tuple(each for each in said if isinstance(each, Finding)))


def is_secret(message: Message, words: frozenset[str]) -> bool:
    """Whether anything that may say so says that a document is secret."""
    return any(f" {word} " in f" {folded(text)} " for text in message.secrecy for word in words)


def folded(text: str) -> str:
    """A text for comparing: composed, without case, words apart by one space."""
    plain = unicodedata.normalize("NFC", text).casefold()
    return " ".join("".join(each if each.isalnum() else " " for each in plain).split())


def moment(text: str, zone: ZoneInfo) -> tuple[date, float | None]:
    """The date that a text says, and the moment where it says a time; raises ValueError."""
    turned = _TURNED.fullmatch(text.strip())
    found = _MOMENT.fullmatch("{2}-{1}-{0}{3}".format(*turned.groups()) if turned else text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no date; write 2026/11/24 or 2026/11/24 08:30:00")
    year, month, day, hour, minute, second, offset = found.groups()
    when = date(int(year), int(month), int(day))
    if hour is None:
        return when, None
    at = datetime(when.year, when.month, when.day, int(hour), int(minute), int(second or 0), tzinfo=zone)
    if offset:
        at = datetime.fromisoformat(at.replace(tzinfo=None).isoformat() + offset)
    return when, at.timestamp()


def _document(message: Message, reading: Reading) -> Iterator[Update | Finding]:
    """A record for each recipient, and what becomes of documents that this one recalls or replaces."""
    id = _id(message.all("messageheader"), message)
    sent, wrong = _sent(message, reading.zone)
    organs = list(dict.fromkeys(_organ(each.get("organid", "")) for each in message.all("to")))
    if not any(organs):
        raise CodecError(f"{id}: names nobody it is sent to; To/OrganId is missing")
    act = message.text("business", "businessdoctype").lstrip("0") or "0"
    for organ in filter(None, organs):
        if act != RECALL:
            yield from _record(message, reading, key(id, organ), organ, sent)
        for ended, status in _ended(message, act, id):
            yield Step(key(ended, organ), sent, reading.source, status, Stage.WITHDRAWN)
    first = key(id, next(filter(None, organs)))
    if not _DOCUMENT.fullmatch(id):
        yield Finding(first, Fault.INVALID_CODE, reading.source, id)
    if wrong:
        yield Finding(first, Fault.IMPOSSIBLE_TIME, reading.source, wrong)


def _ended(message: Message, act: str, id: str) -> Iterator[tuple[str, str]]:
    """The documents that are over because of this one, and the status that says so."""
    if act == RECALL:
        yield _tidy(message.text("business", "documentid")) or id, RECALLED
    if act == REPLACEMENT:
        named = [*message.all("replacementinfo"), *message.all("business")]
        for each in dict.fromkeys(_tidy(group.get("documentid", "")) for group in named):
            if each and each != id:
                yield each, REPLACED


def _record(
    message: Message, reading: Reading, key: str, organ: str, sent: float
) -> Iterator[Update | Finding]:
    unit = reading.unit_of(organ)
    due, wrong = _due(message, reading)
    yield Record(
        key, sent, reading.source, unit or UNKNOWN_UNIT, SENT, Stage.OPEN,
        received=sent,
        due=due,
        procedure=stripped(message.text("messageheader", "typename"))[:80],
        channel=_channel(message.text("business", "paper")),
        marks=_marks(message),
        subject=stripped(message.text("messageheader", "subject"))[:1_000],
    )  # fmt: skip
    if unit is None:
        yield Finding(key, Fault.UNKNOWN_UNIT, reading.source, organ)
    if not _ORGAN.fullmatch(organ):
        yield Finding(key, Fault.INVALID_CODE, reading.source, organ)
    if wrong:
        yield Finding(key, Fault.IMPOSSIBLE_TIME, reading.source, wrong)


def _status(message: Message, reading: Reading) -> Iterator[Update | Finding]:
    """One step: what a recipient, or of its own document the sender, says of each document answered to."""
    code, written = (
        _code(message),
        message.anywhere("timestamp", "status", "", "messageheader", "traceheader"),
    )
    organ, staff = _organ(message.text("from", "organid")), stripped(message.text("staffinfo", "staff"))[:80]
    answered = [group for group in message.all("responsefor") if group]
    if not answered or not organ:
        raise CodecError(f"status {code}: does not say whose it is; it needs From/OrganId and ResponseFor")
    at = _at(written, reading.zone, f"status {code}: Timestamp")
    stage = reading.stage_of(code)
    for group in answered:
        id = _id((group,), message)
        for each in _recipients(message, organ, group, id):
            if stage is None:
                yield Finding(key(id, each), Fault.UNKNOWN_STATUS, reading.source, code)
            else:
                unit = reading.unit_of(each) or ""
                officer = staff if each == organ else ""
                yield Step(key(id, each), at, reading.source, code, stage, officer, unit)


def _recipients(message: Message, organ: str, group: Group, id: str) -> list[str]:
    """Whose copy a status is about: who says it, or where the document's own sender says it, whom it tells."""
    own = organ in (_organ(group.get("organid", "")), _organ(id.partition(",")[0]))
    told = list(dict.fromkeys(_organ(each.get("organid", "")) for each in message.all("to"))) if own else []
    return [each for each in told if each and each != organ] or [organ]


def key(id: str, organ: str) -> str:
    """The key of a document's case at a recipient."""
    return key_of(Kind.DOCUMENT, f"{id}>{organ}")


def _code(message: Message) -> str:
    return stripped(message.anywhere("statuscode", "status", "", "messageheader"))[:20]


def _id(groups: tuple[Group, ...], message: Message) -> str:
    """The DocumentId of a header or an answer, made of its parts where it is not written."""
    said = {name: text for group in reversed(groups) for name, text in group.items()}
    id = _tidy(said.get("documentid", ""))
    code = "/".join(filter(None, (said.get("codenumber", ""), said.get("codenotation", ""))))
    code = code or said.get("code", "")
    if not id and code and said.get("promulgationdate"):
        sender = _organ(said.get("organid", "") or message.text("from", "organid"))
        id = _tidy(f"{sender},{said['promulgationdate'].replace('-', '/')},{code}")
    if not id:
        raise CodecError("names no document: neither DocumentId nor Code with PromulgationDate")
    if len(id) > LONGEST_ID:
        raise CodecError(f"DocumentId {id[:40]!r}… has more than {LONGEST_ID} characters")
    return id


def _sent(message: Message, zone: ZoneInfo) -> tuple[float, str]:
    """When a document was sent: at its first hop, else as its day of promulgation begins; and a hop that is no date."""
    hops, wrong = [], ""
    for each in message.all("traceheader"):
        try:
            hops += [_at(each["timestamp"], zone, "TraceHeader/Timestamp")] if each.get("timestamp") else []
        except CodecError:
            wrong = stripped(each["timestamp"])[:80]
    if hops:
        return min(hops), wrong
    return _at(message.text("messageheader", "promulgationdate"), zone, "PromulgationDate"), wrong


def _at(written: str, zone: ZoneInfo, what: str) -> float:
    try:
        day, at = moment(written, zone)
    except ValueError as error:
        raise CodecError(f"{what}: {error}") from None
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() if at is None else at


def _due(message: Message, reading: Reading) -> tuple[float | None, str]:
    """When something must be done with a document, None where nobody said; and a text that is no date."""
    written = message.anywhere("duedate", "messageheader", "")
    if not written:
        return None, ""
    try:
        day, at = moment(written, reading.zone)
        return (reading.day_end(day) if at is None else at), ""
    except ValueError:
        return None, stripped(written)[:80]


def _marks(message: Message) -> tuple[str, ...]:
    signed = [
        Signed(each.get("x509subjectname", ""), each.get("x509certificate", ""))
        for each in message.all("signature")
    ]
    return marks(signed, message.text("from", "organname"), message.text("messageheader", "fullname"))


def _channel(paper: str) -> str:
    """Whether a document also goes on paper; empty where the message does not say."""
    return {"0": "electronic", "false": "electronic", "1": "paper", "true": "paper"}.get(paper.lower(), "")


def _organ(text: str) -> str:
    return stripped(text).upper()[:LONGEST_ORGAN]


def _tidy(id: str) -> str:
    return unicodedata.normalize("NFC", stripped(id))
