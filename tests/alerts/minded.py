"""A world in which maintenance hides states, as the intake of the service has them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.alerts.world import World


class Minded(World):
    """A world whose states follow its maintenance, as the intake has them: hidden while it runs, true at its end."""

    def __init__(self, path: Path, **more: Any) -> None:
        self._truth: dict[str, tuple[str, dict[str, Any]]] = {}
        super().__init__(path, **more)

    def put(self, subject: str, state: str = "up", **more: Any) -> None:
        self._truth[subject] = (state, more)
        hidden = self.engine.is_maintained(subject, self.clock.at)
        super().put(subject, "maintenance" if hidden else state, **more)

    def maintained(self, endpoints: Iterable[str]) -> None:
        for each in endpoints:
            state, more = self._truth.get(each, ("up", {}))
            self.put(each, state, **more)
