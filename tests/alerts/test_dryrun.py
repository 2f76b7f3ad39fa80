from dataclasses import replace
from datetime import UTC, datetime

from alerts import dryrun
from alerts.channels.base import Receiver
from alerts.incidents import Acknowledgement, Incident
from alerts.notification import Target
from alerts.routing import Directory
from alerts.rules import Severity
from ioc.duty import Chain, Contact, Duty, Person, Route, Step
from tests.alerts.world import Inbox

AN = Person("an", "An", (Contact("sms", "0912"),))
BINH = Person("binh", "Bình", (Contact("sms", "0913"),))
SMS = {"sms": Receiver("sms", Inbox()), "desk": Receiver("desk", Inbox())}
OPENED = datetime(2026, 11, 20, 8, tzinfo=UTC).timestamp()


def incident(id: int, severity: Severity, **more: object) -> Incident:
    known = {"title": f"Sự cố {id}", "system": "vc"}
    made = Incident(id, f"room-{id}", "down", severity, OPENED + id * 60, frozenset({"down@x"}), facts=known)
    return replace(made, **more)  # type: ignore[arg-type]


def directory(*routes: Route, chains: tuple[Chain, ...] = ()) -> Directory:
    people = {"an": AN, "binh": BINH}
    return Directory(Duty(people, {}, {each.id: each for each in chains}, routes), SMS)


def test_whom_the_new_routes_tell_is_said_with_the_reason() -> None:
    old = directory(Route("all", tell=("person:an", "receiver:desk")))
    chain = Chain("night", (Step(("person:binh",), 600.0),))
    new = directory(
        Route("grave", severities=frozenset({"critical"}), tell=("receiver:desk",), chain="night"),
        Route("info", severities=frozenset({"info"}), tell=("person:an", "receiver:desk")),
        chains=(chain,),
    )
    found = [
        incident(1, Severity.CRITICAL, closed=OPENED + 900, told=(Target("desk"),)),
        incident(2, Severity.INFO),
        incident(3, Severity.WARNING, acknowledged=Acknowledgement("An", OPENED)),
    ]
    compared = list(dryrun.compare(found, old, new))
    assert [each.differs for each in compared] == [True, False, True]
    assert list(dryrun.lines(compared, 7)) == [
        "incident 1, 20/11 15:01, critical: Sự cố 1",
        "  - person:an (route all)",
        "  + person:binh (chain night step 1 round 1)",
        "incident 3, 20/11 15:03, warning: Sự cố 3",
        "  - person:an (route all)",
        "  - receiver:desk (route all)",
        "  ! nobody would be told",
        "3 incidents of 7 days, 2 of them told differently",
        "person:an: 3 before, 1 after",
        "person:binh: 0 before, 1 after",
        "receiver:desk: 3 before, 2 after",
    ]


def test_a_thousand_lines_are_enough() -> None:
    old, new = directory(Route("all", tell=("person:an",))), directory(Route("all", tell=("person:binh",)))
    every = [incident(id, Severity.INFO) for id in range(1, 1_102)]
    told = list(dryrun.lines(list(dryrun.compare(every, old, new)), 1))
    assert told[3_000] == "… and 101 incidents more"
    assert len(told) == 3_004
