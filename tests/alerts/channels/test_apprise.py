"""Apprise itself, told to post JSON to a server here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr, ValidationError

from alerts.channels.apprise import Apprise, AppriseOptions
from ioc.errors import Undeliverable
from tests.alerts.channels.golden import NOTE, Played, changed, folders, read

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
"""what Apprise imports when it is first asked for anything"""


@asynccontextmanager
async def serving(answer: Any) -> AsyncIterator[str]:
    """Serves without TLS; gives host and port."""
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("case", folders("apprise"))
async def test_case(case: str) -> None:
    played = Played(read("apprise", case, "exchanges.json"))
    async with serving(played.answer) as host:
        url = read("apprise", case, "options.json")["url"].replace("{host}", host)
        channel = Apprise(AppriseOptions(url=SecretStr(url)))
        try:
            result: dict[str, Any] = {
                "answer": (await channel.send(changed(read("apprise", case, "notification.json")))).answer
            }
        except Undeliverable as error:
            result = {"error": str(error), "permanent": error.permanent}
        finally:
            await channel.close()
    assert played.asked == [each["request"] for each in played.exchanges]
    assert result == read("apprise", case, "result.json")


async def test_a_service_that_hangs_is_left_and_holds_up_nobody() -> None:
    release = asyncio.Event()

    async def hang(request: web.Request) -> web.Response:
        await release.wait()
        return web.Response()

    async with serving(hang) as host:
        channel = Apprise(AppriseOptions(url=SecretStr(f"json://{host}/"), timeout=0.3))
        for _ in range(2):
            with pytest.raises(Undeliverable) as caught:
                await channel.send(NOTE)
            assert (str(caught.value), caught.value.permanent) == ("no answer within 0.3 s", False)
        release.set()
        await channel.close()


def test_its_address_is_a_secret() -> None:
    channel = Apprise(AppriseOptions(url=SecretStr("json://user:password@127.0.0.1/")))
    assert channel.own_address() == "json"
    assert "password" not in repr(AppriseOptions(url=SecretStr("json://user:password@127.0.0.1/")))
    assert Apprise(AppriseOptions(url=SecretStr("json://127.0.0.1/{to}"))).own_address() == ""


def test_what_is_no_address_is_refused_without_being_shown() -> None:
    with pytest.raises(ValidationError, match="is not an Apprise address"):
        AppriseOptions(url=SecretStr("geheim"))


def test_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alerts.channels.apprise.find_spec", lambda name: None)
    with pytest.raises(ValidationError, match=r"install ioc-monitor\[notify\]"):
        AppriseOptions(url=SecretStr("json://127.0.0.1/"))
