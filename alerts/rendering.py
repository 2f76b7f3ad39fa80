"""What a message says, for every channel: a heading and lines, in the order of what matters, within a budget.

A channel takes `text` or `html`, or builds its own from `parts`. Whatever comes from outside is on one line and
without control characters and marks that turn a text around (ioc/legible.py).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from html import escape

from alerts.fitting import Measure, Part, characters, cut, fit
from alerts.messages import ZONE
from alerts.notification import Notification
from alerts.wording import MISSING, Words, words
from ioc.legible import stripped

LONGEST = 1_000
"""characters of one annotation that are looked at"""
MOST_LINES = 200
"""lines of a digest or a summary"""
BRIEF_HEADING, BRIEF_PLACE = 52, 24
"""characters that are left of a long title and a long place, so that a short message says all that matters"""
BODY = "lines"
"""the annotation that holds the lines of a digest or a summary, one below the other"""
ENDED = frozenset({"closed", "absorbed"})
OWN = frozenset({"summary", "digest", "test"})
"""kinds that tell of no single incident"""
HEADING, COUNT, FIRST, JOINED, WHERE, SINCE, OWNER, LINK, ACTION, REST = range(10)
"""ranks"""
_KNOWN = frozenset(
    {
        "summary", "what", "where", "since", "owner", "phone", "next_action", "runbook", "members", "kind", "link",
        "joined", "acknowledged", BODY,
    }
)  # fmt: skip
"""annotations that have a place of their own; others are shown below, by their names"""
_TIME = re.compile(r"(\d\d:\d\d):\d\d\D+(\d\d/\d\d)/\d{4}")


def text(notification: Notification, budget: int, measure: Measure = characters) -> str:
    """The message as plain text, `measure(text)` not more than the budget."""
    return _plain(fitted(notification, budget, lambda parts: measure(_plain(parts))))


def body(notification: Notification, budget: int, measure: Measure = characters) -> str:
    """The message as plain text without its heading, for a channel that shows a title beside it."""
    whole = fitted(notification, budget, lambda parts: measure(_plain(parts)))
    return _plain([each for each in whole if each.rank != HEADING])


def html(notification: Notification, budget: int, measure: Measure = characters) -> str:
    """The message with `<b>` and `<a>`, `measure` of it with its markup not more than the budget."""
    return _marked(fitted(notification, budget, lambda parts: measure(_marked(parts))))


def heading(notification: Notification, budget: int = 200, measure: Measure = characters) -> str:
    """One line that says what has happened: severity, kind and title."""
    return cut(_heading(notification, words(notification.language)), budget, measure)


def title(notification: Notification) -> str:
    """What it is about, the same through all its messages."""
    known = notification.annotations
    said = known.get("what") or known.get("summary") or notification.labels.get("alertname", "")
    return _tidy(said) or words(notification.language).no_title.format(notification.incident)


def field(notification: Notification, name: str) -> str:
    """One thing that the message says, by the name of its annotation; empty when it is not known."""
    said = words(notification.language)
    ended = "" if notification.ended is None else _spoken(notification.ended, said)
    ours = {
        "heading": _heading(notification, said),
        "what": title(notification),
        "since": _since(notification, said),
        "ended": ended,
        "acknowledged": _dated(notification.annotations.get("acknowledged", ""), said),
        "incident": str(notification.incident),
        "link": link(notification),
    }
    found = ours[name] if name in ours else _tidy(notification.annotations.get(name, ""))
    return "" if found == MISSING else found


def link(notification: Notification) -> str:
    """Where it is shown and acknowledged; empty when there is no such page."""
    address = _tidy(notification.link)
    return address if is_address(address) else ""


def is_address(text: str) -> bool:
    """Whether a text is an address that may be followed."""
    return text.startswith(("http://", "https://")) and not any(each in text for each in " \"'<>\\")


def parts(notification: Notification) -> tuple[Part, ...]:
    """All that the message says, the heading first."""
    said = words(notification.language)
    first = _heading(notification, said)
    lines = [Part("", first, HEADING, brief=cut(first, BRIEF_HEADING)), *_body(notification)]
    if notification.kind in OWN:
        lines += [*_address(notification, said), *_notes(notification, said)]
    elif notification.kind in ENDED:
        lines += _of_an_end(notification, said)
    else:
        lines += _of_an_incident(notification, said)
    return tuple(each for each in lines if each.text)


def fitted(
    notification: Notification, budget: int, size: Callable[[Sequence[Part]], int]
) -> tuple[Part, ...]:
    """The parts within a budget of any size; lines of a digest that are left out are counted in its last one."""
    every = parts(notification)
    head, lines, others = every[:1], _lines(every), [each for each in every[1:] if each.rank != FIRST]
    total = len(_told(notification))
    if total <= len(lines) and size(every) <= budget:
        return fit(every, budget, size)
    said = words(notification.language)

    def shown(count: int) -> tuple[Part, ...]:
        rest = Part("", said.more.format(total - count), COUNT, whole=True)
        return (*head, *lines[:count], rest) if count < total else (*head, *lines)

    count = bisect_right(range(len(lines) + 1), budget, key=lambda count: size(shown(count))) - 1
    return fit([*shown(max(count, 0)), *others], budget, size)


def moment(at: float) -> str:
    """A civil time as it is written in numbers here."""
    return datetime.fromtimestamp(at, ZONE).strftime("%H:%M:%S %d/%m/%Y")


def _lines(every: Sequence[Part]) -> list[Part]:
    return [each for each in every if each.rank == FIRST]


def _of_an_incident(notification: Notification, said: Words) -> Iterator[Part]:
    known = notification.annotations
    yield _place(notification, said)
    yield _timed(said.since, _since(notification, said))
    yield _contact(notification, said)
    yield Part(said.action, _tidy(known.get("next_action", "")), ACTION)
    yield Part(said.acknowledged, _dated(known.get("acknowledged", ""), said), REST)
    yield Part(said.members, _several(known.get("members", "")), REST, whole=True)
    yield Part(said.runbook, _tidy(known.get("runbook", "")), REST, whole=True)
    yield from _further(notification)
    yield from _address(notification, said)
    yield from _notes(notification, said)


def _of_an_end(notification: Notification, said: Words) -> Iterator[Part]:
    known, ended = notification.annotations, notification.ended
    yield _place(notification, said)
    yield Part(said.joined, _tidy(known.get("joined", "")), JOINED, whole=True)
    yield _timed(said.since, _since(notification, said))
    if ended is not None:
        lasted = said.lasted.format(_span(ended - notification.started))
        yield _timed(said.ended, f"{_spoken(ended, said)}, {lasted}")
    yield from _address(notification, said)
    yield from _notes(notification, said)


def _body(notification: Notification) -> Iterator[Part]:
    for line in _told(notification)[:MOST_LINES]:
        yield Part("", line, FIRST)


def _told(notification: Notification) -> list[str]:
    """The lines of a digest or a summary, however many."""
    return [line for each in notification.annotations.get(BODY, "").split("\n") if (line := _tidy(each))]


def _address(notification: Notification, said: Words) -> Iterator[Part]:
    yield Part(said.link, link(notification), LINK, whole=True)


def _notes(notification: Notification, said: Words) -> Iterator[Part]:
    if notification.repeat:
        yield Part(said.note, said.repeat, REST, whole=True)
    if notification.unrecorded:
        yield Part(said.note, said.unrecorded, REST, whole=True)


def _further(notification: Notification) -> Iterator[Part]:
    for name, said in notification.annotations.items():
        if name not in _KNOWN:
            yield Part(_tidy(name), _tidy(said), REST)


def _heading(notification: Notification, said: Words) -> str:
    kind = said.kinds.get(notification.kind, "")
    severity = said.severities.get(notification.severity, "")
    plain = notification.kind in ENDED | OWN or not severity
    return f"{'' if plain else f'[{severity}] '}{kind}{title(notification)}"


def _where(notification: Notification) -> str:
    """Where it is; a name that the title says already is not said twice, since a text message is short."""
    where, said = _tidy(notification.annotations.get("where", "")), title(notification)
    known = [at for at in range(len(where)) if where.startswith(", ", at) and where[:at] in said]
    return where[known[-1] + len(", ") :] if known else where


def _place(notification: Notification, said: Words) -> Part:
    where = _where(notification)
    return Part(said.where, where, WHERE, brief=cut(where, BRIEF_PLACE))


def _timed(label: str, spoken: str) -> Part:
    """A time; in brief to the minute and without its year."""
    found = _TIME.match(spoken)
    return Part(label, spoken, SINCE, whole=True, brief=f"{found[1]} {found[2]}" if found else "")


def _contact(notification: Notification, said: Words) -> Part:
    """Whom to call; in brief the number."""
    both = (_tidy(notification.annotations.get(name, "")) for name in ("owner", "phone"))
    owner, phone = ("" if each == MISSING else each for each in both)
    whole = ", ".join(filter(None, (owner, phone))) or said.missing
    return Part(said.owner, whole, OWNER, whole=True, brief=phone)


def _since(notification: Notification, said: Words) -> str:
    told = notification.annotations.get("since", "")
    return _dated(told, said) if told else _spoken(notification.started, said)


def _spoken(at: float, said: Words) -> str:
    time, day = moment(at).split(" ")
    return f"{time}{said.day}{day}"


def _dated(told: str, said: Words) -> str:
    """A text of ours with a time in it, as `spoken` of alerts/messages.py writes it, in the message's language."""
    return _tidy(told.replace(" ngày ", said.day))


def _several(members: str) -> str:
    return "" if members in ("", "0", "1") else _tidy(members)


def _span(seconds: float) -> str:
    """How long something was: 2 d 03:04, 3:04:05 or 4:05."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours:02}:{minutes:02}"
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _tidy(text: str) -> str:
    return cut(stripped(unicodedata.normalize("NFC", text[: 2 * LONGEST])), LONGEST)


def _plain(parts: Sequence[Part]) -> str:
    return "\n".join(f"{each.label}: {each.text}" if each.label else each.text for each in parts)


def _marked(parts: Sequence[Part]) -> str:
    return "\n".join(_marked_line(each) for each in parts)


def _marked_line(part: Part) -> str:
    said = escape(part.text)
    if is_address(part.text):
        said = f'<a href="{said}">{said}</a>'
    if part.rank == HEADING:
        return f"<b>{said}</b>"
    return f"<b>{escape(part.label)}:</b> {said}" if part.label else said
