"""What raw values say of a device: its uptime, its processor, memory and storage, its interfaces. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from collectors.snmp import mib
from collectors.snmp.mib import Raw, whole, words
from collectors.snmp.rates import TICKS, Count, Moment

WRAP = float(1 << 32) / TICKS
"""seconds after which an uptime begins at zero again"""
SAME_START = 0.01
"""of a WRAP: how far two clocks that began together may be apart"""
NO_SPEED = (1 << 32) - 1
"""ifSpeed of an interface that only ifHighSpeed can tell"""


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface; `speed` in bit/s, 0 when not known; `wanted` when it is meant to be up."""

    index: str
    name: str
    read: Moment
    speed: float
    wanted: bool
    up: bool
    down: bool
    octets: tuple[Count | None, Count | None]
    """in, out"""
    errors: tuple[Count | None, Count | None]
    discards: tuple[Count | None, Count | None]
    discontinuity: int | None


@dataclass(frozen=True, slots=True)
class Storage:
    """A storage area; bytes."""

    name: str
    size: float
    used: float

    @property
    def use(self) -> float:
        """Percent of it that are used."""
        return min(100.0 * self.used / self.size, 100.0)


def uptime(system: Mapping[str, Raw]) -> float | None:
    """Seconds since the host began, or the agent where it does not tell; longer than 497 days where it can be known."""
    ticks = whole(system.get(mib.HOST_UPTIME))
    if ticks is None:
        ticks = whole(system.get(mib.UPTIME))
    if ticks is None:
        return None
    seconds, engine = ticks / TICKS, whole(system.get(mib.ENGINE_TIME))
    if engine is None:
        return seconds
    wraps = (engine - seconds) / WRAP
    return seconds + round(wraps) * WRAP if wraps > 0 and abs(wraps - round(wraps)) < SAME_START else seconds


def processor(loads: Mapping[str, Raw], system: Mapping[str, Raw]) -> float | None:
    """Percent that the processors are busy: the mean of their loads, or what ssCpuIdle leaves."""
    busy = [load for each in loads.values() if (load := whole(each)) is not None and load <= 100]
    if busy:
        return sum(busy) / len(busy)
    idle = whole(system.get(mib.CPU_IDLE))
    return 100.0 - idle if idle is not None and idle <= 100 else None


def memory(system: Mapping[str, Raw], areas: Mapping[str, Mapping[str, Raw]]) -> float | None:
    """Percent of the memory that is used, without buffers and cache where they are told apart."""
    total, free = whole(system.get(mib.MEMORY_TOTAL)), whole(system.get(mib.MEMORY_FREE))
    if total and free is not None:
        spare = sum(whole(system.get(each)) or 0 for each in (mib.MEMORY_BUFFER, mib.MEMORY_CACHED))
        return 100.0 * max(total - free - spare, 0) / total
    ram = storages(areas, mib.RAM)
    return max(ram, key=lambda each: each.size).use if ram else None


def storages(areas: Mapping[str, Mapping[str, Raw]], kind: str = mib.FIXED_DISK) -> list[Storage]:
    """The storage areas of a kind that have a name and a size, of columns of hrStorageTable by index."""
    found: dict[str, Storage] = {}
    for index, type_ in areas.get(mib.STORAGE_TYPE, {}).items():
        if str(type_).removeprefix(".") != kind:
            continue
        name = words(areas.get(mib.STORAGE_NAME, {}).get(index))
        unit, size, used = (_blocks(areas.get(column, {}).get(index)) for column in mib.STORAGE[2:])
        if name and unit and size and used is not None:
            found.setdefault(name, Storage(name, float(size * unit), float(min(used, size) * unit)))
    return list(found.values())


def _blocks(value: Raw) -> int | None:
    """A number of blocks; agents write more than 2^31 of them as a number below zero."""
    return value & 0xFFFF_FFFF if isinstance(value, int) else None


def run(system: Mapping[str, Raw]) -> str:
    """What names this run of an agent: its engine, and how often that began; empty where it tells neither."""
    engine, boots = system.get(mib.ENGINE_ID), whole(system.get(mib.ENGINE_BOOTS))
    name = engine.hex() if isinstance(engine, bytes) else ""
    return f"{name}/{boots}" if name or boots is not None else ""


def interface(index: str, name: str, at: float, run: str, values: Mapping[str, Raw]) -> Interface | None:
    """The interface of an index, of its values by full name; None when it told no status or no uptime beside."""

    def number(column: str) -> int | None:
        return whole(values.get(f"{column}.{index}"))

    def count(column: str, bits: int = 32) -> Count | None:
        value = number(column)
        return Count(value, bits) if value is not None and value < 1 << bits else None

    status, ticks = number(mib.IF_OPER), whole(values.get(mib.UPTIME))
    if status is None or ticks is None:
        return None
    return Interface(
        index,
        name,
        Moment(at, ticks, run),
        _speed(number(mib.IF_HIGH_SPEED), number(mib.IF_SPEED)),
        wanted=number(mib.IF_ADMIN) == mib.UP,
        up=status == mib.UP,
        down=status in (mib.DOWN, mib.NOT_PRESENT, mib.LOWER_DOWN),
        octets=(
            count(mib.IF_WIDE_IN, 64) or count(mib.IF_IN),
            count(mib.IF_WIDE_OUT, 64) or count(mib.IF_OUT),
        ),
        errors=(count(mib.IF_IN_ERRORS), count(mib.IF_OUT_ERRORS)),
        discards=(count(mib.IF_IN_DISCARDS), count(mib.IF_OUT_DISCARDS)),
        discontinuity=number(mib.IF_DISCONTINUITY),
    )


def _speed(mega: int | None, plain: int | None) -> float:
    if mega:
        return mega * 1e6
    return float(plain) if plain and plain != NO_SPEED else 0.0
