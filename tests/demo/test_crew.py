"""The demo's people take over the shift, acknowledge what the seed says, and send the heartbeat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import pytest

from ioc.demo.crew import BEAT_EVERY, LATEST, NOTES, SHARE, SOONEST, Crew, hand
from ioc.demo.duty import HEARTBEAT, SCHEDULE
from ioc.demo.pages import Page
from ioc.demo.quiet import MAINTAINED_SITE, SILENCED_ROOM
from ioc.demo.service import Service
from ioc.errors import IocError
from tests.fakes import HandClock

PAGE = Page(100.0, "7", "firing", "vc-1", "endpoint-down", "warning", "", repeat=False)
MANY = [replace(PAGE, incident=str(n), root=f"vc-{n}") for n in range(400)]


class Told:
    """Stands for the service: who is on call, and what it was told."""

    def __init__(self, people: list[str], refuses: str = "") -> None:
        self.people = people
        self.refuses = refuses
        self.posts: list[tuple[str, Mapping[str, Any]]] = []

    async def on_call(self, schedule: str) -> list[str]:
        assert schedule == SCHEDULE
        return self.people

    async def tell(self, path: str, body: Mapping[str, Any]) -> str:
        self.posts.append((path, body))
        return self.refuses


def crew(told: Told) -> Crew:
    return Crew(cast("Service", told), 1, HandClock())


def taken_by_somebody() -> Page:
    return next(each for each in MANY if hand(1, each))


def test_who_takes_what_follows_from_the_seed() -> None:
    hands = [hand(1, each) for each in MANY]
    assert hands == [hand(1, each) for each in MANY]
    assert hands != [hand(2, each) for each in MANY]
    taken = [each for each in hands if each]
    assert abs(len(taken) / len(MANY) - SHARE) < 0.1
    assert all(SOONEST <= each.at - PAGE.at <= LATEST and each.note in NOTES for each in taken)


def test_nobody_takes_what_woke_nobody() -> None:
    page = taken_by_somebody()
    assert hand(1, replace(page, repeat=True)) is None
    assert hand(1, replace(page, status="resolved")) is None


async def test_a_shift_begins_with_a_maintenance_a_silence_and_a_note() -> None:
    told = Told(["Trần Thu Hà"])
    await crew(told).begin()
    (maintenance, planned), (silences, silence), (shift, note) = told.posts
    assert (maintenance, silences, shift) == (
        "/api/v1/maintenance",
        "/api/v1/silences",
        "/api/v1/shift",
    )
    assert planned["scope"] == {"kind": "site", "id": MAINTAINED_SITE}
    assert silence["matchers"] == f'subject="{SILENCED_ROOM}"'
    assert silence["by"] == note["by"] == "Trần Thu Hà"


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (Told([]), "nobody is on call in the schedule 'truc-ca'"),
        (Told(["Trần Thu Hà"], "422 no"), "refused a POST to /api/v1/maintenance: 422 no"),
    ],
)
async def test_a_shift_that_cannot_begin_says_why(told: Told, why: str) -> None:
    with pytest.raises(IocError, match=why):
        await crew(told).begin()


async def test_an_incident_is_acknowledged_once_and_when_it_is_due() -> None:
    told, page = Told(["Trần Thu Hà"]), taken_by_somebody()
    people, due = crew(told), hand(1, page)
    assert due is not None
    people.heed([page])
    await people.work(due.at - 0.1)
    people.heed([page])
    await people.work(due.at)
    await people.work(due.at + 1)
    posts = [each for each in told.posts if "heartbeat" not in each[0]]
    assert posts == [
        (f"/api/v1/incidents/{page.incident}/acknowledge", {"by": "Trần Thu Hà", "note": due.note})
    ]


async def test_what_is_over_needs_nobody() -> None:
    told, page = Told(["Trần Thu Hà"]), taken_by_somebody()
    people = crew(told)
    people.heed([page, replace(page, status="resolved")])
    await people.work(page.at + LATEST)
    assert [path for path, _ in told.posts] == [f"/heartbeat/{HEARTBEAT}"]


async def test_the_heartbeat_keeps_its_pace() -> None:
    told = Told(["Trần Thu Hà"])
    people = crew(told)
    for seconds in range(int(2 * BEAT_EVERY) + 1):
        await people.work(1000.0 + seconds)
    assert told.posts == [(f"/heartbeat/{HEARTBEAT}", {})] * 3
