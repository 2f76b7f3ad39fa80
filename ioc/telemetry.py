"""The service's own health: counters cheap enough for the hot path, shown at /metrics by prometheus-client.

A tally is an integer that its owner adds to; prometheus-client reads it when somebody scrapes. Names carry the
prefix `ioc_`, base units and `_total`; no subject's id is ever a label.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest


class Tally:
    """A count that only grows: `tally.n += 1`."""

    __slots__ = ("n",)

    def __init__(self) -> None:
        self.n = 0


class Telemetry:
    """Every tally and gauge of this process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._tallies: dict[str, tuple[str, dict[tuple[tuple[str, str], ...], Tally]]] = {}
        self._gauges: dict[str, tuple[str, dict[tuple[tuple[str, str], ...], Callable[[], float]]]] = {}
        self.registry.register(self)

    def tally(self, name: str, help: str, **labels: str) -> Tally:
        """The counter of this name and labels, made at the first call; `name` without `_total`."""
        series = self._tallies.setdefault(name, (help, {}))[1]
        return series.setdefault(tuple(sorted(labels.items())), Tally())

    def gauge(self, name: str, help: str, read: Callable[[], float], **labels: str) -> None:
        """A value read when somebody scrapes; the same name and labels again replace the reader."""
        self._gauges.setdefault(name, (help, {}))[1][tuple(sorted(labels.items()))] = read

    def count(self, name: str, **labels: str) -> int:
        """What a tally stands at; 0 when there is none."""
        series = self._tallies.get(name, ("", {}))[1]
        found = series.get(tuple(sorted(labels.items())))
        return found.n if found else 0

    def collect(self) -> Iterable[Metric]:
        """prometheus-client's own collector interface."""
        for name, (help, tallies) in self._tallies.items():
            counter = CounterMetricFamily(name, help, labels=_names(tallies))
            for labels, tally in tallies.items():
                counter.add_metric([value for _, value in labels], tally.n)
            yield counter
        for name, (help, gauges) in self._gauges.items():
            gauge = GaugeMetricFamily(name, help, labels=_names(gauges))
            for labels, read in gauges.items():
                gauge.add_metric([value for _, value in labels], read())
            yield gauge

    def exposition(self) -> bytes:
        """Prometheus' text format."""
        return generate_latest(self.registry)


def _names(series: Mapping[tuple[tuple[str, str], ...], object]) -> list[str]:
    return [name for name, _ in next(iter(series), ())]
