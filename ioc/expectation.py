"""Who is expected to answer now: the calendars' verdict on each endpoint, told again at every edge.

Calendars speak civil time and timers steady time, so the next edge is set anew whenever the clocks drift apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ioc.alarm import Alarm
from ioc.clock import Clock
from ioc.inventory import Endpoint, Inventory
from ioc.worktime import WorkCalendar

LookAgain = Callable[[Iterable[str], float], None]

ALWAYS = "always"
MEETING = "meeting"
"""expected only while invited to a meeting; nobody is invited until meetings are known"""


class Expectation:
    """Answers `expected(endpoint, now)` and calls `look_again(ids, now)` when the answer changes."""

    def __init__(self, clock: Clock, look_again: LookAgain) -> None:
        self._clock = clock
        self._look_again = look_again
        self._calendars: Mapping[str, WorkCalendar] = {}
        self._members: dict[str, list[str]] = {}
        self._edges: Alarm[str] = Alarm(clock, self.ring)

    def apply(self, inventory: Inventory, calendars: Mapping[str, WorkCalendar]) -> None:
        """Judge by these calendars from now on."""
        for name in self._members:
            self._edges.cancel(name)
        self._calendars = calendars
        self._members = {}
        for endpoint in inventory.endpoints.values():
            if endpoint.expected in calendars:
                self._members.setdefault(endpoint.expected, []).append(endpoint.id)
        self.rearm()

    def rearm(self) -> None:
        """Set every calendar's next edge by the clocks as they stand now."""
        now = self._clock.now()
        for name in self._members:
            civil = self._clock.civil(now)
            edge = self._calendars[name].next_edge(civil)
            if edge is not None:
                self._edges.set(name, now + (edge - civil))

    def expected(self, endpoint: Endpoint, now: float) -> bool:
        """Whether silence of this endpoint means anything at a steady moment."""
        if endpoint.expected == ALWAYS:
            return True
        calendar = self._calendars.get(endpoint.expected)
        return calendar is not None and calendar.open_at(self._clock.civil(now))

    def stop(self) -> None:
        """Tell no more."""
        self._edges.stop()

    def ring(self, name: str, now: float) -> None:
        """A calendar opens or closes."""
        self._look_again(self._members.get(name, ()), now)
        civil = self._clock.civil(now)
        edge = self._calendars[name].next_edge(civil)
        if edge is not None:
            self._edges.set(name, now + max(edge - civil, 1.0))
