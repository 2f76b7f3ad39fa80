"""Writing as other programs do: what they are answered, and what is kept."""

from __future__ import annotations

import asyncio
import base64
import gzip
import io
import zlib
from collections.abc import AsyncIterator

import aiohttp
import pytest

from ioc.config.compiled import Allowed
from ioc.errors import StoreError
from ioc.store.admission import Admission, Terms
from tests.web.house import House, Open, until
from tests.web.shelf import Shelf
from web.api import packed
from web.api.write import AT_ONCE
from web.auth import Access
from web.deps import Door

TOKEN = "inlet-0123456789abcdef"
SHOWN = {"Authorization": f"Token {TOKEN}"}
TERMS = Terms({"pump": Allowed(frozenset({"id"}))}, {}, 100, 365 * 86_400.0)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def here(house: Open, shelf: Shelf) -> House:
    return await house(door=Door(TOKEN, Admission(TERMS, lambda endpoint: {}), shelf.keep))


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def write(
    session: aiohttp.ClientSession,
    here: House,
    body: bytes,
    query: str = "",
    path: str = "/api/v2/write",
    **more: str,
) -> tuple[int, dict[str, str]]:
    headers = SHOWN | more
    async with session.post(
        f"{here.base}{path}?org=o&bucket=b{query}", data=io.BytesIO(body), headers=headers
    ) as answer:
        said = {} if answer.status == 204 else await answer.json()
        return answer.status, said


async def test_what_is_written_is_kept_before_the_answer(
    here: House, shelf: Shelf, session: aiohttp.ClientSession
) -> None:
    shelf.gate.clear()
    asked = asyncio.create_task(write(session, here, b"pump,id=1 flow=2.5\n", "&precision=s"))
    await until(lambda: not shelf.lines)
    assert not asked.done()
    shelf.gate.set()
    assert await asked == (204, {})
    assert [line.rpartition(" ")[0] for line in shelf.lines] == ["pump,id=1 flow=2.5"]
    assert here.telemetry.count("ioc_inlet_lines") == 1


@pytest.mark.parametrize(("precision", "times"), [("ns", 1_000), ("us", 1), ("ms", 0.001), ("s", 0.000001)])
async def test_every_precision(
    here: House, shelf: Shelf, session: aiohttp.ClientSession, precision: str, times: float
) -> None:
    micros = int(here.deps.clock.now()) * 1_000_000
    body = f"pump flow=1i {round(micros * times)}".encode()
    assert await write(session, here, body, f"&precision={precision}") == (204, {})
    assert shelf.lines == [f"pump flow=1i {micros}"]


async def test_nanoseconds_unless_it_is_said(
    here: House, shelf: Shelf, session: aiohttp.ClientSession
) -> None:
    micros = int(here.deps.clock.now()) * 1_000_000
    assert (await write(session, here, f"pump flow=1 {micros}000".encode()))[0] == 204
    assert shelf.lines == [f"pump flow=1.0 {micros}"]


async def test_gzip_and_the_first_versions_address(
    here: House, shelf: Shelf, session: aiohttp.ClientSession
) -> None:
    body = gzip.compress(b'pump,id=1 note="of\ntwo lines"\n')
    got = await write(session, here, body, "&db=telegraf", "/write", **{"Content-Encoding": "gzip"})
    assert got == (204, {})
    assert shelf.lines[0].startswith('pump,id=1 note="of\ntwo lines" ')


