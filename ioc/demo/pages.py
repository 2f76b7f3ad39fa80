"""Reading what the sink received: Alertmanager's webhook payload, version 4.

Source: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ioc.demo import gateway

FIRING, RESOLVED = "firing", "resolved"


@dataclass(frozen=True, slots=True)
class Page:
    """One webhook: about which incident, of which root; `at` is the monotonic moment of its arrival."""

    at: float
    incident: str
    status: str
    root: str
    rule: str
    severity: str
    title: str
    repeat: bool

    @property
    def wakes(self) -> bool:
        """Whether it tells somebody of something new."""
        return self.status == FIRING and not self.repeat


def read(lines: Iterable[Mapping[str, Any]]) -> tuple[list[Page], list[str]]:
    """The webhooks in a sink's log, and what was neither one of version 4 nor a short message."""
    pages: list[Page] = []
    strange: list[str] = []
    for line in lines:
        if gateway.of(line.get("path", "")):
            continue
        try:
            pages.append(_page(float(line["at"]), line["body"]))
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            strange.append(f"a POST to {line.get('path')} is no webhook: {type(error).__name__} {error}")
    return pages, strange


def _page(at: float, body: Mapping[str, Any]) -> Page:
    first = body["alerts"][0]
    labels, annotations = first["labels"], first.get("annotations", {})
    return Page(
        at=at,
        incident=str(labels["incident"]),
        status=str(body["status"]),
        root=str(labels["subject"]),
        rule=str(labels["alertname"]),
        severity=str(labels["severity"]),
        title=str(annotations.get("summary", "")),
        repeat="repeat" in annotations,
    )
