"""What reaches a service through the environment: a proxy where one is named, never a password of ~/.netrc."""

from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from alerts.service import Service, proxy_of


def test_a_proxy_is_that_of_the_scheme_unless_the_host_is_excepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://10.0.0.1:3128")
    monkeypatch.setenv("no_proxy", "mail.tinh.gov.vn")
    assert proxy_of("https://api.telegram.org/x") == "http://10.0.0.1:3128"
    assert proxy_of("https://mail.tinh.gov.vn/x") is None
    assert proxy_of("http://api.telegram.org/x") is None


async def test_a_password_of_netrc_is_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    heard: list[str | None] = []

    async def take(request: web.Request) -> web.Response:
        heard.append(request.headers.get("Authorization"))
        return web.Response()

    app = web.Application()
    app.router.add_post("/", take)
    server = TestServer(app)
    await server.start_server()
    service = Service(5)
    try:
        await service.post_json(str(server.make_url("/")), {})
    finally:
        await service.close()
        await server.close()
    assert heard == [None]
