"""The HTTP side, by a real client over a real socket."""

from __future__ import annotations

import gzip
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from ioc.clock import Clock
from tests.web.house import House, Open
from web.auth import Access
from web.deps import Readiness

READ, WRITE = "read-token-of-16", "write-token-of-16"
TOKENS = Access(read_token=READ, write_token=WRITE)
MAY = {"Authorization": "Bearer x"}


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as opened:
        yield opened


async def ask(
    session: aiohttp.ClientSession, house: House, method: str, path: str, **more: Any
) -> tuple[int, Any]:
    async with session.request(method, house.base + path, **more) as answer:
        return answer.status, await answer.json()


def fill(house: House) -> None:
    put = house.picture.put
    put("unit/th", {"name": "Thanh Hóa"})
    put("unit/hh", {"name": "Hoằng Hóa", "parent": "th"})
    put("about/b", {"name": "B", "unit": "hh", "system": "vc"})
    put("endpoint/b", {"state": "up", "since": 1.0})
    put("about/a", {"name": "A", "unit": "th", "system": "dc"})
    put("endpoint/a", {"state": "down", "since": 2.0})
    put("about/c", {"name": "C", "unit": "other", "system": "vc"})
    put("incident/1", {"id": 1, "status": "open", "severity": "warning", "opened": 5.0})
    put("incident/2", {"id": 2, "status": "open", "severity": "critical", "opened": 4.0})
    put("incident/3", {"id": 3, "status": "closed", "severity": "critical", "opened": 6.0})


@pytest.mark.parametrize(
    ("query", "ids", "total"),
    [
        ("", ["a", "b", "c"], 3),
        ("?state=up", ["b"], 1),
        ("?unit=th", ["a", "b"], 2),
        ("?unit=hh", ["b"], 1),
        ("?system=vc&state=down", [], 0),
        ("?limit=1", ["a"], 3),
    ],
)
async def test_endpoints_are_filtered_worst_first(
    house: Open, session: aiohttp.ClientSession, query: str, ids: list[str], total: int
) -> None:
    here = await house()
    fill(here)
    status, said = await ask(session, here, "GET", "/api/v1/endpoints" + query)
    assert (status, [each["id"] for each in said["endpoints"]], said["total"]) == (200, ids, total)


async def test_single_things_and_the_picture(house: Open, session: aiohttp.ClientSession) -> None:
    here = await house()
    fill(here)
    assert (await ask(session, here, "GET", "/api/v1/endpoints/a"))[1] == {
        "id": "a",
        "name": "A",
        "unit": "th",
        "system": "dc",
        "state": "down",
        "since": 2.0,
    }
    incidents = (await ask(session, here, "GET", "/api/v1/incidents?status=open"))[1]["incidents"]
    assert [each["id"] for each in incidents] == [2, 1]
    assert (await ask(session, here, "GET", "/api/v1/incidents/3"))[1]["status"] == "closed"
    picture = (await ask(session, here, "GET", "/api/v1/picture?prefix=unit/"))[1]
    assert set(picture["picture"]) == {"unit/th", "unit/hh"}
    assert (picture["epoch"], picture["offset"]) == ("e1", here.picture.offset)


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("GET", "/api/v1/endpoints/x", 404, "there is no endpoint 'x'"),
        (
            "GET",
            "/api/v1/incidents/9",
            404,
            "there is no incident 9, or it was closed more than 15 minutes ago",
        ),
        ("GET", "/api/v1/incidents/x", 404, "there is nothing at '/api/v1/incidents/x'"),
        ("GET", "/wall/scene", 404, "there is nothing at '/wall/scene'"),
        ("PUT", "/healthz", 405, "'/healthz' takes GET, HEAD, not PUT"),
        (
            "GET",
            "/api/v1/endpoints?state=dead",
            400,
            "state='dead' is not a state; one of down, degraded, unreachable, unknown, maintenance, up, off",
        ),
        ("GET", "/api/v1/endpoints?limit=0", 400, "limit='0' is not a number from 1 to 50000"),
        ("GET", "/api/v1/incidents?status=x", 400, "status='x' is not a status; one of open, closed"),
        ("GET", "/ws?offset=-1", 400, "offset='-1' is not an offset; leave it out for the whole picture"),
        ("DELETE", "/api/v1/maintenance/m9", 404, "there is no maintenance 'm9'; it may have ended"),
    ],
)
async def test_errors_say_what_and_with_which_value(
    house: Open, session: aiohttp.ClientSession, method: str, path: str, status: int, error: str
) -> None:
    here = await house()
    assert await ask(session, here, method, path, headers=MAY) == (status, {"error": error})


