"""Complaint 3, "State in memory; resolve lost on restart": alertmanager#889, grafana#68162."""

from pathlib import Path

from alerts.notification import Notification
from ioc.errors import Undeliverable
from tests.alerts.world import START, World
from tests.fakes import HandClock


def away(notification: Notification) -> None:
    raise Undeliverable("no route to host", permanent=False)


async def test_a_recovery_during_our_own_restart_is_told_by_the_next_run(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.put("mcu", "down")
    await world.go(1)
    assert world.inbox.kinds == ["opened"]
    await world.stop()
    again = World(tmp_path, clock=HandClock(START + 600))
    again.put("mcu", "up")
    await again.go(1)
    assert again.inbox.kinds == ["closed"]
    await again.stop()


async def test_a_recovery_that_could_not_be_delivered_before_the_restart_is_delivered_after_it(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    world.put("mcu", "down")
    await world.go(1)
    world.inbox.fail = away
    world.put("mcu", "up")
    await world.go(30)
    assert world.inbox.kinds == ["opened"]
    await world.stop()
    again = World(tmp_path, clock=HandClock(START + 600))
    await again.go(1)
    assert [(each.kind, each.status) for each in again.inbox.got] == [("closed", "resolved")]
    await again.stop()
