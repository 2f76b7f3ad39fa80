"""Whatever happens to a province: when all is well again nothing stays open, and nobody is left with an open page."""

import asyncio
import tempfile
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.alerts.world import World, province

THINGS = sorted(province().endpoints)
STATES = ["up", "down", "unreachable", "unknown", "maintenance", "off", "degraded"]
STEP = st.tuples(
    st.sampled_from(THINGS),
    st.sampled_from(STATES),
    st.booleans(),
    st.sampled_from([0.0, 1.0, 10.0, 35.0, 130.0, 400.0]),
)


async def play(path: Path, steps: list[tuple[str, str, bool, float]], crash: int) -> None:
    world = World(path)
    world.all()
    got = world.inbox
    for number, (subject, state, answering, pause) in enumerate(steps):
        if number == crash:
            await world.stop()
            world = World(path, clock=world.clock, inbox=got)
        world.put(subject, state, answering=answering)
        await world.go(pause)
    world.all("up")
    await world.go(2400)
    assert world.open() == []
    told: dict[int, list[str]] = defaultdict(list)
    for each in got.got:
        told[each.incident].append(each.status)
    for statuses in told.values():
        assert statuses[0] == "firing"
        assert statuses[-1] == "resolved"
        assert not any(a == b == "resolved" for a, b in pairwise(statuses))
    assert not any(each.repeat for each in got.got)
    await world.stop()


@settings(max_examples=25, deadline=None)
@given(st.lists(STEP, max_size=25), st.integers(0, 25))
def test_when_all_is_well_again_every_page_has_been_closed(
    steps: list[tuple[str, str, bool, float]], crash: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(Path(folder), steps, crash))
