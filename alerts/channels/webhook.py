"""A POST of Alertmanager's version-4 payload (Prometheus docs, alerting/configuration, webhook_config).

One incident is one group with one alert in it. Its fingerprint is Alertmanager's (FNV-1a 64 over sorted labels),
left without the severity, so that an incident that grows worse stays the same alert to the receiver.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from alerts.channels.base import Receipt
from alerts.fingerprint import fingerprint
from alerts.notification import Notification
from alerts.service import Service, lasting, refused, secret_of

OWN_ONLY = "a webhook posts to its own url only: it cannot be the contact of a person"
NOT_ENDED = "0001-01-01T00:00:00Z"
"""what Alertmanager writes for an alert that goes on"""


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
        self._service = Service(options.timeout)

    def own_address(self) -> str:
        """The address it posts to."""
        return self._options.url

    @staticmethod
    def host(options: WebhookOptions) -> str:
        """What it talks to over a network."""
        return urlsplit(options.url).hostname or ""

    @staticmethod
    def check_address(to: str) -> None:
        """Raises ValueError for an address that nothing can be sent to."""
        raise ValueError(OWN_ONLY)

    async def send(self, notification: Notification) -> Receipt:
        """Deliver; a status of 4xx (but 408, 425, 429) or 3xx is for good, anything else may pass."""
        if notification.to:
            raise lasting(OWN_ONLY)
        url, headers = self._options.url, self._authorization()
        answer = await self._service.post_json(url, payload(notification), headers, status_says=True)
        if not answer.taken:
            raise refused(answer)
        return Receipt(f"{answer.status}")

    async def close(self) -> None:
        """Let go of connections."""
        await self._service.close()

    def _authorization(self) -> dict[str, str]:
        if self._options.token_file is None:
            return {}
        return {"Authorization": f"Bearer {secret_of(self._options.token_file, 'token_file')}"}


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