async def test_acknowledging(house: Open, session: aiohttp.ClientSession) -> None:
    here = await house()
    fill(here)
    path = "/api/v1/incidents/2/acknowledge"
    body = {"by": " Bình ", "note": "đang đi", "seen": 1790000000.25}
    status, said = await ask(session, here, "POST", path, json=body, headers=MAY)
    assert (status, said["acknowledged"]) == (200, {"by": "Bình", "note": "đang đi"})
    assert here.desk.asked == [("acknowledge", 2, "Bình", "đang đi", 1790000000.25)]
    closed = await ask(
        session, here, "POST", "/api/v1/incidents/3/acknowledge", json={"by": "B"}, headers=MAY
    )
    assert closed == (409, {"error": "incident 3 is closed; nothing to take", "code": "closed", "about": ""})


@pytest.mark.parametrize(
    ("act", "body", "asked"),
    [
        ("assign", {"to": " An ", "by": "Bình"}, ("assign", 2, "An", "Bình")),
        ("comment", {"text": "VNPT hẹn 15:00", "by": "Bình"}, ("comment", 2, "VNPT hẹn 15:00", "Bình")),
        ("close", {"reason": "đã biết", "by": "Bình"}, ("close", 2, "đã biết", "Bình")),
    ],
)
async def test_what_is_done_with_an_incident(
    house: Open, session: aiohttp.ClientSession, act: str, body: dict[str, str], asked: tuple[object, ...]
) -> None:
    here = await house()
    fill(here)
    path = f"/api/v1/incidents/2/{act}"
    status, said = await ask(session, here, "POST", path, json=body, headers=MAY)
    assert (status, said["id"], here.desk.asked) == (200, 2, [asked])
    status, _ = await ask(session, here, "POST", path, json=body)
    assert status == 403
    status, _ = await ask(session, here, "POST", f"/api/v1/incidents/77/{act}", json=body, headers=MAY)
    assert status == 404
    for name in body:
        without = {key: text for key, text in body.items() if key != name}
        status, said = await ask(session, here, "POST", path, json=without, headers=MAY)
        assert (status, said["error"]) == (422, f"{name}: Field required")
        status, said = await ask(session, here, "POST", path, json=body | {name: "\u202e"}, headers=MAY)
        assert status == 422
    assert here.desk.asked == [asked]


async def test_maintenance_begins_and_ends(house: Open, session: aiohttp.ClientSession) -> None:
    here = await house()
    end = Clock().now() + 3600
    body = {"scope": {"kind": "unit", "id": "hh"}, "end": end, "reason": "thay cáp", "by": "Bình"}
    begun = await ask(session, here, "POST", "/api/v1/maintenance", json=body, headers=MAY)
    assert begun == (201, {"id": "m1"})
    listed = (await ask(session, here, "GET", "/api/v1/maintenance"))[1]["maintenance"]
    assert [each["id"] for each in listed] == ["m1"]
    async with session.delete(
        here.base + "/api/v1/maintenance/m1", json={"by": "Bình"}, headers=MAY
    ) as answer:
        assert (answer.status, await answer.read()) == (204, b"")
    assert here.desk.asked == [
        ("maintain", "unit", "hh", None, end, "thay cáp", "Bình"),
        ("end", "m1", "Bình"),
    ]


