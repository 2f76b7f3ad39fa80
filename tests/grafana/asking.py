"""What a dashboard asks, filled in as Grafana does it, and what came back judged by what its panel can draw.

Variables: `${name}` and `${name:raw}` are the value; `${name:regex}` is the value with its special characters
escaped, several as `(a|b)`, "all" as the variable's own text for it.
Source: https://grafana.com/docs/grafana/latest/dashboards/variables/variable-syntax/
Macros of Flux: `v.timeRangeStart`, `v.timeRangeStop`, `v.windowPeriod`, `v.defaultBucket`, `v.organization`, by text.
Of PromQL: `$__rate_interval`, `$__interval`, `$__range`.
"""

from __future__ import annotations

import csv
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.real.influx import InfluxServer

FOLDER = Path(__file__).parents[2] / "grafana" / "dashboards"
CASES = Path(__file__).parents[1] / "cases" / "grafana"
ALL = "$__all"
RFC3339 = "dateTime:RFC3339"

Dashboard = Mapping[str, Any]
Chosen = Mapping[str, Sequence[str]]
"""the values of each variable"""

_VARIABLE = re.compile(r"\$\{(\w+)(?::(\w+))?\}")
_SPECIAL = re.compile(r"[\\^$*+?.()|\[\]{}/]")


@dataclass(frozen=True, slots=True)
class Question:
    """One query of a dashboard: `kind` is its panel's type, `annotation` or `variable`."""

    board: str
    name: str
    kind: str
    store: str
    text: str
    needs: tuple[str, ...]
    """columns that what draws it cannot do without"""
    least: float = 0.0
    """seconds of the narrowest window that its panel asks for"""
    points: int = 100
    """windows across its panel, at most"""


@dataclass(frozen=True, slots=True)
class Moment:
    """The dashboard's time in civil seconds, and how long a window is."""

    start: float
    stop: float
    window: float

    @classmethod
    def of(cls, question: Question, start: float, stop: float) -> Moment:
        """As Grafana reckons it for a panel."""
        return cls(start, stop, max((stop - start) / question.points, question.least, 0.001))


@dataclass(frozen=True, slots=True)
class Table:
    """One table of an answer: types by column, which columns are the same in all rows, and the rows."""

    types: Mapping[str, str]
    group: frozenset[str]
    rows: Sequence[Mapping[str, str]]


def load(name: str) -> dict[str, Any]:
    """A committed dashboard."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return found


def questions(name: str, board: Dashboard) -> Iterator[Question]:
    """Every query there is: of its variables, its annotations and its panels."""
    for each in board["templating"]["list"]:
        if each["type"] == "query":
            yield Question(name, f"biến {each['label']}", "variable", "influxdb", each["query"], ())
    for each in board["annotations"]["list"]:
        if "query" in each.get("target", {}):
            yield Question(name, each["name"], "annotation", "influxdb", each["target"]["query"], ())
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            store = target["datasource"]["type"]
            text = target["query"] if store == "influxdb" else target["expr"]
            title = f"{panel['title']} [{target['refId']}]"
            least, points = _seconds(panel.get("interval", "")), int(panel.get("maxDataPoints", 100))
            yield Question(name, title, panel["type"], store, text, _needs(panel), least, points)


def _needs(panel: Mapping[str, Any]) -> tuple[str, ...]:
    """The labels that names of series are made of, and the columns that a table has words for."""
    config = panel["fieldConfig"]
    labels = re.findall(r"\$\{__field\.labels\.(\w+)\}", config["defaults"].get("displayName", ""))
    if panel["type"] == "table":
        labels += [each["matcher"]["options"] for each in config["overrides"]]
    return tuple(dict.fromkeys(labels))


def _seconds(interval: str) -> float:
    """The least interval of a panel, as `1m`; none is 0."""
    return float(interval[:-1]) * {"s": 1, "m": 60, "h": 3600}[interval[-1]] if interval else 0.0


def choices(board: Dashboard, chosen: Chosen) -> dict[str, str | Sequence[str]]:
    """The value of each variable: as chosen, else as the dashboard opens."""
    found: dict[str, str | Sequence[str]] = {}
    for each in board["templating"]["list"]:
        value = chosen.get(each["name"]) or each.get("current", {}).get("value") or ""
        if each["type"] == "textbox":
            value = each["query"]
        if value == [ALL]:
            value = each["allValue"]
        found[each["name"]] = value
    return found


def interpolate(text: str, values: Mapping[str, str | Sequence[str]], free: frozenset[str]) -> str:
    """A text with its variables filled in; those in `free` stand for themselves, any regular expression."""

    def fill(match: re.Match[str]) -> str:
        name, how = match.groups()
        value = values[name]
        if how == "regex" and name not in free:
            several = [value] if isinstance(value, str) else list(value)
            escaped = [_SPECIAL.sub(lambda special: "\\" + special[0], each) for each in several]
            return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"
        return value if isinstance(value, str) else value[0]

    return _VARIABLE.sub(fill, text)


def fill(board: Dashboard, text: str, chosen: Chosen) -> str:
    """A query with the dashboard's variables filled in; raises KeyError for one that it does not have."""
    values = choices(board, chosen)
    free = frozenset(
        each["name"] for each in board["templating"]["list"] if values[each["name"]] == each.get("allValue")
    )
    return interpolate(text, values, free)


