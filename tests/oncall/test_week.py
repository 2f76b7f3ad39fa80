"""A week of on-call ends with the ledger that was written before the code (tests/cases/oncall/week)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import unified_diff
from pathlib import Path

import pytest

from alerts.notification import Notification
from tests.oncall import ledger
from tests.oncall.ledger import QUERY, ZONE, Row, civil, expected, kept, snapped
from tests.oncall.script import Player

WEEK = Path(__file__).parents[1] / "cases" / "oncall" / "week"


@dataclass(frozen=True, slots=True)
class Played:
    """What was expected of the week, what the state file holds, what each far end has got, which acts were refused."""

    golden: Sequence[Row]
    rows: Sequence[Row]
    got: Mapping[str, Sequence[Notification]]
    refused: Sequence[str]


@pytest.fixture(
    scope="module",
    params=[(0.0, 0), (3 * 3600.0, 0), (0.0, 7)],
    ids=["clocks that agree", "clocks hours apart, more after each start", "killed after each seventh event"],
)
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Played:
    return asyncio.run(_play(tmp_path_factory.mktemp("week"), *request.param))


async def _play(state: Path, ahead: float, kill_every: int = 0) -> Played:
    player = Player(WEEK, state, ahead, kill_every)
    province = await player.play()
    rows = kept(province.rows(QUERY))
    await province.stop()
    golden = expected(WEEK / "ledger.csv", datetime(2026, 11, 23, tzinfo=ZONE))
    return Played(
        golden, snapped(rows, golden), {name: end.got for name, end in player.ends.items()}, player.refused
    )


def test_the_ledger_is_the_one_written_before_the_code(played: Played) -> None:
    wanted, found = ledger.lines(played.golden), ledger.lines(played.rows)
    diff = unified_diff(wanted, found, "as it must be", "as it is", n=1, lineterm="")
    assert wanted == found, "\n" + "\n".join(diff)


def test_every_incident_was_there_to_be_acknowledged(played: Played) -> None:
    assert played.refused == []


def test_what_was_told_arrived_once_and_nothing_else_did(played: Played) -> None:
    told = Counter(
        (each.what[4], each.what[5], each.what[0], each.kind)
        for each in played.rows
        if each.what[7] == "told"
    )
    arrived = Counter(
        (name, each.to, str(each.incident or ""), str(each.kind))
        for name, got in played.got.items()
        for each in got
    )
    assert arrived == told


def test_what_the_kill_cut_short_is_said_again_and_marked(played: Played) -> None:
    message = [each for each in played.got["sms"] if each.incident == 22 and each.person == "dung"]
    assert [(each.kind, each.repeat) for each in message] == [("opened", True), ("closed", False)]


def test_three_fibres_that_flap_for_an_hour_are_six_messages_to_whoever_is_on_call(played: Played) -> None:
    hour = [
        each
        for each in played.rows
        if civil("2026-11-23 20:00:00") <= each.at <= civil("2026-11-23 22:00:00") and each.what[3] == "an"
    ]
    assert len(hour) == 6


def test_the_summary_says_what_the_dead_desk_was_not_told(played: Played) -> None:
    summaries = [each for each in played.got["desk"] if each.kind == "summary"]
    assert len(summaries) == 1
    assert "Cáp quang xã c" in " ".join(summaries[0].annotations.values())