ROOM = {"scope": {"kind": "room", "id": "x"}, "end": 4e9, "reason": "r", "by": "b"}


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"{", 400, "the body is not JSON: "),
        (b"[" * 60_000, 400, "the body is not JSON: "),
        (b'"\xff"', 400, "the body is not JSON: "),
        (b"[]", 422, "body: Input should be a valid dictionary or instance of Wanted, not []"),
        (
            b"{}",
            422,
            "scope: Field required; reason: Field required; by: Field required",
        ),
        (ROOM, 422, "scope.kind: Input should be 'endpoint', 'site' or 'unit', not 'room'"),
        (
            {**ROOM, "scope": {"kind": "site", "id": "x"}, "end": 5},
            422,
            "end: 5 is in the past, now is ",
        ),
        (
            {**ROOM, "scope": {"kind": "site", "id": "x"}, "end": 4e9, "start": 4e9},
            422,
            "end: 4000000000 is not after start, 4000000000",
        ),
        ({**ROOM, "scope": {"kind": "site", "id": "x"}, "end": 9e9}, 422, "end: "),
        (
            {**ROOM, "scope": {"kind": "site", "id": "x"}, "end": "soon"},
            422,
            "end: Input should be a valid number, not 'soon'",
        ),
        (
            {**ROOM, "scope": {"kind": "site", "id": "x"}, "colour": 1},
            422,
            "colour: Extra inputs are not permitted, not 1",
        ),
        (
            {**ROOM, "scope": {"kind": "site", "id": "x"}, "start": 1e12, "end": 1e12 + 5},
            422,
            "start: 1.15",  # the year 33658, which no calendar on a screen can show
        ),
        ({**ROOM, "scope": {"kind": "site", "id": "x"}, "end": 1e308}, 422, "end: 1.15741e+303 days"),
        ({**ROOM, "scope": {"kind": "site", "id": "x"}, "by": "a\x1b[2J"}, 422, "by: has U+001B, which is"),
        ({**ROOM, "scope": {"kind": "site", "id": "x"}, "reason": "a\u202eb"}, 422, "reason: has U+202E"),
    ],
)
async def test_bad_bodies_are_told_exactly(
    house: Open, session: aiohttp.ClientSession, body: Any, status: int, error: str
) -> None:
    here = await house()
    sent = {"data": body} if isinstance(body, bytes) else {"json": body}
    headers = MAY | {"Content-Type": "application/json"}
    got, said = await ask(session, here, "POST", "/api/v1/maintenance", headers=headers, **sent)
    assert got == status
    assert said["error"].startswith(error)
    assert here.desk.asked == []


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_packed_body_is_not_taken(house: Open, session: aiohttp.ClientSession, encoding: str) -> None:
    here = await house()
    headers = MAY | {"Content-Type": "application/json", "Content-Encoding": encoding}
    status, said = await ask(session, here, "POST", "/api/v1/maintenance", data=b"garbage", headers=headers)
    assert (status, said["error"]) == (
        415,
        f"Content-Encoding {encoding!r} is not taken; send the body as it is",
    )


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("application/x-www-form-urlencoded; charset=utf-16", b"token=abc"),
        ("application/x-www-form-urlencoded; charset=bogus", b"token=abc"),
        ("application/x-www-form-urlencoded", b"token=\xed\xa0\x80&=&&token"),
        ("application/x-www-form-urlencoded", b"token=%ed%a0%80%ff"),
        ("multipart/form-data", b"token=abc"),
        ("multipart/form-data; boundary=x", b"token=abc"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Type: multipart/mixed\r\n\r\n\r\n--x--\r\n"),
    ],
)
async def test_a_strange_login_is_a_wrong_one(
    house: Open, session: aiohttp.ClientSession, kind: str, form: bytes
) -> None:
    here = await house(access=Access(read_token="r" * 20))
    headers = {"Content-Type": kind, "Origin": here.base}
    async with session.post(here.base + "/login", data=form, headers=headers) as answer:
        assert answer.status == 401


async def test_a_form_is_not_json(house: Open, session: aiohttp.ClientSession) -> None:
    here = await house()
    status, said = await ask(session, here, "POST", "/api/v1/maintenance", data={"by": "x"}, headers=MAY)
    assert status == 415
    assert "application/x-www-form-urlencoded" in said["error"]


async def test_ten_megabytes_are_refused(house: Open, session: aiohttp.ClientSession) -> None:
    here = await house()
    headers = MAY | {"Content-Type": "application/json"}
    answer = await ask(
        session, here, "POST", "/api/v1/maintenance", data=io.BytesIO(b" " * 10_000_000), headers=headers
    )
    assert answer == (413, {"error": "the body is larger than 65536 bytes"})


async def test_reloading(house: Open, session: aiohttp.ClientSession) -> None:
    here = await house()
    done = await ask(session, here, "POST", "/-/reload", headers=MAY)
    assert done == (200, {"changes": ["endpoint dc1 added"]})
    here.desk.faults = ["a.yaml:3: unknown unit 'x'; see units.yaml"]
    assert await ask(session, here, "POST", "/-/reload", headers=MAY) == (
        422,
        {
            "error": "the configuration is refused; the old one goes on",
            "faults": ["a.yaml:3: unknown unit 'x'; see units.yaml"],
        },
    )


async def test_readiness_tells_details_only_to_readers(house: Open, session: aiohttp.ClientSession) -> None:
    here = await house(access=TOKENS)
    here.desk.how = Readiness(True, {"history": "InfluxDB is away for 5 s"})
    assert await ask(session, here, "GET", "/readyz") == (200, {"ready": True})
    assert await ask(session, here, "GET", "/-/ready", headers={"Authorization": f"Bearer {READ}"}) == (
        200,
        {"ready": True, "degraded": {"history": "InfluxDB is away for 5 s"}},
    )
    here.desk.how = Readiness(False)
    assert await ask(session, here, "GET", "/readyz") == (503, {"ready": False})
    assert await ask(session, here, "GET", "/healthz") == (200, {"ok": True})


