"""The intake: samples in, states in the picture and in the state file out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from ioc.intake import Intake
from ioc.inventory import Endpoint, Inventory, Owner, Probe, Site
from ioc.model import Reason, Role, Sample, Verdict
from ioc.picture import Picture
from ioc.state.ledger import Write
from ioc.telemetry import Telemetry
from ioc.units import Span, Unit, Units
from tests.fakes import HandClock

ROLES: Mapping[str, Role] = {"sip": Role.REACHABILITY, "icmp": Role.REACHABILITY, "mcu": Role.SERVICE}


def endpoint(id: str, *sources: str, parent: str = "", expected: str = "always") -> Endpoint:
    probes = tuple(Probe(source, 10.0, 1.0, None) for source in sources or ("sip",))
    return Endpoint(
        id,
        f"Phòng {id}",
        "room",
        "vc",
        "xa",
        "127.0.0.1",
        probes,
        parent=parent,
        site="tru-so",
        expected=expected,
    )


class House:
    """An intake between a hand-moved clock and a real picture."""

    def __init__(self, *endpoints: Endpoint, references: tuple[str, ...] = ()) -> None:
        self.references = references
        self.clock = HandClock(1_000.0)
        self.picture = Picture("e", lambda see, error: pytest.fail(f"{see}: {error}"))
        self.expecting = True
        self.maintained: set[str] = set()
        self.written: list[Write] = []
        self.telemetry = Telemetry()
        self.intake = Intake(
            self.clock, self.picture, ROLES, lambda each, now: self.expecting,
            lambda each, now: each in self.maintained, self.written.append, self.telemetry,
        )  # fmt: skip
        self.apply(*endpoints)

    def apply(self, *endpoints: Endpoint) -> None:
        units = Units([Unit("xa", (Span("Xã"),))])
        site = Site("tru-so", "Trụ sở", "xa", Owner("Trực", "0237", "VNPT", "K1", "1800"))
        self.intake.apply(Inventory(units, [site], endpoints, self.references))

    def sample(self, subject: str, verdict: Verdict | None, source: str = "sip", **more: Any) -> None:
        self.intake.accept(Sample(subject, self.clock.at, source, verdict, **more))

    def live(self, id: str) -> Mapping[str, Any]:
        value = self.picture.get(f"endpoint/{id}")
        assert value is not None
        return value

    def state(self, id: str) -> str:
        return str(self.live(id)["state"])


@pytest.fixture(autouse=True)
async def _on_a_loop() -> None:
    """The alarm of staleness needs a running loop."""


async def test_an_endpoint_is_unknown_until_it_was_probed_and_then_what_was_found() -> None:
    house = House(endpoint("a"))
    assert (house.state("a"), house.live("a")["reason"]) == ("unknown", "not_yet_probed")
    house.sample("a", Verdict.OK, fields={"rtt": 12.5, "loss": 0.0})
    assert house.live("a") == {
        "state": "up", "since": 1_000.0, "at": 1_000.0, "reason": "answered", "detail": "", "answering": True,
        "rtt": 12.5, "loss": 0.0, "measured": 1_000.0,
    }  # fmt: skip
    house.intake.stop()


async def test_every_sample_moves_at_and_numbers_but_not_since() -> None:
    house = House(endpoint("a"))
    house.sample("a", Verdict.OK, fields={"rtt": 1.0})
    house.clock.at += 10
    house.sample("a", Verdict.OK, fields={"rtt": 2.0})
    assert (house.live("a")["since"], house.live("a")["at"], house.live("a")["rtt"]) == (
        1_000.0,
        1_010.0,
        2.0,
    )
    house.intake.stop()


async def test_down_began_with_the_first_miss_and_its_reason_is_told() -> None:
    house = House(endpoint("a"))
    house.sample("a", Verdict.OK)
    house.clock.at += 10
    house.sample(
        "a", Verdict.DOWN, since=1_007.0, answered=False, reason=Reason.REFUSED, detail="port 5060 closed"
    )
    live = house.live("a")
    assert (live["state"], live["since"], live["reason"]) == ("down", 1_007.0, "refused")
    assert (live["detail"], live["answering"]) == ("port 5060 closed", False)
    house.intake.stop()


async def test_an_answer_while_still_down_is_shown_as_answering() -> None:
    house = House(endpoint("a"))
    house.sample("a", Verdict.DOWN, answered=False)
    house.sample("a", Verdict.DOWN, answered=True)
    assert (house.state("a"), house.live("a")["answering"]) == ("down", True)
    house.intake.stop()


async def test_a_service_that_answers_does_not_make_a_silent_endpoint_answering() -> None:
    house = House(endpoint("a", "sip", "mcu"))
    house.sample("a", Verdict.DOWN, answered=False)
    house.sample("a", Verdict.OK, "mcu", answered=True)
    assert (house.state("a"), house.live("a")["answering"]) == ("down", False)
    house.intake.stop()


async def test_a_changed_reason_is_shown_though_the_verdict_stays() -> None:
    house = House(endpoint("a"))
    house.sample("a", Verdict.DEGRADED, reason=Reason.BAD_STATUS, detail="503")
    house.sample("a", Verdict.DEGRADED, reason=Reason.BAD_STATUS, detail="500")
    assert house.live("a")["detail"] == "500"
    house.intake.stop()


async def test_children_of_a_parent_that_falls_turn_unreachable_and_back() -> None:
    house = House(endpoint("uplink"), endpoint("room", parent="uplink"))
    house.sample("uplink", Verdict.OK)
    house.sample("room", Verdict.DOWN, answered=False, since=990.0)
    assert house.state("room") == "down"
    house.sample("uplink", Verdict.DOWN, answered=False)
    assert (house.state("room"), house.live("room")["reason"]) == ("unreachable", "parent_down")
    house.sample("uplink", Verdict.OK)
    assert house.state("room") == "down"
    house.intake.stop()


async def test_two_levels_below_a_cut_are_unreachable_too() -> None:
    house = House(endpoint("d"), endpoint("s", parent="d"), endpoint("r", parent="s"))
    house.sample("r", Verdict.DOWN, answered=False)
    house.sample("s", Verdict.DOWN, answered=False)
    house.sample("d", Verdict.DOWN, answered=False)
    assert [house.state(each) for each in "dsr"] == ["down", "unreachable", "unreachable"]
    house.intake.stop()


async def test_without_our_own_link_nothing_is_known_and_since_survives_it() -> None:
    house = House(endpoint("a"))
    house.sample("a", Verdict.OK)
    house.clock.at += 5
    house.intake.uplink(False, house.clock.at)
    assert (house.state("a"), house.live("a")["reason"]) == ("unknown", "own_link_down")
    assert house.picture.get("self/uplink") == {"state": "down", "since": 1_005.0}
    house.clock.at += 5
    house.intake.uplink(True, house.clock.at)
    assert (house.state("a"), house.live("a")["since"]) == ("up", 1_000.0)
    house.intake.stop()


async def test_silence_of_what_nobody_expects_is_off_until_somebody_does() -> None:
    house = House(endpoint("a", expected="office"))
    house.expecting = False
    house.intake.look_again(["a"], house.clock.at)
    house.sample("a", Verdict.DOWN, answered=False, since=995.0)
    assert house.state("a") == "off"
    house.expecting = True
    house.intake.look_again(["a"], house.clock.at)
    assert (house.state("a"), house.live("a")["since"]) == ("down", 995.0)
    house.intake.stop()


async def test_maintenance_hides_the_state_and_gives_it_back() -> None:
    house = House(endpoint("a"))
    house.sample("a", Verdict.DOWN, answered=False)
    house.maintained.add("a")
    house.intake.look_again(["a"], house.clock.at)
    assert house.state("a") == "maintenance"
    house.sample("a", Verdict.DOWN, answered=False)
    assert house.state("a") == "maintenance"
    house.maintained.clear()
    house.intake.look_again(["a"], house.clock.at)
    assert house.state("a") == "down"
    house.intake.stop()


async def test_numbers_of_a_second_source_carry_its_name() -> None:
    house = House(endpoint("a", "sip", "icmp"))
    house.sample("a", Verdict.OK, fields={"rtt": 30.0})
    house.sample("a", Verdict.OK, "icmp", fields={"rtt": 2.0})
    assert (house.live("a")["rtt"], house.live("a")["icmp_rtt"]) == (30.0, 2.0)
    house.intake.stop()


async def test_samples_of_nobody_we_know_are_counted_and_change_nothing() -> None:
    house = House(endpoint("a"))
    before = house.picture.offset
    house.sample("b", Verdict.DOWN)
    house.sample("a", Verdict.DOWN, "icmp")
    assert house.picture.offset == before
    assert house.telemetry.count("ioc_samples_stray") == 2
    house.intake.stop()


async def test_a_removed_endpoint_leaves_the_picture_and_the_state_file() -> None:
    house = House(endpoint("a"), endpoint("b"))
    house.written.clear()
    house.apply(endpoint("b"))
    assert list(house.picture.keys("endpoint/")) == ["endpoint/b"]
    assert list(house.picture.keys("about/")) == ["about/b"]
    assert [write.params for write in house.written] == [("a",), ("a",)]
    house.intake.stop()


async def test_a_reload_keeps_what_is_known_of_who_stays() -> None:
    house = House(endpoint("a", "sip", "icmp"))
    house.sample("a", Verdict.DOWN, answered=False)
    house.sample("a", Verdict.OK, "icmp")
    assert house.state("a") == "degraded"
    house.apply(endpoint("a", "sip"))
    assert house.state("a") == "down"
    house.intake.stop()


async def test_a_change_is_written_and_a_repetition_is_not() -> None:
    house = House(endpoint("a"))
    house.clock.ahead = 3_600.0
    house.sample("a", Verdict.OK)
    house.sample("a", Verdict.OK)
    verdicts = [write.params for write in house.written if "INTO verdicts" in write.sql]
    states = [write.params for write in house.written if "INTO states" in write.sql]
    assert verdicts == [("a", "sip", "ok", 4_600.0)], "times in the file are civil"
    assert states == [("a", "up", 4_600.0, "answered", "")]
    house.intake.stop()


async def test_after_a_restart_an_endpoint_is_unknown_and_then_down_since_before() -> None:
    house = House(endpoint("a"), endpoint("b"))
    house.intake.restore([("a", "down", 400.0), ("b", "up", 300.0)], [("a", "sip", "down", 400.0)])
    assert house.state("a") == "unknown"
    house.sample("a", Verdict.DOWN, answered=False, since=999.0)
    house.sample("b", Verdict.OK)
    assert (house.state("a"), house.live("a")["since"]) == ("down", 400.0)
    assert (house.state("b"), house.live("b")["since"]) == ("up", 300.0)
    house.intake.stop()


async def test_the_owner_is_the_sites_where_the_endpoint_names_none() -> None:
    house = House(endpoint("a"))
    value = house.picture.get("about/a")
    assert value is not None
    assert value["owner"] == {
        "name": "Trực", "phone": "0237", "carrier": "VNPT", "circuit": "K1", "hotline": "1800"
    }  # fmt: skip
    house.intake.stop()


async def test_what_is_not_heard_of_for_three_intervals_is_unknown() -> None:
    house = House(endpoint("a"))
    house.sample("a", Verdict.OK)
    house.clock.at += 31.9
    house.intake.look_again(["a"], house.clock.at)
    assert house.state("a") == "up"
    house.clock.at += 0.2
    house.intake.look_again(["a"], house.clock.at)
    assert (house.state("a"), house.live("a")["reason"]) == ("unknown", "stale")
    house.intake.stop()


async def test_behind_a_cut_under_maintenance_nothing_turns_down() -> None:
    house = House(endpoint("uplink"), endpoint("hub", parent="uplink"), endpoint("room", parent="hub"))
    for each in ("uplink", "hub", "room"):
        house.sample(each, Verdict.OK)
    house.sample("uplink", Verdict.DOWN, answered=False)
    for each in ("hub", "room"):
        house.sample(each, Verdict.DOWN, answered=False)
    house.maintained.add("uplink")
    house.intake.look_again(["uplink"], house.clock.at)
    assert [house.state(each) for each in ("uplink", "hub", "room")] == [
        "maintenance",
        "unreachable",
        "unreachable",
    ]
    house.sample("uplink", Verdict.OK)
    assert [house.state(each) for each in ("uplink", "hub", "room")] == ["maintenance", "down", "unreachable"]
    house.sample("uplink", Verdict.DOWN, answered=False)
    assert [house.state(each) for each in ("uplink", "hub", "room")] == [
        "maintenance",
        "unreachable",
        "unreachable",
    ]
    house.maintained.clear()
    house.intake.look_again(["uplink"], house.clock.at)
    assert [house.state(each) for each in ("uplink", "hub", "room")] == ["down", "unreachable", "unreachable"]
    house.intake.stop()


async def test_what_a_quick_source_says_grows_stale_beside_a_slow_one() -> None:
    room = endpoint("a", "sip", "mcu")
    quick, slow = room.probes
    house = House(replace(room, probes=(quick, replace(slow, every=300.0))))
    house.sample("a", Verdict.OK)
    house.sample("a", Verdict.OK, "mcu")
    house.clock.at += 40
    house.intake._stale._fire()
    assert (house.state("a"), house.live("a")["reason"]) == ("unknown", "stale")
    house.intake.stop()


async def test_an_answer_of_a_source_that_says_nothing_any_more_is_no_answer() -> None:
    house = House(endpoint("a", "sip", "icmp"))
    house.sample("a", Verdict.DOWN, answered=False)
    house.sample("a", Verdict.DOWN, "icmp", answered=True)
    house.clock.at += 20
    house.sample("a", Verdict.DOWN, answered=False)
    assert house.live("a")["answering"] is True
    house.clock.at += 20
    house.intake._stale._fire()
    assert (house.state("a"), house.live("a")["answering"]) == ("down", False)
    house.intake.stop()


async def test_our_own_link_is_known_to_be_well_from_the_first_answer_of_a_reference() -> None:
    house = House(endpoint("a"), endpoint("ref"), references=("ref",))
    house.sample("a", Verdict.OK)
    house.sample("ref", Verdict.OK, answered=False)
    assert house.picture.get("self/uplink") is None
    house.clock.at += 1
    house.sample("ref", Verdict.OK)
    assert house.picture.get("self/uplink") == {"state": "ok", "since": 1_001.0}
    house.intake.stop()


async def test_without_references_our_own_link_is_never_in_doubt() -> None:
    house = House(endpoint("a"))
    assert house.picture.get("self/uplink") == {"state": "ok", "since": 1_000.0}
    house.intake.stop()


async def test_what_was_taken_out_while_we_were_away_leaves_the_state_file_too() -> None:
    house = House(endpoint("a"))
    house.written.clear()
    house.intake.restore([("gone", "up", 300.0), ("a", "up", 300.0)], [("gone", "sip", "ok", 300.0)])
    assert [(write.sql.split()[2], write.params) for write in house.written] == [
        ("states", ("gone",)),
        ("verdicts", ("gone",)),
    ]
    house.intake.stop()
