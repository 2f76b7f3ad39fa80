"""How many endpoints are in which state, by unit and everything above it, and by system.

Counted as states change; what changed is put into the picture at the next `flush`, so that forty endpoints that
fall together are one change of their district's figure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

from ioc.inventory import Inventory
from ioc.picture import Change, Picture

_LIVE = "endpoint/"


class Counts:
    """Watches `endpoint/*` and keeps `unit/*` and `system/*`."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._groups: dict[str, tuple[str, ...]] = {}
        """each endpoint's system, unit, and the units above it, by its key"""
        self._static: dict[str, dict[str, object]] = {}
        self._counts: dict[str, Counter[str]] = {}
        self._dirty: set[str] = set()
        self._latest: dict[str, float] = {}
        picture.watch(self.see)

    def apply(self, inventory: Inventory, systems: Mapping[str, str], today: date) -> None:
        """Count by these units and systems (id → name) from now on."""
        for gone in set(self._static) - self._declare(inventory, systems, today):
            del self._static[gone]
            self._picture.remove(gone)
        self._counts = {key: Counter() for key in self._static}
        self._groups = {
            _LIVE + each.id: (
                f"system/{each.system}",
                f"unit/{each.unit}",
                *(f"unit/{above}" for above in inventory.units.ancestors(each.unit, today)),
            )
            for each in inventory.endpoints.values()
        }
        for endpoint in inventory.endpoints:
            value = self._picture.get(_LIVE + endpoint)
            if value is not None:
                self._move(_LIVE + endpoint, None, value["state"])
        self._dirty.update(self._static)
        self.flush()

    def see(self, change: Change) -> None:
        """A watcher of the picture."""
        key, _, old, new = change
        groups = self._groups.get(key)
        if groups is None:
            return
        before = after = None
        if old is not None:
            before = old["state"]
        if new is not None:
            after = new["state"]
            self._latest[groups[0]] = new["at"]
        if before != after:
            self._move(key, before, after)

    def flush(self) -> None:
        """Put every figure that changed since the last call."""
        dirty = self._dirty | self._latest.keys()
        self._dirty = set()
        latest, self._latest = self._latest, {}
        for key in dirty:
            static = self._static.get(key)
            if static is None:
                continue
            if key in latest:
                static["at"] = latest[key]
            counts = {state: n for state, n in self._counts[key].items() if n}
            self._picture.put(key, {**static, "counts": counts, "total": sum(counts.values())})

    def _move(self, live: str, before: str | None, after: str | None) -> None:
        for key in self._groups.get(live, ()):
            counts = self._counts.get(key)
            if counts is None:
                continue
            if before is not None:
                counts[before] -= 1
            if after is not None:
                counts[after] += 1
            self._dirty.add(key)

    def _declare(self, inventory: Inventory, systems: Mapping[str, str], today: date) -> set[str]:
        declared: set[str] = set()
        every: dict[str, float] = {}
        for endpoint in inventory.endpoints.values():
            for probe in endpoint.probes:  # what is asked most often is what must not fall silent
                every[endpoint.system] = min(every.get(endpoint.system, probe.every), probe.every)
        for system in sorted(set(systems) | set(every)):
            key = f"system/{system}"
            declared.add(key)
            was = self._static.get(key, {})
            self._static[key] = {
                "name": systems.get(system, system),
                "every": every.get(system, 0.0),
                "at": was.get("at"),
            }
        for unit in inventory.units:
            span = unit.at(today)
            if span is None:
                continue
            key = f"unit/{unit.id}"
            declared.add(key)
            level = sum(1 for _ in inventory.units.ancestors(unit.id, today))
            self._static[key] = {"name": span.name, "parent": span.parent, "level": level}
        return declared
