"""The operating picture: what is so now, in memory, ordered by last change.

A reader keeps one integer, the offset of the last change it has seen. `since` gives every key's newest value
changed after it, so a slow reader conflates by asking later, and a snapshot is the same question from zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

Value = Mapping[str, Any]


class Change(NamedTuple):
    """One key's change; `old` is None for a new key, `new` for a removed one.

    A tuple, since one is made for every put: a frozen dataclass takes twice as long.
    """

    key: str
    offset: int
    old: Value | None
    new: Value | None

    @property
    def fields(self) -> frozenset[str]:
        """The names whose values differ."""
        old, new = self.old or {}, self.new or {}
        return frozenset(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


@dataclass(frozen=True, slots=True)
class Delta:
    """Every key changed since an offset; `full` when it replaces all that the reader holds."""

    epoch: str
    offset: int
    full: bool
    put: Mapping[str, Value]
    gone: frozenset[str]


See = Callable[[Change], None]


class Picture:
    """A dict of small values with a change offset a key.

    `epoch` names this run of the process: offsets of another epoch mean nothing here. `complain` is told of a
    watcher that raised; the change itself stands.
    """

    def __init__(
        self,
        epoch: str,
        complain: Callable[[See, Exception], None],
        tombstones: int = 10_000,
    ) -> None:
        self.epoch = epoch
        self.offset = 0
        self._complain = complain
        self._room = tombstones
        self._entries: dict[str, tuple[int, Value]] = {}
        self._gone: dict[str, int] = {}
        self._horizon = 0
        self._watchers: list[See] = []

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def get(self, key: str) -> Value | None:
        """A key's value now."""
        entry = self._entries.get(key)
        return entry[1] if entry else None

    def keys(self, prefix: str = "") -> Iterator[str]:
        """The keys that begin with a prefix, longest unchanged first; not while putting."""
        return (key for key in self._entries if key.startswith(prefix))

    def watch(self, see: See) -> None:
        """Have every later change shown to `see`, inside the put that makes it; it must do no I/O."""
        self._watchers.append(see)

    def put(self, key: str, value: Value) -> Change | None:
        """Set a key; None when that changes nothing. The value must not be altered afterwards."""
        entry = self._entries.get(key)
        if entry is None:
            old = None
            self._gone.pop(key, None)
        else:
            old = entry[1]
            if old == value:
                return None
            del self._entries[key]
        self.offset = offset = self.offset + 1
        self._entries[key] = (offset, value)
        return self._tell(Change(key, offset, old, value))

    def remove(self, key: str) -> Change | None:
        """Drop a key, leaving a tombstone for the readers; None when there is none."""
        entry = self._entries.pop(key, None)
        if entry is None:
            return None
        self.offset = offset = self.offset + 1
        self._gone[key] = offset
        if len(self._gone) > self._room:
            oldest = next(iter(self._gone))
            self._horizon = self._gone.pop(oldest)
        return self._tell(Change(key, offset, entry[1], None))

    def since(self, epoch: str, offset: int) -> Delta:
        """What changed after an offset; all of it when the epoch or the oldest kept tombstone says so."""
        if epoch != self.epoch or offset <= 0 or offset < self._horizon or offset > self.offset:
            everything = {key: value for key, (_, value) in self._entries.items()}
            return Delta(self.epoch, self.offset, True, everything, frozenset())
        put: dict[str, Value] = {}
        for key, (changed, value) in reversed(self._entries.items()):
            if changed <= offset:
                break
            put[key] = value
        gone: list[str] = []
        for key, changed in reversed(self._gone.items()):
            if changed <= offset:
                break
            gone.append(key)
        return Delta(self.epoch, self.offset, False, put, frozenset(gone))

    def _tell(self, change: Change) -> Change:
        for see in self._watchers:
            try:
                see(change)
            except Exception as error:  # noqa: BLE001  # whatever it is, the change stands
                self._complain(see, error)
        return change