@pytest.mark.parametrize(
    "header",
    [
        f"Token {TOKEN}",
        f"token  {TOKEN} ",
        f"Bearer {TOKEN}",
        "Basic " + base64.b64encode(f"telegraf:{TOKEN}".encode()).decode(),
    ],
)
async def test_every_way_to_show_the_token(here: House, session: aiohttp.ClientSession, header: str) -> None:
    assert (await write(session, here, b"pump f=1", Authorization=header))[0] == 204


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("", "a token is needed; send it as Authorization: Token TOKEN"),
        ("Token", "a token is needed; send it as Authorization: Token TOKEN"),
        (f"Digest {TOKEN}", "a token is needed; send it as Authorization: Token TOKEN"),
        ("Basic !!!", "a token is needed; send it as Authorization: Token TOKEN"),
        ("Token wrong", "this is not the token of inlet.token"),
        (f"Token {TOKEN[:-1]}", "this is not the token of inlet.token"),
        ("Token mật", "this is not the token of inlet.token"),
    ],
)
async def test_without_the_token_nothing_is_read(
    here: House, shelf: Shelf, session: aiohttp.ClientSession, header: str, says: str
) -> None:
    got = await write(session, here, b"pump f=1", Authorization=header)
    assert got == (401, {"code": "unauthorized", "message": says})
    assert shelf.lines == []
    assert here.telemetry.count("ioc_inlet_refused_requests") == 1


async def test_the_walls_tokens_do_not_write_numbers(
    house: Open, shelf: Shelf, session: aiohttp.ClientSession
) -> None:
    door = Door(TOKEN, Admission(TERMS, lambda endpoint: {}), shelf.keep)
    here = await house(access=Access(read_token="r" * 20, write_token="w" * 20), door=door)
    assert (await write(session, here, b"pump f=1", Authorization="Bearer " + "w" * 20))[0] == 401
    assert (await write(session, here, b"pump f=1"))[0] == 204


async def test_good_lines_are_kept_and_the_bad_ones_named(
    here: House, shelf: Shelf, session: aiohttp.ClientSession
) -> None:
    status, said = await write(session, here, b"pump f=1\npump f=\npump f=2\npump\x00 f=3\n\xff f=4\n")
    assert status == 400
    assert said["code"] == "invalid"
    assert said["message"].startswith(
        "partial write: line 2: field 'f' has no value that can be held: nothing"
    )
    assert "line 4: measurement 'pump\\x00' has U+0000" in said["message"]
    assert "line 5: measurement '\\udcff' has the byte 0xff, which is not UTF-8" in said["message"]
    assert said["message"].endswith(" dropped=3 kept=2")
    assert [line[:10] for line in shelf.lines] == ["pump f=1.0", "pump f=2.0"]
    assert here.telemetry.count("ioc_inlet_refused_lines", why="malformed") == 3


async def test_lines_that_are_not_allowed_are_no_syntax_errors(
    here: House, shelf: Shelf, session: aiohttp.ClientSession
) -> None:
    status, said = await write(
        session, here, b"endpoint,endpoint=x rtt=1\npump,who=me f=1\npump f=1i\npump f=1.5\n"
    )
    assert (status, said["code"]) == (422, "unprocessable entity")
    assert said["message"] == (
        "partial write: 'endpoint': measurement 'endpoint' is not taken; list it under inlet.measurements; "
        "'pump': tag 'who' is not listed; keep it by inlet.measurements.pump.tags, or leave it out by "
        "inlet.measurements.pump.without; 'pump': field 'f' is a number, and has been a whole number before "
        "dropped=3 kept=1"
    )
    assert len(shelf.lines) == 1


async def test_of_many_bad_lines_the_first_are_told(here: House, session: aiohttp.ClientSession) -> None:
    status, said = await write(session, here, b"bad\n" * 50_000)
    assert status == 400
    assert said["message"].endswith("; and 49995 more dropped=50000 kept=0")
    assert len(said["message"]) < 1_000


async def test_no_room_is_for_later(here: House, shelf: Shelf, session: aiohttp.ClientSession) -> None:
    shelf.trouble = StoreError("the spool is full", permanent=False, retry_after=7.4)
    url = f"{here.base}/api/v2/write"
    async with session.post(url, data=b"pump f=1", headers=SHOWN) as answer:
        assert answer.status == 429
        assert answer.headers["Retry-After"] == "7"
        assert (await answer.json())["message"] == "the spool is full; nothing of this is kept, send it again"
    shelf.trouble = None
    assert (await write(session, here, b"pump f=1"))[0] == 204


