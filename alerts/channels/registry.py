"""Every channel by the name that configuration calls it."""

from __future__ import annotations

from collections.abc import Mapping

from alerts.channels.base import Channel
from alerts.channels.webhook import Webhook

CHANNELS: Mapping[str, type[Channel]] = {
    "webhook": Webhook,
}
