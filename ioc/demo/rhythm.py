"""The rhythm of a demo without an end: chapters of five minutes with a few faults each, the wide ones seldom.

The first chapter begins at once, with an MCU, so that the first minute shows what the wall is for. What had a fault
is left alone for half an hour, so that no new fault reopens an incident of an old one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random

from ioc.demo.plan import Plan, Planner
from ioc.demo.province import Province
from ioc.demo.quiet import lasting

CHAPTER = 300.0
REMEMBERED = 6
CALM, FIRST_CALM = 20.0, 3.0
"""seconds before the first fault of a chapter, and of the first one"""
FAULTS_A_CHAPTER: Mapping[str, int] = {"site_cut": 2, "room_silent": 2, "room_refused": 1, "bad_code": 1}
DISTURBANCES_A_CHAPTER: Mapping[str, int] = {"slow": 3, "blip": 4, "lost_few": 4, "lost_one": 6}
SELDOM: Mapping[str, tuple[int, int]] = {
    "mcu_silent": (4, 0),
    "server_sick": (4, 2),
    "district_cut": (3, 1),
    "own_link": (6, 5),
}
"""once in so many chapters, in which of them"""


def chapters(seed: int, province: Province) -> Iterator[Plan]:
    """Plans to be played one after the other, each `CHAPTER` seconds long."""
    rng = Random(f"rhythm {seed}")
    lately: deque[set[str]] = deque(maxlen=REMEMBERED)
    number = 0
    while True:
        counts = _counts(number)
        planner = Planner(
            rng,
            province,
            CHAPTER,
            None,
            counts,
            calm=CALM if number else FIRST_CALM,
            avoid=set().union(*lately),
            prefix=f"c{number + 1}-",
        )
        plan = planner.plan(counts, DISTURBANCES_A_CHAPTER)
        yield plan if number else replace(plan, disturbances=(*lasting(CHAPTER), *plan.disturbances))
        lately.append(planner.taken)
        number += 1


def _counts(number: int) -> dict[str, int]:
    wide = {name: 1 for name, (every, which) in SELDOM.items() if number % every == which}
    return {**wide, **FAULTS_A_CHAPTER}
