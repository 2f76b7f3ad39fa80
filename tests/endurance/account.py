"""What was seen in a run of many lives, for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from statistics import median

from tests.endurance.judge import Judge


def account(judge: Judge) -> str:
    """A few lines of figures."""
    return "\n".join(_lines(judge))


def _lines(judge: Judge) -> Iterator[str]:
    house, messages, promises = judge.house, judge.post.messages, judge.promises
    cut_short = Counter(f"{each.channel} {each.kind}" for each in messages if not each.answered)
    yield f"killed {judge.killed.total()}: {dict(judge.killed)}; deliveries without their answer: {dict(cut_short)}"
    repeats = sum(each.repeat for each in messages)
    by_channel = dict(Counter(each.channel for each in messages))
    by_kind = dict(Counter(each.kind for each in messages))
    yield f"{len(messages)} messages, {repeats} of them repeats: {by_channel}, {by_kind}"
    yield f"{dict(judge.post.refused)} refused by the channels; {judge.audited} rows in the ledger"
    silences = len(promises.silenced) + len(promises.ended)
    said = f"{silences} silences, {len(promises.ended)} of them ended; {len(promises.acknowledged)} acknowledgements"
    yield f"{said}; {promises.cut_off} such requests cut off by a kill"
    rate = judge.rooms.questions / house.lived
    yield f"{rate:.0f} probes a second; {judge.highest - len(judge.incidents)} incidents that nobody is told of"
    yield f"from the start to the first probe: {_spread(house.first_probe[1:])}"
    yield f"the same on a core of its own: {_spread(house.alone[1:])}"
    yield f"from the start until it listens: {_spread(house.listening[1:])}"
    yield f"from then until every state is right: {_spread(judge.seen_after)}"


def _spread(seconds: Iterable[float]) -> str:
    found = sorted(seconds)
    return f"{median(found):.2f} s (median), {found[-1]:.2f} s (most) of {len(found)}" if found else "never"
