"""Telegram's Bot API as far as messages and their buttons need it, served over real TLS.

What is asked and answered has the form of core.telegram.org/bots/api; the golden transcripts in
tests/cases/telegram-buttons hold both sides of it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from tests.alerts.channels.golden import Played

PATIENCE = 20.0
"""real seconds after which a test that waits for a request fails"""

Fail = Callable[[str, dict[str, Any]], web.Response | None]


class BotApi(Played):
    """Keeps updates until a poll names a number behind them, and everything it was sent.

    `fail(method, body)` may answer in its place; `hung` methods are not answered until it is emptied.
    """

    def __init__(self) -> None:
        super().__init__([])
        self.sent: list[dict[str, Any]] = []
        self.replies: list[dict[str, Any]] = []
        self.edits: list[dict[str, Any]] = []
        self.polls: list[dict[str, Any]] = []
        self.updates: list[dict[str, Any]] = []
        self.fail: Fail = lambda method, body: None
        self.hung: set[str] = set()
        self._number = 100
        self._moved = asyncio.Condition()

    async def answer(self, request: web.Request) -> web.Response:
        method, body = request.path.rpartition("/")[2], json.loads(await request.text())
        kept = {
            "sendMessage": self.sent, "getUpdates": self.polls, "answerCallbackQuery": self.replies,
            "editMessageReplyMarkup": self.edits,
        }[method]  # fmt: skip
        kept.append(body)
        if method == "getUpdates":
            before = body.get("offset", 0)
            self.updates = [each for each in self.updates if each["update_id"] >= before]
        await self._move()
        async with self._moved:
            await self._moved.wait_for(lambda: method not in self.hung)
        if (instead := self.fail(method, body)) is not None:
            return instead
        if method == "sendMessage":
            return ok({"message_id": len(self.sent)})
        return ok(await self._poll(body) if method == "getUpdates" else True)

    async def _poll(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        async with self._moved:
            await self._moved.wait_for(lambda: bool(self.updates) or "empty" in self.hung)
        return self.updates[: body["limit"]]

    async def press(self, message: int, user: int, data: str | None = None, chat: int | None = None) -> None:
        """Somebody presses the button of the n-th message sent, in a chat; `data` is what they make up for it."""
        text = self.sent[message - 1]
        carried = text["reply_markup"]["inline_keyboard"][0][0]["callback_data"] if data is None else data
        where = int(text["chat_id"]) if chat is None else chat
        await self.tell(
            {
                "callback_query": {
                    "id": f"q{self._number}",
                    "from": {"id": user, "is_bot": False, "first_name": "Một người"},
                    "message": {"message_id": message, "chat": {"id": where, "type": "private"}, "date": 0},
                    "chat_instance": "1",
                    "data": carried,
                }
            }
        )

    async def tell(self, update: dict[str, Any]) -> None:
        """Have one more update."""
        self.updates.append({"update_id": self._number, **update})
        self._number += 1
        await self._move()

    async def release(self) -> None:
        """Hang no more."""
        self.hung.clear()
        await self._move()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Return once something holds that a request brings about."""
        async with asyncio.timeout(PATIENCE), self._moved:
            await self._moved.wait_for(holds)

    async def _move(self) -> None:
        async with self._moved:
            self._moved.notify_all()


def ok(result: object) -> web.Response:
    """The answer of a method that was carried out."""
    return web.json_response({"ok": True, "result": result})


def refused(code: int, description: str, **parameters: object) -> web.Response:
    """The answer of one that was not."""
    more = {"parameters": parameters} if parameters else {}
    body = {"ok": False, "error_code": code, "description": description, **more}
    return web.json_response(body, status=code)
