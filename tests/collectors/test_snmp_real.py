"""The SNMP source against a real snmpd: v2c and v3, its values as its own client reads them, restarts and wraps."""

from __future__ import annotations

import random
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from collectors.base import Surroundings
from collectors.snmp import mib
from collectors.sources.snmp import Snmp, SnmpOptions
from ioc.clock import Clock
from ioc.errors import NoAnswer
from ioc.inventory import Endpoint, Probe
from ioc.model import Point, Reason, Sample, Verdict
from ioc.telemetry import Telemetry
from tests.real.snmpd import AUTH_PASSWORD, COMMUNITY, PRIVACY_PASSWORD, USER, Snmpd

pytestmark = pytest.mark.real
V3: dict[str, Any] = {
    "version": "v3",
    "user": USER,
    "auth_password": AUTH_PASSWORD,
    "privacy_password": PRIVACY_PASSWORD,
}


class Ahead(Clock):
    """A clock that a test pushes on."""

    def __init__(self) -> None:
        super().__init__()
        self.by = 0.0

    def now(self) -> float:
        return super().now() + self.by


class Asking:
    def __init__(self) -> None:
        self.clock = Ahead()
        self.points: list[Point] = []
        self.telemetry = Telemetry()
        self.source = Snmp(Surroundings(self.clock, self.telemetry, random.Random(5), self._record))

    def _record(self, points: Sequence[Point]) -> None:
        self.points = list(points)

    async def ask(self, agent: Snmpd, patience: float = 3.0, **options: Any) -> Sample:
        given = {"community": COMMUNITY, **options, "port": agent.port}
        probe = Probe("snmp", 60, patience, SnmpOptions(**given))
        endpoint = Endpoint("sw", "sw", "switch", "dc", "u", agent.host, (probe,))
        return await self.source.gather(endpoint, probe, self.clock.now() + patience)


@pytest.fixture
async def asking() -> AsyncIterator[Asking]:
    asking = Asking()
    yield asking
    await asking.source.close()


def part(point: Point) -> str:
    """The interface or storage area that a point is about."""
    return point.tags[0][1]


@pytest.mark.parametrize("how", [{}, V3], ids=["v2c", "v3"])
async def test_it_says_what_the_agents_own_client_reads(
    asking: Asking, snmpd: Callable[..., Snmpd], how: dict[str, Any], tmp_path: Path
) -> None:
    agent = snmpd("127.0.0.9")
    sample = await asking.ask(agent, **how)
    assert sample.verdict is Verdict.OK, sample.detail
    told = agent.ask(mib.HOST_UPTIME, mib.MEMORY_TOTAL)
    assert sample.fields["uptime"] == pytest.approx(int(told[mib.HOST_UPTIME]) / 100, abs=5)
    assert 0 < sample.fields["memory"] < 100 and int(told[mib.MEMORY_TOTAL]) > 0
    names = agent.column(mib.IF_NAME)
    assert {part(each) for each in asking.points if each.measurement == "interface"} == set(names.values())
    lo = next(index for index, name in names.items() if name == "lo")
    up = agent.ask(f"{mib.IF_OPER}.{lo}")[f"{mib.IF_OPER}.{lo}"] == "1"
    assert [each.fields["up"] for each in asking.points if part(each) == "lo"] == [up]
    types, units, sizes, areas = (
        agent.column(each)
        for each in (mib.STORAGE_TYPE, mib.STORAGE_UNIT, mib.STORAGE_SIZE, mib.STORAGE_NAME)
    )
    disks = {
        areas[index]: int(units[index].split()[0]) * int(sizes[index])
        for index, type_ in types.items()
        if type_.lstrip(".") == mib.FIXED_DISK and int(sizes[index])
    }
    recorded = {part(each): each.fields["size"] for each in asking.points if each.measurement == "storage"}
    others = str(tmp_path.parents[1])  # tests beside this one mount disks of their own there
    assert not Path(tempfile.gettempdir()).is_relative_to(others)
    assert _without(recorded, others) == pytest.approx(_without(disks, others))


def _without(sizes: Mapping[str, Any], folder: str) -> dict[str, Any]:
    return {name: size for name, size in sizes.items() if not name.startswith(folder)}


@pytest.mark.parametrize(
    ("auth", "privacy", "options"),
    [("SHA", "AES", {"auth": "sha1"}), ("SHA-512", "DES", {"auth": "sha512", "privacy": "des"})],
    ids=["sha1-aes", "sha512-des"],
)
async def test_other_algorithms(
    asking: Asking, snmpd: Callable[..., Snmpd], auth: str, privacy: str, options: dict[str, Any]
) -> None:
    agent = snmpd("127.0.0.9", auth=auth, privacy=privacy)
    sample = await asking.ask(agent, **{**V3, **options, "what": ["uptime"]})
    assert sample.verdict is Verdict.OK


