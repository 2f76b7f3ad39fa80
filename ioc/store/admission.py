"""Which lines of other programs history takes. Pure, but for what it remembers.

A series costs memory for as long as it is kept, so what another program may write is listed: the measurements,
and for each the tags that tell its series apart. A tag that is listed nowhere is refused and not silently left
out: without it, two series would fall together and overwrite each other. Where a tag names one of our endpoints,
the endpoint's id and its unit, site and system take that tag's place, as in every line of our own.

How many series there are in all is bounded, and the first line of a field settles its type, since a database
refuses any other for as long as it holds the first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from ioc.config.compiled import Allowed
from ioc.store import line
from ioc.store.parse import HEAD_CAP, LINE_CAP, Parsed, Tags, Value

FIELDS = 1_000
"""different fields of one measurement"""
AHEAD = 86_400.0
"""seconds that a line's time may be after ours"""

_KINDS = {bool: "a flag", int: "a whole number", float: "a number", str: "text"}


@dataclass(frozen=True, slots=True)
class Terms:
    """What is taken: measurements by name, endpoints by what others call them, the most series, seconds kept."""

    measurements: Mapping[str, Allowed]
    endpoints: Mapping[str, str]
    series: int
    oldest: float


class Why(StrEnum):
    """Why a line is not taken."""

    MALFORMED = "malformed"
    MEASUREMENT = "measurement"
    TAG = "tag"
    ENDPOINT = "endpoint"
    SERIES = "series"
    FIELD = "field"
    TIME = "time"


class Refusal(NamedTuple):
    """A line that is not taken: why, and in words with what to do."""

    why: Why
    what: str


class Admission:
    """Decides line by line, and remembers the series and the types of fields that it has let in.

    `tags` gives a configured endpoint's unit, site and system, and nothing for any other.
    """

    def __init__(self, terms: Terms, tags: Callable[[str], Mapping[str, str]]) -> None:
        self._terms = terms
        self._tags = tags
        self._series: set[tuple[str, Tags]] = set()
        self._fields: dict[str, _Fields] = {}
        self._heads: dict[tuple[str, Tags], str] = {}
        self.turned_away = 0
        """lines refused since they would begin one series too many"""

    def apply(self, terms: Terms) -> None:
        """Go by other terms, or by the same with endpoints that have moved."""
        self._terms = terms
        self._heads = {}

    @property
    def series(self) -> int:
        """Series let in since the service started."""
        return len(self._series)

    @property
    def most(self) -> int:
        """Series that may be let in."""
        return self._terms.series

    def admit(self, parsed: Parsed, now: float) -> str | Refusal:
        """The line as history keeps it, at civil `now` where it says no time; or why it is not taken."""
        known = self._heads.get((parsed.measurement, parsed.tags))
        head = known or self._head(parsed)
        if isinstance(head, Refusal):
            return head
        stamp = round(now * 1e6) if parsed.stamp is None else parsed.stamp
        fields = self._fields.get(parsed.measurement) or _Fields(parsed.measurement)
        pairs = self._time(stamp, now) or fields.written(parsed.fields)
        if isinstance(pairs, Refusal):
            return pairs
        text = f"{head}{pairs} {stamp}"
        refused = _too_long(head, text) or (None if known else self._remember(parsed, head))
        if refused:
            return refused
        fields.settle(parsed.fields)
        self._fields[parsed.measurement] = fields
        return text

    def _head(self, parsed: Parsed) -> str | Refusal:
        """What of a line stands before its fields."""
        allowed = self._terms.measurements.get(parsed.measurement)
        if allowed is None:
            what = f"measurement {_short(parsed.measurement)} is not taken; list it under inlet.measurements"
            return Refusal(Why.MEASUREMENT, what)
        tags = self._kept(parsed, allowed)
        if isinstance(tags, Refusal) or not allowed.endpoint_tag:
            return tags if isinstance(tags, Refusal) else line.prefix(parsed.measurement, tags)
        endpoint = self._endpoint(parsed, allowed.endpoint_tag)
        if isinstance(endpoint, Refusal):
            return endpoint
        return line.prefix(parsed.measurement, {**tags, **self._tags(endpoint), "endpoint": endpoint})

    def _kept(self, parsed: Parsed, allowed: Allowed) -> dict[str, str] | Refusal:
        kept = {key: value for key, value in parsed.tags if key in allowed.tags}
        for key, _ in parsed.tags:
            if key not in kept and key not in allowed.without and key != allowed.endpoint_tag:
                where = f"inlet.measurements.{parsed.measurement}"
                what = f"tag {_short(key)} is not listed; keep it by {where}.tags, or leave it out by {where}.without"
                return Refusal(Why.TAG, what)
        return kept

    def _endpoint(self, parsed: Parsed, tag: str) -> str | Refusal:
        """The endpoint that a line is about."""
        named = dict(parsed.tags).get(tag)
        if named is None:
            return Refusal(Why.ENDPOINT, f"there is no tag {_short(tag)}, which names the endpoint")
        endpoint = self._terms.endpoints.get(named, named)
        if not self._tags(endpoint):
            what = f"{tag} {_short(named)} is no endpoint; list it under inlet.endpoints with the id of one"
            return Refusal(Why.ENDPOINT, what)
        return endpoint

    def _time(self, stamp: int, now: float) -> Refusal | None:
        seconds = stamp / 1e6 - now
        if seconds > AHEAD:
            return Refusal(
                Why.TIME, f"time {stamp} us is {seconds:.0f} s from now; look at its clock and precision"
            )
        if -seconds > self._terms.oldest:
            kept = f"history keeps {self._terms.oldest:.0f} s"
            return Refusal(Why.TIME, f"time {stamp} us is {-seconds:.0f} s ago; {kept}")
        return None

    def _remember(self, parsed: Parsed, head: str) -> Refusal | None:
        """Note a series, unless it is one too many."""
        allowed = self._terms.measurements[parsed.measurement]
        telling = allowed.tags | {allowed.endpoint_tag}
        series = (parsed.measurement, tuple(pair for pair in parsed.tags if pair[0] in telling))
        if series not in self._series:
            if len(self._series) >= self._terms.series:
                self.turned_away += 1
                what = f"this would be more than the {self._terms.series} series of inlet.series"
                return Refusal(Why.SERIES, f"{what}; leave out the tag that never ends, or raise it")
            self._series.add(series)
        if len(self._heads) >= 2 * self._terms.series:  # tags that are left out may differ for ever
            self._heads = {}
        self._heads[parsed.measurement, parsed.tags] = head
        return None


