"""Who stands behind whom, and what is so of them now: what planning incidents asks."""

from __future__ import annotations

from collections.abc import Iterable

from alerts.foreign import Strangers
from alerts.incidents import DOWN, UNREACHABLE, Incident
from alerts.watching import SELF
from ioc.inventory import Inventory
from ioc.model import Reason
from ioc.picture import Picture, Value

SETTLING = 60.0
"""seconds after a start in which nothing is told of what stands behind something that was not asked yet"""


class Landscape:
    """The inventory and the picture as one topology."""

    def __init__(self, picture: Picture, inventory: Inventory) -> None:
        self._picture = picture
        self.inventory = inventory
        self.settled_at = 0.0
        """steady; until then what was not asked yet is waited for"""
        self.foreign = Strangers()
        """alerts that no rule of ours made, while they fire"""

    def value(self, subject: str) -> Value | None:
        """What the picture shows of a subject."""
        return self._picture.get(subject if subject.startswith(SELF) else f"endpoint/{subject}")

    def state(self, subject: str) -> str:
        """Its state, empty when there is none."""
        value = self.value(subject)
        return str(value.get("state", "")) if value else ""

    def ancestors(self, subject: str) -> Iterable[str]:
        """The endpoints in front of it, nearest first."""
        return self.inventory.ancestors(subject)

    def descendants(self, subject: str) -> Iterable[str]:
        """The endpoints behind it."""
        return self.inventory.descendants(subject)

    def awaited(self, subject: str, now: float) -> bool:
        """Whether it has not been asked since the service started, which is moments ago."""
        if now >= self.settled_at:
            return False
        value = self.value(subject)
        return value is not None and value.get("reason") == Reason.NOT_YET_PROBED

    def members(self, incident: Incident) -> list[str]:
        """Who is hit: the root, what has an alert in it, and what cannot be reached behind the root.

        What falls silent behind a line that was only poor is no news before the line itself is known to be down.
        """
        if incident.root not in self.inventory.endpoints:  # one subject of many alerts, as others group them
            return self.foreign.members(incident.root) or [incident.root]
        out = dict.fromkeys([incident.root, *sorted(map(subject_of, incident.alerts))])
        if incident.outage and self.state(incident.root) in (DOWN, UNREACHABLE):
            behind = self.inventory.descendants(incident.root)
            out |= dict.fromkeys(sorted(each for each in behind if self.state(each) == UNREACHABLE))
        return list(out)


def subject_of(alert: str) -> str:
    """The subject in an alert's key."""
    return alert.split("@", 1)[1]
