"""What a modem says on its line: lines, prompts, final results (ITU-T V.250; 3GPP TS 27.005 and 27.007)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ioc.errors import CodecError

MOST_LINE = 4096
PROMPT = ">"
_END = re.compile(rb"[\r\n]")
_CODE = re.compile(r"\+(CM[SE]) ERROR: ?(\d{1,5})")
_REFUSALS = ("ERROR", "+CME ERROR", "+CMS ERROR", "COMMAND NOT SUPPORT", "TOO MANY PARAMETERS")
_REGISTERED = frozenset({1, 5, 6, 7})
"""at home, roaming, and both of these for short messages only (TS 27.007, 7.2)"""

_NETWORK = {
    1: "unassigned number", 8: "barred by the operator", 10: "call barred", 17: "network failure",
    21: "rejected", 22: "congestion", 27: "destination out of service", 28: "unidentified subscriber",
    29: "facility rejected", 30: "unknown subscriber", 38: "network out of order", 41: "temporary failure",
    42: "congestion", 47: "no resources", 50: "facility not subscribed", 69: "facility not implemented",
    95: "message not understood", 96: "message not understood", 97: "message not understood",
    98: "message not understood", 99: "message not understood", 111: "protocol error", 127: "interworking",
    176: "TPDU not supported", 192: "service centre busy", 193: "no service centre subscription",
    194: "service centre failed", 195: "invalid number", 196: "number barred", 208: "SIM storage full",
    211: "SIM application busy",
    300: "modem failure", 301: "service reserved", 302: "operation not allowed",
    303: "operation not supported", 304: "invalid PDU", 305: "invalid parameter", 310: "no SIM in the modem",
    311: "the SIM needs its PIN", 312: "the SIM is locked to a phone", 313: "SIM failure", 314: "SIM busy",
    315: "wrong SIM", 316: "the SIM needs its PUK", 320: "memory failure", 322: "memory full",
    330: "service centre address unknown", 331: "no network", 332: "network timeout", 500: "unknown error",
}  # fmt: skip
"""+CMS ERROR (TS 27.005, 3.2.5; below 128 TS 24.011, E-2; below 256 TS 23.040, 9.2.3.22)"""
_EQUIPMENT = {
    0: "modem failure", 3: "operation not allowed", 4: "operation not supported", 10: "no SIM in the modem",
    11: "the SIM needs its PIN", 12: "the SIM needs its PUK", 13: "SIM failure", 14: "SIM busy",
    15: "wrong SIM", 16: "the PIN is wrong", 17: "the SIM needs its PIN2", 18: "the SIM needs its PUK2",
    20: "memory full", 30: "no network", 31: "network timeout", 32: "emergency calls only",
    100: "unknown error",
}  # fmt: skip
"""+CME ERROR (TS 27.007, 9.2)"""
_FOR_GOOD = frozenset({1, 30, *range(95, 100), *range(0x80, 0xA0), 176, 195, 196, 304})
"""+CMS errors that this number or this message will meet again; all others may pass"""
_OUR_SIDE = frozenset({*range(300, 302), *range(310, 333), 500})
"""+CMS errors after which the modem is looked at anew"""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A final result that is not OK; `kind` is CMS, CME or empty, `code` None where there was none."""

    kind: str
    code: int | None
    said: str

    @property
    def permanent(self) -> bool:
        """Whether the same message to the same number will be refused again."""
        return self.kind == "CMS" and self.code in _FOR_GOOD

    @property
    def of_modem(self) -> bool:
        """Whether the modem or its SIM is at fault, and not the network or the number."""
        return self.kind != "CMS" or self.code in _OUR_SIDE

    def __str__(self) -> str:
        known = _NETWORK if self.kind == "CMS" else _EQUIPMENT
        words = known.get(-1 if self.code is None else self.code)
        return f"{words} ({self.said})" if words else self.said


class Splitter:
    """Cuts bytes into lines without their ends; a prompt for data is the line `>`."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> list[str]:
        """The lines that are whole now; raises CodecError where one is longer than 4,096 bytes."""
        self._held += data
        lines: list[str] = []
        while (line := self._next()) is not None:
            if line:
                lines.append(line)
        if len(self._held) > MOST_LINE:
            self._held = b""
            raise CodecError(f"a line of more than {MOST_LINE} bytes: this is no modem")
        return lines

    def _next(self) -> str | None:
        held = self._held.lstrip(b"\r\n \0")
        if held.startswith(b">"):
            self._held = held[1:]
            return PROMPT
        found = _END.search(self._held)
        if found is None:
            return None
        line, self._held = self._held[: found.start()], self._held[found.end() :]
        return line.decode("ascii", "replace").strip(" \0")


def refusal(line: str) -> Refusal | None:
    """The final result that refuses, if the line is one."""
    if not line.startswith(_REFUSALS):
        return None
    found = _CODE.match(line)
    if found is None:
        return Refusal("", None, line[:80])
    return Refusal(found[1], int(found[2]), line[:80])


def fields(lines: Sequence[str], name: str) -> list[str]:
    """The values of a response `+NAME: a,b`, quotes taken off; empty where no line is of it."""
    for line in lines:
        head, colon, rest = line.partition(":")
        if colon and head.strip() == name:
            return [each.strip().strip('"') for each in rest.split(",")]
    return []


def registration(lines: Sequence[str], name: str) -> int | None:
    """The state in an answer to +CREG?, which leads with the mode; a report unasked has the state alone."""
    states = [values[1] for line in lines if len(values := fields([line], name)) > 1]
    known = [int(state) for state in states if state.isascii() and state.isdigit()]
    return known[-1] if known else None


def registered(state: int | None) -> bool:
    """Whether short messages can be sent in a state of registration."""
    return state in _REGISTERED


def unregistered(states: Sequence[int]) -> str:
    """Why there is no network, in words."""
    if 3 in states:
        return "the network refuses the SIM"
    if 2 in states:
        return "no network yet: searching"
    return "no network: not registered"


def signal(values: Sequence[str]) -> str:
    """What +CSQ says of reception, in dBm (TS 27.007, 8.5); empty where nothing was said."""
    if not values or not (values[0].isascii() and values[0].isdigit()):
        return ""
    level = int(values[0])
    if level > 31:
        return "no signal" if level == 99 else ""
    return "no signal" if level == 0 else f"signal {2 * level - 113} dBm"
