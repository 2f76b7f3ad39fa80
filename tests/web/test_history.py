"""History over HTTP: a real embedded store behind it, and stores that are slow or away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from ioc import schema
from ioc.errors import StoreError
from ioc.schema import Field
from ioc.store.base import Held, Query, Series
from ioc.store.sqlite import Sqlite
from ioc.telemetry import Telemetry
from tests.fakes import HandClock
from tests.web.house import FakeDesk, fresh_picture
from web.api import history as module
from web.app import build
from web.auth import Access
from web.deps import Deps, Kept
from web.serve import serve

AT = 1_699_999_200
NO_TIME = "is not a time in seconds since the epoch, such as 1700000000"
HTTP = (Field("total", "ms", "whole"), Field("note", "", "text", schema.Kind.TEXT))
KEPT = Kept(
    {each.name: each for each in (schema.endpoint((schema.LOSS, schema.RTT, *HTTP)), schema.STATE)},
    frozenset({"cpu"}),
)


class Place:
    """A web part at an address, and what is behind it."""

    def __init__(self, base: str, telemetry: Telemetry) -> None:
        self.base = base
        self.telemetry = telemetry
        self.session = aiohttp.ClientSession()

    async def get(self, query: str, path: str = "/api/v1/history", **more: Any) -> tuple[int, Any]:
        async with self.session.get(f"{self.base}{path}{query}", **more) as answer:
            return answer.status, await answer.json()


class Opener:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._places: list[tuple[Place, Any]] = []

    async def __call__(self, reader: Any, access: Access | None = None) -> Place:
        telemetry, picture, clock = Telemetry(), fresh_picture(), HandClock(float(AT))
        deps = Deps(
            clock, picture, telemetry, FakeDesk(picture), self._folder / "dist", access or Access(),
            history=reader, kept=lambda: KEPT,
        )  # fmt: skip
        server = await serve(build(deps), "127.0.0.1", 0)
        place = Place(f"http://127.0.0.1:{server.port}", telemetry)
        self._places.append((place, server))
        return place

    async def close(self) -> None:
        for place, server in self._places:
            await place.session.close()
            await server.close()


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Opener]:
    opener = Opener(tmp_path)
    yield opener
    await opener.close()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Sqlite]:
    store = Sqlite(tmp_path / "history.db", HandClock(float(AT)))
    head = "endpoint,endpoint=e1,site=s,source=sip,system=vc,unit="
    lines = [f"{head}u1 rtt={n / 8},loss=0.0 {(AT - 600 + n) * 1_000_000}" for n in range(0, 590, 10)]
    old = f"{head}u0 rtt=3.0 {(AT - 7200) * 1_000_000}"
    assert await store.write([*lines, old, f"cpu,host=h usage=3i {(AT - 5) * 1_000_000}"]) == 0
    yield store
    await store.close()


async def test_a_series_is_answered_in_columns_of_equal_length(opened: Opener, store: Sqlite) -> None:
    here = await opened(store)
    query = f"?measurement=endpoint&field=rtt&endpoint=e1&source=sip&start={AT - 600}&stop={AT}&points=10"
    status, said = await here.get(query)
    assert status == 200
    assert {
        key: said.pop(key) for key in ("measurement", "field", "unit", "tags", "step", "start", "stop")
    } == {
        "measurement": "endpoint",
        "field": "rtt",
        "unit": "ms",
        "tags": {"endpoint": "e1", "source": "sip"},
        "step": 60,
        "start": AT - 600,
        "stop": AT,
    }
    assert said.pop("gaps") == []
    assert said["at"] == [AT - 600 + n * 60 for n in range(10)]
    assert said["count"] == [6] * 9 + [5]
    assert said["mean"] == [(n * 60 + 25) / 8 for n in range(9)] + [560 / 8]
    assert said["least"] == [n * 60 / 8 for n in range(10)]
    assert said["most"] == said["last"] == [(n * 60 + 50) / 8 for n in range(9)] + [580 / 8]
    assert set(said) == {"at", "count", "mean", "least", "most", "last"}


async def test_a_mean_lies_between_least_and_most_whatever_was_added_up(
    opened: Opener, store: Sqlite
) -> None:
    ats = [(AT - 100 + n) * 1_000_000 for n in range(4)]
    values = [1e308, 1.5e308, 1.7e308, 1.7e308]
    head = "endpoint,endpoint=e2"
    await store.write(
        [f"{head} rtt={value!r},loss=20.08240452917541 {at}" for value, at in zip(values, ats, strict=True)]
    )
    here = await opened(store)
    query = f"?measurement=endpoint&endpoint=e2&start={AT - 120}&stop={AT}&points=2"
    assert (await here.get(query + "&field=rtt"))[1]["mean"] == [1.7e308]
    assert (await here.get(query + "&field=loss"))[1]["mean"] == [20.08240452917541]


async def test_the_last_hour_in_600_points_is_what_is_asked_for_without_a_word(
    opened: Opener, store: Sqlite
) -> None:
    status, said = await (await opened(store)).get("?measurement=endpoint&field=loss&endpoint=e1")
    assert (status, said["start"], said["stop"], said["step"]) == (200, AT - 3600, AT, 10)
    assert said["gaps"] == [[AT - 3600, AT - 600]]


async def test_foreign_measurements_take_any_field_and_tag(opened: Opener, store: Sqlite) -> None:
    status, said = await (await opened(store)).get("?measurement=cpu&field=usage&host=h")
    assert (status, said["last"], said["unit"]) == (200, [3.0], "")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "measurement='' is not kept; one of cpu, endpoint, state"),
        ("?measurement=x&field=rtt", "measurement='x' is not kept; one of cpu, endpoint, state"),
        ("?measurement=endpoint", "which field? write &field=…; of endpoint one of loss, rtt, total"),
        ("?measurement=endpoint&field=x", "field='x' is not a field of endpoint; of endpoint one of loss, rtt, total"),
        (
            "?measurement=state&field=reason",
            "field='reason' is a text without numbers to draw; of state one of code",
        ),
        ("?measurement=endpoint&field=rtt&points=1", "points='1' is not a number from 2 to 2000"),
        ("?measurement=endpoint&field=rtt&points=2001", "points='2001' is not a number from 2 to 2000"),
        ("?measurement=endpoint&field=rtt&points=٣", "points='٣' is not a number from 2 to 2000"),
        ("?measurement=endpoint&field=rtt&start=x", f"start='x' {NO_TIME}"),
        ("?measurement=endpoint&field=rtt&start=nan", f"start='nan' {NO_TIME}"),
        ("?measurement=endpoint&field=rtt&stop=1e999", f"stop='1e999' {NO_TIME}"),
        ("?measurement=endpoint&field=rtt&start=-1", "start=-1 is before 1970"),
        ("?measurement=endpoint&field=rtt&start=9&stop=9", "start=9 is not before stop=9"),
        (
            f"?measurement=endpoint&field=rtt&stop={AT + 86_401}",
            f"stop={AT + 86_401} is more than a day ahead; now is {AT}",
        ),
        (
            "?measurement=endpoint&field=rtt&start=0",
            f"start=0, stop={AT}: 19676 days are more than the 3660 that may be asked for",
        ),
        (
            "?measurement=endpoint&field=rtt&host=h",
            "host=… is neither a parameter nor a tag of endpoint; its tags are endpoint, site, system, unit, source",
        ),
        (
            "?measurement=endpoint&field=rtt&endpoint=a&endpoint=b",
            "endpoint=… is there twice; one series is answered at a time",
        ),
        (
            "?measurement=endpoint&field=rtt&endpoint=a%00b",
            r"endpoint='a\x00b' has characters that are not for reading; no series has such",
        ),
        (
            "?measurement=cpu&field=usage&a%07=h",
            r"the tag='a\x07' has characters that are not for reading; no series has such",
        ),
        (
            "?measurement=cpu&field=u%00",
            r"field='u\x00' has characters that are not for reading; no series has such",
        ),
        (
            "?measurement=cpu&field=usage" + "".join(f"&k{n}=v" for n in range(65)),
            "65 tags are named; no series has more than 64",
        ),
    ],
)  # fmt: skip
async def test_a_bad_question_is_told_what_is_wrong(
    opened: Opener, store: Sqlite, query: str, sentence: str
) -> None:
    assert await (await opened(store)).get(query) == (400, {"error": sentence})


async def test_a_text_of_another_program_has_no_numbers(opened: Opener, store: Sqlite) -> None:
    await store.write([f'cpu,host=h note="x" {(AT - 4) * 1_000_000}'])
    status, said = await (await opened(store)).get("?measurement=cpu&field=note")
    assert (status, said) == (400, {"error": "field 'note' of 'cpu' is text: it has no numbers to draw"})


async def test_the_list_names_each_source_and_field_once(opened: Opener, store: Sqlite) -> None:
    await store.write([f'state,endpoint=e1,unit=u1 code=1i,state="degraded" {(AT - 3) * 1_000_000}'])
    here = await opened(store)
    path = "/api/v1/history/series"
    status, said = await here.get("?measurement=endpoint&endpoint=e1", path)
    assert status == 200
    tags = {"endpoint": "e1", "site": "s", "source": "sip", "system": "vc", "unit": "u1"}
    shared = {"source": "sip", "tags": tags, "at": AT - 20}
    assert said == {
        "measurement": "endpoint",
        "series": [
            {**shared, "field": "loss", "unit": "%", "last": 0.0},
            {**shared, "field": "rtt", "unit": "ms", "last": 72.5},
        ],
    }
    assert [each["last"] for each in (await here.get("?measurement=state", path))[1]["series"]] == [
        1,
        "degraded",
    ]
    assert (await here.get("?measurement=endpoint&endpoint=e9", path))[1]["series"] == []
    status, said = await here.get("?measurement=endpoint&start=5", path)
    assert (status, said["error"]) == (400, "start='5': a list of series takes only measurement and tags")


class Absent:
    """A store that says why it does not answer, or never does."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    async def read(self, query: Query) -> Series:
        await self._never()
        raise AssertionError

    async def held(self, measurement: str, tags: Mapping[str, str], most: int) -> Sequence[Held]:
        await self._never()
        raise AssertionError

    async def _never(self) -> None:
        if self.error:
            raise self.error
        await asyncio.Event().wait()


