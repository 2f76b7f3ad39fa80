"""The names that a device is asked for, and how raw values are read (RFC 3418, 2863, 2790, 3411; UCD-SNMP-MIB)."""

from __future__ import annotations

Raw = None | str | bytes | int | float
"""a value as it comes: a number, bytes of text, the dotted text of a name or an address"""

UPTIME = "1.3.6.1.2.1.1.3.0"
"""sysUpTime: since the agent began, in hundredths of a second, modulo 2^32 (497 days)"""
ENGINE_ID = "1.3.6.1.6.3.10.2.1.1.0"
ENGINE_BOOTS = "1.3.6.1.6.3.10.2.1.2.0"
ENGINE_TIME = "1.3.6.1.6.3.10.2.1.3.0"
"""snmpEngineTime: seconds since the agent began, for 68 years"""
HOST_UPTIME = "1.3.6.1.2.1.25.1.1.0"
"""hrSystemUptime: since the host began, like sysUpTime"""
MEMORY_TOTAL = "1.3.6.1.4.1.2021.4.5.0"
MEMORY_FREE = "1.3.6.1.4.1.2021.4.6.0"
MEMORY_BUFFER = "1.3.6.1.4.1.2021.4.14.0"
MEMORY_CACHED = "1.3.6.1.4.1.2021.4.15.0"
CPU_IDLE = "1.3.6.1.4.1.2021.11.11.0"
"""ssCpuIdle: percent, over the last minute"""
SYSTEM = (UPTIME, ENGINE_ID, ENGINE_BOOTS, ENGINE_TIME, HOST_UPTIME)
MEMORY = (MEMORY_TOTAL, MEMORY_FREE, MEMORY_BUFFER, MEMORY_CACHED)

PROCESSOR_LOAD = "1.3.6.1.2.1.25.3.3.1.2"
"""hrProcessorLoad: percent, over the last minute, of each processor"""

STORAGE_TYPE = "1.3.6.1.2.1.25.2.3.1.2"
STORAGE_NAME = "1.3.6.1.2.1.25.2.3.1.3"
STORAGE_UNIT = "1.3.6.1.2.1.25.2.3.1.4"
STORAGE_SIZE = "1.3.6.1.2.1.25.2.3.1.5"
STORAGE_USED = "1.3.6.1.2.1.25.2.3.1.6"
STORAGE = (STORAGE_TYPE, STORAGE_NAME, STORAGE_UNIT, STORAGE_SIZE, STORAGE_USED)
RAM = "1.3.6.1.2.1.25.2.1.2"
FIXED_DISK = "1.3.6.1.2.1.25.2.1.4"

IF_DESCRIPTION = "1.3.6.1.2.1.2.2.1.2"
IF_SPEED = "1.3.6.1.2.1.2.2.1.5"
IF_ADMIN = "1.3.6.1.2.1.2.2.1.7"
IF_OPER = "1.3.6.1.2.1.2.2.1.8"
IF_IN = "1.3.6.1.2.1.2.2.1.10"
IF_IN_DISCARDS = "1.3.6.1.2.1.2.2.1.13"
IF_IN_ERRORS = "1.3.6.1.2.1.2.2.1.14"
IF_OUT = "1.3.6.1.2.1.2.2.1.16"
IF_OUT_DISCARDS = "1.3.6.1.2.1.2.2.1.19"
IF_OUT_ERRORS = "1.3.6.1.2.1.2.2.1.20"
IF_NAME = "1.3.6.1.2.1.31.1.1.1.1"
IF_WIDE_IN = "1.3.6.1.2.1.31.1.1.1.6"
IF_WIDE_OUT = "1.3.6.1.2.1.31.1.1.1.10"
IF_HIGH_SPEED = "1.3.6.1.2.1.31.1.1.1.15"
IF_DISCONTINUITY = "1.3.6.1.2.1.31.1.1.1.19"
INTERFACE = (
    *(IF_ADMIN, IF_OPER, IF_IN_DISCARDS, IF_IN_ERRORS, IF_OUT_DISCARDS, IF_OUT_ERRORS),
    *(IF_WIDE_IN, IF_WIDE_OUT, IF_HIGH_SPEED, IF_DISCONTINUITY),
)
NARROW = (IF_SPEED, IF_IN, IF_OUT)
"""asked of an interface that has no counters of 64 bits, or less than a megabit a second"""

UP, DOWN, NOT_PRESENT, LOWER_DOWN = 1, 2, 6, 7
"""ifOperStatus; ifAdminStatus has the first two"""

NAME_CAP = 64
"""characters of a name that become a tag"""


def whole(value: Raw) -> int | None:
    """A number that is not below zero; None for anything else."""
    return value if isinstance(value, int) and value >= 0 else None


def words(value: Raw) -> str:
    """Text that can be a tag: one line, printable, without a backslash at its end, cut to `NAME_CAP`."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")
    text = " ".join(text.replace("\0", " ").split())
    legible = "".join(each if each.isprintable() else "\ufffd" for each in text)
    return legible[:NAME_CAP].rstrip("\\ ")


def place(oid: str) -> tuple[int, ...]:
    """A name as numbers, in the order that an agent has to keep."""
    return tuple(map(int, oid.split(".")))
