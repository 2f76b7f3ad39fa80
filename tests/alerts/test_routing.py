"""What routes and references amount to, and why to nobody."""

from datetime import datetime
from types import MappingProxyType

import pytest

from alerts.channels.base import Receiver
from alerts.notification import Target
from alerts.routing import Directory, Found, Matter, Miss, Reason, find, reach, route
from ioc.duty import Chain, Contact, Duty, Person, Route, Schedule, Step
from ioc.matchers import parse
from ioc.units import Span, Unit, Units
from tests.alerts.duty import OFFICE, ZONE, Addressed
from tests.alerts.world import Inbox

UNITS = Units(
    [
        Unit("th", (Span("Tỉnh"),)),
        Unit("xa", (Span("Xã", parent="th"),)),
        Unit("thon", (Span("Thôn", parent="xa"),)),
    ]
)
RECEIVERS = {
    "desk": Receiver("desk", Inbox()),
    "night": Receiver("night", Inbox(), frozenset({"critical"})),
    "sms": Receiver("sms", Addressed(), frozenset({"critical"})),
    "mail": Receiver("mail", Addressed()),
    "board": Receiver("board", Inbox(), unit="th"),
}
AN = Person("an", "An", (Contact("sms", "+84"), Contact("mail", "an@x.vn")), "xa")
MUTE = Person("mute", "Câm", (Contact("sms", "+85"),), "thon")
CHAIN = Chain("truc", (Step(("person:an",), 60.0),))
MONDAY_9, MONDAY_20 = (datetime(2026, 9, 21, hour, tzinfo=ZONE).timestamp() for hour in (9, 20))


def directory(
    *routes: Route, on_call: tuple[str, ...] = ("an",), failing: frozenset[str] = frozenset()
) -> Directory:
    duty = Duty({"an": AN, "mute": MUTE}, {"truc": Schedule("truc", "Trực", ZONE)}, {"truc": CHAIN}, routes)
    return Directory(
        duty,
        RECEIVERS,
        UNITS,
        MappingProxyType({"office": OFFICE}),
        lambda schedule, civil: on_call,
        lambda: failing,
    )


def matter(severity: str = "critical", unit: str = "thon", **labels: str) -> Matter:
    return Matter({"unit": unit, "kind": "room", **labels}, severity)


@pytest.mark.parametrize(
    ("reference", "severity", "found"),
    [
        ("receiver:desk", "warning", Found((Target("desk"),))),
        ("receiver:night", "critical", Found((Target("night"),))),
        ("receiver:night", "warning", Found((), Miss.NOT_OF_THIS_SEVERITY)),
        ("receiver:sms", "critical", Found((), Miss.NO_ADDRESS_OF_ITS_OWN)),
        ("receiver:gone", "critical", Found((), Miss.NOT_CONFIGURED)),
        ("person:an", "critical", Found((Target("sms", "+84", "an"),))),
        ("person:an", "warning", Found((Target("mail", "an@x.vn", "an"),))),
        ("person:mute", "warning", Found((), Miss.NO_CONTACT)),
        ("person:gone", "warning", Found((), Miss.NOT_CONFIGURED)),
        ("schedule:truc", "critical", Found((Target("sms", "+84", "an"),))),
        ("schedule:gone", "critical", Found((), Miss.NOT_CONFIGURED)),
        ("unit", "critical", Found((Target("sms", "+85", "mute"),))),
        ("unit", "warning", Found((Target("mail", "an@x.vn", "an"),))),
        ("nonsense", "critical", Found((), Miss.NOT_CONFIGURED)),
    ],
)
def test_a_reference_amounts_to_targets_or_says_why_to_none(
    reference: str, severity: str, found: Found
) -> None:
    assert find(reference, matter(severity), MONDAY_9, directory()) == found


