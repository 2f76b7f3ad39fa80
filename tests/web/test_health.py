"""`ioc health` tells a service that answers from one that does not."""

from __future__ import annotations

import asyncio
import re

import pytest
from aiohttp import web
from typer.testing import CliRunner

from ioc.cli import app
from ioc.errors import IocError
from tests.real.daemon import free_port
from web.health import check


async def serve(status: int) -> tuple[web.AppRunner, str]:
    async def healthz(request: web.Request) -> web.Response:
        return web.Response(status=status)

    served = web.Application()
    served.router.add_get("/healthz", healthz)
    runner = web.AppRunner(served)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


async def test_one_that_answers() -> None:
    runner, url = await serve(200)
    assert await asyncio.to_thread(check, f"{url}/") == f"{url}/healthz: answered 200"
    await runner.cleanup()


async def test_one_that_is_not_well() -> None:
    runner, url = await serve(503)
    with pytest.raises(IocError, match="/healthz: answered 503"):
        await asyncio.to_thread(check, url)
    await runner.cleanup()


def test_nobody_there() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(IocError, match=re.escape(f"{url}/healthz: no answer: ")):
        check(url)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "127.0.0.1:8080", ""])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(IocError, match="is no address of a service; write http"):
        check(url)


def test_the_command_fails_with_the_sentence() -> None:
    result = CliRunner().invoke(app, ["health", f"http://127.0.0.1:{free_port()}"])
    assert isinstance(result.exception, IocError)
    assert result.exit_code == 1
