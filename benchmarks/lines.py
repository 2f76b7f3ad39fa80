"""Target 10: samples to lines of line protocol, as the keeper has them made, beside influxdb-client's own."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

from benchmarks.kit.points import Points, tags
from benchmarks.kit.result import Result, main
from ioc.model import Sample
from ioc.store.keeper import GIVE_WAY
from ioc.store.line import Lines

ENDPOINTS, AT = 600, 1_700_000_000.0
FULL, QUICK = (20_000, 15), (2_000, 2)
"""samples, and rounds of which the fastest counts"""
UNEQUAL = """
a sample has five tags and two floats of 17 digits, as probes give them; all three write the same lines but for digits
ours remembers what the lines of a series have in common; influxdb-client's Point is made anew for each, as its users do
the fastest of fifteen rounds of processor time counts, for each of the three: other work on the machine only adds
a point's making is in influxdb-client's figures; a sample's is not in ours, as it is made for other reasons anyway
""".strip().splitlines()

Encode = Callable[[Sequence[Sample]], Sequence[str]]


async def measure(quick: bool) -> Result:
    """20,000 samples of 600 endpoints, 250 at a time."""
    count, rounds = QUICK if quick else FULL
    points = Points(ENDPOINTS)
    parts = [points.some(GIVE_WAY, AT + number) for number in range(count // GIVE_WAY)]
    client = importlib.import_module("influxdb_client.client.write.point")
    ours = Lines(tags)
    return Result(
        what="samples to lines of line protocol, one core",
        ours=_figures(lambda some: ours.encode(some, 0.0)[0], parts, rounds),
        targets={"us_per_line": 1.0},
        unequal=UNEQUAL,
        peers={
            f"influxdb-client {version('influxdb-client')}, Point": _figures(_points(client), parts, rounds),
            "the same from a dict": _figures(_dicts(client), parts, rounds),
        },
    )


def _figures(encode: Encode, parts: Sequence[Sequence[Sample]], rounds: int) -> dict[str, float]:
    best = min(_once(encode, parts) for _ in range(rounds)) / sum(map(len, parts))
    return {"us_per_line": round(1e6 * best, 3), "lines_per_s": round(1 / best)}


def _once(encode: Encode, parts: Sequence[Sequence[Sample]]) -> float:
    """Processor seconds for all; raises RuntimeError when a line is missing."""
    begin = time.process_time()
    for some in parts:
        if len(encode(some)) != len(some):
            raise RuntimeError("a sample made no line")
    return time.process_time() - begin


def _points(client: Any) -> Encode:
    point, precision = client.Point, client.WritePrecision.US

    def encode(some: Sequence[Sample]) -> Sequence[str]:
        lines = []
        for sample in some:
            made = point("endpoint").tag("endpoint", sample.subject).tag("source", sample.source)
            for key, value in tags(sample.subject).items():
                made.tag(key, value)
            for key, number in sample.fields.items():
                made.field(key, number)
            lines.append(made.time(round(sample.at * 1e6), precision).to_line_protocol())
        return lines

    return encode


def _dicts(client: Any) -> Encode:
    from_dict, precision = client.Point.from_dict, client.WritePrecision.US

    def encode(some: Sequence[Sample]) -> Sequence[str]:
        return [
            from_dict(
                {
                    "measurement": "endpoint",
                    "tags": {"endpoint": each.subject, "source": each.source, **tags(each.subject)},
                    "fields": each.fields,
                    "time": round(each.at * 1e6),
                },
                precision,
            ).to_line_protocol()
            for each in some
        ]

    return encode


if __name__ == "__main__":
    main("lines", measure)
