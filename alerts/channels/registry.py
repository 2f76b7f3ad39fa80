"""Every channel by the name that configuration calls it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

from alerts.channels.apprise import Apprise
from alerts.channels.base import Channel
from alerts.channels.email import Email
from alerts.channels.gateway import Gateway
from alerts.channels.modem import Modem
from alerts.channels.smpp import Smpp
from alerts.channels.teams import Teams
from alerts.channels.telegram import Telegram
from alerts.channels.webhook import Webhook
from alerts.channels.zalo_bot import ZaloBot
from alerts.channels.zalo_zns import ZaloZns

CHANNELS: Mapping[str, type[Channel]] = {
    "apprise": Apprise,
    "email": Email,
    "gateway": Gateway,
    "modem": Modem,
    "smpp": Smpp,
    "teams": Teams,
    "telegram": Telegram,
    "webhook": Webhook,
    "zalo-bot": ZaloBot,
    "zalo-zns": ZaloZns,
}


def host(name: str, options: BaseModel) -> str | None:
    """What a channel with these options talks to over a network: empty for nothing, None where it does not say."""
    told = getattr(CHANNELS[name], "host", None)
    return None if told is None else str(told(options))


def addressed(name: str, options: BaseModel) -> bool:
    """Whether a channel with these options goes somewhere by itself, and not only to people."""
    return bool(CHANNELS[name](options).own_address())


def claim(name: str, options: BaseModel) -> tuple[str, Path] | None:
    """What a channel with these options does that no other receiver may do too, and by which file."""
    told = getattr(CHANNELS[name], "claim", None)
    found: tuple[str, Path] | None = None if told is None else told(options)
    return found


def misaddressed(name: str, to: str) -> str:
    """Why a channel cannot send to an address; empty where it can, or does not say."""
    check = getattr(CHANNELS[name], "check_address", None)
    try:
        return "" if check is None else str(check(to) or "")
    except ValueError as error:
        return str(error)
