"""A province on a stage: the real web part over a picture that a test fills, seeded, with Vietnamese names.

The shape is the demo's: 600 rooms and MCUs and the lines in front of them, 27 districts, 559 communes. Nothing is
probed here; the test says what became of what.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from ioc import schema
from ioc.clock import Clock
from ioc.counts import Counts
from ioc.demo.province import Ports, Province, build
from ioc.errors import Refused
from ioc.intake import about
from ioc.inventory import Endpoint, Inventory, Owner, Probe, Site
from ioc.picture import Picture
from ioc.store.base import Reader
from ioc.telemetry import Telemetry
from ioc.units import Span, Unit, Units
from web import app
from web.deps import Deps, Handover, Kept, Readiness, Wall
from web.push import Pace
from web.serve import Server, serve

DIST = Path(__file__).parents[2] / "web" / "ui" / "dist"
TODAY = date(2026, 11, 24)
AFTERNOON = 1_795_505_527.0
"""24 November 2026, 14:32:07 in Viet Nam"""
SYSTEMS = {"vc": "Hội nghị truyền hình", "net": "Mạng truyền số liệu chuyên dùng"}
EVERY = 10.0
FIRST_BYTE = schema.Field("first_byte", "ms", "from the request to the head of the answer")
KEPT = Kept(
    {each.name: each for each in (schema.endpoint((schema.LOSS, schema.RTT, FIRST_BYTE)), schema.STATE)}
)
_FAMILY = "Nguyễn Trần Lê Phạm Hoàng Vũ Đặng Bùi Đỗ Hồ Ngô Dương Lý Lưu Trịnh Mai Cao Đinh".split()
_MIDDLE = "Văn Thị Đức Hữu Minh Quang Thanh Ngọc Xuân Đình".split()
_GIVEN = "Hùng Lan Tuấn Hạnh Dũng Thủy Nam Hương Sơn Mai Quân Yến Ặn Phúc Khánh Bằng Nghĩa Trường".split()
_CARRIERS = (("VNPT Thanh Hóa", "18001260"), ("Viettel Thanh Hóa", "18008119"))


class ShiftedClock(Clock):
    """A clock that runs, but stands at a chosen time of day."""

    __slots__ = ("_shift",)

    def __init__(self, at: float = AFTERNOON) -> None:
        super().__init__()
        self._shift = 0.0
        self._shift = at - self.now()

    def now(self) -> float:
        return super().now() + self._shift

    def skew(self) -> float:
        return 0.0


class Desk:
    """Does in the picture what it is asked, as the service does."""

    def __init__(self, picture: Picture, clock: Clock) -> None:
        self._picture = picture
        self._clock = clock
        self._serial = 0

    async def acknowledge(self, incident: int, by: str, note: str, seen: float | None = None) -> None:
        was = self._picture.get(f"incident/{incident}") or {}
        if was["status"] == "closed":
            raise Refused(f"incident {incident} is closed; nothing to take", status=409)
        taken = {"by": by, "at": self._clock.now(), "note": note}
        self._picture.put(f"incident/{incident}", {**was, "acknowledged": taken, "next": "awaits_recovery"})

    async def assign(self, incident: int, to: str, by: str) -> None:
        self._change(incident, assigned=to)

    async def comment(self, incident: int, text: str, by: str) -> None:
        self._change(incident, remarks=[{"by": by, "at": self._clock.now(), "text": text}])

    async def close_incident(self, incident: int, reason: str, by: str) -> None:
        self._change(incident, status="closed", closed=self._clock.now(), next="closed")

    def _change(self, incident: int, **more: Any) -> None:
        self._picture.put(
            f"incident/{incident}", {**(self._picture.get(f"incident/{incident}") or {}), **more}
        )

    async def maintain(
        self, kind: str, id: str, start: float | None, end: float, reason: str, by: str
    ) -> str:
        if reason == "từ chối":
            raise Refused("reason: 'từ chối' is what this test refuses; say another")
        self._serial += 1
        scope = {"kind": kind, "id": id}
        began = start if start is not None else self._clock.now()
        value = {"scope": scope, "start": began, "end": end, "reason": reason, "by": by}
        self._picture.put(f"maintenance/{self._serial}", value)
        return str(self._serial)

    async def end_maintenance(self, id: str, by: str) -> None:
        self._picture.remove(f"maintenance/{id}")

    async def reload(self) -> Sequence[str]:
        return []

    def readiness(self) -> Readiness:
        return Readiness(True)


class Stage:
    """A picture of the province and the real server that shows it."""

    def __init__(self, seed: int = 7, at: float = AFTERNOON, epoch: str = "stage") -> None:
        self.history: Reader | None = None
        """set before it opens"""
        self.shift: Handover | None = None
        """the same"""
        self.rng = Random(f"stage {seed}")
        self.clock = ShiftedClock(at)
        self.province = build(seed, Ports())
        self.inventory = inventory_of(self.province, self.rng)
        self.picture = Picture(epoch, _raise)
        self.counts = Counts(self.picture)
        self.counts.apply(self.inventory, SYSTEMS, TODAY)
        self.rooms = [id for id, each in self.inventory.endpoints.items() if each.system == "vc"]
        self.port = 0
        self._server: Server | None = None
        self._incidents = 0
        self._fill()

    @property
    def url(self) -> str:
        """Where the wall is."""
        return f"http://127.0.0.1:{self.port}/"

    async def open(self) -> str:
        """Listen, the second time on the same port; the address."""
        deps = Deps(
            self.clock,
            self.picture,
            Telemetry(),
            Desk(self.picture, self.clock),
            DIST,
            wall=Wall(name="Trung tâm IOC tỉnh Thanh Hóa (mô phỏng)"),
            pace=Pace(coalesce=0.05, beat=1.0),
            history=self.history,
            shift=self.shift,
            kept=lambda: KEPT,
        )
        self._server = await serve(app.build(deps), "127.0.0.1", self.port)
        self.port = self._server.port
        return self.url

    async def close(self) -> None:
        """Stop listening; every screen is cut off."""
        if self._server is not None:
            await self._server.close()
            self._server = None

    def set(self, ids: Iterable[str], state: str, reason: str = "answered", since: float = 0.0) -> None:
        """Put endpoints into a state that began so many seconds ago."""
        now = self.clock.now()
        for id in ids:
            was = self.picture.get(f"endpoint/{id}") or {}
            changed = {"state": state, "reason": reason, "since": now - since, "at": now}
            self.picture.put(f"endpoint/{id}", {**was, **changed})
        self.counts.flush()

    def measure(self, id: str, rtt: float, loss: float = 0.0) -> None:
        """Put a new measurement of an endpoint."""
        was = self.picture.get(f"endpoint/{id}") or {}
        self.picture.put(f"endpoint/{id}", {**was, "rtt": rtt, "loss": loss, "at": self.clock.now()})

    def breathe(self, rounds: int = 40) -> Iterator[None]:
        """Give every room a new measurement, so many times; a few lines are poor."""
        poor = {id: 320.0 + 60 * n for n, id in enumerate(self.rng.sample(self.rooms, 4))}
        for _ in range(rounds):
            for id in self.rooms:
                base = poor.get(id, 18.0 + 7 * (len(id) % 3))
                self.measure(id, base * self.rng.uniform(0.8, 1.3))
            self.measure("core", 1.0)
            self.counts.flush()
            yield

    def incident(self, root: str, members: Sequence[str], ago: float, **more: Any) -> int:
        """Open an incident about an endpoint; its number."""
        self._incidents += 1
        number = self._incidents
        here = self.inventory.endpoints[root]
        owner = self.inventory.owner(root)
        live = self.picture.get(f"endpoint/{root}") or {}
        unit = self.inventory.units.get(here.unit, TODAY)
        site = self.inventory.sites.get(here.site)
        self.picture.put(
            f"incident/{number}",
            {
                "id": number,
                "status": "open",
                "severity": "critical",
                "title": f"{here.name} mất kết nối",
                "rule": "critical-down",
                "root": root,
                "cause": {"subject": root, "state": live["state"], "reason": live["reason"]},
                "opened": self.clock.now() - ago,
                "closed": None,
                "members": len(members),
                "peak": len(members),
                "sample_members": list(members[:50]),
                "unit": here.unit,
                "unit_name": unit.name if unit else "",
                "site": here.site,
                "site_name": site.name if site else "",
                "owner": owner.name,
                "phone": owner.phone,
                "carrier": owner.carrier,
                "circuit": owner.circuit,
                "hotline": owner.hotline,
                "next_action": f"Gọi đầu mối; nếu do đường truyền thì báo {owner.carrier}, mã kênh {owner.circuit}, "
                f"tổng đài {owner.hotline}, rồi ghi vào sổ trực ca",
                "runbook": "outage#critical",
                "acknowledged": None,
                "unrecorded": False,
                "told": {"oncall": {"state": "told", "at": self.clock.now(), "attempts": 1}},
                "next": "awaits_acknowledgement",
                "next_at": None,
                "next_to": [],
                "next_because": "",
                "step": None,
                "assigned": "",
                "remarks": [],
                "silenced_by": "",
                "untold": "",
                "decided": self.clock.now() - ago,
                "silenced": False,
                "flapping": False,
                "joined": None,
                **more,
            },
        )
        return number

    def cut(self, line: str, ago: float = 0.0, **more: Any) -> int:
        """Cut a line: what is behind it cannot be reached, and there is an incident."""
        behind = list(self.province.behind(line))
        self.set([line], "down", "no_answer", ago)
        self.set(behind, "unreachable", "parent_down", ago)
        return self.incident(line, [line, *behind], max(0.0, ago - 32), **more)

    def climbing(self, left: float = 200.0, told: int = 1) -> dict[str, Any]:
        """What an incident shows whose chain goes on to Phạm Quang Hùng in so many seconds."""
        return {
            "next_at": self.clock.now() + left,
            "next_to": ["Phạm Quang Hùng"],
            "next_because": "step_due",
            "step": {"chain": "lead", "told": told, "of": 3, "round": 1},
        }

    def quiet(self, id: str, subject: str, lasts: float = 5400.0) -> dict[str, Any]:
        """Begin a silence of one subject; what its incident shows."""
        now = self.clock.now()
        matcher = {"name": "subject", "value": subject, "isRegex": False, "isEqual": True}
        value = {"matchers": [matcher], "start": now, "end": now + lasts, "reason": "thay cáp quang"}
        rest = {"by": "Lê Thị Mai", "made": now, "ended_by": "", "state": "active"}
        self.picture.put(f"silence/{id}", value | rest)
        return {"silenced": True, "silenced_by": id}

    def fault(self, room: str, ago: float = 0.0, **more: Any) -> int:
        """One room that does not answer."""
        self.set([room], "down", "no_answer", ago)
        owner = self.inventory.owner(room)
        action = f"Gọi {owner.name} ({owner.phone}); kiểm tra nguồn và dây mạng của thiết bị"
        given = {"severity": "warning", "rule": "endpoint-down", "next_action": action} | more
        return self.incident(room, [room], max(0.0, ago - 32), **given)

    def _fill(self) -> None:
        now = self.clock.now()
        for unit in self.inventory.sites.values():
            self.picture.put(
                f"site/{unit.id}", {"name": unit.name, "unit": unit.unit, "owner": asdict(unit.owner)}
            )
        for id, endpoint in self.inventory.endpoints.items():
            self.picture.put(f"about/{id}", about(endpoint, self.inventory))
            live = {"state": "up", "since": now - 90_000, "at": now, "reason": "answered", "detail": ""}
            rtt = self.rng.uniform(4, 40)
            self.picture.put(f"endpoint/{id}", {**live, "answering": True, "rtt": rtt, "loss": 0.0})
        self.picture.put("self/uplink", {"state": "ok", "since": now - 90_000})
        self.picture.put(
            "oncall/ioc",
            {
                "name": "Trực IOC",
                "people": [{"id": "an", "name": "Nguyễn Văn An", "phone": "0912345678"}],
                "because": "rotation",
                "until": now + 8_873,
                "next": [],
            },
        )
        self.counts.flush()


def inventory_of(province: Province, rng: Random) -> Inventory:
    """The province's things with people who answer for them."""
    units = Units(Unit(each.id, (Span(each.name, each.parent),)) for each in province.units)
    sites = [Site(f"s-{each.id}", f"Trụ sở {each.name}", each.id, _owner(rng)) for each in province.units]
    probe = Probe("sip", EVERY, 1.0, None)
    endpoints = [
        Endpoint(
            each.id,
            each.name,
            each.kind,
            "vc" if each.kind in ("room", "mcu") else "net",
            each.unit or "th",
            each.address,
            (probe,),
            each.site or "s-th",
            each.front if each.front in province.things else "",
            each.expected,
            each.critical,
        )
        for each in province.things.values()
    ]
    return Inventory(units, sites, endpoints)


