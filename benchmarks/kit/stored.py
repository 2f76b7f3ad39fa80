"""What a real InfluxDB holds of a simulated day, by its own sums."""

from __future__ import annotations

from datetime import UTC, datetime

from benchmarks.kit.day import BEGIN, Day, Sum
from tests.real.influx import InfluxServer

ALL = 'from(bucket: BUCKET) |> range(start: START, stop: STOP) |> filter(fn: (r) => r._measurement == "MEASUREMENT")'
FIELD = '|> filter(fn: (r) => r._field == "FIELD")'


class Stored:
    """Asks one server about one run."""

    def __init__(self, server: InfluxServer, day: Day) -> None:
        self._server = server
        self._stop = day.clock.now() + 60

    def sums(self) -> dict[str, Sum]:
        """Of each endpoint, how many round trips there are, and their sum."""
        counts = {row["endpoint"]: int(row["_value"]) for row in self._ask("endpoint", "rtt", "|> count()")}
        rtts = {row["endpoint"]: float(row["_value"]) for row in self._ask("endpoint", "rtt", "|> sum()")}
        return {endpoint: Sum(count, rtts[endpoint]) for endpoint, count in counts.items()}

    def since(self, at: float) -> int:
        """How many round trips are later than a moment."""
        rows = self._ask("endpoint", "rtt", "|> count()", at + 1e-6)
        return sum(int(row["_value"]) for row in rows)

    def marks(self) -> list[tuple[float, int]]:
        """The marks of what was given up: when, and of how many lines."""
        rows = self._ask("dropped", "lines", "")
        return [(datetime.fromisoformat(row["_time"]).timestamp(), int(row["_value"])) for row in rows]

    def _ask(self, measurement: str, field: str, then: str, start: float = BEGIN) -> list[dict[str, str]]:
        query = f"{ALL} {FIELD} {then}".replace("MEASUREMENT", measurement).replace("FIELD", field)
        return self._server.flux(query.replace("START", _moment(start)).replace("STOP", _moment(self._stop)))


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")
