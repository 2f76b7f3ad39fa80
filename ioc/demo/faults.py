"""The kinds of faults that must page and of disturbances that must not, and single ones of them.

`detect` is the longest a page may take: ten seconds between probes, three of confirmation, the shipped rule's
hold, and a few to spare. A fault lasts longer than that, so that it has to page before it is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ioc.demo.truth import Manner, Mode

HELD, DEGRADED, AT_ONCE = 48.0, 138.0, 20.0
"""`detect` of rules that hold 30 s, two minutes (degraded), and not at all"""


@dataclass(frozen=True, slots=True)
class FaultKind:
    """A kind of fault: seconds until the page, how long it lasts, its target's mode (None: it is cut)."""

    name: str
    detect: float
    shortest: float
    longest: float
    mode: Mode | None = None


@dataclass(frozen=True, slots=True)
class DisturbanceKind:
    """A kind of disturbance: how long it lasts, the mode (None: it is cut, or loses packets)."""

    name: str
    shortest: float
    longest: float
    mode: Mode | None = None
    losing: tuple[int, int] = (0, 0)
    """the fewest and most packets lost in a row"""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault; `start` and `end` are seconds from the plan's start; one of `roots` must be paged."""

    id: str
    kind: FaultKind
    target: str
    roots: tuple[str, ...]
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Disturbance:
    """One thing that must page nobody; `lost` packets, or the kind's mode, from `start` to `end`."""

    id: str
    kind: DisturbanceKind
    target: str
    start: float
    end: float
    lost: int = 0


FAULTS: Mapping[str, FaultKind] = {
    each.name: each
    for each in (
        FaultKind("room_silent", HELD, 54, 66, Mode(Manner.SILENT)),
        FaultKind("room_refused", HELD, 54, 66, Mode(Manner.REFUSE)),
        FaultKind("site_cut", HELD, 54, 66),
        FaultKind("district_cut", HELD, 54, 66),
        FaultKind("bad_code", DEGRADED, 142, 150, Mode(Manner.CODE, 503)),
        FaultKind("server_sick", DEGRADED, 142, 150, Mode(Manner.CODE, 503)),
        FaultKind("mcu_silent", AT_ONCE, 30, 45, Mode(Manner.SILENT)),
        FaultKind("own_link", AT_ONCE, 22, 22),
    )
}
DISTURBANCES: Mapping[str, DisturbanceKind] = {
    each.name: each
    for each in (
        DisturbanceKind("lost_one", 25, 25, losing=(1, 1)),
        DisturbanceKind("lost_few", 25, 25, losing=(2, 3)),
        DisturbanceKind("blip", 5, 5),
        DisturbanceKind("slow", 10, 25, Mode(Manner.DELAY, 900)),
        DisturbanceKind("bad_code_briefly", 20, 40, Mode(Manner.CODE, 503)),
        DisturbanceKind("off_hours", 0, 0, Mode(Manner.SILENT)),
        DisturbanceKind("maintained", 0, 0),
        DisturbanceKind("silenced", 0, 0, Mode(Manner.SILENT)),
    )
}
