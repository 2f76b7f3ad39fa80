"""Telegram: sendMessage of its Bot API (core.telegram.org/bots/api, "sendMessage", "Making requests").

Many carriers here block it, so nothing uses it unless it is configured. What Telegram refuses to read as HTML is sent
once more as plain text, without markup and link. Below a message is a link to the incident's page and, where the
option says so, a button that takes the incident in hand: alerts/presses.py listens to it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, Field

from alerts import rendering
from alerts.bot import Bot, BotOptions, receipt_of
from alerts.channels.base import Receipt
from alerts.fitting import utf16
from alerts.notification import Notification
from alerts.service import Base, shaped
from alerts.telegram_buttons import SERVICE, TelegramButtons, pressable

MOST = 4096
"""UTF-16 code units of a message; Telegram counts them without markup, we count that too"""
BUTTON = {"vi": "Mở và xác nhận", "en": "Open and acknowledge"}

chat = shaped(r"-?\d{1,20}|@\w{1,64}", "the id of a chat, as -1001234567890, or a channel's @name")
Chat = Annotated[str, AfterValidator(chat)]


class TelegramOptions(BotOptions):
    """A bot, and where its messages go."""

    to: Chat = Field(
        default="", description="id of the chat, or @name of a channel; empty: only for people's contacts"
    )
    api: Base = Field(default="https://api.telegram.org", description="address of the Bot API")
    buttons: bool = Field(
        default=False,
        description="people acknowledge by a button below a message: the service asks Telegram for its presses, "
        "so no other program may poll for this bot",
    )


class Telegram(Bot):
    """Sends each notification to a chat."""

    Options: ClassVar[type[BaseModel]] = TelegramOptions
    SERVICE = SERVICE

    def __init__(self, options: TelegramOptions) -> None:
        super().__init__(options)
        self.buttons = TelegramButtons(options) if options.buttons else None

    @staticmethod
    def check_address(to: str) -> None:
        """Raises ValueError for an address that nothing can be sent to."""
        chat(to)

    @staticmethod
    def claim(options: TelegramOptions) -> tuple[str, Path] | None:
        """What no other receiver may do too: Telegram tells each press to one listener."""
        return ("listens to the bot of", options.token_file) if options.buttons else None

    async def send(self, notification: Notification) -> Receipt:
        """Deliver; raises Undeliverable, for good when the bot or the chat is not to be had."""
        to, buttons = notification.to or self.own_address(), self.buttons is not None
        answer = await self._asked("sendMessage", marked(notification, to, buttons))
        if answer.status == 400:
            answer = await self._asked("sendMessage", plain(notification, to, buttons))
        return receipt_of(answer, SERVICE)

    async def close(self) -> None:
        """Let go of connections."""
        await super().close()
        if self.buttons is not None:
            await self.buttons.close()


def marked(notification: Notification, to: str, buttons: bool = False) -> dict[str, Any]:
    """The message with HTML, a link below it, and a button where those are wanted."""
    message = _message(rendering.html(notification, MOST, utf16), to, notification)
    message["parse_mode"] = "HTML"
    keyboard = pressable(notification) if buttons else _led(notification)
    return message | _below(keyboard)


def plain(notification: Notification, to: str, buttons: bool = False) -> dict[str, Any]:
    """The message as text alone, which no parser can refuse, with no more than the button below it."""
    message = _message(rendering.text(notification, MOST, utf16), to, notification)
    return message | (_below(pressable(notification, link=False)) if buttons else {})


def _led(notification: Notification) -> dict[str, Any]:
    """A link to where an incident is acknowledged."""
    address = rendering.link(notification)
    label = BUTTON.get(notification.language, BUTTON["vi"])
    return {"inline_keyboard": [[{"text": label, "url": address}]] if address else []}


def _below(keyboard: dict[str, Any]) -> dict[str, Any]:
    return {"reply_markup": keyboard} if keyboard["inline_keyboard"] else {}


def _message(text: str, to: str, notification: Notification) -> dict[str, Any]:
    quiet = notification.kind in rendering.ENDED
    return {
        "chat_id": to,
        "text": text,
        "link_preview_options": {"is_disabled": True},
        "disable_notification": quiet,
    }
