"""The exchange by HTTP: TLS of every kind, redirects, packed bodies, both address families, hostile servers."""

from __future__ import annotations

import asyncio
import gzip
import random
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import uvloop

from collectors.base import Surroundings
from collectors.sources.http import Http, HttpOptions
from ioc.clock import Clock
from ioc.errors import NoAnswer, SourceError
from ioc.inventory import Endpoint, Probe
from ioc.model import Reason, Sample, Verdict
from ioc.telemetry import Telemetry
from tests import certificates

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@asynccontextmanager
async def served(
    serve: Serve, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[int]:
    """A server with its port; what it still does at the end is ended."""
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            pass
        finally:
            writer.transport.abort()
            talks.discard(task)

    server = await asyncio.start_server(talk, host, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(talks):
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


def says(*pieces: bytes) -> Serve:
    """Hears a request and says these."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        writer.write_eof() if writer.can_write_eof() else None
        await reader.read(-1)

    return serve


async def ask(address: str = "127.0.0.1", within: float = 5.0, **given: Any) -> Sample:
    clock = Clock()
    source = Http(Surroundings(clock, Telemetry(), random.Random(1)))
    probe = Probe("http", 10, 1, HttpOptions.model_validate(given))
    endpoint = Endpoint("e", "e", "service", "portal", "u", address, (probe,))
    try:
        return await source.gather(endpoint, probe, clock.now() + within)
    finally:
        await source.close()


async def refused(**given: Any) -> NoAnswer:
    with pytest.raises(NoAnswer) as caught:
        await ask(**given)
    return caught.value


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> certificates.Authority:
    return certificates.authority(tmp_path_factory.mktemp("authority"))


async def test_a_valid_certificate_and_its_phases(tmp_path: Path, signer: certificates.Authority) -> None:
    tls = certificates.server(tmp_path, signer, timedelta(days=30))
    async with served(says(OK), tls) as port:
        sample = await ask(port=port, ca=signer.file)
    assert (sample.verdict, sample.detail) == (Verdict.OK, "200 OK")
    assert sample.fields["tls_days"] == pytest.approx(30, abs=0.01)
    phases = [sample.fields[name] for name in ("connect", "tls", "first_byte", "transfer")]
    assert sample.fields["tls"] > 0
    assert 0 <= sample.fields["rtt"] - sum(phases) < 100.0  # of a machine that does much else


@pytest.mark.parametrize(
    ("left", "signed", "host", "says_why"),
    [
        (-3.0, True, "127.0.0.1", "certificate not trusted: certificate has expired"),
        (30.0, False, "127.0.0.1", "certificate not trusted: self-signed certificate"),
        (30.0, True, "127.0.0.9", "certificate not trusted: IP address mismatch"),
    ],
)
async def test_a_certificate_that_is_not_to_be_trusted(
    tmp_path: Path, signer: certificates.Authority, left: float, signed: bool, host: str, says_why: str
) -> None:
    asked = False

    async def hears(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked = bool(await reader.read(1))

    tls = certificates.server(tmp_path, signer if signed else None, timedelta(days=left), host)
    async with served(hears, tls) as port:
        sample = await ask(port=port, ca=signer.file, token="secret")
    assert (sample.verdict, sample.reason) == (Verdict.DEGRADED, Reason.WRONG_ANSWER)
    assert sample.detail.startswith(says_why)
    assert sample.fields["tls_days"] == pytest.approx(left, abs=0.01)
    assert not asked  # neither the question nor its secrets went there


async def test_an_expired_certificate_need_not_be_valid(
    tmp_path: Path, signer: certificates.Authority
) -> None:
    tls = certificates.server(tmp_path, signer, timedelta(days=-3))
    async with served(says(OK), tls) as port:
        sample = await ask(port=port, verify=False)
    assert sample.verdict is Verdict.OK
    assert sample.fields["tls_days"] == pytest.approx(-3, abs=0.01)


async def test_a_name_other_than_the_address(tmp_path: Path, signer: certificates.Authority) -> None:
    heard = b""

    async def hears(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        heard = await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await writer.drain()
        await reader.read(-1)

    tls = certificates.server(tmp_path, signer, timedelta(days=30), "cong.example")
    async with served(hears, tls) as port:
        sample = await ask(port=port, ca=signer.file, host="cong.example", user="u", password="p")
    assert sample.verdict is Verdict.OK
    assert f"\r\nHost: cong.example:{port}\r\n".encode() in heard
    assert b"\r\nAuthorization: Basic dTpw\r\n" in heard


async def test_no_tls_where_it_is_wanted() -> None:
    async with served(says(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        error = await refused(port=port, within=1.0)
    assert error.reason in (Reason.WRONG_ANSWER, Reason.NO_ANSWER)

    async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x16\x03\x03\xff\xff" + b"\x00" * 4096)
        await writer.drain()
        await reader.read(-1)

    async with served(garbage) as port:
        error = await refused(port=port)
    assert error.reason is Reason.WRONG_ANSWER
    assert error.detail.startswith(f"no TLS with 127.0.0.1 port {port}:")


async def test_authorities_that_are_none_are_our_fault(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    with pytest.raises(SourceError, match="name a PEM file"):
        await ask(port=1, ca=tmp_path / "empty.pem")


async def test_a_closed_port_is_refused() -> None:
    async with served(says()) as port:
        pass
    error = await refused(scheme="http", port=port)
    assert (error.reason, error.detail) == (
        Reason.REFUSED,
        f"connect to 127.0.0.1 port {port}: Connection refused",
    )


async def test_a_name_that_nobody_knows_says_nothing_of_the_endpoint() -> None:
    with pytest.raises(SourceError, match=r"the name 'khong\.invalid' is not known"):
        await ask("khong.invalid", scheme="http")


@pytest.mark.parametrize(
    ("address", "host"), [("::1", "::1"), ("127.0.0.1", "127.0.0.1"), ("localhost", "127.0.0.1")]
)
async def test_either_family_and_names(address: str, host: str) -> None:
    family = {"localhost": "ipv4"}.get(address, "any")
    async with served(says(OK), host=host) as port:
        sample = await ask(address, scheme="http", port=port, family=family)
    assert sample.verdict is Verdict.OK
    assert ("dns" in sample.fields) == (address == "localhost")


async def test_a_family_alone_is_asked() -> None:
    async with served(says(OK)) as port:
        with pytest.raises((NoAnswer, SourceError)):
            await ask("localhost", scheme="http", port=port, family="ipv6")


def moved(to: str, status: str = "302 Found") -> bytes:
    return f"HTTP/1.1 {status}\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()


async def test_redirects_are_followed_on_the_same_host_with_its_secrets() -> None:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(moved("/next#part") if len(heard) == 1 else OK)
        await writer.drain()
        await reader.read(-1)

    async with served(serve) as port:
        sample = await ask(scheme="http", port=port, token="t")
    assert sample.verdict is Verdict.OK
    assert [each.split(b" ")[1] for each in heard] == [b"/", b"/next"]
    assert all(b"Authorization: Bearer t" in each for each in heard)


@pytest.mark.parametrize("elsewhere", ["http://127.0.0.2:{port}/x", "//127.0.0.2:{port}/x"])
async def test_secrets_do_not_follow_to_another_host(elsewhere: str) -> None:
    heard: list[bytes] = []

    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OK)
        await writer.drain()
        await reader.read(-1)

    async with (
        served(other, host="127.0.0.2") as there,
        served(says(moved(elsewhere.format(port=there)))) as port,
    ):
        given: dict[str, Any] = {"scheme": "http", "port": port, "token": "t", "secret_headers": {"X-K": "k"}}
        sample = await ask(**given)
        assert not heard
        assert (sample.verdict, sample.reason) == (Verdict.DEGRADED, Reason.BAD_STATUS)
        assert "not followed" in sample.detail
        sample = await ask(**given, redirects="any")
    assert sample.verdict is Verdict.OK
    assert b"Authorization" not in heard[0]
    assert b"X-K" not in heard[0]


async def test_another_port_of_the_host_gets_no_secret() -> None:
    heard: list[bytes] = []

    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OK)
        await writer.drain()
        await reader.read(-1)

    async with served(other) as there, served(says(moved(f"http://u:p@127.0.0.1:{there}/"))) as port:
        sample = await ask(scheme="http", port=port, token="t")
    assert sample.verdict is Verdict.OK
    assert b"Authorization" not in heard[0]


@pytest.mark.parametrize("to", ["ftp://127.0.0.1/", "http://[", "javascript:alert(1)", "http://a:99999/", ""])
async def test_a_redirect_to_nowhere_is_not_followed(to: str) -> None:
    async with served(says(moved(to))) as port:
        if not to:
            assert (await refused(scheme="http", port=port)).detail.startswith("more than 5 redirects")
            return
        sample = await ask(scheme="http", port=port)
    assert (sample.verdict, sample.reason) == (Verdict.DEGRADED, Reason.BAD_STATUS)
    assert sample.detail.endswith("not followed; see `redirects`")


@pytest.mark.parametrize(
    ("to", "why"),
    [("http://khong.invalid/", "the name 'khong.invalid' is not known"), ("http://255.255.255.255/", "")],
)
async def test_a_redirect_to_what_is_not_there_is_the_endpoints_fault(to: str, why: str) -> None:
    async with served(says(moved(to))) as port:
        error = await refused(scheme="http", port=port, redirects="any")
    assert why in error.detail


async def test_redirects_without_end() -> None:
    async with served(says(moved("/again?secret=1"))) as port:
        error = await refused(scheme="http", port=port)
    assert error.reason is Reason.WRONG_ANSWER
    assert error.detail == f"more than 5 redirects, last to http://127.0.0.1:{port}/again"


async def test_a_post_becomes_a_get_or_does_not() -> None:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        heard.append(head.split(b" ")[0])
        writer.write({1: moved("/a", "307 T"), 2: moved("/b", "303 S")}.get(len(heard), OK))
        await writer.drain()
        await reader.read(-1)

    async with served(serve) as port:
        sample = await ask(scheme="http", port=port, method="POST", body="{}")
    assert sample.verdict is Verdict.OK
    assert heard == [b"POST", b"POST", b"GET"]


def packed(body: bytes, encoding: str = "gzip") -> bytes:
    return (
        f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )


async def test_packed_bodies() -> None:
    text = "Cổng dịch vụ công ".encode() * 10_000
    for body, encoding in (
        (gzip.compress(text), "gzip"),
        (zlib.compress(text), "deflate"),
        (text, "identity"),
    ):
        async with served(says(packed(body, encoding))) as port:
            sample = await ask(scheme="http", port=port, contains="dịch vụ")
        assert (sample.verdict, sample.fields["size"]) == (Verdict.OK, float(len(text)))


async def test_a_bomb_is_cut_after_it_is_unpacked() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) < 60_000
    async with served(says(packed(bomb))) as port:
        sample = await ask(scheme="http", port=port, contains="x")
    assert sample.fields["size"] == 1_000_000.0
    assert sample.detail == "200 OK, 'x' is not in the first 1,000,000 bytes"


async def test_a_packed_body_that_ends_early() -> None:
    async with served(says(packed(gzip.compress(b"abc" * 1000)[:-12]))) as port:
        error = await refused(scheme="http", port=port)
    assert (error.reason, error.detail) == (Reason.WRONG_ANSWER, "the body is packed and ends early")


async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"H")
    await writer.drain()
    await reader.read(-1)  # the next byte would come after the deadline


async def endless_headers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-Header: value\r\n" * 1000)
        await writer.drain()


async def endless_header(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


async def endless_line(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"\xff" * 65_536)
        await writer.drain()


async def endless_continues(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)
        await writer.drain()


async def endless_crumbs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1\r\nx\r\n" * 1000)
        await writer.drain()


async def endless_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n" * 1000)
        await writer.drain()


async def nothing_but_newlines(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"\r\n" * 10_000)
        await writer.drain()


async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


@pytest.mark.parametrize(
    ("serve", "reason", "detail"),
    [
        (drips, Reason.NO_ANSWER, "no whole answer came in time"),
        (endless_headers, Reason.WRONG_ANSWER, "not HTTP"),
        (endless_header, Reason.WRONG_ANSWER, "not HTTP"),
        (endless_line, Reason.WRONG_ANSWER, "not HTTP"),
        (endless_continues, Reason.WRONG_ANSWER, "not HTTP: more than 200 heads of answers came"),
        (endless_answers, Reason.WRONG_ANSWER, "not HTTP: more than 200 heads of answers came"),
        (endless_crumbs, Reason.WRONG_ANSWER, "not HTTP: more than 50,000 lines or pieces came"),
        (nothing_but_newlines, Reason.WRONG_ANSWER, "not HTTP: no status line came"),
        (resets, Reason.CLOSED_EARLY, ""),
    ],
)
async def test_a_hostile_server(serve: Serve, reason: Reason, detail: str) -> None:
    async with served(serve) as port:
        error = await refused(scheme="http", port=port, within=0.5)
    assert error.reason is reason
    assert detail in error.detail
    assert len(error.detail) < 200


async def test_a_hundred_megabytes_are_cut_at_the_cap() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    async with served(serve) as port:
        sample = await ask(scheme="http", port=port, contains="y")
    assert sample.detail == "200 OK, 'y' is not in the first 1,000,000 bytes"


async def test_what_a_server_says_is_legible() -> None:
    async with served(says(b"HTTP/1.1 500 \x1b[31mred\xe2\x80\xae\r\nContent-Length: 0\r\n\r\n")) as port:
        try:
            detail = (await ask(scheme="http", port=port)).detail
        except NoAnswer as error:
            detail = error.detail
    assert "\x1b" not in detail
    assert "\u202e" not in detail


def test_it_is_the_same_on_the_loop_the_service_runs_on(
    tmp_path: Path, signer: certificates.Authority
) -> None:
    tls = certificates.server(tmp_path, signer, timedelta(days=30))

    async def asked() -> tuple[Sample, NoAnswer]:
        async with served(says(OK), tls) as port, served(endless_continues) as hostile:
            return await ask(port=port, ca=signer.file), await refused(scheme="http", port=hostile)

    sample, error = uvloop.run(asked())
    assert sample.fields.keys() >= {"connect", "tls", "first_byte", "transfer", "tls_days"}
    assert error.detail == "not HTTP: more than 200 heads of answers came"
