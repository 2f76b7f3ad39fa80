"""Listening: TLS, a port that is taken, and uvloop, which the service runs on."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from pathlib import Path

import orjson
import pytest
import uvloop
import websockets.asyncio.client as client

from ioc.clock import Clock
from ioc.telemetry import Telemetry
from tests.web.house import FakeDesk, fresh_picture
from web.app import build
from web.deps import Deps
from web.push import WAITING, Pace
from web.serve import Tls, serve


def deps(folder: Path) -> Deps:
    picture = fresh_picture()
    return Deps(Clock(), picture, Telemetry(), FakeDesk(picture), folder / "dist", pace=Pace(coalesce=0.01))


@pytest.fixture
def certificate(tmp_path: Path) -> Tls:
    made = Tls(tmp_path / "cert.pem", tmp_path / "key.pem")
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    files = ["-days", "2", "-keyout", str(made.key), "-out", str(made.certificate)]
    subprocess.run([*new, *name, *files], check=True, capture_output=True)
    return made


def test_the_push_over_tls_under_uvloop(tmp_path: Path, certificate: Tls) -> None:
    async def go() -> None:
        here = deps(tmp_path)
        server = await serve(build(here), "127.0.0.1", 0, certificate)
        trust = ssl.create_default_context(cafile=str(certificate.certificate))
        try:
            url = f"wss://localhost:{server.port}/ws"
            async with asyncio.timeout(10), client.connect(url, ssl=trust, max_size=2**24) as screen:
                assert orjson.loads(await screen.recv())["type"] == "hello"
                assert orjson.loads(await screen.recv())["full"] is True
                for n in range(20):
                    value = {"n": n, "pad": "ặ" * WAITING}
                    here.picture.put("a", value)
                    assert orjson.loads(await screen.recv())["put"] == {"a": value}
        finally:
            await server.close()

    uvloop.run(go())


def test_screens_that_go_under_uvloop_are_not_written_to(tmp_path: Path) -> None:
    async def go() -> None:
        here = deps(tmp_path)
        server = await serve(build(here), "127.0.0.1", 0)
        failures: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
        try:
            for n in range(30):
                async with asyncio.timeout(10), client.connect(f"ws://127.0.0.1:{server.port}/ws") as screen:
                    await screen.recv()
                    await screen.recv()
                    here.picture.put("a", {"n": n})
                    screen.transport.abort()
        finally:
            await server.close()
        assert failures == []

    uvloop.run(go())


async def test_a_taken_port_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    first = await serve(build(deps(tmp_path)), "127.0.0.1", 0)
    with pytest.raises(OSError, match="address already in use"):
        await serve(build(deps(tmp_path)), "127.0.0.1", first.port)
    await first.close()


async def test_a_certificate_that_is_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await serve(build(deps(tmp_path)), "127.0.0.1", 0, Tls(tmp_path / "no", tmp_path / "no"))
