"""Parents and references: whom else to ask when one falls silent, and what to wait for before saying so.

A cut line silences many at once. So the first miss of an endpoint has all in front of it asked at once, and
the references; its DOWN waits while one of those is itself in doubt, so that the wall shows one thing down
and what is behind it unreachable. References answer as long as our own link is up: when all are silent the
link is lost, and then nothing else is judged down. On the way back a parent's recovery waits for children
that have begun to answer.

Pure: it is told what has become of whom, and answers whom to ask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ioc.inventory import Inventory

HOLD = 3.0
"""seconds for which a verdict waits at most"""
PAUSE = 1.0
"""seconds between two rounds of the references"""


class Reach:
    """The topology, and whether our own link is up."""

    def __init__(self, inventory: Inventory, lost_since: float | None = None) -> None:
        self._inventory = inventory
        self._ancestors = {each: tuple(inventory.ancestors(each)) for each in inventory.endpoints}
        self._asked = float("-inf")
        self.references = frozenset(each for each in inventory.references if each in inventory.endpoints)
        self.lost_since = lost_since if self.references else None

    @property
    def lost(self) -> bool:
        """Whether our own link is down, so that silence says nothing."""
        return self.lost_since is not None

    def ask(self, endpoint: str, now: float) -> Iterator[str]:
        """Whom to probe at once since this endpoint has just missed one."""
        yield from self._ancestors.get(endpoint, ())
        if now - self._asked >= PAUSE:
            self._asked = now
            yield from self.references

    def in_front(self, endpoint: str) -> Iterator[str]:
        """Those whose own doubt holds this endpoint's DOWN back."""
        yield from self._ancestors.get(endpoint, ())
        yield from (each for each in self.references if each != endpoint)

    def behind(self, endpoint: str) -> Iterable[str]:
        """Those that should be asked when this endpoint comes back, and that its recovery waits for."""
        return self._inventory.descendants(endpoint) if self._inventory.children(endpoint) else ()

    def weigh(self, silent: Callable[[str], bool], since: float) -> bool:
        """Whether the link is found lost just now; `since` is then when."""
        if self.lost or not self.references or not all(map(silent, self.references)):
            return False
        self.lost_since = since
        return True

    def regain(self) -> float:
        """The link is back; since when it was lost."""
        since = self.lost_since
        self.lost_since = None
        return float("inf") if since is None else since
