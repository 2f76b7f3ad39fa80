"""The two gateways for short messages that the demo's sink simulates: `POST /sms/NAME`. Pure.

A gateway takes `{"phone", "content", "id"}` and answers `{"code", "message"}`: 0 when the text was taken, 4 when it
does not carry that number. `mot` refuses one number, so that its owner is told by `hai`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

PATH = "/sms/"
FIRST, SECOND = "mot", "hai"
TAKEN, NOT_CARRIED, MALFORMED = "0", "4", "9"
REFUSED: Mapping[str, frozenset[str]] = {FIRST: frozenset({"0900000008"}), SECOND: frozenset()}
"""the numbers that each gateway does not carry"""
_SAYS = {
    TAKEN: "queued",
    NOT_CARRIED: "this number is not carried",
    MALFORMED: "phone, content and id are needed",
}


@dataclass(frozen=True, slots=True)
class Texts:
    """How many short messages the gateways took, and how many they refused."""

    taken: int
    refused: int


def of(path: str) -> str:
    """The gateway that a path names; empty where it names none."""
    name = path.removeprefix(PATH) if path.startswith(PATH) else ""
    return name if name in REFUSED else ""


def answer(gateway: str, body: Any) -> dict[str, str]:
    """What a gateway answers to a request's JSON."""
    wanted = ("phone", "content", "id")
    if not isinstance(body, Mapping) or not all(
        isinstance(body.get(each), str) and body[each] for each in wanted
    ):
        code = MALFORMED
    else:
        code = NOT_CARRIED if body["phone"] in REFUSED[gateway] else TAKEN
    return {"code": code, "message": _SAYS[code]}


def counted(lines: Iterable[Mapping[str, Any]]) -> Texts:
    """The short messages in a sink's log."""
    codes = [line["answer"]["code"] for line in lines if "answer" in line]
    return Texts(codes.count(TAKEN), len(codes) - codes.count(TAKEN))
