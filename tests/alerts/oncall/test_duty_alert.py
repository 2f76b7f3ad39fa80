"""A gap in a schedule is an incident of our own, told and closed like any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.alerts.world import World


@pytest.mark.parametrize(("state", "rule"), [("gap", "duty-gap"), ("unreached", "duty-unreachable")])
async def test_it_is_told_after_five_minutes_and_closed_once_filled(
    tmp_path: Path, state: str, rule: str
) -> None:
    world = World(tmp_path)
    world.put("self/duty", "ok", detail="")
    world.put("self/duty", state, detail="Trực kỹ thuật: 17:00 24/11 – 08:00 25/11")
    await world.go(299.0)
    assert world.open() == []
    await world.go(2.0)
    (number,) = world.open()
    shown = world.incident(number)
    assert (shown["rule"], shown["severity"], shown["root"]) == (rule, "warning", "self/duty")
    assert "17:00 24/11" in shown["next_action"]
    world.put("self/duty", "ok", detail="")
    await world.go(60.0)
    assert world.open() == []
    assert world.inbox.kinds == ["opened", "closed"]
    await world.stop()
