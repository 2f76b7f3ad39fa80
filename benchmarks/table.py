"""The table of docs/benchmarks.md, made from benchmarks/results: `python -m benchmarks.table` writes it anew."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- table: python -m benchmarks.table -->", "<!-- end of table -->"
ORDER = {
    "outage": "1",
    "paging": "1b",
    "outage_fast": "2",
    "pipeline": "3",
    "page": "4",
    "storm": "4b",
    "push": "5",
    "screen_memory": "7",
    "pixels": "9",
    "lines": "10",
    "cases": "11",
    "replay": "12",
    "false_pages": "14",
    "loop_lag": "15",
    "sustained": "16",
    "history_write": "17",
    "history_read": "18",
    "start": "19",
}
"""benchmarks with the number of their target"""
FIGURES: Mapping[str, str] = {
    "p50_s": "p50 {} s",
    "p95_s": "p95 {} s",
    "p99_s": "p99 {} s",
    "p50_ms": "p50 {} ms",
    "p99_ms": "p99 {} ms",
    "missed": "{} missed",
    "untold": "{} untold",
    "false_pages": "{} false pages",
    "independent_pages_a_week": "random loss: {} a week",
    "congested_pages_a_week": "congestion: {} a week",
    "bursty_pages_a_week": "bursts: {} a week",
    "blips_pages_a_week": "blips: {} a week",
    "together_pages_a_week": "together: {} a week",
    "us_per_probe_marginal": "{} µs a probe",
    "fixed_percent_of_a_core": "fixed {} % of a core",
    "province_percent_of_a_core": "600 every 10 s: {} %",
    "nation_percent_of_a_core": "37,800 every 10 s: {} %",
    "us_per_delivery": "{} µs a delivery",
    "of_centrifugo": "{} × Centrifugo's",
    "p99_5000_ms": "5,000 × 5/s: p99 {} ms",
    "kb_per_screen": "{} KB a screen",
    "loop_lag_p999_ms": "p99.9 {} ms",
    "memory_mb": "{} MB",
    "us_per_line": "{} µs a line",
    "embedded_p95_ms": "embedded: p95 {} ms",
    "influx_p95_ms": "InfluxDB: p95 {} ms",
    "missing": "{} points missing",
    "memory_growth_mb": "memory grown by {} MB",
    "start_max_ms": "max {} ms",
    "replay_s_a_day": "a day replayed in {} s",
    "lost": "{} acknowledged lines lost",
    "bytes_over_bound": "{} bytes over the bound",
    "unaccounted": "{} lines unaccounted for",
    "unmarked": "{} losses unmarked",
    "us_per_update": "{} µs an update",
    "start_s": "cold start in {} s",
    "overdue_max_s": "overdue known after {} s",
    "unequal_counts": "{} figures unlike a recount",
    "unequal_counts_after_start": "{} after a start",
}
"""how a figure that has a target is said"""
BESIDE: Mapping[str, str] = {
    "not_run": "not run ({})",
    "cpu_percent_of_a_core": "CPU {} % of a core",
    "memory_mb": "{} MB",
    "one_post_s": "all in one post: answered in {} s",
    "bare_us": "bare `send` {} µs",
    "idle_loop_lag_p999_ms": "an idle loop beside it: p99.9 {} ms",
    "start_p50_ms": "p50 {} ms",
    "max_s": "max {} s",
    "max_ms": "max {} ms",
    "loop_lag_max_ms": "max {} ms",
}
"""what is said besides"""


def read(results: Path) -> list[dict[str, Any]]:
    """The committed results, in the order of the targets."""
    found = [json.loads(each.read_text(encoding="utf-8")) for each in results.glob("*.json")]
    return sorted(found, key=lambda each: list(ORDER).index(each["name"]))


def table(results: Sequence[Mapping[str, Any]]) -> str:
    """Results as a Markdown table, with what is unequal in each comparison below it."""
    rows = ["| # | what | target | ours | | peers |", "|---|---|---|---|---|---|"]
    rows += [_row(each) for each in results]
    names = {each["name"] for each in results}
    if lacking := [name for name in ORDER if name not in names]:
        rows += ["", f"Without a result so far: {', '.join(lacking)}."]
    return "\n".join([*rows, "", *(line for each in results for line in _notes(each))]).rstrip() + "\n"


def page(text: str, made: str) -> str:
    """A page with its table replaced; raises ValueError when it has no place for one."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n{made}{END}{after}"


def _row(result: Mapping[str, Any]) -> str:
    ours, met = result["ours"], result["met"]
    target = ", ".join(_said(FIGURES, key, each, "≤ ") for key, each in result["targets"].items())
    figures = [_said(FIGURES, key, ours.get(key), "" if met[key] else "**", met[key]) for key in met]
    figures += [_said(BESIDE, key, ours[key]) for key in BESIDE if key in ours and key not in met]
    verdict = "met" if all(met.values()) else "**missed**"
    peers = "; ".join(f"{name}: {_peer(each, ours)}" for name, each in result["peers"].items())
    number = ORDER[result["name"]]
    cells = (number, f"[{result['what']}](#{result['name']})", target, ", ".join(figures), verdict, peers)
    return f"| {' | '.join(cells)} |"


def _peer(peer: Mapping[str, Any], ours: Mapping[str, Any]) -> str:
    both = {**FIGURES, **BESIDE}
    return ", ".join(_said(both, key, peer[key]) for key in both if key in peer)


def _said(how: Mapping[str, str], key: str, value: object, mark: str = "", met: bool = True) -> str:
    number = "never" if value is None else f"{value:g}" if isinstance(value, int | float) else str(value)
    if mark == "≤ ":
        number, mark = ("0" if value == 0 else f"≤ {number}"), ""
    return f"{mark}{how[key].format(number)}{'' if met else '**'}"


def _notes(result: Mapping[str, Any]) -> list[str]:
    machine = result["machine"]
    where = (
        f"{result['date'][:10]}, {machine['cores']} cores of {machine['cpu']}, "
        f"Python {machine['python']}{_pace(machine)}; "
        f"load average {machine['load_before']:g} before, {machine['load_after']:g} after. "
        f"`{result['command']}`"
    )
    unequal = [f"- {each}." for each in result["unequal"]]
    return [f"### {result['name']}", "", where, "", *unequal, ""]


def _pace(machine: Mapping[str, Any]) -> str:
    return f" ({machine['python_ns']} ns a round of a plain loop)" if "python_ns" in machine else ""


def main() -> None:
    """Renew the page."""
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(page(text, table(read(RESULTS))), encoding="utf-8")


if __name__ == "__main__":
    main()
