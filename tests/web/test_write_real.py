"""Programs that are not ours write to us: a real Telegraf, what one once sent, and InfluxDB's own client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import aiohttp
import pytest
from influxdb_client.client.exceptions import InfluxDBError
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write import point as points
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.write_precision import WritePrecision
from influxdb_client.rest import ApiException

from ioc.config.compiled import Allowed
from ioc.errors import StoreError
from ioc.store import parse
from ioc.store.admission import Admission, Terms
from tests.real.snmpd import COMMUNITY, Snmpd
from tests.real.telegraf import OLDER_OUTPUT, Telegraf
from tests.web.house import House, Open
from tests.web.recorded import CASES, ODD, ODD_LINES, TOKEN, Recorded, load
from tests.web.shelf import Shelf
from web.deps import Door

PLACE = {"unit": "u1", "site": "s1", "system": "dc"}
TAGS = {"cpu": {"cpu"}, "mem": set[str](), "disk": {"path"}, "pump": {"id"}, "snmp": {"name"}}
LEFT_OUT = frozenset({"device", "fstype", "mode", "label", "agent_host"})
TERMS = Terms(
    {name: Allowed(frozenset(tags), LEFT_OUT, "host") for name, tags in TAGS.items()},
    {"server-1": "sv-1"},
    1_000,
    10 * 365 * 86_400.0,
)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def here(house: Open, shelf: Shelf) -> House:
    places = {"sv-1": PLACE}
    return await house(door=Door(TOKEN, Admission(TERMS, lambda id: places.get(id, {})), shelf.keep))


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def kept(lines: Sequence[str]) -> list[parse.Parsed]:
    """What was kept, in an order of its own."""
    return sorted((parse.line(each) for each in lines), key=repr)


def expected(sent: str) -> list[parse.Parsed]:
    """What should be kept of what was sent: every field and time, the tags that are listed, the endpoint's place."""
    out = []
    for each in parse.lines(sent, "ns"):
        assert isinstance(each, parse.Parsed), each
        tags = {key: value for key, value in each.tags if key in TAGS[each.measurement]}
        tags |= {**PLACE, "endpoint": "sv-1"}
        out.append(each._replace(tags=tuple(sorted(tags.items()))))
    return sorted(out, key=repr)


@pytest.mark.parametrize("name", sorted(each.name for each in CASES.iterdir()))
async def test_what_a_telegraf_once_sent(
    here: House, shelf: Shelf, session: aiohttp.ClientSession, name: str
) -> None:
    was: Recorded = load(CASES / name)

    async def chunks() -> AsyncIterator[bytes]:
        yield was.body

    headers = {key: value for key, value in was.headers.items() if key != "Transfer-Encoding"}
    async with session.request(was.method, here.base + was.path, headers=headers, data=chunks()) as answer:
        assert answer.status == 204, await answer.text()
    assert kept(shelf.lines) == expected(was.sent)
    assert len(shelf.lines) == len(list(parse.lines(was.sent)))


@pytest.mark.real
@pytest.mark.parametrize("encoding", ["gzip", "identity"])
async def test_what_telegraf_sends_is_kept_exactly(
    here: House, shelf: Shelf, telegraf: Callable[..., Telegraf], encoding: str
) -> None:
    run = await asyncio.to_thread(telegraf(here.base, TOKEN, encoding=encoding).once)
    assert run.delivered, run.log
    assert {each.measurement for each in kept(shelf.lines)} == {"cpu", "mem", "disk"}
    assert kept(shelf.lines) == expected(run.sent)


@pytest.mark.real
async def test_telegrafs_older_output_writes_too(
    here: House, shelf: Shelf, telegraf: Callable[..., Telegraf]
) -> None:
    run = await asyncio.to_thread(telegraf(here.base, TOKEN, output=OLDER_OUTPUT).once)
    assert run.delivered, run.log
    assert " E! " not in run.log
    assert kept(shelf.lines) == expected(run.sent)


@pytest.mark.real
async def test_odd_names_and_strings_come_through_telegraf(
    here: House, shelf: Shelf, telegraf: Callable[..., Telegraf]
) -> None:
    agent = telegraf(here.base, TOKEN)
    await asyncio.to_thread((agent.folder / "odd.influx").write_text, ODD_LINES, "utf-8")
    run = await asyncio.to_thread(agent.once, ODD)
    assert run.delivered, run.log
    assert kept(shelf.lines) == expected(run.sent)
    first, second = kept(shelf.lines)
    assert first.fields["note"] == 'q "uote"\nnext \\ line, and = so on'
    assert dict(second.tags)["id"] == "ả"


