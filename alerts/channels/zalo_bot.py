"""Zalo Bot: sendMessage of its Bot API (docs.zaloplatforms.com, BOT, "sendMessage"; texts of 1 to 2,000 characters)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, Field

from alerts import rendering
from alerts.bot import Bot, BotOptions, receipt_of
from alerts.channels.base import Receipt
from alerts.fitting import utf16
from alerts.notification import Notification
from alerts.service import Base, shaped

MOST = 2000
"""code units of a message: Zalo says characters, and counts styles in UTF-16, so the longer of both is kept to"""

chat = shaped(r"[\w.-]{1,64}", "the id of a chat, as 6ede9afa66b88fe6d6a9")
Chat = Annotated[str, AfterValidator(chat)]


class ZaloBotOptions(BotOptions):
    """A bot, and where its messages go; whoever is to be told has written to the bot once."""

    to: Chat = Field(
        default="",
        description="id of the chat as the bot's messages show it; empty: only for people's contacts",
    )
    api: Base = Field(default="https://bot-api.zaloplatforms.com", description="address of the Bot API")


class ZaloBot(Bot):
    """Sends each notification to a chat as plain text."""

    Options: ClassVar[type[BaseModel]] = ZaloBotOptions
    SERVICE = "Zalo"

    @staticmethod
    def check_address(to: str) -> None:
        """Raises ValueError for an address that nothing can be sent to."""
        chat(to)

    async def send(self, notification: Notification) -> Receipt:
        """Deliver; raises Undeliverable, for good when the bot or the chat is not to be had."""
        body = message(notification, notification.to or self.own_address())
        return receipt_of(await self._asked("sendMessage", body), self.SERVICE)


def message(notification: Notification, to: str) -> dict[str, Any]:
    """The body of sendMessage; without parse_mode, so that nothing in it is read as markup."""
    return {"chat_id": to, "text": rendering.text(notification, MOST, utf16)}
