"""A screen's side of the push: the picture as the frames built it, and where to resume. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from ioc.errors import CodecError
from ioc.picture import Value

QUICKEST_BEAT, SLOWEST_BEAT = 0.1, 60.0
"""seconds; a server that says otherwise is not believed"""


@dataclass(slots=True)
class Mirror:
    """What a screen holds; `ahead` is how many seconds the server's steady clock is ahead of `now`."""

    epoch: str = ""
    offset: int = 0
    name: str = ""
    beat_s: float = 2.0
    ahead: float = 0.0
    live: bool = False
    """whether a delta has come since the last hello"""
    values: dict[str, Value] = field(default_factory=dict)

    def take(self, message: str | bytes, now: float) -> str:
        """Apply one message that came at `now`; its type. Raises CodecError when it is none of ours."""
        try:
            said = orjson.loads(message)
            kind = said["type"]
            if kind == "hello":
                self._greet(said)
            elif kind == "delta":
                self._apply(said)
            self.ahead = float(said["now"]) - now
        except (AttributeError, LookupError, TypeError, ValueError, OverflowError) as error:
            raise CodecError(f"not a message of the push: {message[:80]!r} ({error!r})") from None
        return str(kind)

    def under(self, prefix: str) -> Iterator[tuple[str, Value]]:
        """The values whose keys begin with a prefix, with the rest of the key."""
        for key, value in self.values.items():
            if key.startswith(prefix):
                yield key.removeprefix(prefix), value

    def _greet(self, said: Mapping[str, Any]) -> None:
        self.live = False
        self.name = str(said["name"])
        self.beat_s = min(max(float(said["beat_s"]), QUICKEST_BEAT), SLOWEST_BEAT)
        if said["epoch"] != self.epoch:
            self.epoch, self.offset = str(said["epoch"]), 0

    def _apply(self, said: Mapping[str, Any]) -> None:
        if not all(isinstance(each, dict) for each in said["put"].values()):
            raise TypeError("a value that is not a mapping")
        if said["full"]:
            self.values = dict(said["put"])
        else:
            self.values.update(said["put"])
            for key in said["gone"]:
                self.values.pop(key, None)
        self.epoch, self.offset, self.live = str(said["epoch"]), int(said["offset"]), True
