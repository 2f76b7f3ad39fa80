"""What the agent of a demo device holds: uptime, processors, memory, interfaces whose counters go on. Pure.

Everything follows from the device's id and name, and from the time: a counter is the integral of a rate that swings
about its mean, so that it never goes back, whenever it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from math import cos, pi, sin
from random import Random

from collectors.wire.snmp import Oid, Tag, Value, name
from ioc.demo.agent import Names, Tree

COMMUNITY = "ioc-demo"
DAY = 86_400.0
SWING = 0.5
"""of its mean by which a rate swings"""
PERIODS = (300.0, 900.0)
"""seconds of a swing"""

UPTIME = name("1.3.6.1.2.1.1.3.0")
LOAD = name("1.3.6.1.2.1.25.3.3.1.2")
MEMORY_TOTAL, MEMORY_FREE = name("1.3.6.1.4.1.2021.4.5.0"), name("1.3.6.1.4.1.2021.4.6.0")
IF_TABLE, IF_X_TABLE = name("1.3.6.1.2.1.2.2.1"), name("1.3.6.1.2.1.31.1.1.1")
PROCESSORS = 2


@dataclass(frozen=True, slots=True)
class Port:
    """An interface: its name, its speed in bit/s, whether it is meant to be up."""

    name: str
    speed: int
    wanted: bool = True


UPLINK = (Port("wan0", 100_000_000), Port("lan0", 1_000_000_000))
SWITCH = tuple(Port(f"Gi0/{number}", 1_000_000_000, number <= 16) for number in range(1, 25))
SHAPES: Mapping[str, tuple[Port, ...]] = {"uplink": UPLINK, "switch": SWITCH}


@dataclass(frozen=True, slots=True)
class Swing:
    """A rate a second that swings about its mean."""

    mean: float
    period: float
    phase: float
    start: float = 0.0

    def at(self, time: float) -> float:
        """The rate at a time."""
        return self.mean * (1.0 + SWING * sin(2 * pi * time / self.period + self.phase))

    def total(self, time: float) -> int:
        """What has been counted since time zero, and before."""
        turned = cos(self.phase) - cos(2 * pi * time / self.period + self.phase)
        return int(self.start + self.mean * (time + SWING * self.period / (2 * pi) * turned))


def swing(rng: Random, mean: float, start: float = 0.0) -> Swing:
    """A swing about a mean."""
    return Swing(mean, rng.uniform(*PERIODS), rng.uniform(0.0, 2 * pi), start)


class Device:
    """One device; `kind` is one of SHAPES."""

    def __init__(self, kind: str, id: str, named: str) -> None:
        rng = Random(f"device {id} {named}")
        self.ports = SHAPES[kind]
        self.names = _names(kind)
        self.age = rng.uniform(10, 300) * DAY
        self.loads = [swing(rng, rng.uniform(5, 40)) for _ in range(PROCESSORS)]
        self.memory = swing(rng, rng.uniform(0.2, 0.5))
        self.octets = [
            tuple(swing(rng, _mean(rng, port), rng.uniform(0, 1e13)) for _ in ("in", "out"))
            for port in self.ports
        ]

    def tree(self, time: float) -> Tree:
        """What it holds so many seconds after it was first asked."""
        return Tree(self.names, lambda oid: _reader(oid)(self, oid, time))


def _mean(rng: Random, port: Port) -> float:
    return port.speed / 8 * rng.uniform(0.02, 0.3) if port.wanted else 0.0


def _uptime(device: Device, _: Oid, time: float) -> Value:
    return Value(Tag.TICKS, int((device.age + time) * 100) % (1 << 32))


def _load(device: Device, oid: Oid, time: float) -> Value:
    return Value(Tag.INTEGER, int(device.loads[oid[-1] - 1].at(time)))


def _memory_total(device: Device, _: Oid, time: float) -> Value:
    return Value(Tag.INTEGER, 1 << 20)


def _memory_free(device: Device, _: Oid, time: float) -> Value:
    return Value(Tag.INTEGER, int((1 << 20) * (1.0 - device.memory.at(time))))


def _octets(direction: int, tag: Tag, bits: int) -> Callable[[Device, Oid, float], Value]:
    def read(device: Device, oid: Oid, time: float) -> Value:
        return Value(tag, device.octets[oid[-1] - 1][direction].total(time) % (1 << bits))

    return read


def _of_port(make: Callable[[Port], Value]) -> Callable[[Device, Oid, float], Value]:
    return lambda device, oid, _: make(device.ports[oid[-1] - 1])


def _status(port: Port) -> Value:
    return Value(Tag.INTEGER, 1 if port.wanted else 2)


_SCALARS = {UPTIME: _uptime, MEMORY_TOTAL: _memory_total, MEMORY_FREE: _memory_free}
_NOTHING = _of_port(lambda _: Value(Tag.COUNTER32, 0))
_COLUMNS = {
    (*IF_TABLE, 2): _of_port(lambda port: Value(Tag.OCTETS, port.name.encode())),
    (*IF_TABLE, 5): _of_port(lambda port: Value(Tag.GAUGE32, port.speed)),
    (*IF_TABLE, 7): _of_port(_status),
    (*IF_TABLE, 8): _of_port(_status),
    (*IF_TABLE, 10): _octets(0, Tag.COUNTER32, 32),
    (*IF_TABLE, 13): _NOTHING,
    (*IF_TABLE, 14): _NOTHING,
    (*IF_TABLE, 16): _octets(1, Tag.COUNTER32, 32),
    (*IF_TABLE, 19): _NOTHING,
    (*IF_TABLE, 20): _NOTHING,
    (*IF_X_TABLE, 1): _of_port(lambda port: Value(Tag.OCTETS, port.name.encode())),
    (*IF_X_TABLE, 6): _octets(0, Tag.COUNTER64, 64),
    (*IF_X_TABLE, 10): _octets(1, Tag.COUNTER64, 64),
    (*IF_X_TABLE, 15): _of_port(lambda port: Value(Tag.GAUGE32, port.speed // 1_000_000)),
    (*IF_X_TABLE, 19): _of_port(lambda _: Value(Tag.TICKS, 0)),
    LOAD: _load,
}


def _reader(oid: Oid) -> Callable[[Device, Oid, float], Value]:
    return _SCALARS.get(oid) or _COLUMNS[oid[:-1]]


@cache
def _names(kind: str) -> Names:
    rows = {LOAD: PROCESSORS}
    return Names(
        [*_SCALARS]
        + [
            (*column, index)
            for column in _COLUMNS
            for index in range(1, rows.get(column, len(SHAPES[kind])) + 1)
        ]
    )
