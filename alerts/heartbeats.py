"""Signs of life that other programs owe us: when one is late. Pure; times are steady."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ioc.others import Heartbeat

CATCH_UP = 900.0
"""seconds after a restart in which one that fell due while we were away may still come, `grace` besides"""
PREFIX = "heartbeat/"
RULE = "heartbeat:late"
SHOWN = "heartbeat-late"
"""what stands for a rule's id on screens"""


@dataclass(frozen=True, slots=True)
class Pulse:
    """When one came last; `heard` is False while it never has, and `at` then since when it is expected."""

    at: float
    heard: bool
    due: float
    """when it is late"""
    late: bool = False


def subject(name: str) -> str:
    """A heartbeat's key of the picture, and what its alert is about."""
    return PREFIX + name


def alert(name: str) -> str:
    """The key of a heartbeat's alert."""
    return f"{RULE}@{subject(name)}"


def expected(asked: Heartbeat, now: float) -> Pulse:
    """One that was configured just now."""
    return Pulse(now, False, now + asked.every + asked.grace)


def resumed(asked: Heartbeat, at: float, heard: bool, late: bool, now: float) -> Pulse:
    """One that was known before a restart; while we were away it could not reach us."""
    room = now + min(asked.every, CATCH_UP) + asked.grace
    return Pulse(at, heard, max(at + asked.every + asked.grace, room), late)


def beaten(asked: Heartbeat, now: float) -> Pulse:
    """It has come."""
    return Pulse(now, True, now + asked.every + asked.grace)


def reconfigured(asked: Heartbeat, pulse: Pulse) -> Pulse:
    """The same one with other spans."""
    return replace(pulse, due=pulse.at + asked.every + asked.grace)


def missed(pulse: Pulse, now: float) -> Pulse | None:
    """It is late from now on; None while it is not, or is so already."""
    return replace(pulse, late=True) if not pulse.late and now >= pulse.due else None
