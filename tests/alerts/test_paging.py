"""Whom an incident is told, by routes and chains, through silences, restarts and acknowledgements."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from ioc.duty import Duty, Route
from ioc.errors import Refused, Undeliverable
from ioc.matchers import parse
from tests.alerts.duty import Office, duty, usual

MIN = 60.0


async def down(office: Office, subject: str = "mcu") -> None:
    office.world.put(subject, "down")
    await office.world.go(0)


async def up(office: Office, subject: str = "mcu") -> None:
    office.world.put(subject, "up")
    await office.world.go(0)


async def test_it_opens_at_the_routes_and_the_chains_first_step_in_one_commit(tmp_path: Path) -> None:
    office = Office(tmp_path)
    await down(office)
    assert office.news() == [("opened", "desk"), ("opened", "an")]
    assert office.world.ledger.read("SELECT because, address, person FROM deliveries") == [
        ("route grave", "", ""),
        ("chain truc step 1 round 1", "+84912000101", "an"),
    ]
    await office.world.stop()


async def test_nobody_answers_three_steps_two_rounds_then_reminders_then_the_close_to_all(
    tmp_path: Path,
) -> None:
    office = Office(tmp_path)
    await down(office)
    office.news()
    await office.world.go(10 * MIN)
    assert office.news() == [("escalated", "hai")]
    await office.world.go(15 * MIN)
    assert office.news() == [("escalated", "binh")]
    await office.world.go(20 * MIN)
    assert office.news() == [("escalated", "an")]
    await office.world.go(45 * MIN)
    assert office.news() == [("escalated", "hai"), ("escalated", "binh")]
    await office.world.go(60 * MIN)
    everybody = ["desk", "an", "hai", "binh"]
    assert office.news() == [("reminder", each) for each in everybody]
    await up(office)
    assert office.news() == [("closed", each) for each in everybody]
    await office.world.stop()


async def test_an_acknowledgement_stops_the_chain_for_good_of_what_is_not_critical(tmp_path: Path) -> None:
    routes = (Route("all", tell=("receiver:desk",), chain="truc"),)
    office = Office(tmp_path, duty(*routes))
    office.world.all()
    office.world.put("room-a1", "down")
    await office.world.go(31)
    assert office.news() == [("opened", "desk"), ("opened", "an")]
    assert office.world.incident(1)["severity"] == "warning"
    await office.world.engine.acknowledge(1, "An", "đang xem")
    await office.world.go(86400)
    assert office.news() == []
    assert (office.world.incident(1)["next"], office.world.incident(1)["next_at"]) == (
        "awaits_recovery",
        None,
    )
    await office.world.stop()


@pytest.mark.parametrize("by", ["an", "nguyễn văn an"])
async def test_of_a_critical_one_it_is_reminded_of_and_runs_out_and_the_chain_begins_anew(
    tmp_path: Path, by: str
) -> None:
    office = Office(tmp_path)
    await down(office)
    await office.world.go(10 * MIN)
    office.news()
    await office.world.engine.acknowledge(1, by, "đang xem")
    shown = office.world.incident(1)
    assert shown["next_at"] == office.world.clock.at + 90 * MIN
    assert (shown["next_to"], shown["next_because"]) == (["Nguyễn Văn An"], "acknowledgement_runs_out")
    await office.world.go(90 * MIN)
    assert office.news() == [("reminder", "an")]
    assert office.world.incident(1)["next_because"] == "acknowledgement_expired"
    await office.world.go(30 * MIN)
    assert office.news() == [("unacknowledged", "an")]
    assert office.world.incident(1)["acknowledged"] is None
    await office.world.go(10 * MIN)
    assert office.news() == [("escalated", "hai")]
    await office.world.engine.acknowledge(1, by, "lần nữa")
    await office.world.go(89 * MIN)
    assert office.news() == []
    await office.world.go(1 * MIN)
    assert office.news() == [("reminder", "an")]
    verbs = [(each["verb"], each["because"]) for each in office.world.explain(1) if "verb" in each]
    assert ("unacknowledged", "acknowledgement_expired") in verbs
    await office.world.stop()


async def test_where_nobody_has_that_name_everybody_told_is_reminded(tmp_path: Path) -> None:
    office = Office(tmp_path, duty(Route("all", tell=("receiver:desk", "person:hai"))))
    await down(office)
    office.news()
    await office.world.engine.acknowledge(1, "Người lạ", "")
    await office.world.go(90 * MIN)
    assert office.news() == [("reminder", "desk"), ("reminder", "hai")]
    await office.world.go(30 * MIN)
    assert office.news() == [("unacknowledged", "desk"), ("unacknowledged", "hai")]
    await office.world.stop()


async def test_an_acknowledgement_holds_when_it_opens_again_within_a_quarter_of_an_hour(
    tmp_path: Path,
) -> None:
    office = Office(tmp_path)
    await down(office)
    await office.world.engine.acknowledge(1, "an", "")
    await up(office)
    office.news()
    await office.world.go(5 * MIN)
    await down(office)
    assert office.news() == [("reopened", "desk"), ("reopened", "an")]
    await office.world.go(30 * MIN)
    assert office.news() == []
    assert office.world.incident(1)["acknowledged"]["by"] == "an"
    await office.world.stop()


async def test_what_opens_again_is_told_to_whoever_was_told_it_was_over_where_nobody_has_the_name(
    tmp_path: Path,
) -> None:
    office = Office(tmp_path, duty(Route("all", chain="truc")))
    await down(office)
    first = office.news()
    await office.world.engine.acknowledge(1, "Người lạ", "")
    await up(office)
    assert office.news() == [("closed", each) for _, each in first]
    await office.restart(after=60)
    office.world.all()
    await office.world.go(60)
    await down(office)
    assert first
    assert office.news() == [("reopened", each) for _, each in first]
    await office.world.go(90 * MIN)
    assert office.news() == [("reminder", each) for _, each in first]
    await office.world.stop()


async def test_reopened_it_goes_on_at_the_step_where_it_was_closed(tmp_path: Path) -> None:
    office = Office(tmp_path)
    await down(office)
    await office.world.go(10 * MIN)
    await up(office)
    office.news()
    await office.world.go(5 * MIN)
    await down(office)
    assert office.news() == [("reopened", "desk"), ("reopened", "hai")]
    await office.world.go(15 * MIN)
    assert office.news() == [("escalated", "binh")]
    await up(office)
    assert office.news() == [("closed", "desk"), ("closed", "hai"), ("closed", "binh")]
    await office.world.stop()


async def test_a_chain_outlives_a_restart_and_tells_nobody_twice(tmp_path: Path) -> None:
    office = Office(tmp_path)
    await down(office)
    await office.world.go(9 * MIN)
    office.news()
    await office.restart(after=30)
    office.world.put("mcu", "down")
    await office.world.go(29)
    assert office.news() == []
    await office.world.go(1)
    assert office.news() == [("escalated", "hai")]
    await office.world.engine.acknowledge(1, "hai", "")
    await office.restart()
    await office.world.go(89 * MIN)
    assert office.news() == []
    await office.world.go(1 * MIN)
    assert office.news() == [("reminder", "hai")]
    office.world.put("mcu", "up")
    await office.world.go(1)
    assert office.news() == [("closed", "desk"), ("closed", "an"), ("closed", "hai")]
    await office.world.stop()


async def test_after_a_restart_no_step_comes_before_its_root_was_asked(tmp_path: Path) -> None:
    office = Office(tmp_path)
    await down(office)
    office.news()
    await office.restart(after=3600)
    office.world.put("mcu", "unknown", reason="not_yet_probed")
    await office.world.go(20)
    assert office.news() == []
    office.world.put("mcu", "up")
    await office.world.go(1)
    assert office.news() == [("closed", "desk"), ("closed", "an")]
    await office.world.stop()


async def test_after_a_restart_a_room_is_told_to_nobody_before_its_uplink_was_asked(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.world.all()
    await office.restart()
    for each in office.world.inventory.endpoints:
        office.world.put(each, "unknown", reason="not_yet_probed")
    office.world.put("mcu", "down")  # told at once, once its parent is known
    await office.world.go(1)
    assert office.news() == []
    office.world.put("core", "up")
    await office.world.go(0)
    assert office.news() == [("opened", "desk"), ("opened", "an")]
    await office.world.stop()


async def test_what_stays_unasked_is_waited_for_no_longer_than_a_minute(tmp_path: Path) -> None:
    office = Office(tmp_path)
    await office.restart()
    office.world.put("core", "unknown", reason="not_yet_probed")
    office.world.put("mcu", "down")
    await office.world.go(59)
    assert office.news() == []
    await office.world.go(1)
    assert office.news() == [("opened", "desk"), ("opened", "an")]
    await office.world.stop()


class Silences:
    """What is silenced, as a test says."""

    def __init__(self) -> None:
        self.on = ""

    def __call__(self, labels: Mapping[str, str]) -> str:
        return "s1" if self.on and labels.get(self.on.split("=")[0]) == self.on.split("=")[1] else ""


async def test_what_opens_silenced_owes_nothing_until_the_silence_ends(tmp_path: Path) -> None:
    silences = Silences()
    office = Office(tmp_path, silenced=silences)
    silences.on = "subject=mcu"
    await down(office)
    await office.world.go(3600)
    shown = office.world.incident(1)
    assert (office.news(), shown["silenced"], shown["silenced_by"], shown["next_at"]) == (
        [],
        True,
        "s1",
        None,
    )
    silences.on = ""
    office.world.engine.silences_changed()
    await office.world.go(0)
    assert office.news() == [("opened", "desk"), ("opened", "an")]
    assert office.world.incident(1)["silenced_by"] == ""
    await office.world.go(10 * MIN)
    assert office.news() == [("escalated", "hai")]
    await office.world.stop()


async def test_what_began_and_ended_in_a_silence_is_told_to_nobody(tmp_path: Path) -> None:
    silences = Silences()
    silences.on = "kind=mcu"
    office = Office(tmp_path, silenced=silences)
    await down(office)
    await up(office)
    silences.on = ""
    office.world.engine.silences_changed()
    await office.world.go(3600)
    assert office.news() == []
    await office.world.stop()


async def test_a_silence_that_begins_later_stops_the_chain_and_hides_no_close(tmp_path: Path) -> None:
    silences = Silences()
    office = Office(tmp_path, silenced=silences)
    await down(office)
    office.news()
    silences.on = "severity=critical"
    office.world.engine.silences_changed()
    await office.world.go(20 * MIN)
    assert office.news() == []
    silences.on = ""
    office.world.engine.silences_changed()
    await office.world.go(0)
    assert office.news() == [("escalated", "hai")], "the step that fell due meanwhile"
    silences.on = "severity=critical"
    office.world.engine.silences_changed()
    await up(office)
    assert office.news() == [("closed", "desk"), ("closed", "an"), ("closed", "hai")]
    await office.world.stop()


async def test_a_silence_outlives_a_restart_and_what_it_held_is_told_once_seen(tmp_path: Path) -> None:
    silences = Silences()
    silences.on = "subject=mcu"
    office = Office(tmp_path, silenced=silences)
    await down(office)
    await office.restart()
    silences.on = ""  # it ended while the service was away
    office.world.put("mcu", "unknown", reason="not_yet_probed")
    await office.world.go(10)
    assert office.news() == []
    await down(office)
    await office.world.go(1)
    assert office.news() == [("opened", "desk"), ("opened", "an")]
    await office.world.stop()


async def test_nothing_is_told_of_the_root_under_maintenance_until_it_ends(tmp_path: Path) -> None:
    office = Office(tmp_path)
    world = office.world
    await down(office)
    office.news()
    until = world.clock.at + 3600
    await world.engine.maintain("endpoint", "mcu", None, until, "thay nguồn", "An")
    world.put("mcu", "maintenance")
    await world.go(3599)
    assert office.news() == []
    assert world.incident(1)["silenced_by"] == "maintenance"
    world.put("mcu", "down")
    await world.go(1)
    assert office.news() == [("escalated", "hai")]
    await world.stop()


async def test_an_incident_that_no_route_takes_is_shown_as_told_to_nobody(tmp_path: Path) -> None:
    office = Office(tmp_path, duty(Route("other", match=(parse('kind="uplink"'),), tell=("receiver:desk",))))
    await down(office)
    assert office.news() == []
    assert office.world.incident(1)["untold"] == "no_route"
    assert ("untold", "no_route") in [
        (each.get("verb"), each.get("because")) for each in office.world.explain(1)
    ]
    await up(office)
    assert office.news() == []
    await office.world.stop()


async def test_a_warning_that_turns_critical_takes_the_chain_of_its_new_severity(tmp_path: Path) -> None:
    office = Office(tmp_path, duty(*usual()))
    office.world.all()
    office.world.put("mcu", "up", loss=30.0)
    for _ in range(40):
        await office.world.go(10)
        office.world.put("mcu", "up", loss=30.0)
    assert office.news() == [("opened", "desk")]
    await down(office)
    assert office.news() == [("raised", "desk"), ("raised", "an")]
    await up(office)
    await office.world.stop()


async def test_whom_the_opening_never_reached_is_not_told_the_close(tmp_path: Path) -> None:
    def refuse(notification: object) -> None:
        raise Undeliverable("no such number", permanent=True)

    office = Office(tmp_path, Duty(routes=(Route("all", tell=("receiver:desk", "receiver:board")),)))
    office.lines = {**office.lines, "board": type(office.lines["desk"])()}
    await office.restart()
    office.lines["desk"].fail = refuse
    await down(office)
    office.lines["desk"].fail = lambda notification: None
    await up(office)
    assert office.news() == [("opened", "board"), ("closed", "board")]
    await office.world.stop()


async def test_whoever_was_not_woken_yet_is_not_woken_once_somebody_has_it(tmp_path: Path) -> None:
    def away(notification: object) -> None:
        raise Undeliverable("no network", permanent=False)

    office = Office(tmp_path)
    await down(office)
    for name in ("sms", "mail"):
        office.lines[name].fail = away
    office.news()
    await office.world.go(10 * MIN)
    await office.world.engine.acknowledge(1, "An", "tôi lo")
    for name in ("sms", "mail"):
        office.lines[name].fail = lambda notification: None
    await office.world.go(30 * MIN)
    assert office.lines["sms"].got == office.lines["mail"].got == []
    rows = office.world.ledger.read("SELECT state, answer FROM deliveries WHERE kind = 'escalated'")
    assert rows == [("withdrawn", "somebody has it in hand")]
    await up(office)
    assert [each.person for each in office.lines["sms"].got] == ["an"], "the close, to whom it was told"
    await office.world.stop()


async def test_a_stale_acknowledgement_is_refused(tmp_path: Path) -> None:
    office = Office(tmp_path)
    await down(office)
    seen = office.world.incident(1)["decided"]
    office.world.clock.at += 5
    await office.world.engine.acknowledge(1, "An", "tôi lo", seen)
    office.world.clock.at += 5
    with pytest.raises(Refused, match="An has acknowledged it since") as refused:
        await office.world.engine.acknowledge(1, "Bình", "", seen)
    assert (refused.value.status, refused.value.code, refused.value.about) == (409, "stale", "An")
    await office.world.engine.acknowledge(1, "Bình", "đổi ca", office.world.incident(1)["decided"])
    assert office.world.incident(1)["acknowledged"]["by"] == "Bình"
    await office.world.stop()
