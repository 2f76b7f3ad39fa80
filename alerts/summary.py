"""What is told in the place of messages that came too late: what is still open, and what closed meanwhile. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from alerts.lateness import SUMMARY
from alerts.messages import ZONE
from alerts.notification import Notification
from alerts.rules import Severity

MOST = 1_000
"""messages that one summary covers; further ones are only counted"""
MOST_LINES = 200

ClosedAt = Callable[[int], float | None]
"""when an incident was closed, in civil time; None while it is open"""


@dataclass(frozen=True, slots=True)
class Words:
    """One language of a message about many incidents; figures, times and titles have places."""

    title: str
    open: str
    closed: str
    more: str


_WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "vi": Words(
            "{count} tin không gửi được trong khoảng {first} – {last}",
            "Còn mở từ {since}: {title} (sự cố {incident})",
            "Đã hết lúc {ended}, từ {since}: {title} (sự cố {incident})",
            "… và {} sự cố nữa",
        ),
        "en": Words(
            "{count} messages could not be delivered from {first} to {last}",
            "Open since {since}: {title} (incident {incident})",
            "Over at {ended}, since {since}: {title} (incident {incident})",
            "… and {} incidents more",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Covered:
    """One message that was withdrawn, as far as a summary speaks of it. Times are civil."""

    incident: int
    at: float
    started: float
    severity: str
    title: str


def covered(notification: Notification) -> Covered:
    """What a summary says of a message."""
    title = notification.annotations.get("what") or notification.labels.get("subject", "")
    return Covered(notification.incident, notification.at, notification.started, notification.severity, title)


def begun(notification: Notification, number: int, at: float) -> Notification:
    """A summary to the target of a message that is withdrawn, owed at a civil time; `current` words it."""
    labels = {"alertname": SUMMARY, "incident": "0", "subject": "self/summary", "delivery": str(number)}
    return Notification(
        number, 0, notification.receiver, SUMMARY, "firing", notification.severity, at, at, None,
        labels=labels, link=notification.link.split("#", 1)[0],
        to=notification.to, person=notification.person, language=notification.language, because="age",
    )  # fmt: skip


def current(summary: Notification, late: Sequence[Covered], count: int, closed: ClosedAt) -> Notification:
    """A summary worded as things are now; `count` messages are covered, `late` are those that are known."""
    said = _WORDS.get(summary.language, _WORDS["vi"])
    first: dict[int, Covered] = {}
    for each in late:
        first.setdefault(each.incident, each)
    ended = {number: closed(number) for number in first}
    still = [each for number, each in first.items() if ended[number] is None]
    over = [each for number, each in first.items() if ended[number] is not None]
    lines = [_line(said.open, each, None) for each in still]
    lines += [_line(said.closed, each, ended[each.incident]) for each in over]
    moments = [each.at for each in late] or [summary.at]
    title = said.title.format(count=count, first=briefly(min(moments)), last=briefly(max(moments)))
    return replace(
        summary,
        status="firing" if still else "resolved",
        severity=_gravest(still or over) or summary.severity,
        started=min((each.started for each in late), default=summary.started),
        annotations={"what": title, "summary": title, "lines": bounded(lines, said.more), "kind": SUMMARY},
    )


def _line(words: str, each: Covered, ended: float | None) -> str:
    return words.format(
        since=briefly(each.started),
        ended="" if ended is None else briefly(ended),
        title=each.title,
        incident=each.incident,
    )


def bounded(lines: Sequence[str], more: str) -> str:
    """Lines one below the other, MOST_LINES at most; `more` counts those that are left out in its place."""
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], more.format(len(lines) - MOST_LINES + 1)]
    return "\n".join(lines)


def briefly(at: float) -> str:
    """A civil time as a line of many says it."""
    return datetime.fromtimestamp(at, ZONE).strftime("%H:%M %d/%m")


def _gravest(late: Iterable[Covered]) -> str:
    known = [Severity(each.severity) for each in late if each.severity in frozenset(Severity)]
    return max(known, key=lambda each: each.rank).value if known else ""