@pytest.mark.parametrize(
    ("unit", "found"),
    [
        ("th", Found((Target("board"),))),
        ("", Found((), Miss.NO_UNIT_HAS_ANY)),
        ("gone", Found((), Miss.NO_UNIT_HAS_ANY)),
    ],
)
def test_a_unit_is_asked_for_its_own_and_then_those_above(unit: str, found: Found) -> None:
    assert find("unit", matter("warning", unit), MONDAY_9, directory()) == found


def test_nobody_on_call_is_another_reason_than_nobody_to_reach() -> None:
    alone = find("schedule:truc", matter(), MONDAY_9, directory(on_call=()))
    mute = find("schedule:truc", matter("warning"), MONDAY_9, directory(on_call=("mute",)))
    assert (alone.miss, mute.miss) == (Miss.NOBODY_ON_CALL, Miss.NO_CONTACT)


def test_a_contact_by_a_receiver_that_fails_comes_after_the_others() -> None:
    failing = directory(failing=frozenset({"sms"}))
    assert reach(AN, matter(), failing) == Target("mail", "an@x.vn", "an")
    assert reach(AN, matter(), directory(), Contact("mail", "an@x.vn")) == Target("mail", "an@x.vn", "an")


def test_without_routes_every_receiver_with_an_address_is_told_of_its_severities() -> None:
    routed = route(matter("warning"), MONDAY_9, directory())
    assert routed.reason is Reason.EVERY_RECEIVER
    assert [each.target.receiver for each in routed.calls] == ["desk", "board"]
    assert {each.because for each in routed.calls} == {"severity"}


def test_the_first_route_that_holds_is_taken_and_the_next_while_it_goes_on() -> None:
    routes = (
        Route("core", match=(parse('kind="core"'),), tell=("receiver:board",)),
        Route("night", severities=frozenset({"critical"}), tell=("receiver:night",), goes_on=True),
        Route("an", units=frozenset({"xa"}), tell=("person:an", "receiver:night"), chain="truc"),
        Route("rest", tell=("receiver:desk",)),
    )
    routed = route(matter(), MONDAY_9, directory(*routes))
    assert [(each.target.party, each.because) for each in routed.calls] == [
        ("receiver:night", "route night"),
        ("person:an", "route an"),
    ]
    assert (routed.chain, routed.taken, routed.reason) == ("truc", ("night", "an"), Reason.ROUTED)
    assert route(matter("warning", "th"), MONDAY_9, directory(*routes)).taken == ("rest",)


def test_routes_go_by_working_hours() -> None:
    routes = (
        Route("day", hours="office", tell=("receiver:desk",)),
        Route("night", outside="office", tell=("receiver:night",)),
    )
    assert route(matter(), MONDAY_9, directory(*routes)).taken == ("day",)
    assert route(matter(), MONDAY_20, directory(*routes)).taken == ("night",)


def test_severity_is_a_label_for_matchers() -> None:
    here = directory(Route("grave", match=(parse('severity="critical"'),), tell=("receiver:desk",)))
    assert route(matter(), MONDAY_9, here).reason is Reason.ROUTED
    assert route(matter("warning"), MONDAY_9, here) == route(matter("info"), MONDAY_9, here)
    assert route(matter("warning"), MONDAY_9, here).reason is Reason.NO_ROUTE


def test_routes_that_amount_to_nobody_say_what_they_named() -> None:
    routed = route(matter("warning"), MONDAY_9, directory(Route("r", tell=("receiver:night", "person:mute"))))
    assert routed.reason is Reason.NOBODY_FOUND
    assert routed.missed == (
        ("receiver:night", Miss.NOT_OF_THIS_SEVERITY),
        ("person:mute", Miss.NO_CONTACT),
    )


def test_one_address_is_told_once_whoever_has_it() -> None:
    twin = Person("twin", "Song", AN.contacts)
    duty = Duty(
        {"an": AN, "twin": twin}, {}, {}, (Route("r", tell=("person:an", "person:twin", "person:an")),)
    )
    routed = route(matter(), MONDAY_9, Directory(duty, RECEIVERS, UNITS))
    assert [each.target.person for each in routed.calls] == ["an"]
