"""Points whose windows Python works out by itself, and the windows that InfluxDB has."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ioc.store.downsampling import Tier
from tests.provision.influxd import Admin

Key = tuple[str, str, str, int]
"""measurement, endpoint, field, seconds"""


@dataclass(frozen=True, slots=True)
class Written:
    endpoint: str
    at: float
    rtt: float

    @property
    def line(self) -> str:
        tags = f"endpoint,endpoint={self.endpoint},site=s,source=sip,system=vc,unit=17"
        return f"{tags} loss=0.0,rtt={self.rtt!r} {round(self.at * 1e6)}"


def points(start: float, stop: float, every: float, *endpoints: str) -> Iterator[Written]:
    """Numbers without a pattern, the same each time."""
    for each in endpoints:
        for n in range(math.ceil((stop - start) / every)):
            yield Written(each, start + n * every + 0.25, 20 + 7 * math.sin(n * 1.7 + len(each)) + n % 3)


def expected(written: Iterable[Written], tier: Tier) -> dict[Key, float]:
    """What the windows of `rtt` should be."""
    windows: dict[tuple[str, int], list[Written]] = defaultdict(list)
    for each in written:
        windows[each.endpoint, whole(each.at, tier)].append(each)
    out: dict[Key, float] = {}
    for (endpoint, at), some in windows.items():
        some.sort(key=lambda each: each.at)
        values = [each.rtt for each in some]
        made = {
            "mean": sum(values) / len(values),
            "sum": sum(values),
            "min": min(values),
            "max": max(values),
            "count": len(values),
            "last": values[-1],
        }
        out |= {("endpoint", endpoint, f"rtt_{each}", at): value for each, value in made.items()}
    return out


def there(admin: Admin, tier: Tier, where: str = "r._field =~ /^rtt_/") -> dict[Key, float]:
    """What the windows in InfluxDB are."""
    rows = admin.flux(
        f'from(bucket: "ioc_{tier.length}") |> range(start: 0, stop: 1d)'
        f" |> filter(fn: (r) => {where}) |> toString() |> group()"
        " |> map(fn: (r) => ({r with seconds: uint(v: r._time) / uint(v: 1000000000)}))"
    )
    return {
        (row["_measurement"], row["endpoint"], row["_field"], int(row["seconds"])): float(row["_value"])
        for row in rows
    }


def within(windows: dict[Key, float], start: float, stop: float) -> dict[Key, float]:
    return {key: value for key, value in windows.items() if start <= key[3] < stop}


def whole(at: float, tier: Tier) -> int:
    """The beginning of a moment's window."""
    return int(at // tier.seconds) * tier.seconds
