"""A whole service with a Telegram bot: the button below a page acknowledges, also across a `kill -9`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.alerts.bot_api import BotApi
from tests.alerts.channels.golden import serving
from tests.service.conftest import Build
from tests.service.house import House

AN = 4242
PEOPLE = {"an": {"name": "Nguyễn Văn An", "contacts": [{"by": "tele", "to": str(AN)}]}}
ROUTES = [{"id": "all", "tell": ["receiver:oncall", "person:an"]}]


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[tuple[BotApi, str, Path]]:
    """A bot, the address of its API and the authority that it is signed by."""
    api = BotApi()
    folder = tmp_path / "bot"
    folder.mkdir()
    async with serving(api, folder) as (address, ca):
        yield api, address, ca


async def furnished(build: Build, address: str, ca: Path) -> House:
    """A house in which An is told by Telegram, and answers there."""
    house = await build()
    token = house.folder / "token"
    token.write_text("123:abc\n", "ascii")
    tele = {"channel": "telegram", "token_file": str(token), "api": address, "ca": str(ca), "buttons": True}
    house.config["receivers"]["tele"] = tele
    house.config |= {"people": PEOPLE, "routes": ROUTES}
    house.write()
    return house


async def acts(house: House, number: int) -> list[str]:
    """What the service tells of acknowledgements of an incident."""
    story = await house.get(f"/api/v1/incidents/{number}/explain?language=en")
    return [each["text"] for each in story["facts"] if "acknowledged" in each["text"]]


async def test_the_button_acknowledges_on_the_wall_too(build: Build, bot: tuple[BotApi, str, Path]) -> None:
    api, address, ca = bot
    house = await furnished(build, address, ca)
    await house.start()
    await house.all_up()
    await house.things["a"].fall()
    await api.until(lambda: len(api.sent) == 1)
    await api.press(1, AN)
    await house.until(lambda: house.incident("a").get("acknowledged"))
    known = house.incident("a")["acknowledged"]
    assert (known["by"], known["note"]) == ("an", "qua Telegram")
    await api.until(lambda: len(api.replies) == 1 and len(api.edits) == 1)
    assert api.replies[0]["text"] == f"Bạn đã tiếp nhận sự cố {house.incident('a')['id']}."
    assert len(await acts(house, house.incident("a")["id"])) == 1


async def test_killed_before_it_could_answer_it_has_heard_the_press_once(
    build: Build, bot: tuple[BotApi, str, Path]
) -> None:
    api, address, ca = bot
    house = await furnished(build, address, ca)
    await house.spawn()
    await house.all_up()
    await house.things["a"].fall()
    await api.until(lambda: len(api.sent) == 1)
    api.hung = {"answerCallbackQuery"}
    await api.press(1, AN)
    await api.until(lambda: len(api.replies) == 1)
    await house.kill()
    await api.release()
    await house.spawn()
    await api.until(lambda: len(api.replies) == 2 and not api.updates)
    number = (await house.until(lambda: house.incident("a")))["id"]
    assert api.replies[1]["text"] == f"Sự cố {number} bạn đã tiếp nhận rồi."
    assert len(await acts(house, number)) == 1
