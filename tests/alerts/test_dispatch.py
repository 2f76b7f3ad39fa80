from dataclasses import replace
from pathlib import Path

import pytest

from alerts.channels.base import Receiver
from alerts.contacts import following, order
from alerts.dispatch import GRACE
from alerts.notification import Notification
from alerts.pace import Pace
from ioc.duty import Contact, Person
from ioc.errors import Undeliverable
from ioc.state.ledger import Write
from tests.alerts.office import AN, Office
from tests.alerts.world import START, Inbox, World
from tests.fakes import HandClock

ZALO, SMS, MAIL = AN.contacts


def after(seconds: float) -> HandClock:
    return HandClock(START + seconds)


# --- contacts ---


def test_contacts_stand_as_configured_but_failing_ones_last_and_the_one_that_worked_first() -> None:
    assert order(AN, (), None) == (ZALO, SMS, MAIL)
    assert order(AN, (), MAIL) == (MAIL, ZALO, SMS)
    assert order(AN, {"zalo"}, None) == (SMS, MAIL, ZALO)
    assert order(AN, {"zalo", "mail"}, MAIL) == (SMS, MAIL, ZALO)
    assert following(AN, {ZALO}, {"sms"}) == MAIL
    assert following(AN, {ZALO, SMS, MAIL}, ()) is None