@pytest.mark.parametrize("path", ["/api/v1/history", "/api/v1/history/series"])
async def test_a_store_that_is_away_or_slow_is_a_503_with_the_reason(
    opened: Opener, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    field = "&field=rtt" if path.endswith("history") else ""
    query = f"?measurement=endpoint{field}&endpoint=e1"
    away = await opened(Absent(StoreError("http://127.0.0.1:9: no answer", permanent=False)))
    assert await away.get(query, path) == (503, {"error": "history is away: http://127.0.0.1:9: no answer"})
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    slow = await opened(Absent(None))
    status, said = await slow.get(query, path)
    assert (status, said["error"][:39]) == (503, "history did not answer within 0.01 s; a")
    none = await opened(None)
    assert await none.get(query, path) == (
        503, {"error": "no history is kept: history.store is none in the configuration"},
    )  # fmt: skip
    assert "ioc_history_unanswered_total 1.0" in slow.telemetry.exposition().decode()


async def test_history_is_for_who_may_read(opened: Opener, store: Sqlite) -> None:
    here = await opened(store, Access(read_token="read-token-of-16", write_token="write-token-of-16"))
    query = "?measurement=endpoint&field=rtt&endpoint=e1"
    assert (await here.get(query))[0] == 401
    assert (await here.get(query, "/api/v1/history/series"))[0] == 401
    assert (await here.get(query, headers={"Authorization": "Bearer read-token-of-16"}))[0] == 200
