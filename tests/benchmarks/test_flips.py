"""The plan of faults, and the judgement of pages."""

from __future__ import annotations

from math import inf
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.kit.flips import Flip, Page, judge, pages, plan

IDS = [f"e{n}" for n in range(40)]


@given(st.integers(), st.integers(0, 20), st.integers(0, 20))
def test_outages_and_blips_are_on_different_things_within_the_span(
    seed: int, outages: int, blips: int
) -> None:
    flips = plan(Random(seed), IDS, outages, blips, 60)
    assert len({each.subject for each in flips}) == len(flips) == outages + blips
    assert sum(each.lasts is None for each in flips) == outages
    assert all(0 <= each.at <= 60 for each in flips)
    assert all(1 <= each.lasts <= 30 for each in flips if each.lasts is not None)
    assert flips == plan(Random(seed), IDS, outages, blips, 60)


def test_a_latency_counts_to_the_first_page_and_a_missed_outage_is_infinite() -> None:
    flips = [Flip("a", 10), Flip("b", 20)]
    found = judge(flips, [page(14, "a"), page(12.5, "a", "second"), page(99, "a", "third")])
    assert sorted(found.latencies) == [2.5, inf]
    assert found.figures()["missed"] == 1
    assert found.false_pages == 0


def test_a_page_about_a_blip_about_nothing_or_too_early_is_false() -> None:
    flips = [Flip("a", 10), Flip("blip", 10, 5)]
    found = judge(flips, [page(9, "a"), page(13, "blip"), page(13, "other"), page(13, "a")])
    assert found.false_pages == 3
    assert found.latencies == (3.0,)


def test_both_kinds_of_webhook_are_read_and_a_repeated_alert_counts_once() -> None:
    log = [
        line(5, {"subject": "a", "alertname": "silent"}),
        line(6, {"instance": "127.0.0.1:7", "alertname": "Silent"}),
        line(7, {"instance": "127.0.0.1:7", "alertname": "Silent"}),
        line(8, {"subject": "a", "alertname": "silent"}, status="resolved"),
    ]
    found = pages(log, {"127.0.0.1:7": "b"})
    assert [(each.at, each.subject) for each in found] == [(5, "a"), (6, "b")]


def page(at: float, subject: str, began: str = "") -> Page:
    return Page(at, subject, "silent", began)


def line(at: float, labels: dict[str, str], status: str = "firing") -> dict[str, Any]:
    return {"at": at, "body": {"alerts": [{"status": status, "labels": labels, "startsAt": "t"}]}}
