"""Whatever Apprise knows (github.com/caronc/apprise, the extra `notify`): a service by its Apprise address.

Apprise waits on its services in the thread that asks, so each receiver has one of its own, and one message at a time.
It does not say why a service refused: every failure may pass, and what its log said is shown.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from logging import WARNING
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from alerts import rendering
from alerts.channels.base import Receipt
from alerts.notification import Notification
from alerts.service import SHOWN_ANSWER, lasting, passing
from ioc.legible import stripped

TO = "{to}"
KINDS = {"critical": "failure", "warning": "warning", "info": "info"}


class AppriseOptions(BaseModel):
    """An Apprise address; `{to}` in it is the address of a person's contact."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: SecretStr = Field(
        description="address in Apprise's form, as `ntfys://host/topic`; it carries passwords, so it is a secret"
    )
    most: int = Field(default=1000, ge=100, le=20_000, description="characters that the service takes")
    timeout: float = Field(default=20.0, gt=0, le=60, description="seconds for one whole attempt")

    @field_validator("url")
    @classmethod
    def _is_known(cls, url: SecretStr) -> SecretStr:
        if find_spec("apprise") is None:
            raise ValueError("the extra notify is not installed; install ioc-monitor[notify]")
        if "://" not in url.get_secret_value():
            raise ValueError("the secret is not an Apprise address, as ntfys://host/topic")
        return url


class Apprise:
    """Hands each notification to Apprise."""

    Options: ClassVar[type[BaseModel]] = AppriseOptions

    def __init__(self, options: AppriseOptions) -> None:
        self._options = options
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="apprise")

    def own_address(self) -> str:
        """The service's name, since its address is a secret; empty when that needs the address of a person."""
        url = self._options.url.get_secret_value()
        return "" if TO in url else url.partition("://")[0]

    async def send(self, notification: Notification) -> Receipt:
        """Deliver; raises Undeliverable."""
        url = self._address(notification.to)
        message = fields(notification, self._options.most)
        try:
            async with asyncio.timeout(self._options.timeout):
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._pool, _tell, url, message)
        except TimeoutError:
            raise passing(f"no answer within {self._options.timeout:g} s") from None

    async def close(self) -> None:
        """Let go of the thread; what it is at ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _address(self, to: str) -> str:
        url = self._options.url.get_secret_value()
        if to and TO not in url:
            raise lasting("the receiver's url has no {to}: it cannot be sent to the address of a person")
        return url.replace(TO, quote(to, safe=""))


def fields(notification: Notification, most: int) -> dict[str, str]:
    """What Apprise is given: title, body and type."""
    ended = notification.kind in rendering.ENDED
    return {
        "title": rendering.heading(notification, min(most // 2, 200)),
        "body": rendering.body(notification, most),
        "notify_type": "success" if ended else KINDS.get(notification.severity, "info"),
        "body_format": "text",
    }


def _tell(url: str, message: dict[str, Any]) -> Receipt:
    """Deliver from a thread; raises Undeliverable."""
    import apprise

    teller = apprise.Apprise()
    if not teller.add(url):
        raise lasting("Apprise does not know this kind of address")
    with apprise.LogCapture(level=WARNING, fmt="%(message)s") as log:  # type: ignore[no-untyped-call]
        if teller.notify(**message):
            return Receipt("taken")
        said = stripped(log.getvalue())[:SHOWN_ANSWER]
    raise passing(said.replace(url, "***") or "Apprise could not deliver it, and did not say why")
