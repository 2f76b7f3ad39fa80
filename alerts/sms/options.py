"""What every channel of short messages is told in configuration."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

from alerts.notification import Notification
from alerts.sms.numbers import e164
from ioc.errors import Undeliverable

_A_DAY = 24 * 60


class SmsOptions(BaseModel):
    """Whom, in how many short messages, and how long it is worth telling."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    to: str = Field(default="", description="number it goes to; empty: only people can be told through it")
    parts: int = Field(default=2, ge=1, le=6, description="most short messages that one text may take")
    plain: bool = Field(
        default=False, description="leave tone marks out: 160 characters a message instead of 70"
    )
    valid: int = Field(
        default=60,
        ge=5,
        le=7 * _A_DAY,
        description="minutes after which the network gives up; an end has a day",
    )

    @field_validator("to")
    @classmethod
    def _is_number(cls, to: str) -> str:
        return e164(to) if to else ""


def number(options: SmsOptions, notification: Notification) -> str:
    """The number a notification goes to, in E.164; raises Undeliverable, for good, where there is none."""
    if not notification.to:
        if options.to:
            return options.to
        raise Undeliverable("no number: set to:, or tell people through it", permanent=True)
    try:
        return e164(notification.to)
    except ValueError as error:
        raise Undeliverable(str(error), permanent=True) from None


def minutes(options: SmsOptions, notification: Notification) -> int:
    """How long the network may try: the end of something told is worth telling for a day."""
    return options.valid if notification.status == "firing" else max(options.valid, _A_DAY)


def reference(notification: Notification) -> int:
    """What joins the parts of one message; a repeat says something else and is not joined with the first."""
    return (2 * notification.id + notification.repeat) & 0xFF
