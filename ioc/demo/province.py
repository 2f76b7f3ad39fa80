"""The demo province: Thanh Hóa's shape, as things that answer on loopback addresses, one behind the other.

    link ─┬─ ref-1, ref-2                      what only our own link stands in front of
          └─ core ─┬─ vc-tinh-NN, mcu-N        rooms and MCUs of the province
                   ├─ sw-N ── srv-N            switches and servers of its data center
                   └─ r-hNN ─┬─ up-hNN ── vc-hNN             a district, its own site and room
                             └─ up-hNN-xNN ── vc-hNN-xNN     a commune's site and room

`link` is our own line: it is cut, but nobody probes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random
from types import MappingProxyType

import orjson

from ioc.demo.names import DISTRICTS, MCUS, PROVINCIAL_ROOMS, SERVERS, commune_names

LINK = "link"
CORE = "core"
ALWAYS = "always"
HOURS = "gio-hop"
"""the calendar of the rooms that are switched off in the evening"""
HOURS_ROOMS = 500
TCP_ROOMS = 20
SWITCHES = 2


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing that answers, and the thing in front of it.

    `kind` is room, mcu, uplink, router, core, switch, server or reference. `speaks` is `sip-udp`, `sip-tcp`,
    `banner` or `web`.
    `snmp` is the port of its SNMP agent, 0 where it has none.
    """

    id: str
    name: str
    kind: str
    front: str
    address: str
    port: int
    speaks: str
    unit: str = ""
    site: str = ""
    expected: str = ALWAYS
    critical: bool = False
    snmp: int = 0


@dataclass(frozen=True, slots=True)
class Unit:
    """A level of the administration; `level` is province, district or commune."""

    id: str
    name: str
    parent: str
    level: str


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the province answers: the second byte of its addresses, and its ports."""

    block: int = 64
    sip: int = 15060
    banner: int = 12222
    snmp: int = 11161
    web: int = 18081


class Province:
    """Every unit and thing of the province, and what stands in front of what."""

    def __init__(self, units: Iterable[Unit], things: Iterable[Thing]) -> None:
        self.units = tuple(units)
        self.things: Mapping[str, Thing] = MappingProxyType({each.id: each for each in things})
        self._behind: dict[str, list[str]] = {}
        for each in self.things.values():
            self._behind.setdefault(each.front, []).append(each.id)

    def chain(self, thing: str) -> tuple[str, ...]:
        """The thing itself and all that stands in front of it, up to our own link."""
        found = [thing]
        while found[-1] in self.things:
            found.append(self.things[found[-1]].front)
        return tuple(found)

    def behind(self, thing: str) -> Iterator[str]:
        """Everything behind a thing, without itself."""
        for each in self._behind.get(thing, ()):
            yield each
            yield from self.behind(each)

    def of_kind(self, *kinds: str) -> list[Thing]:
        """The things of these kinds, in the order of the roster."""
        return [each for each in self.things.values() if each.kind in kinds]


def build(seed: int, ports: Ports, hours_rooms: int = HOURS_ROOMS) -> Province:
    """The province that follows from a seed: 600 rooms, of which `hours_rooms` keep the calendar `HOURS`."""
    rng = Random(f"province {seed}")
    names = iter(commune_names(rng, sum(count for _, count in DISTRICTS)))
    units = [Unit("th", "Tỉnh Thanh Hóa", "", "province")]
    things = _provincial(units[0], ports)
    for number, (name, communes) in enumerate(DISTRICTS, start=1):
        district = Unit(f"h{number:02}", name, "th", "district")
        below = [
            Unit(f"{district.id}-x{nth:02}", next(names), district.id, "commune")
            for nth in range(1, communes + 1)
        ]
        units += [district, *below]
        things += _district(district, below, ports)
    placed = [replace(each, address=_address(ports.block, n)) for n, each in enumerate(things, start=1)]
    return Province(units, _varied(placed, rng, hours_rooms))


def _provincial(unit: Unit, ports: Ports) -> list[Thing]:
    things = [_router(CORE, "Định tuyến lõi của tỉnh", "core", LINK, unit, ports)]
    for n in (1, 2):
        reference = _router(f"ref-{n}", f"Mốc kiểm tra đường truyền {n}", "reference", LINK, unit, ports)
        things.append(replace(reference, critical=False))
    for n, name in enumerate(PROVINCIAL_ROOMS, start=1):
        things.append(replace(_room(unit, CORE, ports), id=f"vc-tinh-{n:02}", name=name))
    for n, name in enumerate(MCUS, start=1):
        things.append(replace(_room(unit, CORE, ports), id=f"mcu-{n}", name=name, kind="mcu", critical=True))
    for n in range(1, SWITCHES + 1):
        switch = _router(f"sw-{n}", f"Chuyển mạch {n} trung tâm dữ liệu", "switch", CORE, unit, ports)
        things.append(replace(switch, snmp=ports.snmp))
    for n, name in enumerate(SERVERS, start=1):
        front = f"sw-{(n - 1) % SWITCHES + 1}"
        server = _router(f"srv-{n}", name, "server", front, unit, ports)
        things.append(replace(server, port=ports.web, speaks="web"))
    return things


def _district(district: Unit, communes: list[Unit], ports: Ports) -> list[Thing]:
    router = _router(f"r-{district.id}", f"Định tuyến {district.name}", "router", CORE, district, ports)
    things = [router]
    for unit in (district, *communes):
        uplink = _router(f"up-{unit.id}", f"Đường truyền {unit.name}", "uplink", router.id, unit, ports)
        things += [replace(uplink, critical=False, snmp=ports.snmp), _room(unit, uplink.id, ports)]
    return things


def _router(id: str, name: str, kind: str, front: str, unit: Unit, ports: Ports) -> Thing:
    return Thing(id, name, kind, front, "", ports.banner, "banner", unit.id, f"s-{unit.id}", critical=True)


def _room(unit: Unit, front: str, ports: Ports) -> Thing:
    name = f"Điểm cầu {unit.name}"
    return Thing(f"vc-{unit.id}", name, "room", front, "", ports.sip, "sip-udp", unit.id, f"s-{unit.id}")


def _varied(things: list[Thing], rng: Random, hours_rooms: int) -> list[Thing]:
    """Some commune rooms keep hours, and a few of the others speak SIP over TCP."""
    communes = [each.id for each in things if each.kind == "room" and "-x" in each.id]
    keeping = set(rng.sample(communes, hours_rooms))
    always = [each for each in communes if each not in keeping]
    over_tcp = set(rng.sample(always, min(TCP_ROOMS, len(always))))
    return [
        replace(
            each,
            expected=HOURS if each.id in keeping else ALWAYS,
            speaks="sip-tcp" if each.id in over_tcp else each.speaks,
        )
        for each in things
    ]


def _address(block: int, number: int) -> str:
    return f"127.{block}.{number // 250}.{number % 250 + 1}"


def save(province: Province, path: Path) -> None:
    """Write the roster that the responders and the fault script read."""
    path.write_bytes(orjson.dumps([asdict(each) for each in province.things.values()]))


def load(path: Path) -> Province:
    """Read a roster; it has no units."""
    return Province((), (Thing(**each) for each in orjson.loads(path.read_bytes())))
