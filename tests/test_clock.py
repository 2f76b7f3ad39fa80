"""The clock: steady time ignores a system clock that jumps, civil time follows it."""

from __future__ import annotations

import time

import pytest

from ioc import clock as module
from ioc.clock import Clock


class HandTime:
    """The two clocks of a machine, moved by hand."""

    def __init__(self) -> None:
        self.wall, self.ticks = 1_700_000_000.0, 50.0

    def time(self) -> float:
        return self.wall

    def monotonic(self) -> float:
        return self.ticks

    def process_time(self) -> float:
        return 1.25


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> HandTime:
    machine = HandTime()
    monkeypatch.setattr(module, "time", machine)
    return machine


def test_at_first_both_times_are_the_same(machine: HandTime) -> None:
    clock = Clock()
    assert clock.now() == machine.wall
    assert clock.skew() == 0.0


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
def test_a_system_clock_that_jumps_moves_civil_time_only(machine: HandTime, jump: float) -> None:
    clock = Clock()
    machine.wall += 10.0 + jump
    machine.ticks += 10.0
    assert clock.now() == 1_700_000_010.0
    assert clock.skew() == jump
    assert clock.civil(1_700_000_005.0) == 1_700_000_005.0 + jump


def test_a_reading_of_the_monotonic_clock_has_its_steady_time(machine: HandTime) -> None:
    assert Clock().of_monotonic(57.5) == 1_700_000_007.5


def test_processor_seconds(machine: HandTime) -> None:
    assert module.cpu_seconds() == 1.25


def test_on_the_real_machine_it_goes_on_and_agrees_with_it() -> None:
    clock = Clock()
    first = clock.now()
    assert first <= clock.now()
    assert abs(clock.of_monotonic(time.monotonic()) - clock.now()) < 1.0
