"""A POST of Alertmanager's version-4 payload (Prometheus docs, alerting/configuration, webhook_config).

One incident is one group with one alert in it. Its fingerprint is Alertmanager's (FNV-1a 64 over sorted labels),
left without the severity, so that an incident that grows worse stays the same alert to the receiver.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import aiohttp
import orjson
from pydantic import BaseModel, ConfigDict, Field, field_validator

from alerts.channels.base import Receipt
from alerts.notification import Notification
from ioc.errors import Undeliverable

MOST_ANSWER = 64 * 1024
"""bytes of an answer that are read; what follows is left"""
SHOWN_ANSWER = 200
LONGEST_RETRY_AFTER = 3600.0
NOT_ENDED = "0001-01-01T00:00:00Z"
"""what Alertmanager writes for an alert that goes on"""
PASSING = frozenset({408, 425, 429})
"""statuses of 4xx that ask to come again"""


class WebhookOptions(BaseModel):
    """Where to post, and how long to wait; `token_file` holds a bearer token, read at each attempt."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(description="http or https address that takes a POST in Alertmanager's format")
    timeout: float = Field(default=10.0, gt=0, le=60, description="seconds for one whole attempt")
    token_file: Path | None = Field(default=None, description="file with a bearer token; an absolute path")

    @field_validator("url")
    @classmethod
    def _is_http(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is not an http or https address")
        if parts.username is not None or parts.password is not None:
            raise ValueError("the address carries a password; put a token into token_file instead")
        return url


class Webhook:
    """Posts each notification as JSON."""

    Options: ClassVar[type[BaseModel]] = WebhookOptions

    def __init__(self, options: WebhookOptions) -> None:
        self._options = options
        self._session: aiohttp.ClientSession | None = None

    async def send(self, notification: Notification) -> Receipt:
        """Deliver; a status of 4xx (but 408, 425, 429) or 3xx is for good, anything else may pass."""
        body = orjson.dumps(payload(notification))
        try:
            async with asyncio.timeout(self._options.timeout):
                return await self._post(body)
        except TimeoutError:
            raise _passing(f"no answer within {self._options.timeout:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _passing(f"{type(error).__name__}: {error}"[:SHOWN_ANSWER]) from None

    async def close(self) -> None:
        """Let go of connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _post(self, body: bytes) -> Receipt:
        headers = {"Content-Type": "application/json", **self._authorization()}
        url = self._options.url
        async with self._opened().post(url, data=body, headers=headers, allow_redirects=False) as answer:
            if 200 <= answer.status < 300:
                return Receipt(f"{answer.status}")
            said = (await answer.content.read(MOST_ANSWER)).decode("utf-8", "replace")[:SHOWN_ANSWER]
            raise _refused(answer.status, said.strip(), answer.headers.get("Retry-After", ""))

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar(), trust_env=True
            )
        return self._session

    def _authorization(self) -> dict[str, str]:
        if self._options.token_file is None:
            return {}
        try:
            token = self._options.token_file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise _passing(f"token_file {self._options.token_file}: {error}") from None
        return {"Authorization": f"Bearer {token}"}


def payload(notification: Notification) -> dict[str, Any]:
    """The notification in Alertmanager's version-4 form."""
    each = notification
    labels = dict(each.labels) | {"severity": each.severity}
    annotations = dict(each.annotations)
    if each.repeat:
        annotations["repeat"] = "true"
    if each.unrecorded:
        annotations["unrecorded"] = "chưa ghi sổ"
    alert = {
        "status": each.status,
        "labels": labels,
        "annotations": annotations,
        "startsAt": rfc3339(each.started),
        "endsAt": NOT_ENDED if each.ended is None else rfc3339(each.ended),
        "generatorURL": each.link,
        "fingerprint": fingerprint(each.labels),
    }
    group = {"incident": str(each.incident)}
    return {
        "version": "4",
        "groupKey": f'{{}}:{{incident="{each.incident}"}}',
        "truncatedAlerts": 0,
        "status": each.status,
        "receiver": each.receiver,
        "groupLabels": group,
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": each.link.split("#", 1)[0],
        "alerts": [alert],
    }


def rfc3339(at: float) -> str:
    """A civil time as RFC 3339 with milliseconds, in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def fingerprint(labels: Any) -> str:
    """Alertmanager's hash of a label set: FNV-1a 64 over sorted `name 0xFF value 0xFF`."""
    digest = 0xCBF29CE484222325
    for name, value in sorted(labels.items()):
        for byte in name.encode() + b"\xff" + value.encode() + b"\xff":
            digest = (digest ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{digest:016x}"


def _refused(status: int, said: str, retry_after: str) -> Undeliverable:
    permanent = 300 <= status < 500 and status not in PASSING
    what = f"{status} {said}".strip()
    return Undeliverable(what, permanent=permanent, retry_after=_seconds(retry_after))


def _seconds(text: str) -> float | None:
    """Retry-After in its form of seconds; its form of a date is not read."""
    return min(float(text), LONGEST_RETRY_AFTER) if text.isascii() and text.isdigit() else None


def _passing(what: str) -> Undeliverable:
    return Undeliverable(what, permanent=False)
