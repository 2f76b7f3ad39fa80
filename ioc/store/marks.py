"""Which states are due for writing: each at its change, and again every few minutes.

The repetition lets a query of any hour find a state without looking back for ever. Repeats are spread by the
moment of each endpoint's last mark, never all at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ioc.model import Reason, State
from ioc.store.base import Mark

AGAIN = 300.0
"""seconds after which an unchanged state is written again"""

_PREFIX = "endpoint/"


class Seen(Protocol):
    """A change of the operating picture."""

    @property
    def key(self) -> str: ...
    @property
    def old(self) -> Mapping[str, Any] | None: ...
    @property
    def new(self) -> Mapping[str, Any] | None: ...


class Marks:
    """The last mark of each endpoint, least recently written first."""

    def __init__(self) -> None:
        self._last: dict[str, Mark] = {}

    def see(self, change: Seen) -> Mark | None:
        """The mark that a change of the picture calls for."""
        if not change.key.startswith(_PREFIX):
            return None
        old, new = change.old, change.new
        endpoint = change.key[len(_PREFIX) :]
        if new is None:
            self._last.pop(endpoint, None)
            return None
        if old is not None and old["state"] == new["state"]:
            return None
        return self._keep(Mark(endpoint, new["at"], State(new["state"]), Reason(new["reason"])))

    def due(self, now: float) -> list[Mark]:
        """The marks to be written again at a steady moment."""
        out = []
        while self._last and (first := next(iter(self._last.values()))).at + AGAIN <= now:
            out.append(self._keep(Mark(first.endpoint, now, first.state, first.reason)))
        return out

    def _keep(self, mark: Mark) -> Mark:
        self._last.pop(mark.endpoint, None)
        self._last[mark.endpoint] = mark
        return mark
