"""Buttons below Telegram's messages, and their presses by long poll (core.telegram.org/bots/api, "getUpdates",
"CallbackQuery", "answerCallbackQuery", "editMessageReplyMarkup").

Telegram keeps an update until a later poll names a number behind it, for 24 hours at most: what was not acted upon
comes again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts import rendering
from alerts.bot import BotOptions, ask, result_of
from alerts.notification import Notification
from alerts.press import Press, asks, data_of
from alerts.service import Answer, Service, passing

SERVICE = "Telegram"
WAIT = 25
"""seconds for which Telegram holds a poll that has nothing to tell; less than what firewalls forget a connection in"""
AT_ONCE = 10
"""updates of one poll; each brings the whole message along"""
MOST_UPDATES = 1024 * 1024
"""bytes of them that are read"""
TAKE = {"vi": "Tiếp nhận", "en": "Acknowledge"}
OPEN = {"vi": "Mở trang giám sát", "en": "Open the wall"}


@dataclass(frozen=True, slots=True)
class Update:
    """One update; `press` is None for anything that is no press of a button below a message."""

    number: int
    press: Press | None


class TelegramButtons:
    """Hears what is pressed below a bot's messages, and answers it. Every method raises Undeliverable."""

    def __init__(self, options: BotOptions) -> None:
        self._options = options
        self._asking = Service(options.timeout, options.ca)
        self._hearing = Service(options.timeout + WAIT, options.ca, MOST_UPDATES)

    async def updates(self, after: int | None) -> tuple[Update, ...]:
        """What was pressed after an update, which is confirmed by that; with None all that was never confirmed."""
        body: dict[str, Any] = {"timeout": WAIT, "limit": AT_ONCE, "allowed_updates": ["callback_query"]}
        if after is not None:
            body["offset"] = after + 1
        result = result_of(await ask(self._hearing, self._options, "getUpdates", body), SERVICE)
        if not isinstance(result, list):
            raise passing(f"getUpdates gave no list but {type(result).__name__}")
        return tuple(read(each) for each in result)

    async def answer(self, press: Press, text: str, alert: bool) -> None:
        """Show a reply to whoever pressed: at the top of the chat, or as an alert that wants to be closed."""
        body = {"callback_query_id": press.id, "text": text, "show_alert": alert}
        result_of(await ask(self._asking, self._options, "answerCallbackQuery", body), SERVICE)

    async def take_away(self, chat: str, message: int, notification: Notification) -> None:
        """Leave a message without the button that acknowledges, and without the link where Telegram refuses that."""
        answer = await self._keep(chat, message, linked(notification))
        if answer.status == 400:
            answer = await self._keep(chat, message, {"inline_keyboard": []})
        result_of(answer, SERVICE)

    async def close(self) -> None:
        """Let go of connections."""
        await self._asking.close()
        await self._hearing.close()

    async def _keep(self, chat: str, message: int, keyboard: dict[str, Any]) -> Answer:
        body = {"chat_id": chat, "message_id": message, "reply_markup": keyboard}
        return await ask(self._asking, self._options, "editMessageReplyMarkup", body)


def pressable(notification: Notification, *, link: bool = True) -> dict[str, Any]:
    """The keyboard of a message whose incident can be taken in hand by it; without the link where that was refused."""
    rows: list[list[dict[str, str]]] = []
    if asks(notification):
        rows.append([{"text": _said(TAKE, notification), "callback_data": data_of(notification)}])
    if link:
        rows += linked(notification)["inline_keyboard"]
    return {"inline_keyboard": rows}


def linked(notification: Notification) -> dict[str, Any]:
    """The keyboard of a message that only leads to its page."""
    address = rendering.link(notification)
    rows = [[{"text": _said(OPEN, notification), "url": address}]] if address else []
    return {"inline_keyboard": rows}


def read(update: object) -> Update:
    """One update as it came; raises Undeliverable, which may pass, for what has no number to be confirmed by."""
    number = update.get("update_id") if isinstance(update, dict) else None
    if not isinstance(update, dict) or not isinstance(number, int) or isinstance(number, bool):
        raise passing("getUpdates gave an update without update_id")
    return Update(number, _press(update.get("callback_query")))


def _press(query: object) -> Press | None:
    """A press below a message of ours; None for what lacks any part of it."""
    if not isinstance(query, Mapping):
        return None
    user, message = _mapping(query.get("from")), _mapping(query.get("message"))
    chat = _mapping(message.get("chat"))
    id, data, name = query.get("id"), query.get("data"), chat.get("username")
    numbers = (user.get("id"), chat.get("id"), message.get("message_id"))
    if not isinstance(id, str) or not isinstance(data, str) or not all(isinstance(n, int) for n in numbers):
        return None
    title = f"@{name}" if isinstance(name, str) else ""
    return Press(id, str(user["id"]), str(chat["id"]), title, int(message["message_id"]), data)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _said(texts: Mapping[str, str], notification: Notification) -> str:
    return texts.get(notification.language, texts["vi"])
