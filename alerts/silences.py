"""Silences: what people asked not to be told for a time, by the labels of incidents. Pure.

Alertmanager's words and rules (its API v2, "silence"): every matcher must hold; at least one of them must not hold of
an incident without labels; one that is over is kept for a while, for whoever asks what was silenced.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from alerts.maintenance import required
from ioc.errors import Refused
from ioc.matchers import EXPRESSIONS, Matcher, Op, all_hold

LONGEST = 366 * 86400.0
KEPT = 5 * 86400.0
"""seconds that one that is over stays known, as long as Alertmanager keeps it"""
MOST = 500
"""pending and active ones"""
MOST_VAGUE = 100
"""of those, the ones without any `=`: each is compared with every incident"""
MOST_OVER = 500
MOST_MATCHERS = 50


class Stage(StrEnum):
    """Where a silence is in its life."""

    PENDING = "pending"
    ACTIVE = "active"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Silence:
    """One of them; times are steady seconds, the end is not part of it. `ended_by` when somebody ended it early."""

    id: str
    matchers: tuple[Matcher, ...]
    start: float
    end: float
    reason: str
    by: str
    made: float
    ended_by: str = ""

    def stage(self, now: float) -> Stage:
        """Where it is at a steady moment."""
        if now >= self.end:
            return Stage.EXPIRED
        return Stage.ACTIVE if now >= self.start else Stage.PENDING


class Silences:
    """Every silence that is pending, active, or over not long ago."""

    def __init__(self) -> None:
        self._all: dict[str, Silence] = {}
        self._by_label: dict[tuple[str, str], dict[str, Silence]] = {}
        """by a label that they ask for; the vague ones by none"""

    def __iter__(self) -> Iterator[Silence]:
        return iter(self._all.values())

    def get(self, id: str) -> Silence | None:
        """One of them."""
        return self._all.get(id)

    def put(self, silence: Silence) -> None:
        """Enter one, or its newer version."""
        self._all[silence.id] = silence
        self._by_label.setdefault(_asks_for(silence), {})[silence.id] = silence

    def covering(self, labels: Mapping[str, str], now: float) -> tuple[str, ...]:
        """The ids of those that silence these labels at a steady moment, in order."""
        return tuple(
            sorted(
                each.id
                for asked in (VAGUE, *labels.items())
                for each in self._by_label.get(asked, _NONE).values()
                if each.start <= now < each.end and all_hold(each.matchers, labels)
            )
        )

    def next_change(self, now: float) -> float | None:
        """The next steady moment at which one begins or ends."""
        moments = (at for each in self._all.values() for at in (each.start, each.end) if at > now)
        return min(moments, default=None)

    def plan(
        self, id: str, matchers: Iterable[Matcher], start: float, end: float, reason: str, by: str, now: float
    ) -> Silence:
        """Make one that may be entered; raises Refused with what is wrong."""
        given = _usable(tuple(matchers))
        _check_times(start, end, now)
        made = Silence(id, given, start, end, required("reason", reason), required("by", by, 100), now)
        alive = [_asks_for(each) for each in self._all.values() if each.end > now]
        if len(alive) >= MOST:
            raise Refused(f"{MOST} silences are pending or active already; end some first", status=409)
        if _asks_for(made) == VAGUE and alive.count(VAGUE) >= MOST_VAGUE:
            raise Refused(
                f"{MOST_VAGUE} silences without any name=value are alive already; add one", status=409
            )
        return made

    def extend(self, id: str, end: float, now: float) -> Silence:
        """The version of one that ends later; raises Refused when it is over or would not."""
        found = self._alive(id, now)
        if not end > found.end:
            raise Refused("the new end is not after the present one; to end a silence early, delete it")
        _check_times(found.start, end, now)
        return replace(found, end=end)

    def expire(self, id: str, by: str, now: float) -> Silence:
        """The version of one that is over now; raises Refused when it is over already."""
        found = self._alive(id, now)
        return replace(found, start=min(found.start, now), end=now, ended_by=required("by", by, 100))

    def forget_old(self, now: float) -> tuple[str, ...]:
        """Drop those that have been over for long, and the oldest of too many: their ids."""
        over = sorted((each for each in self._all.values() if each.end <= now), key=lambda each: -each.end)
        old = [each.id for place, each in enumerate(over) if place >= MOST_OVER or now - each.end >= KEPT]
        for id in old:
            asked = _asks_for(self._all.pop(id))
            del self._by_label[asked][id]
            if not self._by_label[asked]:
                del self._by_label[asked]
        return tuple(old)

    def _alive(self, id: str, now: float) -> Silence:
        found = self._all.get(id)
        if found is None:
            raise Refused(f"there is no silence {id!r}; see /api/v1/silences", status=404)
        if found.stage(now) is Stage.EXPIRED:
            raise Refused(f"silence {id} is over; make a new one", status=409, code="over")
        return found


VAGUE = ("", "")
_NONE: Mapping[str, Silence] = {}


def _asks_for(silence: Silence) -> tuple[str, str]:
    """A label that whatever it silences has; VAGUE when there is none."""
    asked = ((each.name, each.value) for each in silence.matchers if each.op is Op.IS and each.value)
    return next(asked, VAGUE)


def _usable(matchers: tuple[Matcher, ...]) -> tuple[Matcher, ...]:
    """Matchers that say which incidents are meant, those that are compared fastest first."""
    if not matchers:
        raise Refused('no matcher; say which incidents are meant, as unit="xa-hoa-binh"')
    if len(matchers) > MOST_MATCHERS:
        raise Refused(f"{len(matchers)} matchers; at most {MOST_MATCHERS} are kept")
    if all_hold(matchers, {}):
        said = ", ".join(map(str, matchers))[:200]
        raise Refused(f"{said} holds of everything that lacks the label; add one that asks for a value")
    return tuple(sorted(matchers, key=lambda each: each.op in EXPRESSIONS))


def _check_times(start: float, end: float, now: float) -> None:
    if not end > start:
        raise Refused("the end is not after the start; give a later end")
    if not end > now:
        raise Refused("the end is in the past; give a later one")
    if not (start - now <= LONGEST and end - start <= LONGEST):
        raise Refused("a silence begins within 366 days and lasts at most as long; change the rule instead")
