"""What is owed, in queues, and which queue may go next.

A lane is what one address of one receiver is owed about one incident, in order. Lanes that may go stand in line at
their receiver: the gravest first, then whoever came first.
"""

from __future__ import annotations

import heapq
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from itertools import count

from alerts.notification import Notification

Lane = tuple[int, str, str]
"""incident, receiver, address"""

_RANK = {"critical": 0, "warning": 1}
_LAST = 2


def lane_of(notification: Notification) -> Lane:
    """The lane that a notification belongs to."""
    return notification.incident, notification.receiver, notification.to


class Lanes:
    """Every notification that is owed, once. All is constant time but for the line at a receiver (logarithmic)."""

    def __init__(self) -> None:
        self._queues: dict[Lane, deque[Notification]] = {}
        self._owed: OrderedDict[int, tuple[float, Lane]] = OrderedDict()
        """when each was owed, oldest first, and where it is: with thousands owed, nobody looks through them"""
        self._by_receiver: Counter[str] = Counter()
        self._lines: dict[str, list[tuple[int, int, Lane]]] = {}
        self._standing: dict[Lane, int] = {}
        """lanes in line, by their number; an entry of the line with another number is void"""
        self._in_line: Counter[str] = Counter()
        self._serial = count()

    def __len__(self) -> int:
        return len(self._owed)

    def __iter__(self) -> Iterator[Notification]:
        return (each for queue in self._queues.values() for each in queue)

    def __contains__(self, lane: Lane) -> bool:
        return lane in self._queues

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """Every lane that owes something."""
        return tuple(self._queues)

    @property
    def oldest(self) -> float | None:
        """When the first of all that is owed was owed, in civil time."""
        return next((at for at, _ in self._owed.values()), None)

    def owed(self, receiver: str) -> int:
        """How many a receiver is owed."""
        return self._by_receiver[receiver]

    def add(self, notification: Notification) -> bool:
        """Owe one more, after all that its lane owes already; whether it is the only one there."""
        lane = lane_of(notification)
        self._owed[notification.id] = (notification.at, lane)
        self._by_receiver[lane[1]] += 1
        queue = self._queues.setdefault(lane, deque())
        queue.append(notification)
        return len(queue) == 1

    def head(self, lane: Lane) -> Notification:
        """What a lane owes first. Raises KeyError when it owes nothing."""
        return self._queues[lane][0]

    def queue(self, lane: Lane) -> tuple[Notification, ...]:
        """All that a lane owes, in order."""
        return tuple(self._queues.get(lane, ()))

    def find(self, id: int) -> Notification | None:
        """The notification of that id, while it is owed."""
        _, lane = self._owed.get(id, (0.0, None))
        return None if lane is None else next(each for each in self._queues[lane] if each.id == id)

    def mend(self, lane: Lane, notification: Notification) -> None:
        """Put another version in the place of a lane's first."""
        self._queues[lane][0] = notification

    def remove(self, id: int) -> Notification:
        """Owe it no more. Raises KeyError when it is not owed."""
        _, lane = self._owed.pop(id)
        queue = self._queues[lane]
        found = next(each for each in queue if each.id == id)
        queue.remove(found)
        self._by_receiver[lane[1]] -= 1
        if not self._by_receiver[lane[1]]:
            del self._by_receiver[lane[1]]
        if not queue:
            del self._queues[lane]
            if self._standing.pop(lane, None) is not None:
                self._in_line[lane[1]] -= 1
        return found

    # --- the line at a receiver ---

    def stand(self, lane: Lane) -> None:
        """Have a lane wait for its turn."""
        if lane in self._standing:
            return
        number = self._standing[lane] = next(self._serial)
        self._in_line[lane[1]] += 1
        rank = _RANK.get(self.head(lane).severity, _LAST)
        heapq.heappush(self._lines.setdefault(lane[1], []), (rank, number, lane))

    def is_standing(self, lane: Lane) -> bool:
        """Whether a lane waits for its turn."""
        return lane in self._standing

    def in_line(self, receiver: str) -> int:
        """How many lanes wait for their turn at a receiver."""
        return self._in_line[receiver]

    def _first(self, receiver: str) -> list[tuple[int, int, Lane]]:
        """The line at a receiver, begun by an entry that counts."""
        line = self._lines.get(receiver, [])
        while line and self._standing.get(line[0][2]) != line[0][1]:
            heapq.heappop(line)
        return line

    def next(self, receiver: str) -> Lane:
        """Take out the lane whose turn it is. Raises IndexError when none waits."""
        _, _, lane = heapq.heappop(self._first(receiver))
        del self._standing[lane]
        self._in_line[receiver] -= 1
        return lane
