"""The summaries owed: what each covers, and which of them still takes what comes too late."""

from __future__ import annotations

from collections.abc import Mapping

from alerts import summary
from alerts.delivery_rows import Late
from alerts.lateness import SUMMARY, ends
from alerts.notification import Notification
from alerts.summary import ClosedAt


class Summaries:
    """At most one summary of a person, or of an address, is open: it covers more until it is sent.

    `closed` tells when an incident was closed.
    """

    def __init__(self, closed: ClosedAt) -> None:
        self._closed = closed
        self._late: dict[int, Late] = {}
        self._open: dict[tuple[str, ...], int] = {}

    def restore(self, late: Mapping[int, Late]) -> None:
        """Take over what the state file knows of summaries owed."""
        self._late = dict(late)

    def opened(self, summary: Notification) -> None:
        """One is owed, or could not be sent: what comes too late goes into it."""
        self._late.setdefault(summary.id, Late([]))
        self._open.setdefault(_key(summary), summary.id)

    def begun(self, summary: Notification, old: Notification) -> None:
        """One is owed from now on; it covers what `old` covered, where that was one."""
        self._late[summary.id] = self._late.get(old.id) or Late([])
        self._open[_key(summary)] = summary.id

    def follows(self, new: int, old: int) -> None:
        """One takes the place of another, where that was one."""
        if (late := self._late.get(old)) is not None:
            self._late[new] = late

    def open_for(self, notification: Notification) -> int | None:
        """The other one that a message that comes too late goes into; None when there is none."""
        known = self._open.get(_key(notification))
        return None if known == notification.id else known

    def takes(self, notification: Notification) -> bool:
        """Whether this is the end of what an open one speaks of, and needs no message of its own."""
        late = self._late.get(self._open.get(_key(notification), 0))
        return late is not None and ends(notification) and late.has(notification.incident)

    def cover(self, into: int, notification: Notification) -> None:
        """Cover one more message, or all that another summary covers."""
        if notification.kind != SUMMARY:
            self._late[into].add(notification)
        elif self._late[into] is not self._late[notification.id]:
            self._late[into].merge(self._late[notification.id])

    def current(self, notification: Notification) -> Notification:
        """One as it is sent now, which covers nothing more from then on; any other message as it is."""
        late = self._late.get(notification.id)
        if late is None:
            return notification
        self._shut(notification)
        return summary.current(notification, late.covered, late.count, self._closed)

    def forget(self, notification: Notification) -> None:
        """One is through; any other message was none."""
        self._late.pop(notification.id, None)
        self._shut(notification)

    def _shut(self, notification: Notification) -> None:
        if self._open.get(_key(notification)) == notification.id:
            del self._open[_key(notification)]


def _key(notification: Notification) -> tuple[str, ...]:
    """What one summary is for: a person, or an address of a receiver."""
    return (notification.person,) if notification.person else (notification.receiver, notification.to)
