"""Moments: each case comes due once, at its moment, whatever it hung at before."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ioc.cases.moments import HOUR, Moments

START = 1_000 * HOUR + 100.0


class World:
    """What hangs, and a model of it."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}
        self.moments = Moments(self.at.get, START)

    def hang(self, key: str, moment: float | None) -> None:
        was = self.at.pop(key, None)
        if moment is not None:
            self.at[key] = moment
        self.moments.hang(key, was, moment)

    def due(self, now: float) -> list[str]:
        found = self.moments.due(now)
        for key in found:
            del self.at[key]
        return found


keys = st.sampled_from("abcdef")
acts = st.one_of(
    st.tuples(st.just("hang"), keys, st.none() | st.floats(-HOUR, 5 * HOUR)),
    st.tuples(st.just("wait"), st.just(""), st.floats(0, 2 * HOUR)),
)


@settings(deadline=None)
@given(st.lists(acts, max_size=40))
def test_what_comes_due_is_what_a_scan_would_find(script: list[tuple[str, str, float | None]]) -> None:
    world, now = World(), START
    for what, key, number in script:
        if what == "hang":
            world.hang(key, None if number is None else now + number)
        else:
            now += number or 0.0
            expected = sorted(key for key, at in world.at.items() if at <= now)
            assert sorted(world.due(now)) == expected
        assert len(world.moments) == len(world.at)
        following = world.moments.next()
        assert (following is None) == (not world.at)
        assert following is None or following <= min(world.at.values())


def test_a_far_moment_that_moves_leaves_nothing_behind() -> None:
    world = World()
    for n in range(1_000):
        world.hang("a", START + (2 + n) * HOUR)
    assert len(world.moments._far) == 1
    world.hang("a", None)
    assert world.moments.next() is None
    assert not world.moments._far
