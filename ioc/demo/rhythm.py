"""The rhythm of a demo without an end: chapters of five minutes with a few faults each, the wide ones seldom.

What had a fault is left alone for half an hour, so that no new fault reopens an incident of an old one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from random import Random

from ioc.demo.plan import Plan, Planner
from ioc.demo.province import Province

CHAPTER = 300.0
REMEMBERED = 6
FIRST_CALM = 20.0
FAULTS_A_CHAPTER: Mapping[str, int] = {"site_cut": 2, "room_silent": 2, "room_refused": 1, "bad_code": 1}
DISTURBANCES_A_CHAPTER: Mapping[str, int] = {"slow": 3, "blip": 4, "lost_few": 4, "lost_one": 6}
SELDOM: Mapping[str, tuple[int, int]] = {
    "server_sick": (4, 0),
    "district_cut": (3, 1),
    "mcu_silent": (4, 2),
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
            calm=FIRST_CALM,
            avoid=set().union(*lately),
            prefix=f"c{number + 1}-",
        )
        yield planner.plan(counts, DISTURBANCES_A_CHAPTER)
        lately.append(planner.taken)
        number += 1


def _counts(number: int) -> dict[str, int]:
    wide = {name: 1 for name, (every, which) in SELDOM.items() if number % every == which}
    return {**wide, **FAULTS_A_CHAPTER}