async def test_a_critical_message_not_taken_in_60_s_goes_to_the_next_contact(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.lines["zalo"].mode = "away"
    first = office.owe()
    await office.go(59.9)
    assert office.lines["sms"].got == []
    await office.go(0.1)
    assert [(each.instead_of, each.because, each.to, each.repeat) for each in office.lines["sms"].got] == [
        (first, "failover", "0912", True)
    ]
    assert office.rows() == [(1, "zalo", "withdrawn", None), (2, "sms", "told", 1)]
    office.lines["zalo"].mode = "ok"
    await office.go(7200)
    assert office.lines["zalo"].got == []
    await office.stop()


async def test_others_have_five_minutes(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.lines["zalo"].mode = "away"
    office.owe(severity="warning")
    await office.go(299)
    assert office.lines["sms"].got == []
    await office.go(1)
    assert len(office.lines["sms"].got) == 1
    await office.stop()


async def test_a_refusal_for_good_goes_to_the_next_contact_at_once(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.lines["zalo"].mode = office.lines["sms"].mode = "never"
    office.owe()
    await office.go(0)
    assert office.rows() == [
        (1, "zalo", "failed", None), (2, "sms", "failed", 1), (3, "mail", "told", 2),
    ]  # fmt: skip
    states = [(each.state, each.instead.receiver if each.instead else "") for each in office.settlements]
    assert states == [("failed", "sms"), ("failed", "mail"), ("told", "")]
    await office.stop()


async def test_a_contact_under_way_is_never_withdrawn_and_its_success_calls_the_next_one_off(
    tmp_path: Path,
) -> None:
    office = Office(tmp_path)
    office.lines["zalo"].mode = "hang"
    office.lines["sms"].mode = "away"
    office.owe()
    await office.go(61)
    assert office.rows() == [(1, "zalo", "owed", None), (2, "sms", "owed", 1)]
    office.lines["zalo"].mode = "ok"
    office.lines["zalo"].let_go.set()
    await office.go(1)
    assert office.rows("id, receiver, state, answer") == [
        (1, "zalo", "told", "200"), (2, "sms", "withdrawn", "told already: delivery 1"),
    ]  # fmt: skip
    await office.stop()


async def test_a_contact_under_way_that_fails_after_its_successor_was_owed_is_not_tried_again(
    tmp_path: Path,
) -> None:
    office = Office(tmp_path)
    office.lines["zalo"].mode = "hang"
    office.owe()
    await office.go(61)
    office.lines["zalo"].mode = "away"
    office.lines["zalo"].let_go.set()
    await office.go(600)
    assert len(office.lines["zalo"].tried) == 1
    assert office.rows() == [(1, "zalo", "withdrawn", None), (2, "sms", "told", 1)]
    await office.stop()


async def test_what_stands_behind_a_late_one_moves_with_it_in_order(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.lines["zalo"].mode = "hang"
    office.owe()
    await office.go(59)
    office.owe(kind="raised")
    await office.go(1)
    assert [(each.kind, each.instead_of, each.repeat) for each in office.lines["sms"].got] == [
        ("opened", 1, True), ("raised", 2, False),
    ]  # fmt: skip
    await office.stop()


async def test_what_is_new_goes_past_a_receiver_that_fails_just_now(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.lines["zalo"].mode = "away"
    office.owe()
    await office.go(1)
    office.owe(kind="raised")
    await office.go(0)
    assert office.lines["sms"].kinds == ["raised"]
    await office.stop()


async def test_the_contact_that_worked_last_is_first_for_the_same_incident_only(tmp_path: Path) -> None:
    office = Office(tmp_path)
    row = (1, "mcu", START, None, "{}")
    office.ledger.commit(Write("INSERT INTO incidents VALUES (?, ?, ?, ?, ?)", row))
    office.lines["zalo"].mode = "never"
    office.owe()
    await office.go(0)
    await office.go(400)  # by now nobody knows whether zalo still fails
    assert office.dispatch.contact(1, AN) == SMS
    assert office.dispatch.contact(2, AN) == ZALO
    await office.stop()
    again = Office(tmp_path, clock=after(500))
    assert again.dispatch.contact(1, AN) == SMS
    assert again.dispatch.contact(2, AN) == ZALO
    await again.stop()


async def test_the_last_contact_is_tried_until_its_age_is_over(tmp_path: Path) -> None:
    office = Office(tmp_path)
    for line in office.lines.values():
        line.mode = "away"
    office.owe()
    await office.go(120)
    assert office.rows() == [
        (1, "zalo", "withdrawn", None), (2, "sms", "withdrawn", 1), (3, "mail", "owed", 2),
    ]  # fmt: skip
    office.lines["mail"].mode = "ok"
    await office.go(600)
    assert office.lines["mail"].ids == [3]
    await office.stop()


async def test_a_receiver_that_is_gone_hands_over_to_the_next_contact(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.lines["zalo"].mode = "away"
    office.owe()
    await office.go(1)
    office.dispatch.apply({name: office.receiver(name) for name in ("sms", "mail")}, office.people)
    await office.go(0)
    assert office.rows() == [(1, "zalo", "failed", None), (2, "sms", "told", 1)]
    assert office.picture.get("self/channel/zalo") is None
    await office.stop()


async def test_a_contact_whose_receiver_does_not_take_the_severity_is_passed_over(tmp_path: Path) -> None:
    office = Office(tmp_path)
    grave = replace(office.receiver("sms"), severities=frozenset({"critical"}))
    told = {name: office.receiver(name) for name in ("zalo", "mail")} | {"sms": grave}
    office.dispatch.apply(told, office.people)
    office.lines["zalo"].mode = "never"
    office.owe(1, severity="warning")
    office.owe(2, severity="critical")
    await office.go(0)
    assert [each.incident for each in office.lines["mail"].got] == [1]
    assert [each.incident for each in office.lines["sms"].got] == [2]
    await office.stop()


# --- age ---


async def test_what_is_older_than_an_hour_is_summed_up_once_when_it_can_be_told(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.lines["desk"].mode = "away"
    for incident in (1, 2, 3):
        office.owe(incident, receiver="desk")
        await office.go(60)
    office.owe(2, "closed", receiver="desk")
    office.closed[2] = office.clock.at
    await office.go(4000)
    office.lines["desk"].mode = "ok"
    await office.go(301)
    (said,) = office.lines["desk"].got
    assert (said.kind, said.incident, said.because) == ("summary", 0, "age")
    assert said.annotations["what"].startswith("4 tin không gửi được trong khoảng ")
    lines = said.annotations["lines"].split("\n")
    assert [each.split(": ")[1] for each in lines] == [
        "Sự cố 1 (sự cố 1)", "Sự cố 3 (sự cố 3)", "Sự cố 2 (sự cố 2)",
    ]  # fmt: skip
    assert lines[2].startswith("Đã hết lúc ")
    assert [row[1:] for row in office.rows("id, state, summary")] == [
        ("withdrawn", 5), ("withdrawn", 5), ("withdrawn", 5), ("withdrawn", 5), ("told", None),
    ]  # fmt: skip
    await office.stop()


async def test_the_close_of_something_told_is_owed_for_24_hours(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.owe(receiver="desk")
    await office.go(0)
    office.lines["desk"].mode = "away"
    office.owe(kind="closed", receiver="desk")
    await office.go(86_000)
    assert office.rows("state") == [("told",), ("owed",)]
    office.lines["desk"].mode = "ok"
    await office.go(301)
    assert office.lines["desk"].kinds == ["opened", "closed"]
    await office.stop()


async def test_an_end_that_comes_while_its_opening_waits_in_a_summary_is_told_by_that(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.lines["desk"].mode = "away"
    office.owe(receiver="desk")
    await office.go(3700)
    office.closed[1] = office.clock.at
    office.owe(kind="closed", receiver="desk")
    await office.go(1)
    assert office.rows("kind, state") == [
        ("opened", "withdrawn"), ("summary", "owed"), ("closed", "withdrawn"),
    ]  # fmt: skip
    office.lines["desk"].mode = "ok"
    await office.go(301)
    assert office.lines["desk"].kinds == ["summary"]
    assert "Đã hết lúc" in office.lines["desk"].got[0].annotations["lines"]
    assert office.lines["desk"].got[0].status == "resolved"
    await office.stop()


async def test_a_summary_goes_round_all_contacts_of_a_person_until_one_takes_it(tmp_path: Path) -> None:
    office = Office(tmp_path)
    for line in office.lines.values():
        line.mode = "away"
    office.owe()
    await office.go(6 * 3600)
    office.lines["zalo"].mode = "ok"
    await office.go(2 * 3600)
    assert office.lines["zalo"].kinds == ["summary"]
    assert "Sự cố 1" in office.lines["zalo"].got[0].annotations["lines"]
    assert "owed" not in {row[0] for row in office.rows("state")}
    await office.stop()


async def test_a_receiver_may_have_an_age_of_its_own(tmp_path: Path) -> None:
    office = Office(tmp_path, max_age=600.0)
    office.lines["desk"].mode = "away"
    office.owe(receiver="desk")
    await office.go(601)
    assert office.rows("kind, state") == [("opened", "withdrawn"), ("summary", "owed")]
    await office.stop()


async def test_a_clock_that_is_set_makes_nothing_too_old(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.lines["desk"].mode = "away"
    office.owe(receiver="desk")
    await office.go(10)
    office.clock.ahead = 7200.0
    await office.go(60)
    office.lines["desk"].mode = "ok"
    await office.go(60)
    assert office.lines["desk"].kinds == ["opened"]
    await office.stop()


# --- pace ---


def test_no_more_than_so_many_go_in_any_minute() -> None:
    pace = Pace(3)
    gone: list[float] = []
    now = 0.0
    while now < 300:
        if pace.wait(now) == 0:
            pace.take(now)
            gone.append(now)
        now += 0.5
    assert all(sum(at <= each < at + 60 for each in gone) <= 3 for at in gone)
    assert len(gone) == 15
    assert Pace().wait(0.0) == 0.0


async def test_a_receiver_with_a_pace_is_told_the_gravest_first_and_the_rest_is_shown(tmp_path: Path) -> None:
    office = Office(tmp_path, per_minute=2)
    for incident, severity in enumerate(["info", "info", "warning", "info", "critical"], start=1):
        office.owe(incident, receiver="desk", severity=severity)
    await office.go(0)
    assert [each.incident for each in office.lines["desk"].got] == [1, 2]
    office.owe(9, receiver="desk", severity="info")
    await office.go(1)
    assert (office.picture.get("self/channel/desk") or {})["held"] == 4
    await office.go(60)
    assert [each.incident for each in office.lines["desk"].got] == [1, 2, 5, 3]
    await office.go(60)
    assert [each.incident for each in office.lines["desk"].got] == [1, 2, 5, 3, 4, 9]
    await office.stop()


# --- what is shown ---


async def test_a_channel_is_shown_as_failing_since_when_why_and_with_what_is_owed(tmp_path: Path) -> None:
    office = Office(tmp_path)
    key = "self/channel/desk"
    assert office.picture.get(key) == {"state": "ok", "since": START, "detail": "", "owed": 0, "held": 0}
    office.lines["desk"].mode = "away"
    await office.go(5)
    office.owe(receiver="desk")
    await office.go(90)
    assert office.picture.get(key) == {
        "state": "failing", "since": START + 5, "detail": "away", "owed": 1, "held": 0,
    }  # fmt: skip
    office.lines["desk"].mode = "ok"
    await office.go(60)
    shown = office.picture.get(key) or {}
    assert (shown["state"], shown["owed"]) == ("ok", 0)
    assert shown["since"] > START + 90
    await office.stop()


# --- crashes ---


async def test_killed_after_a_failover_was_written_the_first_contact_is_not_told_as_well(
    tmp_path: Path,
) -> None:
    office = Office(tmp_path)
    office.lines["zalo"].mode = "hang"
    office.lines["sms"].mode = "away"
    office.owe()
    await office.go(61)
    assert office.rows("state") == [("owed",), ("owed",)]
    await office.stop()
    again = Office(tmp_path, clock=after(70))
    await again.go(0)
    assert again.rows() == [(1, "zalo", "withdrawn", None), (2, "sms", "told", 1)]
    assert (again.lines["zalo"].got, [each.repeat for each in again.lines["sms"].got]) == ([], [True])
    await again.stop()


async def a_bad_night(office: Office) -> None:
    """Refusals, a failover in time, a summary, and ends: twelve commits."""
    lines = office.lines
    lines["zalo"].mode, lines["sms"].mode, lines["desk"].mode = "never", "away", "away"
    for incident, receiver, severity in (
        (1, "", "critical"),
        (1, "desk", "critical"),
        (2, "desk", "warning"),
    ):
        if not office.mortal.dead:
            office.owe(incident, receiver=receiver, severity=severity)
            await office.go(1)
    await office.go(120)
    if not office.mortal.dead:
        office.owe(1, "closed")
        office.owe(1, "closed", receiver="desk")
    await office.go(3700)
    if not office.mortal.dead:
        lines["desk"].mode = "ok"
    await office.go(301)


@pytest.mark.parametrize("commits", range(13))
async def test_killed_after_any_commit_nobody_loses_a_message_nor_is_told_twice_unmarked(
    tmp_path: Path, commits: int
) -> None:
    office = Office(tmp_path, dies_after=commits)
    await a_bad_night(office)
    await office.stop()
    for line in office.lines.values():
        line.mode = "ok"
    at = office.clock.at + 30
    again = Office(tmp_path, lines=office.lines, clock=HandClock(at))
    await again.go(600)
    rows = again.rows("id, state, summary, instead_of")
    assert {row[1] for row in rows} <= {"told", "failed", "withdrawn"}
    told = {row[0] for row in rows if row[1] == "told"}
    for id, state, summary, _ in rows:
        after = {row[0] for row in rows if row[3] == id}
        assert state == "told" or summary in told or after, rows
    got = [each for line in office.lines.values() for each in line.got]
    assert told <= {each.id for each in got}
    for id in told:
        assert sum(each.id == id and not each.repeat for each in got) <= 1
    await again.stop()


async def test_a_contact_has_a_moment_after_a_start_before_the_next_one_is_tried(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.lines["zalo"].mode = "away"
    office.owe()
    await office.go(30)
    await office.stop()
    again = Office(tmp_path, clock=after(600))
    again.lines["zalo"].mode = "away"
    await again.go(GRACE - 0.1)
    assert again.lines["sms"].got == []
    await again.go(0.2)
    assert [each.repeat for each in again.lines["sms"].got] == [True]
    await again.stop()


async def test_contacts_tried_before_a_restart_are_not_tried_again(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.lines["zalo"].mode = office.lines["sms"].mode = "away"
    office.owe()
    await office.go(61)
    await office.stop()
    again = Office(tmp_path, clock=after(70))
    again.lines["sms"].mode = "away"
    await again.go(120)
    assert (again.lines["zalo"].tried, again.lines["mail"].ids) == ([], [3])
    await again.stop()


async def test_what_a_summary_covers_survives_a_restart(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.lines["desk"].mode = "away"
    office.owe(1, receiver="desk")
    office.owe(2, receiver="desk")
    await office.go(3700)
    await office.stop()
    again = Office(tmp_path, clock=after(4000))
    again.closed[2] = START + 3900
    await again.go(0)
    (said,) = again.lines["desk"].got
    assert said.annotations["what"].startswith("2 tin")
    assert said.annotations["lines"].count("\n") == 1
    assert again.rows("state")[-1] == ("told",)
    await again.stop()


async def test_owed_pages_of_a_service_that_was_off_for_hours_are_one_summary(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.lines["desk"].mode = "away"
    for incident in range(1, 301):
        office.owe(incident, receiver="desk")
    await office.go(1)
    await office.stop()
    again = Office(tmp_path, clock=after(3 * 3600))
    await again.go(1)
    (said,) = again.lines["desk"].got
    assert said.annotations["what"].startswith("300 tin")
    lines = said.annotations["lines"].split("\n")
    assert (len(lines), lines[-1]) == (200, "… và 101 sự cố nữa")
    await again.stop()


async def test_a_person_who_is_no_longer_configured_is_told_where_it_was_owed(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.lines["zalo"].mode = "away"
    office.owe()
    await office.go(1)
    office.dispatch.apply({name: office.receiver(name) for name in office.lines}, {})
    await office.go(300)
    office.lines["zalo"].mode = "ok"
    await office.go(300)
    assert office.lines["zalo"].ids == [1]
    await office.stop()


@pytest.mark.parametrize("kind", ["test", "digest"])
async def test_a_test_or_a_digest_that_came_too_late_is_not_summed_up(tmp_path: Path, kind: str) -> None:
    office = Office(tmp_path)
    office.lines["desk"].mode = "away"
    office.owe(0, kind, receiver="desk")
    await office.go(3700)
    assert office.rows("kind, state, answer") == [(kind, "withdrawn", "too old")]
    await office.stop()


def test_a_person_with_one_contact_has_no_further_one() -> None:
    one = Person("bình", "Bình", (Contact("sms", "1"),))
    assert following(one, {Contact("sms", "1")}, ()) is None


# --- a channel that fails is an incident of our own ---


async def test_a_channel_that_fails_for_two_minutes_is_told_by_the_other_ways(tmp_path: Path) -> None:
    first, second = Inbox(), Inbox()
    receivers = {"sms": Receiver("sms", first), "mail": Receiver("mail", second)}
    world = World(tmp_path, receivers=receivers)

    def away(notification: Notification) -> None:
        raise Undeliverable("no carrier", permanent=False)

    first.fail = away
    world.put("mcu", "down")
    await world.go(119)
    assert [each.labels["alertname"] for each in second.got] == ["core-down"]
    await world.go(1)
    told = second.got[-1]
    assert (told.labels["alertname"], told.labels["subject"]) == ("channel-failing", "self/channel/sms")
    assert told.annotations["what"] == "Kênh báo tin sms không gửi được"
    assert told.annotations["next_action"].endswith("no carrier")
    first.fail = lambda notification: None
    await world.go(301)
    assert (second.got[-1].kind, second.got[-1].labels["alertname"]) == ("closed", "channel-failing")
    assert (world.picture.get("self/channel/sms") or {})["state"] == "ok"
    await world.stop()
