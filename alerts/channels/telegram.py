"""Telegram: sendMessage of its Bot API (core.telegram.org/bots/api, "sendMessage", "Making requests").

Many carriers here block it, so nothing uses it unless it is configured. What Telegram refuses to read as HTML is sent
once more as plain text, without markup and buttons. The button is a link to the page where an incident is acknowledged.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from alerts import rendering
from alerts.channels.base import Receipt
from alerts.fitting import utf16
from alerts.notification import Notification
from alerts.service import Answer, Base, Service, secret_of, shaped, strange
from ioc.errors import Undeliverable

MOST = 4096
"""UTF-16 code units of a message; Telegram counts them without markup, we count that too"""
PASSING = frozenset({420, 429})
BUTTON = {"vi": "Mở và xác nhận", "en": "Open and acknowledge"}

chat = shaped(r"-?\d{1,20}|@\w{1,64}", "the id of a chat, as -1001234567890, or a channel's @name")
Chat = Annotated[str, AfterValidator(chat)]


class TelegramOptions(BaseModel):
    """A bot, and where its messages go."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token_file: Path = Field(description="file with the bot's token from @BotFather; read at each attempt")
    to: Chat = Field(
        default="", description="id of the chat, or @name of a channel; empty: only for people's contacts"
    )
    timeout: float = Field(default=10.0, gt=0, le=60, description="seconds for one whole attempt")
    api: Base = Field(default="https://api.telegram.org", description="address of the Bot API")
    ca: Path | None = Field(
        default=None, description="PEM file of the authorities to trust; empty: the system's"
    )


class Telegram:
    """Sends each notification to a chat."""

    Options: ClassVar[type[BaseModel]] = TelegramOptions

    def __init__(self, options: TelegramOptions) -> None:
        self._options = options
        self._service = Service(options.timeout, options.ca)

    def own_address(self) -> str:
        """The chat it sends to where a notification names none."""
        return self._options.to

    @staticmethod
    def check_address(to: str) -> None:
        """Raises ValueError for an address that nothing can be sent to."""
        chat(to)

    async def send(self, notification: Notification) -> Receipt:
        """Deliver; raises Undeliverable, for good when the bot or the chat is not to be had."""
        to = notification.to or self._options.to
        answer = await self._sent(marked(notification, to))
        if answer.status == 400:
            answer = await self._sent(plain(notification, to))
        return judge(answer)

    async def close(self) -> None:
        """Let go of connections."""
        await self._service.close()

    async def _sent(self, message: dict[str, Any]) -> Answer:
        token = secret_of(self._options.token_file, "token_file")
        url = f"{self._options.api}/bot{token}/sendMessage"
        return await self._service.post_json(url, message, secret=token)


def marked(notification: Notification, to: str) -> dict[str, Any]:
    """The message with HTML and a button."""
    message = _message(rendering.html(notification, MOST, utf16), to, notification)
    message["parse_mode"] = "HTML"
    if address := rendering.link(notification):
        label = BUTTON.get(notification.language, BUTTON["vi"])
        message["reply_markup"] = {"inline_keyboard": [[{"text": label, "url": address}]]}
    return message


def plain(notification: Notification, to: str) -> dict[str, Any]:
    """The message as text alone, which no parser can refuse."""
    return _message(rendering.text(notification, MOST, utf16), to, notification)


def judge(answer: Answer) -> Receipt:
    """What an answer means; raises Undeliverable."""
    told = answer.json()
    if told.get("ok") is True:
        number = told["result"].get("message_id", "") if isinstance(told.get("result"), dict) else ""
        return Receipt(f"{answer.status} message {number}".strip())
    code, about = told.get("error_code"), told.get("description")
    if not isinstance(code, int) or not isinstance(about, str):
        raise strange(answer, "Telegram")
    more = told.get("parameters")
    wait = more.get("retry_after") if isinstance(more, dict) else None
    permanent = 400 <= code < 500 and code not in PASSING
    after = min(float(wait), 3600.0) if isinstance(wait, int | float) and wait >= 0 else None
    raise Undeliverable(f"{code} {about[:200]}", permanent=permanent, retry_after=after)


def _message(text: str, to: str, notification: Notification) -> dict[str, Any]:
    quiet = notification.kind in rendering.ENDED
    return {
        "chat_id": to,
        "text": text,
        "link_preview_options": {"is_disabled": True},
        "disable_notification": quiet,
    }
