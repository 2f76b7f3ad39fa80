"""Sends the digests: once a working day to each unit, also when the service was away at that moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from alerts import digest, journal
from alerts.digest import Reader
from alerts.incidents import Incident
from alerts.messages import day_of
from alerts.notification import Notification
from alerts.recorder import Recorder
from alerts.routing import Directory
from ioc.clock import Clock
from ioc.state.ledger import Write

LOOK = 3600.0
"""seconds between two looks at the civil clock, which may be set meanwhile"""
MOST = 5_000
"""incidents that are looked at"""


class Digests:
    """`directory()` is whom there is to tell now, `number()` gives the id of a new delivery, `offer` has one sent.

    `wake(at)` must have `ring(now)` called at a steady time.
    """

    def __init__(
        self, clock: Clock, ledger: journal.Reader, recorder: Recorder, directory: Callable[[], Directory],
        number: Callable[[], int], offer: Callable[[Notification], None], wake: Callable[[float], None], link: str,
    ) -> None:  # fmt: skip
        self._clock = clock
        self._ledger = ledger
        self._recorder = recorder
        self._directory = directory
        self._number = number
        self._offer = offer
        self._wake = wake
        self._link = link
        self._last: dict[str, float] = {}
        """the moment of each unit's last one, in civil time"""
        self._begun = 0.0
        """nothing that was due before is sent, where nothing was ever sent"""

    def restore(self) -> None:
        """Take over what was sent; what fell due today while we were away is sent now."""
        now = self._clock.now()
        self._begun = self._clock.civil(now)
        self._last = dict(self._ledger.read("SELECT unit, at FROM digests"))
        self._wake(now)

    def look_again(self) -> None:
        """Calendars or people have changed."""
        self._wake(self._clock.now())

    def ring(self, now: float) -> None:
        """A digest may be due."""
        civil = self._clock.civil(now)
        calendar = digest.calendar_of(self._directory().calendars)
        due = digest.moment(calendar, civil)
        if due is not None and due <= civil:
            self._send(due, civil)
        following = digest.next_moment(calendar, civil)
        self._wake(now + min(LOOK, LOOK if following is None else following - civil))

    def _send(self, due: float, civil: float) -> None:
        waiting = [each for each in digest.readers(self._directory()) if self._awaits(each.unit, due)]
        if not waiting:
            return
        units = {each.unit: self._since(each.unit, due) for each in waiting}
        incidents = journal.open_or_closed_since(self._ledger, min(units.values()), MOST)
        owed = list(self._owed(waiting, units, incidents, civil))
        rows = [Write("INSERT OR REPLACE INTO digests VALUES (?, ?)", (unit, due)) for unit in units]
        self._last |= dict.fromkeys(units, due)

        def follow(recorded: bool) -> None:
            for each in owed:
                self._offer(each if recorded else replace(each, unrecorded=True))

        self._recorder.record([*rows, *map(journal.owed_row, owed)], follow)

    def _owed(
        self, waiting: list[Reader], units: dict[str, float], incidents: tuple[Incident, ...], civil: float
    ) -> Iterator[Notification]:
        tree = self._directory().units
        for reader in waiting:
            told = digest.of_unit(reader.unit, incidents, units[reader.unit], tree, day_of(civil))
            if told.open or told.closed:
                yield digest.notification(told, reader, self._number(), civil, self._link)

    def _awaits(self, unit: str, due: float) -> bool:
        return due > self._last.get(unit, self._begun)

    def _since(self, unit: str, due: float) -> float:
        return self._last.get(unit, due - digest.FIRST_LOOKS_BACK)