class _Fields:
    """The fields of one measurement that were let in: the type of each, and how its name is written."""

    def __init__(self, measurement: str) -> None:
        self._measurement = measurement
        self._known: dict[str, tuple[type, str]] = {}

    def written(self, fields: Mapping[str, Value]) -> str | Refusal:
        """Fields as a line has them, if each is of the type it was at first, and there are not too many."""
        known, out, new = self._known, [], 0
        for key, value in fields.items():
            settled = known.get(key)
            if settled is None:
                new += 1
                settled = type(value), f"{line.name(key)}="
            if settled[0] is not type(value):
                what = (
                    f"field {_short(key)} is {_KINDS[type(value)]}, and has been {_KINDS[settled[0]]} before"
                )
                return Refusal(Why.FIELD, what)
            if type(value) is int and not -(2**63) <= value < 2**63:
                return Refusal(
                    Why.FIELD, f"field {_short(key)} is {value}; whole numbers have 64 bits with a sign"
                )
            out.append(settled[1] + (repr(value) if type(value) is float else line.value(value)))
        if new and len(known) + new > FIELDS:
            return Refusal(Why.FIELD, f"{self._measurement} would have more than {FIELDS} different fields")
        return ",".join(out)

    def settle(self, fields: Mapping[str, Value]) -> None:
        """Note the types of a line that is taken."""
        for key, value in fields.items():
            if key not in self._known:
                self._known[key] = type(value), f"{line.name(key)}="


def _too_long(head: str, text: str) -> Refusal | None:
    if len(head) > HEAD_CAP:
        return Refusal(Why.TAG, f"measurement and tags would be {len(head)} characters, more than {HEAD_CAP}")
    if len(text) > LINE_CAP:
        return Refusal(Why.FIELD, f"the line would be {len(text)} characters long, more than {LINE_CAP}")
    return None


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:60] + "…")
