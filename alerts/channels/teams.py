"""Microsoft Teams: an adaptive card to a workflow "Post to a channel when a webhook request is received".

Shapes: Microsoft Learn, "Create incoming webhooks with Workflows for Microsoft Teams" and Adaptive Cards 1.2
(RichTextBlock, TextRun, Action.OpenUrl). A message may have 28 KB. Texts stand in TextRun, which knows no
Markdown, so that nothing in them becomes a link; a card has therefore no markup that could be refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import orjson
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from alerts import rendering
from alerts.channels.base import Receipt
from alerts.fitting import Part
from alerts.notification import Notification
from alerts.service import Service, lasting, refused

MOST = 24 * 1024
"""bytes of a request; Teams takes 28 KB and adds some of its own"""
OWN_ONLY = "Teams posts to its own url only: it cannot be the contact of a person"
COLOURS = {"critical": "attention", "warning": "warning", "info": "accent"}
BUTTON = {"vi": "Mở và xác nhận", "en": "Open and acknowledge"}


class TeamsOptions(BaseModel):
    """The workflow that posts to a team's channel or to a chat."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: SecretStr = Field(description="address of the workflow; whoever has it can post, so it is a secret")
    timeout: float = Field(default=15.0, gt=0, le=60, description="seconds for one whole attempt")
    ca: Path | None = Field(
        default=None, description="PEM file of the authorities to trust; empty: the system's"
    )

    @field_validator("url")
    @classmethod
    def _is_https(cls, url: SecretStr) -> SecretStr:
        parts = urlsplit(url.get_secret_value())
        if parts.scheme != "https" or not parts.hostname:
            raise ValueError("the workflow's address begins with https://")
        return url


class Teams:
    """Posts each notification as a card."""

    Options: ClassVar[type[BaseModel]] = TeamsOptions

    def __init__(self, options: TeamsOptions) -> None:
        self._options = options
        self._service = Service(options.timeout, options.ca)

    def own_address(self) -> str:
        """The host of the workflow: the rest of its address is a secret."""
        return urlsplit(self._options.url.get_secret_value()).hostname or ""

    @staticmethod
    def check_address(to: str) -> None:
        """Raises ValueError for an address that nothing can be sent to."""
        raise ValueError(OWN_ONLY)

    async def send(self, notification: Notification) -> Receipt:
        """Deliver; a status of 4xx (but 408, 425, 429) or 3xx is for good, anything else may pass."""
        if notification.to:
            raise lasting(OWN_ONLY)
        url = self._options.url.get_secret_value()
        answer = await self._service.post_json(url, message(notification), secret=url, status_says=True)
        if not answer.taken:
            raise refused(answer)
        return Receipt(f"{answer.status}")

    async def close(self) -> None:
        """Let go of connections."""
        await self._service.close()


def message(notification: Notification) -> dict[str, Any]:
    """The whole request, within its bound."""
    chosen = rendering.fitted(notification, MOST, lambda parts: len(orjson.dumps(_card(notification, parts))))
    return _card(notification, chosen)


def _card(notification: Notification, parts: Sequence[Part]) -> dict[str, Any]:
    content: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "body": [_block(each, _colour(notification)) for each in parts],
    }
    if address := rendering.link(notification):
        label = BUTTON.get(notification.language, BUTTON["vi"])
        content["actions"] = [{"type": "Action.OpenUrl", "title": label, "url": address}]
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "content": content}]}


def _colour(notification: Notification) -> str:
    if notification.kind in rendering.ENDED:
        return "good"
    return COLOURS.get(notification.severity, "default")


def _block(part: Part, colour: str) -> dict[str, Any]:
    run: dict[str, Any] = {"type": "TextRun", "text": part.text}
    if part.rank == rendering.HEADING:
        run |= {"weight": "bolder", "size": "large", "color": colour}
    if rendering.is_address(part.text):
        run["selectAction"] = {"type": "Action.OpenUrl", "url": part.text}
    label = [{"type": "TextRun", "text": f"{part.label}: ", "weight": "bolder"}] if part.label else []
    return {"type": "RichTextBlock", "inlines": [*label, run]}
