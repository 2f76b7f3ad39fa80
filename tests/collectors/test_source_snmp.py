"""The SNMP source against golden readings of devices, and against agents that misbehave.

`options.json` holds the probe's options without community and port; `polls.json` what the agent holds at each
reading, `after` seconds from the first, a value that is `null` taken away; `expected.json` what is found each time.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from collectors.base import Surroundings
from collectors.sources.snmp import Snmp, SnmpOptions
from ioc.inventory import Endpoint, Probe
from ioc.model import Point, Sample
from ioc.telemetry import Telemetry
from tests.collectors.snmp_agent import COMMUNITY, agent
from tests.fakes import HandClock

CASES = Path(__file__).parents[1] / "cases" / "snmp"
FOLDERS = sorted(path.name for path in CASES.iterdir())


class Device:
    """A source, a clock moved by hand, and what was recorded by the last reading."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.telemetry = Telemetry()
        self.points: list[Point] = []
        self.source = Snmp(Surroundings(self.clock, self.telemetry, random.Random(1), self._record))

    def _record(self, points: Sequence[Point]) -> None:
        self.points = list(points)

    async def read(
        self, port: int, patience: float = 3.0, address: str = "127.0.0.1", **options: Any
    ) -> Sample:
        given = SnmpOptions(**{"community": COMMUNITY, **options, "port": port})
        probe = Probe("snmp", 60, patience, given)
        endpoint = Endpoint(f"sw-{address}", "sw", "switch", "dc", "u", address, (probe,))
        return await self.source.gather(endpoint, probe, self.clock.now() + patience)

    def told(self, sample: Sample) -> dict[str, Any]:
        return {
            "verdict": str(sample.verdict),
            "reason": str(sample.reason),
            "detail": sample.detail,
            "fields": _rounded(sample.fields),
            "points": {
                " ".join([each.measurement, *(value for _, value in each.tags)]): _rounded(each.fields)
                for each in self.points
            },
        }


def _rounded(fields: Any) -> dict[str, Any]:
    return {name: round(each, 3) if isinstance(each, float) else each for name, each in fields.items()}


@pytest.mark.parametrize("folder", FOLDERS)
async def test_case(folder: str) -> None:
    case = CASES / folder
    options = json.loads((case / "options.json").read_text("utf-8"))
    polls = json.loads((case / "polls.json").read_text("utf-8"))
    expected = json.loads((case / "expected.json").read_text("utf-8"))
    holds: dict[str, Any] = {}
    device, found, began = Device(), [], HandClock().at
    async with agent() as there:
        for poll in polls:
            device.clock.at = began + poll["after"]
            holds |= poll["varbinds"]
            there.hold({name: value for name, value in holds.items() if value is not None})
            found.append(device.told(await device.read(there.port, **options)))
    await device.source.close()
    assert found == expected
