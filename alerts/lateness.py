"""When a delivery is late, and when it is too old to be made. Pure (docs/decisions/0013)."""

from __future__ import annotations

from alerts.incidents import ENDS
from alerts.notification import Notification
from alerts.rules import Severity

PATIENCE_CRITICAL, PATIENCE = 60.0, 300.0
"""seconds after which a person's next contact is tried"""
MAX_AGE = 3600.0
MAX_AGE_OF_CLOSE = 86_400.0
"""seconds for which whoever knows that it opened is owed that it closed"""
SUMMARY, TEST = "summary", "test"
"""kinds of what is told of no single incident"""


def patience(notification: Notification) -> float:
    """Seconds that a contact has before the next one is tried."""
    return PATIENCE_CRITICAL if notification.severity == Severity.CRITICAL else PATIENCE


def longest(notification: Notification, max_age: float = MAX_AGE) -> float:
    """Seconds after which it is not delivered any more."""
    return max(max_age, MAX_AGE_OF_CLOSE) if ends(notification) else max_age


def ends(notification: Notification) -> bool:
    """Whether it tells that an incident is over."""
    return notification.kind in ENDS


def opens(notification: Notification) -> bool:
    """Whether it is the first that a target hears of an incident, or hears again after its end."""
    return notification.kind in ("opened", "reopened", "escalated")