def _owner(rng: Random) -> Owner:
    name = f"{rng.choice(_FAMILY)} {rng.choice(_MIDDLE)} {rng.choice(_GIVEN)}"
    carrier, hotline = rng.choice(_CARRIERS)
    circuit = f"TSLCD-{rng.randrange(1000, 9999)}"
    return Owner(name, f"09{rng.randrange(10_000_000, 99_999_999)}", carrier, circuit, hotline)


def _raise(see: object, error: Exception) -> None:
    raise error


def storm(stage: Stage) -> None:
    """Two hundred things wrong at once: three districts cut, rooms down and poor all over, one in maintenance."""
    stage.cut("r-h15", 754, **stage.climbing())
    taken = {"by": "Trần Thị Hạnh", "at": stage.clock.now() - 300, "note": ""}
    stage.cut("r-h11", 1260, acknowledged=taken, next="awaits_recovery")
    stage.cut("r-h18", 95, **stage.quiet("s1", "r-h18"))
    rest = [id for id in stage.rooms if (stage.picture.get(f"endpoint/{id}") or {})["state"] == "up"]
    chosen = stage.rng.sample(rest, 96)
    for n, room in enumerate(chosen[:40]):
        stage.fault(room, 40 + 13 * n)
    stage.set(chosen[40:64], "degraded", "bad_status", 210)
    stage.set(chosen[64:78], "degraded", "partly_silent", 65)
    stage.set(chosen[78:84], "unknown", "stale", 45)
    stage.set(chosen[84:], "maintenance", "maintained", 1800)
