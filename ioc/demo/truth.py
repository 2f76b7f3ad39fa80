"""The ground truth: what answers, what is silent, and how, at this moment.

A thing is cut when it or anything in front of it is cut. A fault changes the truth; a probe asks it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ioc.demo.province import Province
from ioc.errors import Refused


class Manner(StrEnum):
    """How a thing behaves."""

    ANSWER = "answer"
    SILENT = "silent"
    """packets are swallowed; a connection is accepted and nothing is said"""
    REFUSE = "refuse"
    """the port is closed"""
    DELAY = "delay"
    """it answers after so many milliseconds"""
    CODE = "code"
    """it answers OPTIONS with this SIP status"""


@dataclass(frozen=True, slots=True)
class Mode:
    """A manner, with its milliseconds or its SIP status."""

    manner: Manner = Manner.ANSWER
    value: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What becomes of one request: swallowed, or answered with `code` after `delay` seconds."""

    swallowed: bool = False
    delay: float = 0.0
    code: int = 200


PLAIN = Mode()
_SWALLOWED = Reply(swallowed=True)
_ANSWERED = Reply()


class Truth:
    """What is so of every thing of a province."""

    def __init__(self, province: Province) -> None:
        self._chains = {each: frozenset(province.chain(each)) for each in province.things}
        self._known = frozenset[str]().union(*self._chains.values())
        self._cut: set[str] = set()
        self._modes: dict[str, Mode] = {}
        self._losing: dict[str, int] = {}

    def cut(self, ids: Iterable[str]) -> None:
        """Cut things off, with all that is behind them."""
        self._cut.update(self._check(ids))

    def heal(self, ids: Iterable[str]) -> None:
        """Undo cuts, modes and losses of these very things."""
        for each in self._check(ids):
            self._cut.discard(each)
            self._modes.pop(each, None)
            self._losing.pop(each, None)

    def set_mode(self, ids: Iterable[str], mode: Mode) -> None:
        """Have things behave in a manner until they are healed."""
        self._modes.update(dict.fromkeys(self._check(ids), mode))

    def lose(self, ids: Iterable[str], count: int) -> None:
        """Swallow the next `count` requests to each of these."""
        self._losing.update(dict.fromkeys(self._check(ids), count))

    def is_cut(self, thing: str) -> bool:
        """Whether a thing, or anything in front of it, is cut."""
        return not self._cut.isdisjoint(self._chains[thing])

    def closed(self) -> set[str]:
        """The things whose port is closed; what is cut as well is not, it is silent."""
        refusing = {each for each, mode in self._modes.items() if mode.manner is Manner.REFUSE}
        return {each for each in refusing if not self.is_cut(each)}

    def reply(self, thing: str) -> Reply:
        """What becomes of a request that arrives now; a loss is used up by it."""
        if self.is_cut(thing):
            return _SWALLOWED
        if self._losing and self._lost(thing):
            return _SWALLOWED
        mode = self._modes.get(thing)
        if mode is None:
            return _ANSWERED
        if mode.manner in (Manner.SILENT, Manner.REFUSE):
            return _SWALLOWED
        if mode.manner is Manner.DELAY:
            return Reply(delay=mode.value / 1000)
        return Reply(code=mode.value if mode.manner is Manner.CODE else 200)

    def _lost(self, thing: str) -> bool:
        left = self._losing.get(thing, 0)
        if left > 1:
            self._losing[thing] = left - 1
        else:
            self._losing.pop(thing, None)
        return left > 0

    def _check(self, ids: Iterable[str]) -> list[str]:
        wanted = list(ids)
        strange = [each for each in wanted if each not in self._known]
        if strange:
            raise Refused(f"no thing of this province is named {strange[0]!r}; see its roster")
        return wanted
