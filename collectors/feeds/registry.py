"""Every feed of cases there is, one line each."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

from collectors.feed import Feed
from collectors.feeds.edxml import Edxml
from collectors.feeds.folder import Folder
from collectors.feeds.national import National
from collectors.feeds.rest import Rest
from collectors.feeds.webhook import Webhook

FEEDS: Mapping[str, type[Feed]] = {
    Edxml.name: Edxml,
    Folder.name: Folder,
    National.name: National,
    Rest.name: Rest,
    Webhook.name: Webhook,
}


def options(feeds: Mapping[str, type[Feed]] = FEEDS) -> dict[str, type[BaseModel]]:
    """The schema of each feed's options, by name, for those who read configuration."""
    return {name: feed.Options for name, feed in feeds.items()}