def flux(text: str, moment: Moment, bucket: str, org: str) -> str:
    """Flux with Grafana's macros filled in."""
    for name, value in {
        "timeRangeStart": _rfc3339(moment.start),
        "timeRangeStop": _rfc3339(moment.stop),
        "windowPeriod": f"{round(moment.window * 1000)}ms",
        "defaultBucket": json.dumps(bucket),
        "organization": json.dumps(org),
    }.items():
        text = re.sub(rf"\bv\.{name}\b", lambda _, value=value: value, text)  # type: ignore[misc]
    return text


def promql(text: str, moment: Moment, scrape: float) -> str:
    """PromQL with Grafana's macros filled in; `scrape` is the seconds between two scrapes."""
    rate = max(moment.window + scrape, 4 * scrape)
    for name, value in {
        "$__rate_interval": f"{rate:g}s",
        "$__interval": f"{moment.window:g}s",
        "$__range": f"{moment.stop - moment.start:g}s",
    }.items():
        text = text.replace(name, value)
    return text


def ask(server: InfluxServer, query: str, patience: float = 30.0) -> list[Table]:
    """The tables that InfluxDB answers; raises RuntimeError with what it says and the query."""
    dialect = {"annotations": ["datatype", "group", "default"], "header": True}
    request = urllib.request.Request(
        f"{server.url}/api/v2/query?org={server.org}",
        json.dumps({"query": query, "dialect": dialect}).encode(),
        {"Content-Type": "application/json", "Authorization": f"Token {server.token}", "Accept": "*/*"},
    )
    try:
        with urllib.request.urlopen(request, timeout=patience) as response:
            text = response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            raise RuntimeError(f"InfluxDB: {error.code} {error.read().decode()}\n{query}") from None
    if "error,reference" in text:
        raise RuntimeError(f"InfluxDB: {text}\n{query}")
    return list(_tables(text))


def _tables(text: str) -> Iterator[Table]:
    for part in text.replace("\r\n", "\n").split("\n\n"):
        lines = [line for line in csv.reader(part.splitlines()) if line]
        if len(lines) < 4:
            continue
        types, group, _, header = (dict(enumerate(line)) for line in lines[:4])
        names = {at: name for at, name in header.items() if name not in ("", "result", "table")}
        by_table: dict[str, list[dict[str, str]]] = {}
        place = next(at for at, name in header.items() if name == "table")
        for row in lines[4:]:
            by_table.setdefault(row[place], []).append({name: row[at] for at, name in names.items()})
        grouped = frozenset(name for at, name in names.items() if group[at] == "true")
        for rows in by_table.values():
            yield Table({name: types[at] for at, name in names.items()}, grouped, rows)


def faults(question: Question, tables: Sequence[Table]) -> list[str]:
    """What Grafana could not draw of an answer."""
    judge = _JUDGES.get(question.kind, _series)
    return [fault for table in tables for fault in judge(question, table)]


def _series(question: Question, table: Table) -> Iterator[str]:
    """Times, numbers, and the labels that name the series in the group key."""
    if not table.types.get("_time", "").startswith("dateTime"):
        yield f"no column _time: {dict(table.types)}"
    yield from _numbers(question, table)


def _figures(question: Question, table: Table) -> Iterator[str]:
    yield from _numbers(question, table)


def _numbers(question: Question, table: Table) -> Iterator[str]:
    if not {"double", "long", "unsignedLong"} & set(table.types.values()):
        yield f"no column of numbers: {dict(table.types)}"
    yield from (f"{label} does not name series" for label in question.needs if label not in table.group)
    if any(
        type == "double" and row[name] == "NaN" for row in table.rows for name, type in table.types.items()
    ):
        yield "NaN"


def _rows(question: Question, table: Table) -> Iterator[str]:
    yield from (f"no column {column}" for column in question.needs if column not in table.types)
    yield from (f"column {column} has no words" for column in table.types if column not in question.needs)
    if table.group:
        yield "a table of its own for each group"


def _annotation(question: Question, table: Table) -> Iterator[str]:
    wanted = {"time": RFC3339, "timeEnd": RFC3339, "text": "string", "tags": "string"}
    if dict(table.types) != wanted:
        yield f"{dict(table.types)} is not {wanted}"


def _choice(question: Question, table: Table) -> Iterator[str]:
    if table.types.get("_value") != "string":
        yield f"no column _value of text: {dict(table.types)}"


_JUDGES = {
    "table": _rows,
    "annotation": _annotation,
    "variable": _choice,
    "stat": _figures,
    "bargauge": _figures,
}


def _rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