@pytest.mark.parametrize(
    "wrong", [{"auth_password": "khong-dung-1"}, {"privacy_password": "khong-dung-2"}, {"user": "la"}]
)
async def test_who_is_not_known_is_told_so(
    asking: Asking, snmpd: Callable[..., Snmpd], wrong: dict[str, Any]
) -> None:
    agent = snmpd("127.0.0.9")
    with pytest.raises(NoAnswer) as refused:
        await asking.ask(agent, 1.0, **{**V3, **wrong})
    assert refused.value.reason in (Reason.REFUSED, Reason.NO_ANSWER)
    with pytest.raises(NoAnswer) as silent:
        await asking.ask(agent, 1.0, community="khac")
    assert silent.value.reason == Reason.NO_ANSWER
    assert not any(each in str(silent.value) + str(refused.value) for each in ("khac", "khong-dung"))
    assert (await asking.ask(agent, **V3)).verdict is Verdict.OK


@pytest.mark.parametrize("engine", ["may-chu", ""], ids=["same-engine", "other-engine"])
@pytest.mark.parametrize("how", [{}, V3], ids=["v2c", "v3"])
async def test_it_is_silent_while_stopped_and_known_again_after(
    asking: Asking, snmpd: Callable[..., Snmpd], how: dict[str, Any], engine: str
) -> None:
    agent = snmpd("127.0.0.9", engine=engine)
    options = {**how, "what": ["uptime"]}
    assert (await asking.ask(agent, **options)).verdict is Verdict.OK
    agent.stop()
    agent.start()
    assert (await asking.ask(agent, **options)).verdict is Verdict.OK, "restarted between two questions"
    agent.stop()
    with pytest.raises(NoAnswer) as gone:
        await asking.ask(agent, 0.5, **options)
    assert gone.value.reason in (Reason.REFUSED, Reason.NO_ANSWER)
    agent.start()
    assert (await asking.ask(agent, **options)).verdict is Verdict.OK


async def test_counters_that_wrap_and_an_agent_that_restarts(
    asking: Asking, snmpd: Callable[..., Snmpd]
) -> None:
    agent = snmpd("127.0.0.9", under=(mib.UPTIME[:-2], "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1"))

    async def read(after: float, uptime: int, octets: int) -> dict[str, Mapping[str, Any]]:
        asking.clock.by += after
        wide, narrow = (2**64 + octets) % 2**64, (2**32 + octets) % 2**32
        chosen = {mib.UPTIME: ("timeticks", uptime * 100)}
        agent.choose(
            chosen | _interface(1, "wide", wide, "counter64") | _interface(2, "narrow", narrow, "counter")
        )
        sample = await asking.ask(agent, what=["interfaces"])
        assert sample.verdict is Verdict.OK, sample.detail
        return {part(each): each.fields for each in asking.points}

    first = await read(0, 5_000, -1_000_000)
    assert first["wide"] == first["narrow"] == {"speed": 1e8, "up": True}
    wrapped = await read(60, 5_060, 2_000_000)
    for name in ("wide", "narrow"):
        assert wrapped[name]["in_bits"] == pytest.approx(3_000_000 * 8 / 60, rel=0.01)
        assert wrapped[name]["use"] == pytest.approx(0.4, rel=0.01)
    agent.stop()
    agent.start()
    anew = await read(60, 30, 10_000)
    assert anew["wide"] == anew["narrow"] == {"speed": 1e8, "up": True}
    assert asking.telemetry.count("ioc_snmp_rates_absent", why="restarted") == 2
    again = await read(60, 90, 610_000)
    assert again["wide"]["in_bits"] == again["narrow"]["in_bits"] == pytest.approx(80_000, rel=0.01)


@pytest.mark.parametrize("engine", ["may-chu", ""], ids=["boots", "engine"])
async def test_an_agent_that_restarts_is_known_by_its_boots_or_engine(
    asking: Asking, snmpd: Callable[..., Snmpd], engine: str
) -> None:
    agent = snmpd(
        "127.0.0.9", engine=engine, under=(mib.UPTIME[:-2], "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1")
    )

    async def read(after: float, uptime: int) -> Mapping[str, Any]:
        asking.clock.by += after
        chosen = {mib.UPTIME: ("timeticks", uptime * 100)}
        agent.choose(chosen | _interface(1, "wide", uptime * 1_000_000, "counter64"))
        await asking.ask(agent, what=["interfaces"])
        return asking.points[0].fields

    await read(0, 5_000)
    assert (await read(60, 5_060))["in_bits"] == pytest.approx(8e6, rel=0.01)
    agent.stop()
    agent.start()
    assert "in_bits" not in await read(60, 5_120)


def _interface(index: int, name: str, octets: int, kind: str) -> dict[str, tuple[str, object]]:
    columns = {
        mib.IF_NAME: ("string", name),
        mib.IF_SPEED: ("gauge", 100_000_000),
        mib.IF_ADMIN: ("integer", mib.UP),
        mib.IF_OPER: ("integer", mib.UP),
    }
    pair = (mib.IF_WIDE_IN, mib.IF_WIDE_OUT) if kind == "counter64" else (mib.IF_IN, mib.IF_OUT)
    columns |= dict.fromkeys(pair, (kind, octets))
    return {f"{column}.{index}": value for column, value in columns.items()}
