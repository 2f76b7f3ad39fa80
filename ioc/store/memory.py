"""Lines of history in memory: on their way to the spool, to the store, or both. Bounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from ioc.store.ranges import Range

ROOM = 100_000
"""lines: about 120 bytes each"""


class Bundle:
    """Lines that stay together; `kept` are their numbers in the spool once they are there."""

    __slots__ = ("kept", "lines", "taken")

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.kept: Range | None = None
        self.taken = False
        """the store has them"""


class Memory:
    """The newest bundles, oldest first; `hand` are those the store is being given."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._bundles: deque[Bundle] = deque()
        self.hand: Sequence[Bundle] = ()
        self.lines = 0
        """lines that are here and not in the store's hand"""

    def add(self, blocks: Iterable[Sequence[str]]) -> list[Bundle]:
        """Take more; without room the older half is forgotten and returned."""
        forgotten: list[Bundle] = []
        for lines in blocks:
            self._bundles.append(Bundle(lines))
            self.lines += len(lines)
            if self.lines > self._room:
                forgotten += self._forget()
        return forgotten

    def _forget(self) -> list[Bundle]:
        out: list[Bundle] = []
        while self.lines > self._room // 2:
            bundle = self._bundles.popleft()
            self.lines -= len(bundle.lines)
            out.append(bundle)
        return out

    def unkept(self) -> list[Bundle]:
        """What the spool lacks."""
        return [bundle for bundle in (*self.hand, *self._bundles) if bundle.kept is None]

    def take(self, most: int) -> list[str]:
        """The oldest bundles of at most so many lines go into the store's hand; their lines."""
        hand: list[Bundle] = []
        while self._bundles and (not hand or len(self._bundles[0].lines) <= most):
            bundle = self._bundles.popleft()
            most -= len(bundle.lines)
            self.lines -= len(bundle.lines)
            hand.append(bundle)
        self.hand = hand
        return [line for bundle in hand for line in bundle.lines]

    def taken(self) -> list[Range]:
        """The store has what is in its hand; the numbers of it that are in the spool."""
        hand, self.hand = self.hand, ()
        for bundle in hand:
            bundle.taken = True
        return [bundle.kept for bundle in hand if bundle.kept is not None]
