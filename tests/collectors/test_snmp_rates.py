"""Rates of counters are right or absent: simulated devices that count, wrap, restart and lie."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.snmp.device import Interface
from collectors.snmp.rates import MARGIN, SLACK, STILL, Count, Lack, Moment, between, growth, rate
from collectors.snmp.traffic import FASTEST, traffic, use

WIDTHS = st.sampled_from([32, 64])
SPEEDS = st.sampled_from([1e6, 1e8, 1e9, 1e10, 1e11])


def wrapped(counted: int, bits: int) -> Count:
    return Count(counted % (1 << bits), bits)


@given(st.integers(0, 1 << 70), WIDTHS, SPEEDS, st.floats(1.0, 600.0), st.floats(0.0, 1.0))
def test_a_true_rate_is_told_exactly_or_not_at_all(
    start: int, bits: int, speed: float, seconds: float, share: float
) -> None:
    octets = int(speed / 8 * seconds * share)
    found = rate(wrapped(start, bits), wrapped(start + octets, bits), seconds, speed / 8 * MARGIN)
    narrow = bits == 32 and speed / 8 * MARGIN * seconds >= 1 << 32
    assert found is Lack.NARROW if narrow else found == octets / seconds


@given(st.integers(0, (1 << 64) - 1), st.integers(0, (1 << 64) - 1), WIDTHS, SPEEDS, st.floats(1.0, 600.0))
def test_no_rate_is_more_than_can_be(was: int, now: int, bits: int, speed: float, seconds: float) -> None:
    found = rate(wrapped(was, bits), wrapped(now, bits), seconds, speed / 8 * MARGIN)
    assert isinstance(found, Lack) or 0 <= found <= speed / 8 * MARGIN


@given(st.floats(0, 4e7), st.floats(1, 3600), st.floats(0, 3600))
def test_a_restart_is_never_taken_for_the_same_run(uptime: float, later: float, after: float) -> None:
    """The agent has run for `uptime`, `later` it is read again, having begun anew `after` seconds before that."""
    was = Moment(1e9, int(uptime * 100))
    now = Moment(1e9 + later, int(min(after, later) * 100))
    assert isinstance(between(was, now), Lack)


@given(st.floats(100, 4e7), st.floats(1.02, 3600), st.floats(-1, 1))
def test_the_same_run_is_measured_by_the_agents_own_time(uptime: float, later: float, late: float) -> None:
    was = Moment(1e9, int(uptime * 100))
    now = Moment(1e9 + later + late, int((uptime + later) * 100))
    found = between(was, now)
    assert (
        found == pytest.approx(later, abs=0.02) or found is Lack.SOON or uptime < 1.1 * SLACK + 0.02 * later
    )


def test_the_boundaries_of_a_run() -> None:
    was = Moment(1e9, 100_000, "a/1")
    assert between(was, Moment(1e9 + 60, 106_000, "a/1")) == 60.0
    assert between(was, Moment(1e9 + 60, 106_000, "a/2")) is Lack.RESTARTED
    assert between(was, Moment(1e9 + 60, 106_000)) == 60.0, "it does not always tell"
    assert between(was, Moment(1e9 + 0.5, 100_050, "a/1")) is Lack.SOON
    assert between(was, Moment(1e9 + 60, 106_000 + 421, "a/1")) is Lack.RESTARTED, "its time runs away"
    assert between(Moment(1e9, (1 << 32) - 100), Moment(1e9 + 60, 5_900)) is Lack.RESTARTED, "497 days"


@pytest.mark.parametrize(
    ("was", "now", "found"),
    [
        (Count(10, 32), Count(70, 32), 1.0),
        (Count(70, 32), Count(10, 32), Lack.ABSURD),
        (Count(0, 32), Count(60_001, 32), Lack.ABSURD),
        (Count(0, 32), Count(60_000, 32), 1000.0),
        (None, Count(1, 32), Lack.FIRST),
        (Count(1, 32), None, Lack.FIRST),
        (Count(1, 32), Count(1, 64), Lack.FIRST),
    ],
)
def test_what_is_rare_only_grows(was: Count | None, now: Count | None, found: float | Lack) -> None:
    assert growth(was, now, 60.0, 1000.0) == found


def interface(at: float, octets: int, *, errors: int = 0, speed: float = 1e9, name: str = "a") -> Interface:
    count, error = Count(octets, 64), Count(errors, 32)
    read = Moment(1e9 + at, int((5_000 + at) * 100))
    pairs = ((count, count), (error, error), (error, None))
    return Interface("1", name, read, speed, True, True, False, *pairs, None)


def test_traffic_of_an_interface() -> None:
    seen = traffic(interface(0, 0), interface(60, 60_000_000, errors=30))
    assert tuple(seen) == (8e6, 8e6, 1.0, 0.5)
    assert use(seen, 1e9) == pytest.approx(0.8)
    assert use(seen, 0.0) is None
    assert list(seen.lacks()) == []


def test_an_index_that_moved_is_another_interface() -> None:
    moved = replace(interface(60, 60_000_000), index="2")
    assert set(traffic(interface(0, 0), moved)) == {Lack.FIRST}


def test_counters_that_stand_still_are_an_old_copy_for_a_while() -> None:
    assert set(traffic(interface(0, 5), interface(STILL - 1, 5))) == {Lack.SOON}
    assert traffic(interface(0, 5), interface(STILL, 5)).into == 0.0


def test_a_counter_that_is_absurd_takes_the_interface_with_it() -> None:
    seen = traffic(interface(0, 10**12, errors=5), interface(60, 10**6, errors=7))
    assert set(seen) == {Lack.ABSURD} == set(seen.lacks())


def test_a_speed_that_is_not_told_bounds_as_the_fastest() -> None:
    most = FASTEST / 8 * MARGIN * 60
    assert traffic(interface(0, 0, speed=0), interface(60, int(most), speed=0)).into == pytest.approx(1.25e12)
    assert traffic(interface(0, 0, speed=0), interface(60, int(most) + 61, speed=0)).into is Lack.ABSURD
