"""Zalo Bot: sendMessage of its Bot API (docs.zaloplatforms.com, BOT, "sendMessage"; texts of 1 to 2,000 characters)."""

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

MOST = 2000
"""code units of a message: Zalo says characters, and counts styles in UTF-16, so the longer of both is kept to"""
PASSING = frozenset({408, 429})

chat = shaped(r"[\w.-]{1,64}", "the id of a chat, as 6ede9afa66b88fe6d6a9")
Chat = Annotated[str, AfterValidator(chat)]


class ZaloBotOptions(BaseModel):
    """A bot, and where its messages go; whoever is to be told has written to the bot once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token_file: Path = Field(description="file with the bot's token; read at each attempt")
    to: Chat = Field(
        default="",
        description="id of the chat as the bot's messages show it; empty: only for people's contacts",
    )
    timeout: float = Field(default=10.0, gt=0, le=60, description="seconds for one whole attempt")
    api: Base = Field(default="https://bot-api.zaloplatforms.com", description="address of the Bot API")
    ca: Path | None = Field(
        default=None, description="PEM file of the authorities to trust; empty: the system's"
    )


class ZaloBot:
    """Sends each notification to a chat as plain text."""

    Options: ClassVar[type[BaseModel]] = ZaloBotOptions

    def __init__(self, options: ZaloBotOptions) -> None:
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
        token = secret_of(self._options.token_file, "token_file")
        url = f"{self._options.api}/bot{token}/sendMessage"
        body = message(notification, notification.to or self._options.to)
        return judge(await self._service.post_json(url, body, secret=token))

    async def close(self) -> None:
        """Let go of connections."""
        await self._service.close()


def message(notification: Notification, to: str) -> dict[str, Any]:
    """The body of sendMessage; without parse_mode, so that nothing in it is read as markup."""
    return {"chat_id": to, "text": rendering.text(notification, MOST, utf16)}


def judge(answer: Answer) -> Receipt:
    """What an answer means: success is `ok`, not the status alone; raises Undeliverable."""
    told = answer.json()
    if told.get("ok") is True:
        number = told["result"].get("message_id", "") if isinstance(told.get("result"), dict) else ""
        return Receipt(f"{answer.status} message {str(number)[:64]}".strip())
    code, about = told.get("error_code", answer.status), str(told.get("description", ""))
    if told.get("ok") is not False or not isinstance(code, int):
        raise strange(answer, "Zalo")
    permanent = 400 <= code < 500 and code not in PASSING
    raise Undeliverable(f"{code} {about[:200]}".strip(), permanent=permanent, retry_after=answer.retry_after)
