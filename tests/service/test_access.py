"""Who may: as it is configured, off loopback and by TLS, on the whole service."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from ioc.clock import Clock
from ioc.errors import ConfigError
from ioc.reading import read
from tests.service.conftest import Build
from tests.service.house import House

READ, WRITE = "r" * 20, "w" * 20


def guarded(house: House) -> None:
    """Have the house ask for tokens."""
    folder = house.folder / "config"
    (folder / "read").write_text(READ + "\n")
    (folder / "write").write_text(WRITE + "\n")
    house.config["access"] = {"read_token": {"file": "read"}, "write_token": {"file": "write"}}


async def status_of(house: House, token: str, method: str, path: str) -> int:
    house.token = token
    status, _ = await house.ask(method, path, {"by": "Hạnh"} if method != "GET" else None)
    return status


async def test_off_loopback_each_token_opens_what_it_is_for(build: Build, tmp_path: Path) -> None:
    house = await build("a")
    guarded(house)
    house.config["listen"] = "0.0.0.0:0"
    house.config["access"]["behind_proxy"] = True
    house.write()
    house.token = READ
    await house.spawn()
    house.url = house.url.replace("0.0.0.0", "127.0.0.1")
    await house.all_up()
    assert await status_of(house, "wrong" * 4, "GET", "/api/v1/picture") == 401
    assert await status_of(house, READ, "GET", "/api/v1/picture") == 200
    assert await status_of(house, READ, "POST", "/-/reload") == 403
    assert await status_of(house, WRITE, "POST", "/-/reload") == 200
    async with house.http.get(house.url + "/readyz") as anybody:
        assert await anybody.json() == {"ready": True}
    async with house.http.get(house.url + "/ws") as nobody:
        assert nobody.status == 401
    async with house.http.get(house.url + "/metrics") as nobody:
        assert nobody.status == 401
    file = tmp_path / "token"
    file.write_text(READ + "\n")
    watching = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ioc", "watch", house.url, "--once", "--token-file", str(file)),
        stdout=subprocess.PIPE,
    )
    out, _ = await watching.communicate()
    assert watching.returncode == 0
    assert "Trung tâm thử nghiệm" in out.decode()
    assert await house.stop() == 0
    said = (house.folder / "log").read_text()
    assert READ not in said
    assert WRITE not in said


async def test_off_loopback_without_tokens_it_does_not_start(build: Build) -> None:
    house = await build("a")
    house.config["listen"] = "0.0.0.0:0"
    house.write()
    with pytest.raises(ConfigError) as refused:
        read(house.folder / "config", {}, Clock())
    assert len(refused.value.faults) == 3
    with pytest.raises(AssertionError, match="3 faults; nothing was started"):
        await house.spawn()


async def test_it_serves_tls_by_the_files_it_is_given(build: Build) -> None:
    house = await build("a")
    guarded(house)
    folder = house.folder / "config"
    await asyncio.to_thread(certificate, folder)
    house.config["access"]["tls"] = {"certificate": "wall.crt", "key": "wall.key"}
    house.write()
    house.token = READ
    trust = ssl.create_default_context(cafile=str(folder / "wall.crt"))
    await house.start()
    url = house.url.replace("http://127.0.0.1", "https://localhost")
    headers = {"Authorization": f"Bearer {READ}"}
    async with house.http.get(url + "/api/v1/endpoints", ssl=trust, headers=headers) as answer:
        assert answer.status == 200
        assert (await answer.json())["total"] == 1
    async with house.http.ws_connect(
        url.replace("https", "wss") + "/ws", ssl=trust, headers=headers
    ) as screen:
        hello = await screen.receive_json()
    assert hello["type"] == "hello"
    assert hello["may_write"] is False


def certificate(folder: Path) -> None:
    """A certificate of our own for localhost, and its key."""
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]
    files = ["-keyout", str(folder / "wall.key"), "-out", str(folder / "wall.crt")]
    subprocess.run([*made, *name, *files], check=True, capture_output=True)
