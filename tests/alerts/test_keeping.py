"""What people do while the state file takes nothing: it holds, and they are told that it is not kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from alerts.keeping import kept
from alerts.rules import parse_rules
from ioc.errors import NotCommitted, Refused
from ioc.recurrence import Days, Every
from tests.alerts.test_restart import Stuck
from tests.alerts.world import World

POOR = parse_rules(
    [
        {
            "id": "poor", "if": "loss > 5.0", "for": "0s", "severity": "critical", "title": "{name} kém",
            "next_action": "gọi", "where": "kind == 'mcu'",
        }
    ]
)  # fmt: skip
NIGHTLY = Every(Days.ANY, 60, 3600.0)


@pytest.fixture
def stuck(tmp_path: Path) -> Stuck:
    return Stuck(tmp_path)


async def poor(tmp_path: Path, stuck: Stuck) -> World:
    """One open incident that is recorded; from now on the state file takes nothing."""
    stuck.mode = "keep"
    world = World(tmp_path, ledger=stuck, rules=POOR)
    world.put("mcu", "up", loss=30.0)
    await world.go(0)
    assert world.open() == [1]
    return world


async def refused(world: World, asked: Coroutine[Any, Any, Any], after: float) -> Refused:
    """How something is refused so many seconds after it was asked for, and no sooner."""
    asking = asyncio.create_task(asked)
    if after:
        await world.go(after - 0.1)
        assert not asking.done()
        await world.go(0.1)
    with pytest.raises(Refused) as caught:
        await asking
    return caught.value


ACTS = {
    "acknowledge": "the acknowledgement of incident 1",
    "assign": "the assignment of incident 1",
    "comment": "the comment on incident 1",
    "close": "the close of incident 1",
    "maintain": "maintenance 1",
    "recur": "recurring maintenance 1",
}


def act(world: World, name: str) -> Coroutine[Any, Any, Any]:
    engine = world.engine
    acts: dict[str, Callable[[], Coroutine[Any, Any, Any]]] = {
        "acknowledge": lambda: engine.acknowledge(1, "An", "đang đi"),
        "assign": lambda: engine.assign(1, "Bình", "An"),
        "comment": lambda: engine.comment(1, "đứt cáp", "An"),
        "close": lambda: engine.close_incident(1, "xong", "An"),
        "maintain": lambda: engine.maintain(
            "endpoint", "mcu", None, world.clock.at + 3600, "thay nguồn", "An"
        ),
        "recur": lambda: engine.plans.recurring.begin("endpoint", "mcu", NIGHTLY, "sao lưu", "An"),
    }
    return acts[name]()


@pytest.mark.parametrize("mode", ["hang", "refuse"])
@pytest.mark.parametrize("name", ACTS)
async def test_what_is_done_holds_and_whoever_did_it_is_told_that_it_is_not_kept(
    tmp_path: Path, stuck: Stuck, name: str, mode: str
) -> None:
    world = await poor(tmp_path, stuck)
    stuck.mode = mode
    error = await refused(world, act(world, name), 2.0 if mode == "hang" else 0.0)
    assert error.status == 503
    assert str(error) == (
        f"{ACTS[name]} holds, but the state file has not taken it: a restart may lose it;"
        " see self/ledger in the picture"
    )
    held: dict[str, Callable[[], bool]] = {
        "acknowledge": lambda: world.incident(1)["acknowledged"]["by"] == "An",
        "assign": lambda: world.incident(1)["assigned"] == "Bình",
        "comment": lambda: world.incident(1)["remarks"][0]["text"] == "đứt cáp",
        "close": lambda: world.incident(1)["status"] == "closed",
        "maintain": lambda: world.picture.get("maintenance/1") is not None,
        "recur": lambda: world.picture.get("recurrence/1") is not None,
    }
    assert held[name]()
    await world.stop()


async def test_the_end_of_what_recurs_ends_every_occurrence_though_nothing_is_kept(
    tmp_path: Path, stuck: Stuck
) -> None:
    world = await poor(tmp_path, stuck)
    await act(world, "recur")
    planned = list(world.picture.keys("maintenance/"))
    assert planned
    stuck.mode = "hang"
    error = await refused(world, world.engine.plans.recurring.end(1, "An"), 2.0)
    assert str(error).startswith("the end of recurring maintenance 1 holds, but")
    assert list(world.picture.keys("maintenance/")) == []
    assert list(world.picture.keys("recurrence/")) == []
    await world.stop()


async def test_a_commit_is_waited_for_so_long_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alerts.keeping.KEEP_SECONDS", 0.0)
    commit: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    with pytest.raises(
        Refused, match="^not in the state file after 0 s; look before it is sent again$"
    ) as late:
        await kept(commit, "look before it is sent again")
    assert late.value.status == 503
    assert not commit.cancelled()
    commit.set_result(1)
    await kept(commit, "")


async def test_a_commit_that_is_refused_is_said_to_be() -> None:
    commit: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    commit.set_exception(NotCommitted("no room"))
    with pytest.raises(Refused, match="^the state file refuses it: no room; send it again$") as late:
        await kept(commit, "")
    assert late.value.status == 503
