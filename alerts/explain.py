"""Why somebody was told of an incident, or was not: its decisions and deliveries in words, oldest first.

All of it is read from the state file, beside a running service too. Times are civil.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.journal import Reader
from alerts.messages import ZONE
from alerts.reasons import BECAUSE, STATES, VERBS, said, why
from alerts.wording import words
from ioc.errors import Refused

MOST = 2_000
"""decisions, and deliveries, that are told of one incident: the newest ones"""
WITHHOLDS = frozenset(
    {"held_by_parent", "untold", "silenced", "passed_over", "acknowledged", "closed", "absorbed", "changed"}
)
"""verbs after which somebody who waits for a message gets none"""

Fact = Mapping[str, Any]
TOGETHER = 0.01
"""seconds"""


@dataclass(frozen=True, slots=True)
class Story:
    """All that happened of an incident; `about` is said first of one person."""

    incident: int
    about: str
    facts: tuple[Fact, ...]


def story(ledger: Reader, incident: int, person: str = "", language: str = "vi") -> Story:
    """The whole of an incident, or what of it concerns one person. Raises Refused for one that is not known."""
    decisions = _rows(ledger, _DECISIONS, _DECISION, incident)
    deliveries = _rows(ledger, _DELIVERIES, _DELIVERY, incident)
    if not decisions and not deliveries:
        raise Refused(f"incident {incident} is not known; see /api/v1/deliveries", status=404)
    about = ""
    if person:
        mine = [each for each in deliveries if each["person"] == person]
        about = _about(person, mine, decisions, deliveries, language)
        deliveries = mine
    facts = [_decided(each, language) for each in decisions]
    facts += [{"what": "delivery", "text": delivered(each, language), **each} for each in deliveries]
    return Story(incident, about, tuple(sorted(facts, key=_when)))


def _when(fact: Fact) -> float:
    """What was decided stands before what it made owed, though clocks may differ by less than `TOGETHER`."""
    return float(fact["at"]) + (TOGETHER if fact["what"] == "delivery" else 0.0)


def lines(told: Story) -> list[str]:
    """The story as text, a line a fact."""
    return [*([told.about] if told.about else []), *(each["text"] for each in told.facts)]


def _about(
    person: str, mine: Sequence[Fact], decisions: Iterable[Fact], deliveries: Iterable[Fact], language: str
) -> str:
    english = language == "en"
    if mine:
        told = sum(each["state"] == "told" for each in mine)
        if english:
            return f"{person}: {len(mine)} owed, {told} delivered."
        return f"{person}: {len(mine)} tin phải gửi, {told} tin đã tới."
    others = sorted({each["person"] or each["receiver"] for each in deliveries})
    held = [
        each["text"] for each in (_decided(each, language) for each in decisions if each["verb"] in WITHHOLDS)
    ]
    nobody = "nobody" if english else "không ai"
    first = (
        f"{person} was not told: no route and no step of a chain named them. Told: {', '.join(others) or nobody}."
        if english
        else f"{person} không được báo: không tuyến báo hay bước nào gọi tên. Đã báo: {', '.join(others) or nobody}."
    )
    return " ".join([first, *held[:5]])


def _decided(row: Fact, language: str) -> Fact:
    by = f", {row['by']}" if row["by"] else ""
    known = row["because"] in BECAUSE or row["verb"] in VERBS
    reason = said(BECAUSE, row["because"], language) if known else row["because"]
    subject = f" ({row['subject']})" if row["subject"] else ""
    step = not row["by"] and row["note"].startswith("chain ")
    note = f": {why(row['note'], language) if step else row['note']}" if row["note"] else ""
    because = "" if reason == "-" else f" – {reason}"
    text = f"{_moment(row['at'])} {said(VERBS, row['verb'], language)}{subject}{because}{by}{note}"
    return {"what": "decision", "text": text, **row}


def delivered(row: Fact, language: str) -> str:
    """A delivery in a sentence: when, of what kind, to whom, why, and what became of it."""
    english = language == "en"
    kind = words(language).kinds.get(row["kind"], "").rstrip(": ") or said(VERBS, row["kind"], language)
    first = f"{_moment(row['at'])} #{row['id']} {kind} → {_whom(row)}"
    because = f"{'because' if english else 'vì'}: {why(row['because'], language)}" if row["because"] else ""
    return "; ".join(filter(None, (first, because, _became(row, language))))


def _whom(row: Fact) -> str:
    way = f"{row['receiver']} {row['to']}".strip()
    return f"{row['person']} ({way})" if row["person"] else way


def _became(row: Fact, language: str) -> str:
    tries = "attempts" if language == "en" else "lần thử"
    text = said(STATES, row["state"], language)
    text += "" if row["settled"] is None else f" {_moment(row['settled'])}"
    text += f", {row['attempts']} {tries}" if row["attempts"] > 1 else ""
    return f"{text}: {row['answer']}" if row["answer"] else text


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, ZONE).strftime("%d/%m %H:%M:%S")


def _rows(ledger: Reader, sql: str, names: Sequence[str], incident: int) -> list[dict[str, Any]]:
    found = ledger.read(sql, (incident, MOST))
    return [dict(zip(names, row, strict=True)) for row in reversed(found)]


_DECISION = ("at", "verb", "because", "subject", "alert", "by", "note")
_DECISIONS = (
    "SELECT at, verb, because, subject, alert, by, note FROM decisions"
    " WHERE incident = ? ORDER BY id DESC LIMIT ?"
)
_DELIVERY = (
    "at", "id", "kind", "severity", "person", "receiver", "channel", "to", "because", "state", "attempts", "settled",
    "answer", "instead_of",
)  # fmt: skip
_DELIVERIES = (
    "SELECT at, id, kind, severity, person, receiver, channel, address, because, state, attempts, settled, answer,"
    " instead_of FROM deliveries WHERE incident = ? ORDER BY id DESC LIMIT ?"
)
