"""What nobody is to be woken for, by the word of the demo's people: a line under maintenance, a silenced room. Pure.

Both are out of order from a run's start to its end, and nothing else happens to them or in front of them.
"""

from __future__ import annotations

from ioc.demo.faults import DISTURBANCES, Disturbance

MAINTAINED_SITE, MAINTAINED_LINE = "s-h26-x01", "up-h26-x01"
SILENCED_ROOM, SILENCED_SITE = "vc-h27", "s-h27"
PLACES = frozenset({MAINTAINED_SITE, SILENCED_SITE})
BEGIN = 1.0


def lasting(span: float) -> tuple[Disturbance, ...]:
    """Both, from soon after the start of a plan of so many seconds until its end."""
    return (
        Disturbance("q1", DISTURBANCES["maintained"], MAINTAINED_LINE, BEGIN, span),
        Disturbance("q2", DISTURBANCES["silenced"], SILENCED_ROOM, BEGIN, span),
    )
