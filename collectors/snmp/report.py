"""From what was read of a device to a sample's fields, points of history, and a sentence. Pure but for `Memory`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from collectors.snmp import device
from collectors.snmp.device import Interface, Storage
from collectors.snmp.poll import Findings, Flaw
from collectors.snmp.rates import Lack
from collectors.snmp.traffic import Traffic, traffic, use
from ioc import schema
from ioc.model import Point
from ioc.schema import PLACE, Kind, Measurement

INTERFACE = Measurement(
    "interface",
    "a network interface of an endpoint",
    (*PLACE, "interface"),
    (
        schema.Field("in_bits", "bit/s", "received, the mean since it was last read"),
        schema.Field("out_bits", "bit/s", "sent, the mean since it was last read"),
        schema.Field("use", "%", "of its speed that is used, in the busier direction"),
        schema.Field("errors", "1/s", "packets with errors, in and out"),
        schema.Field("discards", "1/s", "sound packets that were thrown away, in and out"),
        schema.Field("speed", "bit/s", "the most that it can carry, where it tells"),
        schema.Field("up", "", "whether it works", Kind.FLAG),
    ),
)
STORAGE = Measurement(
    "storage",
    "a fixed disk, or a part of one, of an endpoint",
    (*PLACE, "storage"),
    (
        schema.Field("used", "bytes", "used"),
        schema.Field("size", "bytes", "used and free"),
        schema.Field("use", "%", "of its size that is used"),
    ),
)
FIELDS = (
    schema.RTT,
    schema.Field("uptime", "s", "since the device began to run"),
    schema.Field("cpu", "%", "busy processors, mean of the last minute"),
    schema.Field("memory", "%", "used memory, without buffers and cache where they are told apart"),
    schema.Field("storage", "%", "use of the fullest fixed disk"),
    schema.Field("if_down", "", "interfaces that should be up and are down"),
    schema.Field("if_use", "%", "use of the busiest interface"),
)
MOST_AREAS = 64
"""storage areas of one endpoint that are recorded"""
CHANGES = 2
"""times as many names as are recorded at once that one endpoint may bring up in the life of this process"""

SPACING = 0.25
"""of the seconds between probes that are between two whole readings at least"""


@dataclass(slots=True)
class Memory:
    """What is kept of a device from one reading to the next: its interfaces, and every name it brought up.

    `read` is the steady time of the last whole reading, `flaws` what was wrong with it, `detail` what was told of it,
    `flawed` how many in a row had flaws.
    """

    interfaces: dict[str, Interface] = field(default_factory=dict)
    names: dict[str, set[str]] = field(default_factory=lambda: {"interface": set(), "storage": set()})
    read: float = float("-inf")
    flaws: dict[str, Flaw] = field(default_factory=dict)
    flawed: int = 0
    detail: str = ""

    def is_due(self, now: float, every: float) -> bool:
        """Whether a device that is asked every so many seconds is to be read as a whole now.

        Whoever is in doubt asks every second or two, hundreds of devices at once: that is for the agent to answer,
        not for its tables. Only the first flaw is looked at again at once, since one alone moves nothing.
        """
        return now - self.read >= SPACING * every or self.flawed == 1

    def note(self, found: Findings, detail: str) -> None:
        """A whole reading is done, of which `detail` was told."""
        self.read, self.flaws, self.detail = found.at, dict(found.flaws), detail
        self.flawed = self.flawed + 1 if found.flaws else 0


@dataclass(slots=True)
class Report:
    """What there is to tell: `lacks` counts the rates that are not known, `dropped` what found no room."""

    fields: dict[str, float]
    points: list[Point]
    lacks: list[Lack]
    dropped: int
    detail: str


def report(subject: str, found: Findings, memory: Memory, what: Collection[str], most: int) -> Report:
    """Tell what was found of an endpoint, at most `most` interfaces of it, and remember it for the next time."""
    told = Report({"rtt": (found.at - found.sent) * 1000.0}, [], [], 0, "")
    numbers = {"uptime": device.uptime(found.system)}
    if "cpu" in what:
        numbers["cpu"] = device.processor(found.loads, found.system)
    if "memory" in what:
        numbers["memory"] = device.memory(found.system, found.areas)
    told.fields |= {name: number for name, number in numbers.items() if number is not None}
    if "interfaces" in what:
        _interfaces(told, subject, found, memory, most)
    if "storage" in what:
        _storages(told, subject, found, memory)
    told.detail = _detail(told, found)
    return told


def _interfaces(told: Report, subject: str, found: Findings, memory: Memory, most: int) -> None:
    kept = _with_room([each.name for each in found.interfaces], memory.names["interface"], most)
    told.dropped += max(found.found - most, 0) + len(found.interfaces) - len(kept)
    uses: list[float] = []
    for each in found.interfaces:
        if each.name not in kept:
            continue
        seen = traffic(memory.interfaces.get(each.name), each)
        told.lacks += seen.lacks()
        if Lack.SOON not in seen:
            memory.interfaces[each.name] = each
        used = use(seen, each.speed)
        told.points.append(_interface(subject, found.at, each, seen, used))
        uses += [used] if used is not None else []
    if uses:
        told.fields["if_use"] = max(uses)
    if "interfaces" not in found.flaws and found.interfaces:
        told.fields["if_down"] = float(sum(each.wanted and each.down for each in found.interfaces))


def _interface(subject: str, at: float, each: Interface, seen: Traffic, used: float | None) -> Point:
    rates = {"in_bits": seen.into, "out_bits": seen.out, "errors": seen.errors, "discards": seen.discards}
    fields: dict[str, float | int | str | bool] = {
        name: rate for name, rate in rates.items() if not isinstance(rate, Lack)
    }
    if used is not None:
        fields["use"] = used
    if each.speed:
        fields["speed"] = each.speed
    return Point(INTERFACE.name, subject, at, {**fields, "up": each.up}, (("interface", each.name),))


def _storages(told: Report, subject: str, found: Findings, memory: Memory) -> None:
    areas = device.storages(found.areas)
    kept = _with_room([each.name for each in areas], memory.names["storage"], MOST_AREAS)
    told.dropped += len(areas) - len(kept)
    told.points += [_storage(subject, found.at, each) for each in areas if each.name in kept]
    if areas and "storage" not in found.flaws:
        told.fields["storage"] = max(each.use for each in areas)


def _storage(subject: str, at: float, each: Storage) -> Point:
    fields: Mapping[str, float] = {"used": each.used, "size": each.size, "use": each.use}
    return Point(STORAGE.name, subject, at, fields, (("storage", each.name),))


def _with_room(names: Iterable[str], known: set[str], most: int) -> set[str]:
    """Those names that are recorded: every name makes a series for ever, so that a device has only so many."""
    kept: set[str] = set()
    for name in names:
        if len(kept) < most and (name in known or len(known) < CHANGES * most):
            known.add(name)
            kept.add(name)
    return kept


def _detail(told: Report, found: Findings) -> str:
    said = [f"{what}: {flaw.what}" for what, flaw in found.flaws.items()]
    if told.dropped:
        said.append(f"{told.dropped} interfaces or storage areas more than are recorded")
    if said:
        return "; ".join(said)[:200]
    up = _span(told.fields["uptime"]) if "uptime" in told.fields else "unknown"
    return f"up {up}" + (f", interfaces: {len(found.interfaces)}" if found.interfaces else "")


def _span(seconds: float) -> str:
    for unit, length in (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
