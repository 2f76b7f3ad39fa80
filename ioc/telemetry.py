"""The service's own health: counters shown at /metrics by prometheus-client, and its log.

A tally is an integer that its owner adds to, cheap enough for the hot path; prometheus-client reads it when
somebody scrapes. Names carry the prefix `ioc_`, base units and `_total`; no subject's id is ever a label.

The log is one JSON object a line. Strings from outside cannot break out of their line or move a terminal's
cursor, values named like secrets are not shown, an event that repeats is let through a few times a minute.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, TextIO

import orjson
import structlog
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest

from ioc.clock import Clock


class Tally:
    """A count that only grows: `tally.n += 1`."""

    __slots__ = ("n",)

    def __init__(self) -> None:
        self.n = 0


class Telemetry:
    """Every tally and gauge of this process, and what the kernel knows of it (`process_…`)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._tallies: dict[str, tuple[str, dict[tuple[tuple[str, str], ...], Tally]]] = {}
        self._gauges: dict[str, tuple[str, dict[tuple[tuple[str, str], ...], Callable[[], float]]]] = {}
        self.registry.register(self)
        ProcessCollector(registry=self.registry)

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


REPEATS = 20
"""times that one event is let through in a MINUTE"""
MINUTE = 60.0
EVENTS = 1_000
LONGEST = 2_000
LONGEST_TRACE = 20_000

_SECRET = re.compile(r"token|passw|secret|authorization|cookie|api_?key|credential", re.IGNORECASE)
_IN_TEXT = re.compile(r"(://)[^/@\s]+@|\b(Bearer|Basic|Token) +[\w.~+/=-]{4,}")

Entry = MutableMapping[str, Any]


def setup_logging(stream: TextIO, level: str, clock: Clock, telemetry: Telemetry) -> None:
    """Send every log of this process, libraries' too, to a stream as JSON lines from a level name upwards."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            Repeats(clock, telemetry),
            structlog.processors.format_exc_info,
            _Stamp(clock),
            clean,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *names: _Line(stream, names[0] if names else "", telemetry),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_Foreign()], level=max(number, logging.INFO), force=True)
    logging.captureWarnings(capture=True)


class Repeats:
    """Lets one event through REPEATS times a minute; the next that passes tells how many did not."""

    def __init__(self, clock: Clock, telemetry: Telemetry) -> None:
        self._clock = clock
        self._seen: dict[tuple[str, str], list[float]] = {}
        self._held = telemetry.tally(
            "ioc_log_held", "Log lines not written since their event repeated too often."
        )

    def __call__(self, logger: Any, method: str, entry: Entry) -> Entry:
        """structlog's processor interface."""
        now = self._clock.now()
        key = (method, str(entry.get("event")))
        seen = self._seen.get(key)
        if seen is None:
            if len(self._seen) >= EVENTS:
                del self._seen[next(iter(self._seen))]
            seen = self._seen[key] = [now, 0.0]
        began, count = seen
        if now - began >= MINUTE:
            if count > REPEATS:
                entry["held"] = int(count - REPEATS)
            seen[:] = now, 0.0
        seen[1] += 1
        if seen[1] > REPEATS:
            self._held.n += 1
            raise structlog.DropEvent
        return entry


class _Stamp:
    """Adds `at`: civil time in UTC."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __call__(self, logger: Any, method: str, entry: Entry) -> Entry:
        moment = datetime.fromtimestamp(self._clock.civil(self._clock.now()), UTC)
        name = getattr(logger, "name", "")
        return {
            "at": moment.isoformat(timespec="milliseconds"),
            **({"logger": name} if name else {}),
            **entry,
        }


def clean(logger: Any, method: str, entry: Entry) -> Entry:
    """Hide secrets, escape what a terminal would obey, bound lengths."""
    return {_plain(str(key), LONGEST): _shown(str(key), each) for key, each in entry.items()}


def render(logger: Any, method: str, entry: Entry) -> str:
    """One line of JSON."""
    return orjson.dumps(entry, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()


def _shown(key: str, each: Any) -> Any:
    if _SECRET.search(key):
        return "***"
    if each is None or isinstance(each, bool | float):
        return each
    if isinstance(each, int):
        return each if abs(each) < 2**63 else str(each)
    if isinstance(each, Mapping):
        return {_plain(str(name), LONGEST): _shown(str(name), inner) for name, inner in each.items()}
    if isinstance(each, list | tuple | set | frozenset):
        return [_shown(key, inner) for inner in each]
    return _plain(str(each), LONGEST_TRACE if key == "exception" else LONGEST)


def _plain(text: str, longest: int) -> str:
    text = _IN_TEXT.sub(lambda found: f"{found[1]}***@" if found[1] else f"{found[2]} ***", text)
    if len(text) > longest:
        text = text[: longest // 2] + "…" + text[-longest // 2 :]
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


class _Line:
    """Writes lines; a stream that is full or gone costs the line, not the caller."""

    def __init__(self, stream: TextIO, name: str, telemetry: Telemetry) -> None:
        self._stream = stream
        self.name = name
        self._lost = telemetry.tally("ioc_log_lost", "Log lines that could not be written.")

    def msg(self, line: str) -> None:
        """Write one line."""
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            self._lost.n += 1

    debug = info = warning = error = critical = exception = fatal = log = msg


class _Foreign(logging.Handler):
    """Hands the standard library's log records to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger(record.name).log(record.levelno, record.getMessage(), exc_info=record.exc_info)
