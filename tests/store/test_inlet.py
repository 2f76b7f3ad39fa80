"""Lines of other programs are handed on in parts, each kept before the next, and it is told when there is no room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from ioc.config.compiled import Allowed
from ioc.errors import SpoolUnusable, StoreError
from ioc.store import parse
from ioc.store.admission import Admission, Terms
from ioc.store.base import Foreign, Record
from ioc.store.inlet import A_PART, AGAIN, Inlet
from ioc.telemetry import Telemetry
from tests.fakes import HandClock


@dataclass
class History:
    """Writes down what it was given between two settlements."""

    parts: list[list[Record]] = field(default_factory=list)
    loose: list[Record] = field(default_factory=list)
    fault: SpoolUnusable | None = None

    def write(self, records: Sequence[Record]) -> None:
        self.loose += records

    async def settle(self) -> None:
        if self.fault:
            raise self.fault
        self.parts.append(self.loose)
        self.loose = []


@pytest.fixture
def clock() -> HandClock:
    return HandClock(1_760_000_000.0)


@pytest.fixture
def history() -> History:
    return History()


@pytest.fixture
def inlet(history: History, clock: HandClock) -> Inlet:
    admission = Admission(Terms({"pump": Allowed(frozenset({"id"}))}, {}, 2, 86_400.0), lambda endpoint: {})
    return Inlet(admission, history, clock, Telemetry())


async def test_lines_are_handed_on_in_parts(inlet: Inlet, history: History) -> None:
    lines = [f"pump f={n}.0 {1_760_000_000_000_000 + n}" for n in range(2 * A_PART + 1)]
    await inlet.keep(lines)
    assert [len(part) for part in history.parts] == [A_PART, A_PART, 1]
    assert [each.line for part in history.parts for each in part if isinstance(each, Foreign)] == lines


async def test_their_times_are_steady_as_all_are(inlet: Inlet, history: History, clock: HandClock) -> None:
    clock.ahead = 100.0
    await inlet.keep(["pump f=1 1760000100000000"])
    ((record,),) = history.parts
    assert record == Foreign("pump f=1 1760000100000000", 1_760_000_000.0)


async def test_a_disk_that_takes_nothing_is_said(inlet: Inlet, history: History) -> None:
    history.fault = SpoolUnusable("spool: no space left on device")
    with pytest.raises(StoreError) as caught:
        await inlet.keep(["pump f=1 1760000000000000"])
    assert (str(caught.value), caught.value.retry_after) == ("spool: no space left on device", AGAIN)


async def test_it_is_told_when_series_are_turned_away(inlet: Inlet, clock: HandClock) -> None:
    def write(id: int) -> None:
        inlet.admission.admit(parse.line(f"pump,id={id} f=1"), clock.now())

    write(1)
    write(2)
    assert inlet.describe() == {"state": "ok", "since": 1_760_000_000.0, "detail": "", "series": 2, "most": 2}
    clock.at += 10.0
    write(3)
    assert inlet.describe() == {
        "state": "full",
        "since": 1_760_000_010.0,
        "detail": "no more than 2 series are let in; further ones are refused",
        "series": 2,
        "most": 2,
    }
    inlet.admission.apply(Terms({}, {}, 3, 86_400.0))
    assert inlet.describe()["state"] == "ok"
