"""The configuration of the house: rooms, two people with two contacts each, a schedule, a chain of short waits."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.endurance.rooms import PORT

EVERY, TIMEOUT = 1.0, 0.8
WAIT = 3.0
"""seconds that a step of the chain waits"""
CHAIN = (
    ("person:an", "opened", "chain night step 1 round 1"),
    ("person:binh", "escalated", "chain night step 2 round 1"),
    ("receiver:deputy", "escalated", "chain night step 3 round 1"),
)
"""whom it tells when nobody acknowledges: party, kind, because"""
HOOK = "receiver:oncall"
NUMBERS = {"an": "+84912000101", "binh": "+84912000102"}
MAILS = {"an": "an@th.example.vn", "binh": "binh@th.example.vn"}
PEOPLE = {address: id for book in (NUMBERS, MAILS) for id, address in book.items()}
"""ids by address"""


def config(addresses: Mapping[str, str], state: Path, web: str, smtp: int) -> dict[str, Any]:
    """Everything; `web` is the address of webhook and gateway, `smtp` the port of the mail server."""
    return {
        "center": {"id": "test", "name": "Endurance"},
        "listen": "127.0.0.1:0",
        "state": str(state),
        "systems": {"vc": {"name": "Rooms"}},
        "units": [{"id": "u", "name": "Unit"}],
        "probes": {
            "quick": {"source": "sip", "every": _span(EVERY), "timeout": _span(TIMEOUT), "port": PORT},
        },
        "endpoints": [_endpoint(id, at) for id, at in addresses.items()],
        "shipped_rules": "none",
        "rules": [_rule("down", "room", "critical"), _rule("noise", "noise", "info")],
        "receivers": _receivers(web, smtp),
        "people": {
            "an": {"name": "Nguyễn Văn An", "contacts": _contacts("an", "sms", "mail")},
            "binh": {"name": "Trần Thị Bình", "contacts": _contacts("binh", "mail", "sms")},
        },
        "schedules": {
            "duty": {
                "name": "Trực",
                "layers": [{"turns": [["an"]], "start": "2026-01-01 00:00", "every": "7d"}],
            }
        },
        "chains": {
            "night": {
                "steps": [
                    {"tell": ["schedule:duty"], "wait": _span(WAIT)},
                    {"tell": ["person:binh"], "wait": _span(WAIT)},
                    {"tell": ["receiver:deputy"], "wait": _span(WAIT)},
                ],
            }
        },
        "routes": [{"id": "all", "severities": ["critical"], "tell": [HOOK], "chain": "night"}],
    }


def _receivers(web: str, smtp: int) -> dict[str, Any]:
    server = {"host": "127.0.0.1", "port": smtp, "tls": "none", "from": "IOC <ioc@th.example.vn>"}
    body = {"to": "{to}", "text": "{text}", "id": "{id}"}
    return {
        "oncall": {"channel": "webhook", "url": f"{web}webhook"},
        "deputy": {"channel": "webhook", "url": f"{web}webhook"},
        "sms": {"channel": "gateway", "url": f"{web}sms", "json": body, "ok": "taken"},
        "mail": {"channel": "email", **server},
    }


def _contacts(person: str, *ways: str) -> list[dict[str, str]]:
    book = {"sms": NUMBERS, "mail": MAILS}
    return [{"by": way, "to": book[way][person]} for way in ways]


def _endpoint(id: str, address: str) -> dict[str, Any]:
    kind = "noise" if id.startswith("noise") else "room"
    owner = {"owner": "A", "phone": "1"}
    return {
        "id": id,
        "name": id,
        "address": address,
        "kind": kind,
        "system": "vc",
        "unit": "u",
        "probes": ["quick"],
    } | owner


def _rule(id: str, kind: str, severity: str) -> dict[str, Any]:
    told = {"title": "{name}", "next_action": "call", "runbook": "outage#room"}
    return {
        "id": id,
        "where": f'kind == "{kind}"',
        "if": 'state == "down"',
        "for": 0,
        "severity": severity,
    } | told


def _span(seconds: float) -> str:
    return f"{seconds * 1000:g}ms"
