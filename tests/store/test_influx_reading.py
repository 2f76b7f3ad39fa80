"""Reading out of InfluxDB: what a real one does, and what a server says that is hostile, slow or wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from ioc.errors import StoreError
from ioc.store import downsampling, flux, flux_answer
from ioc.store import influx_reading as module
from ioc.store.base import NoNumbers, Query
from ioc.store.buckets import DAY, HOUR
from ioc.store.downsampling import Way
from ioc.store.influx import Address
from ioc.store.influx_reading import Buckets, InfluxReader
from tests.fakes import HandClock
from tests.real.influx import InfluxServer
from tests.store.contract.kept import AT, line
from tests.store.contract.schema import DECLARED

E1 = {"endpoint": "e1"}
HOUR_AGO = Query("endpoint", "rtt", E1, AT - HOUR, AT, 600)
YEAR = Query("endpoint", "rtt", E1, AT - 365 * DAY, AT, 600)

# --- a real one ---


def reader_of(influxd: InfluxServer, token: str = "", coarse: Buckets | None = None) -> InfluxReader:
    address = Address(influxd.url, influxd.org, influxd.bucket, token or influxd.token, timeout=30.0)
    return InfluxReader(address, HandClock(AT + 6.0 * HOUR), coarse)


def make_buckets(influxd: InfluxServer) -> None:
    org = json.loads(influxd._call(f"/api/v2/orgs?org={influxd.org}"))["orgs"][0]["id"]
    for tier in downsampling.TIERS:
        body = {"name": tier.bucket(influxd.bucket), "orgID": org, "retentionRules": []}
        influxd._call("/api/v2/buckets", body)


@pytest.mark.real
async def test_what_is_not_down_sampled_is_read_raw_on_either_side(influxd: InfluxServer) -> None:
    """Tasks that began late, or lag behind, leave no hole at the ends."""
    await asyncio.to_thread(
        influxd.write, "\n".join(line(AT + n * 10, n % 64 / 4) for n in range(2160)), "us"
    )
    raw = reader_of(influxd, coarse=Buckets())
    both = reader_of(influxd)
    make_buckets(influxd)
    for tier in downsampling.TIERS:
        fill = downsampling.fill(
            Way(influxd.bucket, tier.bucket(influxd.bucket), tier, DECLARED), AT + 2 * HOUR, AT + 4 * HOUR
        )
        await asyncio.to_thread(influxd.flux, fill)
    for points, step in ((72, 300), (6, HOUR), (4, 2 * HOUR)):
        query = Query("endpoint", "rtt", E1, AT, AT + 6 * HOUR, points)
        whole = await raw.read(query)
        assert whole.step == step
        assert sum(each.count for each in whole.buckets) == 2160
        assert await both.read(query) == whole
    await raw.close()
    await both.close()


@pytest.mark.real
async def test_a_mean_over_several_series_weighs_each_by_its_count(influxd: InfluxServer) -> None:
    """Two series of one endpoint, one of them eight times as often; the first begins an hour before the other."""
    often = [line(AT + n * 30, 3.0) for n in range(480)]
    seldom = [line(AT + HOUR + n * 240, 7.0, source="icmp") for n in range(45)]
    await asyncio.to_thread(influxd.write, "\n".join([*often, *seldom]), "us")
    make_buckets(influxd)
    for tier in downsampling.TIERS:
        way = Way(influxd.bucket, tier.bucket(influxd.bucket), tier, DECLARED)
        await asyncio.to_thread(influxd.flux, downsampling.fill(way, AT, AT + 4 * HOUR))
    reader = reader_of(influxd)
    found = (await reader.read(Query("endpoint", "rtt", E1, AT, AT + 4 * HOUR, 2))).buckets
    assert [each.count for each in found] == [240 + 15, 240 + 30]
    assert [each.mean for each in found] == [(720 + 105) / 255, (720 + 210) / 270]
    assert {(each.least, each.most) for each in found} == {(3.0, 7.0)}
    await reader.close()


@pytest.mark.real
async def test_without_down_sampled_buckets_raw_answers(influxd: InfluxServer) -> None:
    await asyncio.to_thread(influxd.write, "\n".join(line(AT + n * HOUR, 1.0) for n in range(6)), "us")
    reader = reader_of(influxd)
    assert [
        each.count for each in (await reader.read(Query("endpoint", "rtt", E1, AT, AT + 6 * HOUR, 6))).buckets
    ] == [1] * 6
    await asyncio.to_thread(make_buckets, influxd)
    assert len((await reader.read(Query("endpoint", "rtt", E1, AT, AT + 6 * HOUR, 6))).buckets) == 6
    await reader.close()


@pytest.mark.real
async def test_a_token_or_bucket_that_is_wrong_is_said(influxd: InfluxServer) -> None:
    wrong = reader_of(influxd, token="no such token")
    with pytest.raises(
        StoreError, match="401 .*unauthorized.*check that the token may read the bucket 'ioc-"
    ) as caught:
        await wrong.read(HOUR_AGO)
    assert caught.value.permanent
    gone = InfluxReader(Address(influxd.url, influxd.org, "gone", influxd.token), HandClock(float(AT)))
    with pytest.raises(
        StoreError, match=r"404 .*could not find bucket.*may read the bucket .gone."
    ) as caught:
        await gone.read(HOUR_AGO)
    with pytest.raises(StoreError, match="could not find bucket"):
        await gone.held("endpoint", E1, 5)
    other = InfluxReader(Address(influxd.url, "other", influxd.bucket, influxd.token), HandClock(float(AT)))
    with pytest.raises(StoreError, match="400 .*organization name.*not found.*check") as caught:
        await other.read(HOUR_AGO)
    assert caught.value.permanent
    for each in (wrong, gone, other):
        await each.close()


@pytest.mark.real
async def test_a_stop_is_an_error_and_a_start_mends_it(influxd: InfluxServer) -> None:
    await asyncio.to_thread(influxd.write, line(AT + 5 * HOUR, 3.0), "us")
    reader = reader_of(influxd)
    query = Query("endpoint", "rtt", E1, AT + 5 * HOUR, AT + 5 * HOUR + 60, 60)
    assert len((await reader.read(query)).buckets) == 1
    await asyncio.to_thread(influxd.stop)
    with pytest.raises(StoreError, match=f"{influxd.url}: no answer") as caught:
        await reader.read(query)
    assert not caught.value.permanent
    await asyncio.to_thread(influxd.start)
    assert len((await reader.read(query)).buckets) == 1
    await reader.close()


# --- a hostile one ---

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Ask = Callable[[Handler], Awaitable[InfluxReader]]


@pytest.fixture
async def asked() -> AsyncIterator[Ask]:
    """Makes a reader of a server on loopback that answers queries with a handler."""
    servers, readers = [], []

    async def make(handler: Handler) -> InfluxReader:
        app = web.Application()
        app.router.add_post("/api/v2/query", handler)
        server = TestServer(app)
        await server.start_server()
        url = str(server.make_url("")).rstrip("/")
        reader = InfluxReader(
            Address(url, "o", "raw", "s3cret-token", timeout=1.0), HandClock(float(AT)), Buckets()
        )
        servers.append(server)
        readers.append(reader)
        return reader

    yield make
    for reader in readers:
        await reader.close()
    for server in servers:
        await server.close()


def saying(status: int, text: str) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=text)

    return handler


CSV = ",result,table,_start,_time,_value\r\n"


@pytest.mark.parametrize(
    ("status", "text", "sentence", "permanent"),
    [
        (429, '{"code":"too many requests"}', '429 {"code":"too many requests"}', False),
        (503, "", "503 ", False),
        (500, "x" * 10_000, "500 xxx", False),
        (301, "", "301 ", False),
        (403, "no", "403 no; check that the token may read", True),
        (200, "<html>hello</html>\r\n<p>", "an answer that is not InfluxDB's: ValueError", False),
        (200, CSV + ",count,0,yesterday,,5\r\n", "an answer that is not InfluxDB's: ValueError", False),
        (200, CSV + ",strange,0,2023-11-14T22:00:00Z,,5\r\n", "an answer that is not InfluxDB's", False),
        (200, CSV + ",count,0\r\n", "an answer that is not InfluxDB's", False),
        (200, "error,reference\r\nran out of memory,897\r\n", "InfluxDB broke off: ran out of memory", False),
        (200, CSV + ",last,0,2023-11-14T22:00:00Z,,up\r\n", "no numbers to draw: 'up'", True),
    ],
)
async def test_what_is_no_answer_is_an_error_that_says_so(
    asked: Ask, status: int, text: str, sentence: str, permanent: bool
) -> None:
    reader = await asked(saying(status, text))
    with pytest.raises(StoreError) as caught:
        await reader.read(HOUR_AGO)
    assert sentence in str(caught.value)
    assert len(str(caught.value)) < 600
    assert "s3cret" not in str(caught.value)
    assert caught.value.permanent is permanent


@pytest.mark.parametrize("text", ["x", "#datatype,string\r\na,b\r\n1,2\r\n", ",a\r\n,1\r\n", "\x00"])
async def test_a_listing_that_is_none_is_an_error(asked: Ask, text: str) -> None:
    reader = await asked(saying(200, text))
    if text == "x" or text == "\x00":
        assert await reader.held("endpoint", E1, 9) == []  # a header without rows
    else:
        with pytest.raises(StoreError, match="not InfluxDB's"):
            await reader.held("endpoint", E1, 9)


async def test_an_endless_answer_is_cut(asked: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_CAP", 100_000)

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b",x" * 5_000)

    reader = await asked(endless)
    with pytest.raises(StoreError, match="an answer of more than 100000 bytes; name more tags"):
        await reader.read(HOUR_AGO)


async def test_a_token_that_cannot_be_sent_is_a_wrong_setting() -> None:
    async with TestServer(web.Application()) as server:
        address = Address(f"http://127.0.0.1:{server.port}", "o", "b", "to\nken")
        reader = InfluxReader(address, HandClock(float(AT)))
        with pytest.raises(StoreError, match=r"look into the file of history\.influx\.token") as caught:
            await reader.read(HOUR_AGO)
        assert caught.value.permanent
        await reader.close()


async def test_a_server_that_says_nothing_is_given_up(asked: Ask) -> None:
    async def silent(request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    reader = await asked(silent)
    with pytest.raises(StoreError, match="no answer: ") as caught:
        await reader.read(HOUR_AGO)
    assert not caught.value.permanent


async def test_a_window_written_while_it_is_read_is_left_to_the_next_question(asked: Ask) -> None:
    """The five results of one answer are not of one moment."""
    old, new = "2023-11-14T21:59:00Z", "2023-11-14T21:59:50Z"
    rows = [f",{each},0,{old},{old},2" for each in flux.AGGREGATES] + [
        f",count,0,{new},,1",
        f",max,0,{new},,9",
    ]
    reader = await asked(saying(200, CSV + "\r\n".join(rows)))
    found = await reader.read(HOUR_AGO)
    assert [(each.at, each.count, each.mean) for each in found.buckets] == [(AT - 60, 2, 1.0)]


async def test_only_so_many_questions_are_under_way(asked: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    under_way, most = 0, 0

    async def handler(request: web.Request) -> web.StreamResponse:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return web.Response(text="")

    reader = await asked(handler)
    await asyncio.gather(*(reader.read(HOUR_AGO) for _ in range(40)))
    assert 1 <= most <= module.AT_ONCE


# --- the text of a question ---


def test_every_text_of_a_question_is_quoted() -> None:
    query = Query('m"', "f${1}", {'k"]': "v\\"}, 0, 10, 5)
    for text in (flux.windows(query, 'b"', 0, 10, 5), flux.folded_windows(query, 'b"', 0, 10, 5)):
        assert 'from(bucket: "b\\"") |> range(start: 0, stop: 10)' in text
        assert 'r._measurement == "m\\"" and r["k\\"]"] == "v\\\\" and r._field == "f\\${1}' in text
        assert "f${" not in text.replace("f\\${", "")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2023-11-14T22:13:20Z", 1_700_000_000_000_000),
        ("2023-11-14T22:13:20.5Z", 1_700_000_000_500_000),
        ("2023-11-14T22:13:20.123456789Z", 1_700_000_000_123_456),
        ("1969-12-31T23:59:59Z", -1_000_000),
    ],
)
def test_times_are_read_to_the_microsecond(text: str, found: int) -> None:
    assert flux_answer.micros(text) == found


def test_an_error_about_types_is_about_the_question() -> None:
    assert isinstance(flux_answer.broken("sum: unsupported aggregate column type string"), NoNumbers)
    assert not isinstance(flux_answer.broken("out of memory"), NoNumbers)
