"""Who is told and who is on call in the demo province: `duty.yaml` beside `ioc.yaml`.

People and numbers are invented. The waits of the chains are seconds where a real center would have minutes, so that
a demo of a few minutes shows what they do.
"""

from __future__ import annotations

from typing import Any

from ioc.demo import gateway

HEARTBEAT = "sao-luu"
SCHEDULE = "truc-ca"
PEOPLE: tuple[tuple[str, str, str], ...] = (
    ("khoi", "Lê Minh Khôi", ""),
    ("ha", "Trần Thu Hà", ""),
    ("toan", "Nguyễn Đức Toàn", ""),
    ("diep", "Phạm Ngọc Diệp", ""),
    ("huy", "Vũ Quang Huy", ""),
    ("mai", "Đặng Thị Mai", ""),
    ("thang", "Hoàng Văn Thắng", ""),
    ("yen", "Đỗ Hải Yến", "th"),
    ("lan", "Bùi Thị Lan", "h01"),
    ("panh", "Lò Văn Panh", "h12"),
)
"""id, name and unit; the numbers follow the order"""
SHIFT, SECOND_LINE = PEOPLE[:4], PEOPLE[4:6]
BOSS = "thang"
START = "2026-01-05 06:00"
"""when the rotations began: shifts change at 6, 14 and 22 o'clock"""


def duty(sink: str) -> dict[str, Any]:
    """The part of a configuration that says who is told; `sink` is the address of the demo's sink, with its slash."""
    return {
        "receivers": {
            "oncall": {"channel": "webhook", "url": sink},
            "sms-mot": _gateway(sink, gateway.FIRST),
            "sms-hai": _gateway(sink, gateway.SECOND),
        },
        "people": {
            id: _person(number, name, unit) for number, (id, name, unit) in enumerate(PEOPLE, start=1)
        },
        "schedules": {
            SCHEDULE: {"name": "Trực ca", "layers": [_rotation([id for id, _, _ in SHIFT], "8h")]},
            "tuyen-hai": {"name": "Tuyến hai", "layers": [_rotation([id for id, _, _ in SECOND_LINE], "7d")]},
        },
        "chains": {
            "nghiem-trong": {
                "steps": [
                    {"tell": [f"schedule:{SCHEDULE}"], "wait": "30s"},
                    {"tell": ["schedule:tuyen-hai"], "wait": "1m"},
                    {"tell": [f"person:{BOSS}"], "wait": "5m"},
                ]
            },
            "canh-bao": {
                "steps": [
                    {"tell": ["unit"], "wait": "45s"},
                    {"tell": [f"schedule:{SCHEDULE}"], "wait": "5m"},
                ]
            },
        },
        "routes": [
            _route("nghiem-trong", "critical"),
            _route("canh-bao", "warning"),
            {"id": "thong-tin", "tell": ["receiver:oncall"]},
        ],
        "heartbeats": {
            HEARTBEAT: {
                "name": "Sao lưu dữ liệu",
                "every": "1m",
                "next_action": "Xem nhật ký của việc sao lưu",
            }
        },
        "watchdog": {"url": f"{sink}watchdog", "every": "30s"},
    }


def _gateway(sink: str, name: str) -> dict[str, Any]:
    return {
        "channel": "gateway",
        "url": f"{sink.rstrip('/')}{gateway.PATH}{name}",
        "json": {"phone": "{national}", "content": "{text}", "id": "{id}"},
        "code": "code",
        "taken": [gateway.TAKEN],
        "permanent": [gateway.NOT_CARRIED],
    }


def _person(number: int, name: str, unit: str) -> dict[str, Any]:
    phone = f"0900 000 {number:03}"
    contacts = [{"by": f"sms-{each}", "to": phone} for each in (gateway.FIRST, gateway.SECOND)]
    return {"name": name, "phone": phone, **({"unit": unit} if unit else {}), "contacts": contacts}


def _rotation(people: list[str], every: str) -> dict[str, Any]:
    return {"turns": [[each] for each in people], "start": START, "every": every}


def _route(chain: str, severity: str) -> dict[str, Any]:
    return {"id": chain, "severities": [severity], "tell": ["receiver:oncall"], "chain": chain}
