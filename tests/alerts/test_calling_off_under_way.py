"""What was under way when somebody took the incident in hand may arrive, but goes no further."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.alerts.office import Office

WAKING = frozenset({"escalated"})
IN_HAND = "somebody has it in hand"


@pytest.mark.parametrize(
    ("mode", "state", "answer"),
    [("ok", "told", "200"), ("away", "withdrawn", IN_HAND), ("never", "failed", "never")],
)
async def test_no_further_contact_is_woken_whatever_becomes_of_it(
    tmp_path: Path, mode: str, state: str, answer: str
) -> None:
    office = Office(tmp_path)
    office.lines["zalo"].mode = "hang"
    office.owe(kind="escalated")
    await office.go(1)
    await office.dispatch.call_off(1, WAKING)
    office.lines["zalo"].mode = mode
    office.lines["zalo"].let_go.set()
    await office.go(600)
    assert office.rows("id, receiver, state, answer") == [(1, "zalo", state, answer)]
    assert len(office.lines["zalo"].tried) == 1
    await office.stop()


async def test_one_that_hangs_is_not_told_by_another_way_either(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.lines["zalo"].mode = "hang"
    office.owe(kind="escalated")
    await office.go(1)
    await office.dispatch.call_off(1, WAKING)
    await office.go(300)
    assert office.rows("id, receiver, state") == [(1, "zalo", "owed")]
    await office.stop()
