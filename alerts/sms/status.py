"""What command_status says (SMPP 3.4, 5.1.3): in words, whether for good, and when to come again."""

from __future__ import annotations

THROTTLED, QUEUE_FULL = 0x58, 0x14
_WAITS = {THROTTLED: 5.0, QUEUE_FULL: 15.0}
"""seconds to leave a centre alone that says it has too much; the protocol names none"""
_WORDS = {
    0x01: "message length", 0x02: "command length", 0x03: "command id", 0x04: "not bound for this",
    0x05: "bound already", 0x06: "priority flag", 0x07: "registered delivery flag", 0x08: "system error",
    0x0A: "source address", 0x0B: "destination address", 0x0C: "message id", 0x0D: "bind failed",
    0x0E: "wrong password", 0x0F: "unknown system id", 0x11: "cancel failed", 0x13: "replace failed",
    0x14: "queue full", 0x15: "service type", 0x33: "number of destinations", 0x34: "distribution list",
    0x40: "destination flag", 0x42: "replace not allowed", 0x43: "esm_class", 0x44: "distribution list",
    0x45: "submit failed", 0x48: "source type of number", 0x49: "source numbering plan",
    0x50: "destination type of number", 0x51: "destination numbering plan", 0x53: "system type",
    0x54: "replace flag", 0x55: "number of messages", 0x58: "throttled", 0x61: "scheduled time",
    0x62: "validity period", 0x63: "default message", 0x64: "temporary error of the application",
    0x65: "permanent error of the application", 0x66: "rejected by the application", 0x67: "query failed",
    0xC0: "optional parameters", 0xC1: "optional parameter not allowed", 0xC2: "parameter length",
    0xC3: "optional parameter missing", 0xC4: "optional parameter value", 0xFE: "delivery failed",
    0xFF: "unknown error",
}  # fmt: skip
_FOR_GOOD = frozenset({0x01, 0x0B, 0x33, 0x43, 0x50, 0x51, 0x62, 0xC0, 0xC1, 0xC2, 0xC3, 0xC4})
"""what the same message to the same number will meet again; the account and the sender may be set right"""


def words(status: int) -> str:
    """A status as people read it, with its number."""
    known = _WORDS.get(status)
    return f"{known} (0x{status:08X})" if known else f"status 0x{status:08X}"


def permanent(status: int) -> bool:
    """Whether the same message would be refused again."""
    return status in _FOR_GOOD


def passing_wait(status: int) -> float | None:
    """Seconds to wait before coming again, where the status asks for it."""
    return _WAITS.get(status)
