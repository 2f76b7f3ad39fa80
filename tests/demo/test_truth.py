"""What answers follows from what is cut, in whatever order cuts and healings come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.demo.province import Province, Thing
from ioc.demo.truth import Manner, Mode, Reply, Truth
from ioc.errors import Refused

FRONTS = {"core": "link", "ref": "link", "r": "core", "up1": "r", "up2": "r", "vc1": "up1", "vc2": "up2"}
PROVINCE = Province(
    (), (Thing(id, id, "room", front, "127.1.1.1", 1, "sip-udp") for id, front in FRONTS.items())
)
SWALLOWED = Reply(swallowed=True)
names = st.sampled_from([*FRONTS, "link"])


def in_front(thing: str) -> set[str]:
    return {thing} | (in_front(FRONTS[thing]) if thing in FRONTS else set())


@given(st.lists(st.tuples(st.booleans(), names), max_size=30))
def test_a_thing_is_cut_when_it_or_anything_in_front_of_it_is(steps: list[tuple[bool, str]]) -> None:
    truth, cut = Truth(PROVINCE), set[str]()
    for cutting, name in steps:
        (truth.cut if cutting else truth.heal)([name])
        (cut.add if cutting else cut.discard)(name)
    for thing in FRONTS:
        assert truth.is_cut(thing) == bool(in_front(thing) & cut)
        assert truth.reply(thing) == (SWALLOWED if in_front(thing) & cut else Reply())


def test_our_own_link_cut_silences_the_references_too() -> None:
    truth = Truth(PROVINCE)
    truth.cut(["link"])
    assert all(truth.reply(thing) == SWALLOWED for thing in FRONTS)
    truth.heal(["link"])
    assert not any(truth.is_cut(thing) for thing in FRONTS)


@pytest.mark.parametrize(
    ("mode", "reply"),
    [
        (Mode(), Reply()),
        (Mode(Manner.SILENT), SWALLOWED),
        (Mode(Manner.REFUSE), SWALLOWED),
        (Mode(Manner.DELAY, 900), Reply(delay=0.9)),
        (Mode(Manner.CODE, 503), Reply(code=503)),
    ],
)
def test_a_mode_is_of_the_thing_alone(mode: Mode, reply: Reply) -> None:
    truth = Truth(PROVINCE)
    truth.set_mode(["up1"], mode)
    assert truth.reply("up1") == reply
    assert truth.reply("vc1") == Reply()
    truth.heal(["up1"])
    assert truth.reply("up1") == Reply()


def test_as_many_requests_are_lost_as_were_told() -> None:
    truth = Truth(PROVINCE)
    truth.lose(["vc1"], 2)
    assert [truth.reply("vc1").swallowed for _ in range(4)] == [True, True, False, False]
    assert truth.reply("vc2") == Reply()


def test_a_request_swallowed_by_a_cut_does_not_use_up_a_loss() -> None:
    truth = Truth(PROVINCE)
    truth.lose(["vc1"], 1)
    truth.cut(["up1"])
    assert truth.reply("vc1") == SWALLOWED
    truth.heal(["up1"])
    assert truth.reply("vc1") == SWALLOWED
    assert truth.reply("vc1") == Reply()


def test_a_closed_port_behind_a_cut_is_silent_not_closed() -> None:
    truth = Truth(PROVINCE)
    truth.set_mode(["vc1"], Mode(Manner.REFUSE))
    assert truth.closed() == {"vc1"}
    truth.cut(["r"])
    assert truth.closed() == set()


def test_a_strange_name_is_refused_and_changes_nothing() -> None:
    truth = Truth(PROVINCE)
    with pytest.raises(Refused, match="no thing of this province is named 'vc9'"):
        truth.cut(["vc1", "vc9"])
    assert truth.reply("vc1") == Reply()
