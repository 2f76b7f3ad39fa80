"""Lines of history that were given up, until a mark in history tells of them. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

MOST = 20
"""losses kept apart; further ones are counted with the last"""


@dataclass(frozen=True, slots=True)
class Loss:
    """So many lines, the least and greatest of their timestamps, and the mark's own, all in microseconds."""

    lines: int
    oldest: int = 0
    newest: int = 0
    stamp: int = 0

    def with_(self, other: Loss) -> Loss:
        """Both together; a timestamp of 0 is none."""
        oldest = min((each.oldest for each in (self, other) if each.oldest), default=0)
        newest, stamp = max(self.newest, other.newest), max(self.stamp, other.stamp)
        return Loss(self.lines + other.lines, oldest, newest, stamp)


class Losses:
    """The losses that have no mark yet; each will have a timestamp that no other has."""

    def __init__(self, unmarked: Sequence[Loss] = (), stamp: int = 0) -> None:
        self.unmarked = list(unmarked)
        self.stamp = stamp
        """the greatest timestamp given to a mark"""

    def add(self, loss: Loss, latest: int) -> None:
        """Note one; without a time it is of the `latest` there is."""
        if not loss.lines:
            return
        newest = loss.newest or latest
        self.stamp = max(newest, self.stamp + 1)
        fresh = Loss(loss.lines, loss.oldest or newest, newest, self.stamp)
        if len(self.unmarked) < MOST:
            self.unmarked.append(fresh)
        else:
            self.unmarked[-1] = self.unmarked[-1].with_(fresh)

    def due(self) -> Sequence[Loss]:
        """Those to mark now; the last of a full list waits, since others may yet be counted with it."""
        return self.unmarked[: MOST - 1]

    def marked(self, losses: Sequence[Loss]) -> None:
        """These have their mark."""
        del self.unmarked[: len(losses)]


SPAN, STEP = 600.0, 10.0
"""seconds for which a loss is a recent one, and within which two are taken together"""


class Recent:
    """What was lost within the last SPAN seconds."""

    def __init__(self) -> None:
        self._steps: deque[tuple[float, Loss]] = deque()

    def add(self, loss: Loss, now: float) -> None:
        """One more, at a steady moment."""
        if self._steps and now - self._steps[-1][0] < STEP:
            at, last = self._steps.pop()
            self._steps.append((at, last.with_(loss)))
        else:
            self._steps.append((now, loss))

    def whole(self, now: float) -> Loss:
        """All of them together."""
        while self._steps and self._steps[0][0] + SPAN <= now:
            self._steps.popleft()
        whole = Loss(0)
        for _, each in self._steps:
            whole = whole.with_(each)
        return whole
