"""What bots of messengers have in common: a token in a file, methods posted as JSON, and `{"ok": …}` for an answer.

Telegram's Bot API has this form (core.telegram.org/bots/api, "Making requests"), and Zalo's follows it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from alerts.channels.base import Receipt
from alerts.service import Answer, Base, Service, secret_of, strange
from ioc.errors import Undeliverable

PASSING = frozenset({408, 420, 425, 429})
"""error codes of 4xx that ask to come again; 420 is Telegram's own"""
LONGEST_WAIT = 3600.0
SHOWN = 200


class BotOptions(BaseModel):
    """A bot, and where its messages go."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token_file: Path = Field(description="file with the bot's token; read at each attempt")
    to: str = Field(default="", description="id of the chat; empty: only for people's contacts")
    timeout: float = Field(default=10.0, gt=0, le=60, description="seconds for one whole attempt")
    api: Base = Field(description="address of the Bot API")
    ca: Path | None = Field(
        default=None, description="PEM file of the authorities to trust; empty: the system's"
    )


class Bot:
    """The part of a channel that asks a Bot API; `SERVICE` is whose it is, for errors."""

    SERVICE: ClassVar[str]

    def __init__(self, options: BotOptions) -> None:
        self._options = options
        self._service = Service(options.timeout, options.ca)

    def own_address(self) -> str:
        """The chat it sends to where a notification names none."""
        return self._options.to

    async def close(self) -> None:
        """Let go of connections."""
        await self._service.close()

    async def _asked(self, method: str, body: dict[str, Any]) -> Answer:
        return await ask(self._service, self._options, method, body)


async def ask(service: Service, options: BotOptions, method: str, body: dict[str, Any]) -> Answer:
    """The answer of a method, whatever it says; raises Undeliverable when there is none."""
    token = secret_of(options.token_file, "token_file")
    return await service.post_json(f"{options.api}/bot{token}/{method}", body, secret=token)


def result_of(answer: Answer, service: str) -> Any:
    """What a method gave; raises Undeliverable, for good when the bot or the chat is not to be had.

    Success is `ok`, not the status: any other body came from something in between, as a login page, and may pass.
    """
    told = answer.json()
    if told.get("ok") is True:
        return told.get("result")
    code, about = told.get("error_code"), told.get("description")
    if told.get("ok") is not False or not isinstance(code, int) or not isinstance(about, str):
        raise strange(answer, service)
    permanent = 400 <= code < 500 and code not in PASSING
    raise Undeliverable(f"{code} {about[:SHOWN]}".strip(), permanent=permanent, retry_after=_wait(answer))


def receipt_of(answer: Answer, service: str) -> Receipt:
    """That a message was taken, with its id; raises as `result_of`."""
    result = result_of(answer, service)
    number = result.get("message_id", "") if isinstance(result, dict) else ""
    return Receipt(f"{answer.status} message {str(number)[:64]}".strip())


def _wait(answer: Answer) -> float | None:
    """Seconds that were asked for, in the body or by `Retry-After`."""
    more = answer.json().get("parameters")
    wait = more.get("retry_after") if isinstance(more, dict) else None
    if isinstance(wait, int | float) and wait >= 0:
        return min(float(wait), LONGEST_WAIT)
    return answer.retry_after