@pytest.mark.real
async def test_telegraf_asks_a_device_by_snmp(
    here: House, shelf: Shelf, telegraf: Callable[..., Telegraf], snmpd: Callable[..., Snmpd]
) -> None:
    agent = await asyncio.to_thread(snmpd, "127.0.0.9")
    inputs = f"""\
[[inputs.snmp]]
  agents = ["udp://{agent.host}:{agent.port}"]
  version = 2
  community = "{COMMUNITY}"
  [[inputs.snmp.field]]
    oid = ".1.3.6.1.2.1.1.3.0"
    name = "uptime"
  [[inputs.snmp.field]]
    oid = ".1.3.6.1.2.1.1.6.0"
    name = "location"
"""
    run = await asyncio.to_thread(telegraf(here.base, TOKEN).once, inputs)
    assert run.delivered, run.log
    assert kept(shelf.lines) == expected(run.sent)
    (found,) = kept(shelf.lines)
    assert found.fields["location"] == "phong may chu"
    assert isinstance(found.fields["uptime"], int)


@pytest.mark.real
async def test_telegraf_splits_what_is_refused_as_too_large(
    here: House, shelf: Shelf, telegraf: Callable[..., Telegraf], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.api.packed.BODY_CAP", 2_000)
    agent = telegraf(here.base, TOKEN, encoding="identity")
    lines = "\n".join(f"pump,id=p{n} flow={n} {1760000000 + n}000000000" for n in range(60))
    await asyncio.to_thread((agent.folder / "odd.influx").write_text, lines + "\n", "utf-8")
    run = await asyncio.to_thread(agent.once, ODD)
    assert here.telemetry.count("ioc_inlet_refused_requests") >= 1
    assert run.delivered, run.log
    assert kept(shelf.lines) == expected(run.sent)


@pytest.mark.real
@pytest.mark.parametrize(
    ("token", "says"),
    [("wrong-0123456789abcdef", "401 Unauthorized"), (TOKEN, "429 Too Many Requests")],
    ids=["wrong token", "no room"],
)
async def test_telegraf_keeps_what_it_may_send_later(
    here: House, shelf: Shelf, telegraf: Callable[..., Telegraf], token: str, says: str
) -> None:
    shelf.trouble = StoreError("the spool is full", permanent=False, retry_after=30.0)
    run = await asyncio.to_thread(telegraf(here.base, token).once)
    assert not run.delivered
    assert says in run.log
    assert "will be dropped" not in run.log
    assert shelf.lines == []


@pytest.mark.real
async def test_telegraf_is_told_which_lines_are_refused_and_does_not_repeat_the_others(
    here: House, shelf: Shelf, telegraf: Callable[..., Telegraf]
) -> None:
    agent = telegraf(here.base, TOKEN)
    lines = "pump,id=a flow=1 1760000000000000000\ntap,id=b flow=2 1760000001000000000\n"
    await asyncio.to_thread((agent.folder / "odd.influx").write_text, lines, "utf-8")
    run = await asyncio.to_thread(agent.once, ODD)
    assert "measurement 'tap' is not taken; list it under inlet.measurements dropped=1 kept=1" in run.log
    assert [each.measurement for each in kept(shelf.lines)] == ["pump"]


# --- InfluxDB's own client ---

Point: Any = vars(points)["Point"]  # its methods have no types


def write(url: str, token: str, record: Any) -> None:
    with InfluxDBClient(url=url, token=token, org="ioc", enable_gzip=True) as client:
        assert client.ping()
        client.write_api(write_options=SYNCHRONOUS).write(
            "ioc", record=record, write_precision=WritePrecision.MS
        )


async def test_influxdbs_client_writes(here: House, shelf: Shelf) -> None:
    point = Point("pump").tag("host", "server-1").tag("id", "a b").field("flow", 1.5).field("note", 'q"\n')
    point = point.time(1_760_000_000_123, WritePrecision.MS)
    await asyncio.to_thread(write, here.base, TOKEN, point)
    (found,) = kept(shelf.lines)
    assert found.fields == {"flow": 1.5, "note": 'q"\n'}
    assert found.stamp == 1_760_000_000_123_000
    assert dict(found.tags) == {**PLACE, "endpoint": "sv-1", "id": "a b"}


@pytest.mark.parametrize(
    ("token", "name", "status", "says"),
    [
        (TOKEN, "tap", 422, "partial write: 'tap': measurement 'tap' is not taken"),
        ("wrong", "pump", 401, "this is not the token of inlet.token"),
    ],
)
async def test_influxdbs_client_understands_our_errors(
    here: House, token: str, name: str, status: int, says: str
) -> None:
    point = Point(name).tag("host", "server-1").field("flow", 1.5).time(1_760_000_000_123, WritePrecision.MS)
    with pytest.raises((ApiException, InfluxDBError)) as caught:
        await asyncio.to_thread(write, here.base, token, point)
    assert caught.value.response.status == status
    assert says in str(caught.value.message)
