"""The report of a run as people read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MOST_DETAILS = 20


def summary(report: Mapping[str, Any]) -> str:
    """A report in a few lines: the figures, each kind of fault, and everything that went wrong."""
    r, total = report, report["disturbances"]["total"]
    figures = [
        f"{r['endpoints']} endpoints ({r['rooms']} rooms), seed {r['seed']}, {r['duration_s']:.0f} s",
        f"{r['injected']} faults: {r['alerted']} alerted, {r['resolved']} resolved, {r['missed']} missed",
        f"{r['undecided']} faults began too late for a page to be due" if r["undecided"] else "",
        f"{r['pages']} pages, {r['false_alarms']} false alarms, {r['false_recoveries']} false recoveries",
        f"{total} disturbances that must page nobody",
        f"{r['texts']['taken']} short messages taken, {r['texts']['refused']} refused by a gateway",
        f"from the fault to the webhook: {_latency(r['latency_s'])}",
    ]
    kinds = [
        f"  {kind:13} {each['alerted']:3} of {each['injected']:3} alerted, {each['resolved']:3} resolved, "
        f"{_latency(each['latency_s'])}"
        for kind, each in report["by_kind"].items()
    ]
    lacking = [f"not a whole judgement: {each}" for each in report["lacking"]]
    lines = [*figures, *kinds, *lacking, *_wrong(report["details"])]
    return "\n".join(each for each in lines if each)


def _latency(latency: Mapping[str, float | None]) -> str:
    if latency["max"] is None:
        return "no page"
    return f"p50 {latency['p50']:.1f} s, p95 {latency['p95']:.1f} s, max {latency['max']:.1f} s"


def _wrong(details: Mapping[str, list[str]]) -> list[str]:
    lines = []
    for what, each in details.items():
        lines += [f"{what.replace('_', ' ')}: {one}" for one in each[:MOST_DETAILS]]
        if len(each) > MOST_DETAILS:
            lines.append(f"{what.replace('_', ' ')}: and {len(each) - MOST_DETAILS} more; see the report")
    return lines