async def test_a_disk_that_hangs_is_for_later(
    here: House, shelf: Shelf, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.api.write.KEEP_SECONDS", 0.05)
    shelf.gate.clear()
    status, said = await write(session, here, b"pump f=1")
    assert (status, said["message"]) == (503, "not kept within 0 s; send it again, which does no harm")
    shelf.gate.set()
    assert (await write(session, here, b"pump f=1"))[0] == 204


async def test_too_many_at_once_are_for_later(
    here: House, shelf: Shelf, session: aiohttp.ClientSession
) -> None:
    shelf.gate.clear()
    asked = [asyncio.create_task(write(session, here, b"pump f=1")) for _ in range(AT_ONCE + 3)]
    await until(lambda: sum(each.done() for each in asked) == 3)
    shelf.gate.set()
    statuses = sorted(status for status, _ in await asyncio.gather(*asked))
    assert statuses == [204] * AT_ONCE + [503] * 3


CUT = gzip.compress(b"pump f=1\n" * 1_000)


@pytest.mark.parametrize(
    ("body", "encoding", "status", "says"),
    [
        (
            b"garbage",
            "gzip",
            400,
            "the body is not gzip: Error -3 while decompressing data: incorrect header check",
        ),
        (CUT[:-1], "gzip", 400, "the body's gzip is cut: it does not end within its"),
        (
            CUT[:-8] + bytes(8),
            "gzip",
            400,
            "the body is not gzip: Error -3 while decompressing data: incorrect data",
        ),
        (CUT + b"x", "gzip", 400, "1 bytes follow the end of the body's gzip"),
        (b"", "gzip", 400, "the body's gzip is cut: it does not end within its 0 bytes"),
        (
            zlib.compress(b"pump f=1"),
            "deflate",
            415,
            "Content-Encoding 'deflate' is not taken; send gzip or identity",
        ),
        (
            gzip.compress(bytes(50_000_000)),
            "gzip",
            413,
            "the body is larger than 4194304 bytes; send less at once",
        ),
        (b"x" * (packed.BODY_CAP + 1), "identity", 413, "the body is larger than 4194304 bytes"),
    ],
    ids=["garbage", "cut", "wrong sum", "more", "empty", "deflate", "bomb", "large"],
)
async def test_a_body_that_is_not_whole_or_too_large(
    here: House,
    shelf: Shelf,
    session: aiohttp.ClientSession,
    body: bytes,
    encoding: str,
    status: int,
    says: str,
) -> None:
    got, said = await write(session, here, body, **{"Content-Encoding": encoding})
    assert got == status
    assert said["message"].startswith(says)
    assert shelf.lines == []


async def test_a_large_body_whose_length_is_not_told(
    here: House, shelf: Shelf, session: aiohttp.ClientSession
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b"pump f=1\n" * 10_000

    async with session.post(f"{here.base}/api/v2/write", data=endless(), headers=SHOWN) as answer:
        assert answer.status == 413
    assert shelf.lines == []


async def test_a_slow_body_is_for_later(
    here: House, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed, "BODY_SECONDS", 0.05)
    stuck = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"pump f=1\n"
        await stuck.wait()

    async with session.post(f"{here.base}/api/v2/write", data=slow(), headers=SHOWN) as answer:
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "1"
    stuck.set()


async def test_who_hangs_up_in_the_middle_has_written_nothing(
    here: House, shelf: Shelf, session: aiohttp.ClientSession
) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", here.server.port)
    head = f"POST /api/v2/write HTTP/1.1\r\nHost: x\r\nAuthorization: Token {TOKEN}\r\nContent-Length: 100\r\n\r\n"
    writer.write(head.encode() + b"pump f=1\npump f=2\n")
    await writer.drain()
    writer.transport.abort()
    await until(lambda: here.telemetry.count("ioc_inlet_refused_requests") == 1)
    assert shelf.lines == []
    assert (await write(session, here, b"pump f=1"))[0] == 204


async def test_requests_in_a_row_are_answered_in_a_row(here: House, shelf: Shelf) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", here.server.port)
    for number in (1, 2, 3):
        body = f"pump f={number}" if number != 2 else "bad"
        head = f"POST /api/v2/write HTTP/1.1\r\nHost: x\r\nAuthorization: Token {TOKEN}\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    got = [await _status(reader) for _ in range(3)]
    writer.close()
    assert got == [204, 400, 204]
    assert [line[:10] for line in shelf.lines] == ["pump f=1.0", "pump f=3.0"]


async def _status(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = [line for line in head.lower().splitlines() if line.startswith("content-length:")]
    await reader.readexactly(int(length[0].split(":")[1]) if length else 0)
    return int(head.split(" ", 2)[1])


async def test_an_unknown_precision(here: House, session: aiohttp.ClientSession) -> None:
    got = await write(session, here, b"pump f=1", "&precision=h")
    assert got == (400, {"code": "invalid", "message": "precision 'h' is not known; one of ns, us, ms, s"})


async def test_others_have_their_turn_while_a_large_body_is_read(
    here: House, shelf: Shelf, session: aiohttp.ClientSession
) -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    running = asyncio.create_task(others())
    body = b"\n".join(b"pump,id=%d a=1,b=2,c=3,d=4,e=5" % (n % 50) for n in range(20_000))
    assert (await write(session, here, body))[0] == 204
    running.cancel()
    assert len(shelf.lines) == 20_000
    assert turns > 20_000 * 5 / 200


async def test_clients_ask_whether_we_are_there(here: House, session: aiohttp.ClientSession) -> None:
    async with session.get(f"{here.base}/ping") as answer:
        assert (answer.status, answer.headers["X-Influxdb-Version"]) == (204, "ioc")
    async with session.head(f"{here.base}/ping") as answer:
        assert answer.status == 204
    async with session.get(f"{here.base}/health") as answer:
        assert (await answer.json())["status"] == "pass"


async def test_where_no_inlet_is_configured_there_is_nothing(
    house: Open, session: aiohttp.ClientSession
) -> None:
    here = await house()
    for path in ("/api/v2/write", "/write"):
        assert (await write(session, here, b"pump f=1", path=path))[0] == 404
    async with session.get(f"{here.base}/ping") as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    ("text", "status", "says"),
    [
        ("pump " + ",".join(f"f{n}=1" for n in range(10_000)), 400, "line 1: more than 1000 fields"),
        ('pump note="' + "x" * 1_000_000 + '"', 400, "line 1: field 'note': its string does not end"),
        ("pump,id=" + "x" * 1_000_000 + " f=1", 400, "line 1: measurement and tags are longer than 4096"),
        ("pump,id=1,id=2 f=1", 400, "line 1: tag 'id' is there twice"),
        ("pump f=1 -1760000000000000000", 422, "'pump': time -1760000000000000 us is"),
        (
            "pump f=1 99999999999999999999",
            400,
            "line 1: timestamp '99999999999999999999' is not a whole number",
        ),
        ("pump f=1 4000000000000000000", 422, "'pump': time 4000000000000000 us is"),
        ('pump f="a\0b"', 400, "line 1: field 'f': its string has U+0000"),
        (
            "pump,id=a\u202eb f=1",
            400,
            "line 1: value of the tag 'a\\u202eb' has U+202E, which is not for reading",
        ),
        ("\n" * 100_001, 413, "the body has more than 100000 lines; send less at once"),
    ],
    ids=lambda each: str(each)[:24] if not isinstance(each, int) else "",
)
async def test_a_hostile_line_costs_itself_alone(
    here: House, shelf: Shelf, session: aiohttp.ClientSession, text: str, status: int, says: str
) -> None:
    got, said = await write(session, here, text.encode() + b"\npump f=7")
    assert got == status
    assert says in said["message"]
    assert len(said["message"]) < 500
    assert [line[:10] for line in shelf.lines] == ([] if status == 413 else ["pump f=7.0"])


@pytest.mark.parametrize("line", ["", "#", "bad", "pump f=1"])
async def test_whatever_the_lines_are_others_have_their_turn(
    here: House, session: aiohttp.ClientSession, line: str
) -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    running = asyncio.create_task(others())
    await write(session, here, f"{line}\n".encode() * 50_000)
    running.cancel()
    assert turns > 200
