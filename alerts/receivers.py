"""A receiver as configuration declared it, with the channel that takes messages to it."""

from __future__ import annotations

from alerts.channels.base import Receiver
from alerts.channels.registry import CHANNELS
from ioc.config import compiled


def made(each: compiled.Receiver) -> Receiver:
    """The receiver; its channel is made, which connects to nothing."""
    return Receiver(
        name=each.name,
        channel=CHANNELS[each.channel](each.options),
        severities=each.severities,
        unit=each.unit,
        digest=each.digest,
        kind=each.channel,
        per_minute=each.per_minute,
        max_age=each.max_age,
    )