async def test_metrics_need_the_read_token(house: Open, session: aiohttp.ClientSession) -> None:
    here = await house(access=TOKENS)
    assert (await ask(session, here, "GET", "/metrics"))[0] == 401
    async with session.get(here.base + "/metrics", headers={"Authorization": f"Bearer {READ}"}) as answer:
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        said = await answer.text()
    assert "ioc_push_screens 0.0" in said
    assert 'ioc_web_answers_total{status="4xx"} 1.0' in said


async def test_logging_in_once_opens_the_wall(house: Open, session: aiohttp.ClientSession) -> None:
    here = await house(access=TOKENS)
    async with session.get(here.base + "/", headers={"Accept": "text/html"}) as answer:
        assert answer.url == URL(here.base + "/login")
        assert "Mã truy cập" in await answer.text()
    own = {"Origin": here.base}
    async with session.post(here.base + "/login", data={"token": "no"}, headers=own) as answer:
        assert answer.status == 401
        assert "không đúng" in await answer.text()
    async with session.post(
        here.base + "/login", data={"token": WRITE}, headers=own, allow_redirects=False
    ) as answer:
        assert answer.status == 303
        assert answer.headers["Location"] == "/"
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert WRITE not in cookie
    assert (await ask(session, here, "GET", "/api/v1/incidents"))[0] == 200
    async with session.ws_connect(here.ws, headers=own) as screen:
        assert (await screen.receive_json())["may_write"] is True


async def test_another_pages_form_cannot_log_in_or_write(house: Open, session: aiohttp.ClientSession) -> None:
    here = await house(access=TOKENS)
    evil = {"Origin": "https://evil.example"}
    assert (await ask(session, here, "POST", "/login", data={"token": WRITE}, headers=evil))[0] == 403
    bearer = evil | {"Authorization": f"Bearer {WRITE}"}
    assert (await ask(session, here, "POST", "/-/reload", headers=bearer))[0] == 403
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await session.ws_connect(here.ws, headers=bearer)


async def test_a_rebound_host_sees_nothing(house: Open, session: aiohttp.ClientSession) -> None:
    here = await house()
    status, said = await ask(session, here, "GET", "/api/v1/picture", headers={"Host": "evil.example"})
    assert status == 421
    assert said["error"].startswith("Host 'evil.example' is not this machine")


async def test_every_answer_carries_the_protective_headers(
    house: Open, session: aiohttp.ClientSession
) -> None:
    here = await house()
    for path in ("/", "/healthz", "/login", "/none"):
        async with session.get(here.base + path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "same-origin"


async def test_a_crash_is_told_without_its_insides(
    house: Open, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await house()

    def crash() -> Readiness:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(here.desk, "readiness", crash)
    status, said = await ask(session, here, "GET", "/readyz")
    assert (status, said) == (500, {"error": "an error of this service, ZeroDivisionError; its log has it"})
    assert here.telemetry.count("ioc_web_errors") == 1


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    built = tmp_path / "ui" / "dist"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("<!doctype html>" + "tường" * 100, encoding="utf-8")
    (built / "assets" / "app-1a2b.js").write_text("let x = 1;" * 100)
    (built / "assets" / "font.woff2").write_bytes(bytes(range(256)))
    (tmp_path / "ui" / "secret").write_text("secret")
    (built / "link").symlink_to(tmp_path / "ui" / "secret")
    return built


async def test_the_built_front_end_is_served(house: Open, session: aiohttp.ClientSession, dist: Path) -> None:
    here = await house(static=dist)
    async with session.get(here.base + "/", auto_decompress=False) as answer:
        assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-cache")
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(await answer.read()) == (dist / "index.html").read_bytes()
    plain = {"Accept-Encoding": "identity"}
    async with session.get(here.base + "/assets/app-1a2b.js", headers=plain) as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        assert "Content-Encoding" not in answer.headers
        assert await answer.text() == "let x = 1;" * 100
    async with session.ws_connect(here.ws) as screen:
        assert len((await screen.receive_json())["build"]) == 16


@pytest.mark.parametrize(
    "path",
    ["/link", "/../secret", "/assets/../../secret", "/%2e%2e/secret", "/assets/..%2f..%2fsecret", "//secret"],
)
async def test_no_path_leads_out(house: Open, session: aiohttp.ClientSession, dist: Path, path: str) -> None:
    here = await house(static=dist)
    async with session.get(URL(here.base + path, encoded=True)) as answer:
        assert answer.status == 404


async def test_without_a_build_the_wall_says_how_to_make_one(
    house: Open, session: aiohttp.ClientSession
) -> None:
    here = await house()
    async with session.get(here.base + "/") as answer:
        assert answer.status == 503
        assert "make wall" in await answer.text()
