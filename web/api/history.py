"""History: `GET /api/v1/history`, one series in buckets, and `GET /api/v1/history/series`, which series there are.

Times are civil seconds since the epoch. Every parameter that is none of the question's own is a tag.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeVar

from aiohttp import web

from ioc.errors import Refused, StoreError
from ioc.schema import Field, Kind, Measurement
from ioc.store.base import Bucket, Held, NoNumbers, Query, Reader, Series
from ioc.store.buckets import DAY, FEWEST, HOUR
from ioc.store.parse import TAGS_CAP
from web.api import answer
from web.auth import Need
from web.deps import Deps, Route

POINTS, MOST_POINTS = 600, 2_000
LONGEST = 3_660 * DAY
"""seconds of one question: ten years"""
AHEAD = DAY
"""seconds that a question may look into the future"""
MOST_SERIES = 1_000
PATIENCE = 10.0
"""seconds that a store may take to answer"""

_OWN = frozenset({"measurement", "field", "start", "stop", "points"})
_NUMBERS = frozenset({Kind.FLOAT, Kind.INTEGER})
_MOVED = frozenset({"unit", "site", "system"})
"""tags that an endpoint may change: what has the same others is the same series, gone on"""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Asked:
    query: Query
    unit: str


class HistoryApi:
    """Reads what is kept, from whichever store keeps it."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._failures = deps.telemetry.tally(
            "ioc_history_unanswered", "Questions about history that the store did not answer."
        )

    def routes(self) -> list[Route]:
        """One series, and the list of them."""
        return [
            Route("GET", "/api/v1/history", Need.READ, self._show),
            Route("GET", "/api/v1/history/series", Need.READ, self._list),
        ]

    async def _show(self, request: web.Request) -> web.StreamResponse:
        asked = self._asked(_parameters(request))
        query = asked.query
        found = await self._answered(self._reader().read(query))
        about = {
            "measurement": query.measurement,
            "field": query.field,
            "unit": asked.unit,
            "tags": dict(query.tags),
            "start": query.start,
            "stop": query.stop,
        }
        return answer.json(about | _columns(found))

    async def _list(self, request: web.Request) -> web.StreamResponse:
        given = _parameters(request)
        if strange := sorted(given.keys() & (_OWN - {"measurement"})):
            raise Refused(
                f"{strange[0]}={given[strange[0]][:80]!r}: a list of series takes only measurement and tags"
            )
        measurement, declared = self._measurement(given)
        tags = _tags(given, measurement, declared)
        found = await self._answered(self._reader().held(measurement, tags, MOST_SERIES))
        units = {field.name: field.unit for field in declared.fields} if declared else {}
        return answer.json(
            {"measurement": measurement, "series": [_held(each, units) for each in _newest(found)]}
        )

    def _reader(self) -> Reader:
        if self._deps.history is None:
            raise Refused("no history is kept: history.store is none in the configuration", status=503)
        return self._deps.history

    async def _answered(self, reading: Awaitable[T]) -> T:
        """A store's answer; raises Refused, 503 with the reason when there is none in time."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await reading
        except NoNumbers as error:
            raise Refused(str(error)) from error
        except StoreError as error:
            self._failures.n += 1
            raise Refused(f"history is away: {error}", status=503) from error
        except TimeoutError:
            self._failures.n += 1
            hint = "ask again, for a shorter time, or name more tags"
            raise Refused(f"history did not answer within {PATIENCE:g} s; {hint}", status=503) from None

    # --- the question ---

    def _asked(self, given: Mapping[str, str]) -> _Asked:
        measurement, declared = self._measurement(given)
        field = given.get("field")
        if not field:
            raise Refused(f"which field? write &field=…{_known(declared)}")
        known = declared.field(field) if declared else _foreign(field)
        if known is None:
            raise Refused(f"field={field[:80]!r} is not a field of {measurement}{_known(declared)}")
        if known.kind not in _NUMBERS:
            raise Refused(f"field={field!r} is a {known.kind} without numbers to draw{_known(declared)}")
        start, stop = self._span(given)
        tags = _tags(given, measurement, declared)
        return _Asked(Query(measurement, field, tags, start, stop, _points(given.get("points"))), known.unit)

    def _measurement(self, given: Mapping[str, str]) -> tuple[str, Measurement | None]:
        """A measurement by name, as declared; None of one that other programs write."""
        name = given.get("measurement", "")
        kept = self._deps.kept()
        if name in kept.foreign:
            return name, None
        found = kept.measurements.get(name)
        if found is None:
            every = ", ".join(sorted({*kept.measurements, *kept.foreign}))
            raise Refused(f"measurement={name[:80]!r} is not kept; one of {every}")
        return name, found

    def _span(self, given: Mapping[str, str]) -> tuple[float, float]:
        clock = self._deps.clock
        now = clock.civil(clock.now())
        stop = _seconds("stop", given.get("stop"), now)
        start = _seconds("start", given.get("start"), stop - HOUR)
        if start < 0:
            raise Refused(f"start={start:.15g} is before 1970")
        if start >= stop:
            raise Refused(f"start={start:.15g} is not before stop={stop:.15g}")
        if stop > now + AHEAD:
            raise Refused(f"stop={stop:.15g} is more than a day ahead; now is {now:.0f}")
        if stop - start > LONGEST:
            days = f"{(stop - start) / DAY:.0f} days are more than the {LONGEST // DAY} that may be asked for"
            raise Refused(f"start={start:.15g}, stop={stop:.15g}: {days}")
        return start, stop


def _parameters(request: web.Request) -> dict[str, str]:
    """The question's parameters; raises Refused for one that is there twice."""
    given = request.query
    if len(given) > len(set(given)):
        twice = next(key for key in given if len(given.getall(key)) > 1)
        raise Refused(f"{twice[:80]}=… is there twice; one series is answered at a time")
    return dict(given)


