"""How alerts of other programs are kept in the state file: a row each while it fires, its times civil."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, Protocol

import orjson

from alerts.outside import LEASE, OutsideAlert
from alerts.rules import Severity
from ioc.state.ledger import Write


class Reader(Protocol):
    """The part of the ledger that start-up needs."""

    def read(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query."""


def row(alert: OutsideAlert, skew: float) -> Write:
    """That it fires."""
    moved = replace(alert, began=alert.began + skew, ends=alert.ends + skew)
    body = {each.name: getattr(moved, each.name) for each in fields(moved)}
    values = (alert.fingerprint, moved.ends, orjson.dumps(body).decode())
    return Write("INSERT OR REPLACE INTO outside VALUES (?, ?, ?)", values)


def gone(alert: OutsideAlert) -> Write:
    """That it fires no more."""
    return Write("DELETE FROM outside WHERE fingerprint = ?", (alert.fingerprint,))


def kept(ledger: Reader, now: float, skew: float) -> list[OutsideAlert]:
    """What fired when the service stopped; each has a whole lease more, since nobody could renew it meanwhile."""
    rows = ledger.read("SELECT body FROM outside ORDER BY fingerprint")
    return [_alert(body, now, skew) for (body,) in rows]


def _alert(text: str, now: float, skew: float) -> OutsideAlert:
    body: dict[str, Any] = orjson.loads(text)
    body["severity"] = Severity(body["severity"])
    alert = OutsideAlert(**body)
    return replace(alert, began=alert.began - skew, ends=max(alert.ends - skew, now + LEASE))
