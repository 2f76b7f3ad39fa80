"""Complaint 8, "No history of what was sent to whom": alertmanager#172, #2304, #1976."""

import csv
import io
from pathlib import Path

from alerts.channels.base import Receiver
from alerts.notification import Notification
from ioc.deliveries import COLUMNS, Asked, rows, statement
from ioc.errors import Undeliverable
from tests.alerts.world import START, Inbox, World
from web.api.deliveries import table


def refuse(notification: Notification) -> None:
    raise Undeliverable("404 no such hook", permanent=True)


async def test_who_was_told_what_when_by_which_way_with_what_answer_is_kept_and_found(tmp_path: Path) -> None:
    desk, broken = Inbox(), Inbox()
    broken.fail = refuse
    receivers = {
        "desk": Receiver("desk", desk, kind="webhook"),
        "broken": Receiver("broken", broken, kind="webhook"),
    }
    world = World(tmp_path, receivers=receivers, inbox=desk)
    world.put("mcu", "down")
    await world.go(60)
    world.put("mcu", "up")
    await world.go(60)
    await world.stop()

    again = World(tmp_path, inbox=desk, receivers=receivers, clock=world.clock)
    found = rows(again.ledger.read(*statement(Asked(incident=1))))
    await again.stop()
    kept = {(each["receiver"], each["kind"]): each for each in found}
    assert set(kept) >= {("desk", "opened"), ("desk", "closed"), ("broken", "opened")}
    opened = kept["desk", "opened"]
    assert (opened["state"], opened["answer"], opened["at"], opened["settled"]) == (
        "told",
        "200",
        START,
        START,
    )
    refused = kept["broken", "opened"]
    assert (refused["state"], refused["answer"], refused["attempts"]) == ("failed", "404 no such hook", 1)

    sheet = list(csv.DictReader(io.StringIO(table(found).decode("utf-8-sig"))))
    assert [each["receiver"] for each in sheet] == [each["receiver"] for each in found]
    assert set(sheet[0]) == set(COLUMNS)
