"""Texts made to fit a limit: what matters first, cut at a word, never inside a letter and never inside markup.

Only plain text is ever cut. Markup is put around what is left of it, and the size that counts is that of the result,
so that no cut can leave half a tag or half an escape behind.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

MORE = "…"
LEAST = 16
"""characters of a part that are worth showing when the rest is left out"""

Measure = Callable[[str], int]
"""how long a text is; a longer text is never shorter"""


def characters(text: str) -> int:
    """Code points."""
    return len(text)


def utf8(text: str) -> int:
    """Bytes in UTF-8."""
    return len(text.encode())


def utf16(text: str) -> int:
    """Code units in UTF-16, as Telegram and UCS-2 count."""
    return len(text.encode("utf-16-le")) // 2


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a message: a lower rank matters more; what is `whole` is shown whole or not at all.

    `brief` is said in its place where the whole line would push out another one's brief.
    """

    label: str
    text: str
    rank: int
    whole: bool = False
    brief: str = ""


Size = Callable[[Sequence[Part]], int]
"""how long a message of these parts is"""


def fit(parts: Sequence[Part], budget: int, size: Size) -> tuple[Part, ...]:
    """The parts that matter most and together are not longer than the budget, in their own order."""
    if size(parts) <= budget:
        return tuple(parts)
    order = sorted(range(len(parts)), key=lambda each: parts[each].rank)
    kept = _brief(parts, order, budget, size)
    count = _whole(parts, order, kept, budget, size)
    kept |= {at: parts[at] for at in order[:count]}
    for at in order[count:]:
        part = _fitted(parts[at], at, kept, budget, size)
        if part is not None:
            kept[at] = part
    return _ordered(kept)


def cut(text: str, room: int, measure: Measure = characters) -> str:
    """The text, or as many of its words as there is room for and `…`; empty when there is room for nothing."""
    if measure(text) <= room:
        return text
    ends = _ends(text)
    count = bisect_right(ends, room, key=lambda end: measure(text[:end] + MORE))
    if count == 0:
        return ""
    return _at_a_word(text, ends[count - 1]) + MORE


def _brief(parts: Sequence[Part], order: Sequence[int], budget: int, size: Size) -> dict[int, Part]:
    """What is said at least: all briefs, else those of what cannot be cut, else as many as there is room for."""
    brief = {at: replace(parts[at], text=parts[at].brief) for at in order if parts[at].brief}
    first = next(iter(brief), -1)
    uncut = {at: part for at, part in brief.items() if part.whole or at == first}
    for every in (brief, uncut):
        if size(_ordered(every)) <= budget:
            return every
    kept: dict[int, Part] = {}
    for at, part in brief.items():
        if size(_ordered({**kept, at: part})) <= budget:
            kept[at] = part
        elif not kept:
            break
    return kept


def _whole(
    parts: Sequence[Part], order: Sequence[int], least: Mapping[int, Part], budget: int, size: Size
) -> int:
    """How many of those that matter most fit as they are, beside what is said of the others at least."""

    def together(count: int) -> int:
        return size(_ordered({**least, **{at: parts[at] for at in order[:count]}}))

    return bisect_right(range(1, len(order) + 1), budget, key=together)


def _fitted(part: Part, at: int, kept: Mapping[int, Part], budget: int, size: Size) -> Part | None:
    """A part as it still fits beside what is kept already; None when it says no more than it does there."""

    def together(text: str) -> int:
        return size(_ordered({**kept, at: replace(part, text=text)}))

    if together(part.text) <= budget:
        return part
    shorter = "" if part.whole else cut(part.text, budget, together)
    least = len(kept[at].text) if at in kept else LEAST - 1 if kept else 0
    worth = len(shorter) > least
    return replace(part, text=shorter) if worth else None


def _ordered(kept: Mapping[int, Part]) -> tuple[Part, ...]:
    return tuple(kept[at] for at in sorted(kept))


def _ends(text: str) -> list[int]:
    """Where each letter as people see it (UAX #29) ends."""
    from wcwidth import iter_graphemes

    return list(accumulate(len(each) for each in iter_graphemes(text)))


def _at_a_word(text: str, end: int) -> str:
    """The text up to there, or up to the word before where that word is cut and is not most of what is left."""
    head = text[:end]
    if not text[end : end + 1].isspace():
        space = head.rfind(" ")
        head = head[:space] if space > end // 2 else head
    return head.rstrip(" ,;:–-")
