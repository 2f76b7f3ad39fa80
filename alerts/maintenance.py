"""Work that is planned: what is under maintenance until when, and what it covers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from ioc.errors import Refused
from ioc.inventory import Inventory

LONGEST = 366 * 86400.0
MOST = 1_000


class Scope(StrEnum):
    """What kind of thing a maintenance names."""

    ENDPOINT = "endpoint"
    SITE = "site"
    UNIT = "unit"


@dataclass(frozen=True, slots=True)
class Maintenance:
    """One planned work; times are steady seconds. `ended` when somebody ended it early."""

    id: int
    scope: Scope
    target: str
    start: float
    end: float
    reason: str
    by: str
    made: float
    ended: float | None = None
    ended_by: str = ""
    recurrence: int | None = None
    """the recurring maintenance that it is an occurrence of"""

    @property
    def until(self) -> float:
        """When it is over."""
        return self.end if self.ended is None else min(self.end, self.ended)

    def runs(self, now: float) -> bool:
        """Whether it holds at a steady moment; its end is not part of it."""
        return self.start <= now < self.until


class Maintenances:
    """All that is planned or running."""

    def __init__(self) -> None:
        self._all: dict[int, Maintenance] = {}
        self._of: dict[tuple[str, str], list[int]] = {}
        self._scopes: dict[str, tuple[tuple[str, str], ...]] = {}
        self._members: dict[tuple[str, str], list[str]] = {}
        self.next_id = 1

    def __iter__(self) -> Iterator[Maintenance]:
        return iter(self._all.values())

    def get(self, number: int) -> Maintenance | None:
        """One of them."""
        return self._all.get(number)

    def cover(self, inventory: Inventory, day: date) -> None:
        """Take a new inventory: what each endpoint is covered by, with the tree of units as it stands that day."""
        self._scopes = {
            each.id: tuple(_scopes(inventory, each.id, each.site, each.unit, day))
            for each in inventory.endpoints.values()
        }
        self._members = {}
        for endpoint, scopes in self._scopes.items():
            for scope in scopes:
                self._members.setdefault(scope, []).append(endpoint)

    def endpoints(self, maintenance: Maintenance) -> tuple[str, ...]:
        """The endpoints it covers."""
        return tuple(self._members.get((maintenance.scope, maintenance.target), ()))

    def is_maintained(self, endpoint: str, now: float) -> bool:
        """Whether any of them holds for an endpoint."""
        if not self._of:
            return False
        return any(
            self._all[number].runs(now)
            for scope in self._scopes.get(endpoint, ())
            for number in self._of.get(scope, ())
        )

    def put(self, maintenance: Maintenance) -> None:
        """Enter one, or its newer version."""
        if maintenance.id not in self._all:
            self._of.setdefault((maintenance.scope, maintenance.target), []).append(maintenance.id)
        self._all[maintenance.id] = maintenance
        self.next_id = max(self.next_id, maintenance.id + 1)

    def forget(self, number: int) -> None:
        """Drop one that is over."""
        gone = self._all.pop(number)
        key = (gone.scope.value, gone.target)
        self._of[key].remove(number)
        if not self._of[key]:
            del self._of[key]

    def scope(self, kind: str, target: str) -> Scope:
        """The kind of a scope that covers something; raises Refused when there is none."""
        if kind not in list(Scope):
            raise Refused(f"scope kind {kind!r} is not known; it is {', '.join(Scope)}")
        if not self._members.get((kind, target)):
            raise Refused(f"no endpoint belongs to {kind} {target!r}; see /api/v1/endpoints", status=404)
        return Scope(kind)

    def plan(
        self, scope: str, target: str, start: float, end: float, reason: str, by: str, now: float,
        recurrence: int | None = None,
    ) -> Maintenance:  # fmt: skip
        """Make one that may be entered; raises Refused with what is wrong."""
        kind = self.scope(scope, target)
        _check_times(start, end, now)
        if len(self._all) >= MOST:
            raise Refused(f"{MOST} maintenances are planned already; end some first", status=409)
        return Maintenance(
            self.next_id,
            kind,
            target,
            start,
            end,
            required("reason", reason),
            required("by", by),
            now,
            recurrence=recurrence,
        )

    def end(self, number: int, by: str, now: float) -> Maintenance:
        """The version of one that ends now; raises Refused when there is none or it is over."""
        found = self._all.get(number)
        if found is None or found.until <= now:
            raise Refused(f"maintenance {number} is not planned or running", status=404, code="over")
        return replace(found, ended=now, ended_by=required("by", by))


def required(name: str, text: str, longest: int = 500) -> str:
    """A text somebody had to give; raises Refused when it is empty or too long."""
    kept = text.strip()
    if not kept:
        raise Refused(f"{name} is empty; say it, for whoever reads this later")
    if len(kept) > longest:
        raise Refused(f"{name} has {len(kept)} characters; at most {longest} are kept")
    return kept


def _check_times(start: float, end: float, now: float) -> None:
    if not end > start:
        raise Refused("the end is not after the start; give a later end")
    if not end > now:
        raise Refused("the end is in the past; give a later one")
    if not end - start <= LONGEST:
        raise Refused(
            "a maintenance lasts at most 366 days; take the endpoint out of the configuration instead"
        )


def _scopes(
    inventory: Inventory, endpoint: str, site: str, unit: str, day: date
) -> Iterable[tuple[str, str]]:
    yield Scope.ENDPOINT, endpoint
    if site:
        yield Scope.SITE, site
    if unit:
        yield Scope.UNIT, unit
        for above in inventory.units.ancestors(unit, day):
            yield Scope.UNIT, above