def _foreign(field: str) -> Field:
    _check_legible("field", field)
    return Field("any", "", "written by another program")


def _check_legible(name: str, text: str) -> None:
    """Raise Refused for what no line has: a store may take it for a fault of the whole question."""
    if not text.isprintable():
        raise Refused(
            f"{name[:80]}={text[:80]!r} has characters that are not for reading; no series has such"
        )


def _tags(given: Mapping[str, str], measurement: str, declared: Measurement | None) -> dict[str, str]:
    tags = {key: value for key, value in given.items() if key not in _OWN}
    if len(tags) > TAGS_CAP:
        raise Refused(f"{len(tags)} tags are named; no series has more than {TAGS_CAP}")
    for key, value in tags.items():
        _check_legible("the tag", key)
        _check_legible(key, value)
        if declared is not None and key not in declared.tags:
            every = ", ".join(declared.tags)
            raise Refused(
                f"{key[:80]}=… is neither a parameter nor a tag of {measurement}; its tags are {every}"
            )
    return tags


def _known(declared: Measurement | None) -> str:
    """Which fields there are, for an error."""
    if declared is None:
        return ""
    return f"; of {declared.name} one of {', '.join(each.name for each in declared.fields if each.kind in _NUMBERS)}"


def _points(text: str | None) -> int:
    if text is None:
        return POINTS
    if not (text.isascii() and text.isdigit() and len(text) < 9) or not FEWEST <= int(text) <= MOST_POINTS:
        raise Refused(f"points={text[:40]!r} is not a number from {FEWEST} to {MOST_POINTS}")
    return int(text)


def _seconds(name: str, text: str | None, otherwise: float) -> float:
    if text is None:
        return otherwise
    try:
        seconds = float(text)
    except ValueError:
        seconds = float("nan")
    if not isfinite(seconds) or len(text) > 40:
        raise Refused(f"{name}={text[:40]!r} is not a time in seconds since the epoch, such as 1700000000")
    return seconds


# --- the answer ---


def _columns(series: Series) -> dict[str, Any]:
    """A series by columns."""
    buckets = series.buckets
    return {
        "step": series.step,
        "at": [each.at for each in buckets],
        "count": [each.count for each in buckets],
        "mean": [_mean(each) for each in buckets],
        "least": [each.least for each in buckets],
        "most": [each.most for each in buckets],
        "last": [each.last for each in buckets],
        "gaps": [list(each) for each in series.gaps],
    }


def _mean(bucket: Bucket) -> float:
    """A mean to the ten digits that do not depend on who has added them up; a sum may have left what is finite."""
    return min(bucket.most, max(bucket.least, float(f"{bucket.mean:.10g}")))


def _newest(found: Sequence[Held]) -> list[Held]:
    """Of each series, whatever unit, site or system it was kept under, what was written last; in order."""
    newest: dict[tuple[tuple[str, str], ...], Held] = {}
    for each in found:
        telling = {key: value for key, value in each.tags.items() if key not in _MOVED}
        key = (*sorted(telling.items()), ("", each.field))
        if key not in newest or newest[key].at < each.at:
            newest[key] = each
    return [newest[key] for key in sorted(newest)]


def _held(held: Held, units: Mapping[str, str]) -> dict[str, Any]:
    return {
        "source": held.tags.get("source", ""),
        "field": held.field,
        "unit": units.get(held.field, ""),
        "tags": dict(held.tags),
        "at": held.at,
        "last": held.last,
    }
