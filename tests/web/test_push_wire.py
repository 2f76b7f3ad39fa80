"""The frames as two independent clients receive them over real sockets."""

from __future__ import annotations

from typing import Any

import aiohttp
import orjson
import pytest
import websockets.asyncio.client as client

from tests.web.house import Open


@pytest.mark.parametrize("compression", [None, "deflate"])
async def test_the_websockets_library_receives_hello_then_the_picture(house: Open, compression: Any) -> None:
    here = await house()
    big = {"name": "x" * 70_000}
    here.picture.put("about/a", {"name": "Phòng họp Ặ"})
    here.picture.put("about/b", big)
    async with client.connect(here.ws, compression=compression) as screen:
        hello = orjson.loads(await screen.recv())
        assert (hello["type"], hello["epoch"], hello["may_write"]) == ("hello", "e1", True)
        first = orjson.loads(await screen.recv())
        assert (first["full"], first["offset"]) == (True, 2)
        assert first["put"] == {"about/a": {"name": "Phòng họp Ặ"}, "about/b": big}
        here.picture.remove("about/b")
        second = orjson.loads(await screen.recv())
        assert (second["full"], second["offset"], second["put"], second["gone"]) == (
            False,
            3,
            {},
            ["about/b"],
        )


@pytest.mark.parametrize("window", [0, 9, 12, 15])
async def test_aiohttp_receives_the_same(house: Open, window: int) -> None:
    here = await house()
    value = {"name": "Điểm cầu " * 200}
    here.picture.put("about/a", value)
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(here.ws, compress=window) as screen,
    ):
        assert (await screen.receive_json())["type"] == "hello"
        assert (await screen.receive_json())["put"] == {"about/a": value}
        for count in range(5):
            here.picture.put("about/a", {"count": count, **value})
            assert (await screen.receive_json())["put"] == {"about/a": {"count": count, **value}}
