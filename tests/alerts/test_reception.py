"""Posts of other programs in the real engine: incidents, leases, restarts, and what is kept before the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from alerts.outside import LEASE
from alerts.reception import Reception
from ioc.errors import Refused
from ioc.matchers import parse
from ioc.others import Terms
from ioc.state.ledger import Then, Write
from tests.alerts.guests import HandRinger
from tests.alerts.world import START, World

TERMS = Terms(endpoint_label="instance", endpoints={"camera-7": "room-a1"}, severities={"page": "critical"})


def at(seconds: float) -> str:
    """A moment of the story as RFC 3339."""
    return datetime.fromtimestamp(START + seconds, UTC).isoformat()


def alert(name: str = "DiskFull", **labels: str) -> dict[str, Any]:
    return {"labels": {"alertname": name, **labels}}


class Desk:
    """A reception in a world, which may stop and go on."""

    def __init__(self, path: Path, world: World | None = None, terms: Terms = TERMS) -> None:
        self.path = path
        before = (world.clock, world.inbox) if world else (None, None)
        self.world = World(path, clock=before[0], inbox=before[1])
        self.ringer = HandRinger(self.world)
        self.reception = Reception(
            self.world.clock, self.world.picture, self.world.engine, self.world.ledger, terms, self.world.inventory,
            self.world.telemetry, timers=self.ringer.made,
        )  # fmt: skip
        self.world.engine.afresh.append(self.reception.rows)
        self.reception.restore()

    async def post(self, *alerts: Mapping[str, Any]) -> list[str]:
        refused = await self.reception.take(orjson.dumps(alerts))
        await self.world.settle()
        return refused

    async def go(self, seconds: float) -> None:
        await self.ringer.go(seconds)

    async def restart(self) -> Desk:
        self.reception.close()
        await self.world.stop()
        again = Desk(self.path, self.world)
        self.world, self.ringer, self.reception = again.world, again.ringer, again.reception
        return self

    @property
    def kinds(self) -> list[str]:
        return self.world.inbox.kinds

    def kept(self) -> int:
        return int(self.world.ledger.read("SELECT count(*) FROM outside")[0][0])


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    await desk.world.stop()


async def test_an_alert_opens_an_incident_with_all_that_it_says(desk: Desk) -> None:
    said = alert("DiskFull", instance="db1:9100", severity="page", unit="x-a", site="s-a", team="nền tảng")
    said["annotations"] = {
        "summary": "Đĩa của db1 sắp đầy", "description": "còn 3 %", "runbook_url": "http://wiki/disk",
        "next_action": "Xóa nhật ký cũ",
    }  # fmt: skip
    said |= {"startsAt": at(-30), "generatorURL": "http://prometheus/graph"}
    assert await desk.post(said) == []
    shown = desk.world.incident(1)
    wanted = {
        "severity": "critical", "rule": "DiskFull", "title": "Đĩa của db1 sắp đầy", "unit": "x-a", "unit_name": "Xã A",
        "site_name": "Trụ sở a", "owner": "Lê Văn Tám", "phone": "0912000111", "next_action": "Xóa nhật ký cũ",
        "runbook": "http://wiki/disk", "began": START - 30, "members": 1, "sample_members": ["db1:9100"],
    }  # fmt: skip
    assert {name: shown[name] for name in wanted} == wanted
    page = desk.world.inbox.got[0]
    assert page.labels["alertname"] == "DiskFull"
    assert page.labels["team"] == "nền tảng"
    assert page.annotations["description"] == "còn 3 %"
    assert page.annotations["source"] == "http://prometheus/graph"


async def test_renewed_posts_are_no_news_and_an_end_closes(desk: Desk) -> None:
    await desk.post(alert())
    for _ in range(5):
        await desk.go(60)
        await desk.post(alert())
    assert desk.kinds == ["opened"]
    assert await desk.post(alert() | {"startsAt": at(0), "endsAt": at(299)}) == []
    assert desk.kinds == ["opened", "closed"]
    assert desk.kept() == 0


async def test_a_lease_that_runs_out_resolves_and_says_why(desk: Desk) -> None:
    await desk.post(alert())
    await desk.go(LEASE - 1)
    assert desk.kinds == ["opened"]
    await desk.go(1)
    assert desk.kinds == ["opened", "closed"]
    assert desk.world.ledger.read("SELECT why FROM transitions ORDER BY id") == [
        ("posted",),
        ("lease_ran_out",),
    ]


async def test_equal_labels_are_one_incident_that_grows_and_worsens(desk: Desk) -> None:
    await desk.post(*(alert(pod=str(n)) for n in range(4)))
    assert desk.kinds == ["opened"]
    assert desk.world.incident(1)["members"] == 4
    await desk.go(90)
    await desk.post(*(alert(pod=str(n)) for n in range(4, 8)))
    await desk.go(2)
    assert desk.kinds == ["opened", "grew"]
    await desk.post(alert(pod="8", severity="page"))
    assert desk.kinds == ["opened", "grew", "raised"]
    await desk.post(*(alert(pod=str(n)) | {"endsAt": at(1)} for n in range(8)))
    assert desk.world.open() == [1]
    await desk.post(alert(pod="8", severity="page") | {"endsAt": at(1)})
    assert desk.kinds == ["opened", "grew", "raised", "closed"]


async def test_other_values_of_the_groups_labels_are_other_incidents(desk: Desk) -> None:
    await desk.post(alert(cluster="a", pod="1"), alert(cluster="b", pod="1"), alert(cluster="b", pod="2"))
    assert desk.world.open() == [1, 2]


@pytest.mark.parametrize("named", ["room-a1", "camera-7:554"])
async def test_what_is_about_an_endpoint_joins_what_is_in_front_of_it(desk: Desk, named: str) -> None:
    desk.world.all()
    desk.world.put("up-a", "down")
    desk.world.put("room-a1", "unreachable")
    await desk.go(31)
    assert [desk.world.incident(n)["root"] for n in desk.world.open()] == ["up-a"]
    await desk.post(alert("NoPicture", instance=named))
    assert desk.world.open() == [1]
    assert desk.kinds == ["opened"]


async def test_what_waits_for_its_parent_is_told_once_the_parent_is_known(desk: Desk) -> None:
    desk.world.all()
    desk.world.put("up-a", "down")
    desk.world.put("room-a1", "unreachable")
    await desk.post(alert("NoPicture", instance="room-a1"))
    assert desk.kinds == []
    await desk.go(31)
    assert desk.kinds == ["opened"]
    assert desk.world.incident(1)["root"] == "up-a"
    desk.world.put("up-a", "up")
    desk.world.put("room-a1", "up")
    for _ in range(4):
        await desk.go(60)
        await desk.post(alert("NoPicture", instance="room-a1"))
    roots = [desk.world.incident(n)["root"] for n in desk.world.open()]
    assert roots == ["room-a1"]


async def test_a_restart_forgets_nothing_and_tells_nothing_twice(desk: Desk) -> None:
    await desk.post(alert(pod="1"), alert(pod="2"), alert("Other"))
    await desk.go(200)
    again = await desk.restart()
    await again.go(200)
    assert again.kinds == ["opened", "opened"]
    assert again.world.incident(1)["members"] == 2
    await again.post(alert("Other") | {"endsAt": at(399)})
    assert again.kinds == ["opened", "opened", "closed"]
    await again.go(LEASE)
    assert again.kinds == ["opened", "opened", "closed", "closed"]


async def test_what_the_state_file_lost_is_put_right_after_a_restart(desk: Desk) -> None:
    await desk.post(alert("A"), alert("B"))
    lost = Write("""DELETE FROM outside WHERE body LIKE '%"A"%'""")
    await desk.world.ledger.commit(lost)
    again = await desk.restart()
    await again.go(0)
    closed = [n for n in (1, 2) if again.world.incident(n)["status"] == "closed"]
    assert closed == [1]
    assert again.kept() == 1


async def test_an_end_far_away_survives_a_restart(desk: Desk) -> None:
    await desk.post(alert())
    await desk.post(alert() | {"endsAt": at(86_400)})
    again = await desk.restart()
    await again.go(86_000)
    assert again.kinds == ["opened"]
    await again.go(401)
    assert again.kinds == ["opened", "closed"]


async def test_valid_ones_are_kept_beside_bad_ones(desk: Desk) -> None:
    refused = await desk.post(alert("A"), {"labels": 1}, alert("B"), alert("C") | {"startsAt": "?"})
    assert refused == [
        "alert 1: labels is a number, not an object of texts",
        "alert 3: startsAt '?' is not a time with its zone; write it as 2026-11-24T08:30:00Z",
    ]
    assert desk.kept() == 2
    assert desk.world.telemetry.count("ioc_outside_refused") == 2


async def test_full_is_said_and_shown(tmp_path: Path) -> None:
    desk = Desk(tmp_path, terms=Terms(most=2))
    assert await desk.post(alert("A"), alert("B"), alert("C")) == [
        "'C': 2 alerts fire, no more are taken; raise outside.most"
    ]
    shown = desk.world.picture.get("self/outside") or {}
    assert (shown["state"], shown["firing"], shown["since"]) == ("full", 2, START)
    await desk.go(LEASE)
    shown = desk.world.picture.get("self/outside") or {}
    assert (shown["state"], shown["firing"], shown["since"]) == ("ok", 0, None)
    assert desk.world.telemetry.count("ioc_outside_alerts", effect="no_room") == 1
    await desk.world.stop()


async def test_any_letters_at_all(desk: Desk) -> None:
    odd = {"alertname": "ổ đĩa \u202e\x00 🖴\n", "nhãn\nhai": "ệ" * 4_000, "@": "@", '"': "'"}
    assert await desk.post({"labels": odd, "annotations": {"summary": "\x1b[31mđỏ\x07"}}) == []
    assert desk.world.incident(1)["title"] == "\\x1b[31mđỏ\\x07"
    assert desk.world.incident(1)["rule"] == "ổ đĩa \\u202e\\x00 🖴 "
    again = await desk.restart()
    await again.go(0)
    assert again.world.open() == [1]


async def test_what_the_disk_does_not_take_in_time_is_not_answered_with_success(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.keeping.KEEP_SECONDS", 0.0)
    with pytest.raises(Refused, match="not in the state file after 0 s; send it again") as caught:
        await desk.post(alert())
    assert caught.value.status == 503


async def test_a_new_configuration_holds_for_new_alerts(desk: Desk) -> None:
    await desk.post(alert(cluster="a"))
    desk.reception.apply(Terms(group_by=("cluster",)), desk.world.inventory)
    await desk.post(alert(cluster="a"), alert("Other", cluster="a"), alert("Third", cluster="a"))
    assert desk.world.open() == [1, 2]


async def test_a_storm_costs_one_commit_an_incident_and_one_message(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.outside.ALERTS_A_TURN", 50)
    calls = 0
    write = desk.world.ledger.write

    def counted(writes: Sequence[Write], then: Then) -> None:
        nonlocal calls
        calls += 1
        write(writes, then)

    monkeypatch.setattr(desk.world.ledger, "write", counted)
    pods = [alert(cluster=str(n % 20), pod=str(n), severity="page" if n % 5 == 0 else "") for n in range(100)]
    assert await desk.post(*pods) == []
    assert desk.kinds == ["opened"] * 20
    assert [desk.world.incident(n)["members"] for n in desk.world.open()] == [5] * 20
    critical = [each.severity for each in desk.world.inbox.got]
    assert critical == sorted(critical)  # what is critical is told first
    deliveries = 20
    assert deliveries <= calls <= 100 / 50 + 1 + deliveries + 1


async def test_leases_that_run_out_together_cost_few_commits_and_one_message(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await desk.post(*(alert(pod=str(n)) for n in range(500))) == []
    renewed = [alert(pod=str(n)) for n in range(3)]
    rows: list[int] = []
    write = desk.world.ledger.write

    def counted(writes: Sequence[Write], then: Then) -> None:
        rows.append(len(writes))
        write(writes, then)

    monkeypatch.setattr(desk.world.ledger, "write", counted)
    await desk.go(LEASE - 10)
    await desk.post(*renewed)
    rows.clear()
    await desk.go(10)
    assert 0 < len(rows) <= 500 / 50 + 3
    assert (desk.kinds, desk.kept()) == (["opened"], 3)
    await desk.go(LEASE)
    assert (desk.kinds, desk.kept()) == (["opened", "closed"], 0)


async def test_many_of_one_incident_are_taken_in_time_that_grows_with_their_number(desk: Desk) -> None:
    assert await desk.post(*(alert(pod=str(n)) for n in range(3_000))) == []
    assert desk.world.open() == [1]
    assert desk.world.incident(1)["members"] == 3_000
    assert len(desk.world.incident(1)["sample_members"]) == 50
    assert desk.kinds == ["opened"]


async def test_silences_go_by_others_labels(desk: Desk) -> None:
    silencing = desk.world.engine.plans.silencing
    await silencing.begin([parse('team="kho"')], None, START + 600, "đang dọn", "An")
    await desk.post(alert("A", team="kho"), alert("B", team="mạng"))
    assert [each.labels["alertname"] for each in desk.world.inbox.got] == ["B"]
    assert desk.world.incident(1)["silenced"] or desk.world.incident(2)["silenced"]


async def test_labels_of_others_do_not_pass_for_ours(desk: Desk) -> None:
    await desk.post(alert("A", incident="99", subject="room-a1", severity="info"))
    page = desk.world.inbox.got[0]
    assert (page.labels["incident"], page.severity) == ("1", "info")
    assert page.labels["subject"].startswith("outside/")
