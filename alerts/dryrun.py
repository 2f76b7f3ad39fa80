"""What a change of routes would do: the incidents of the last days, told anew by two configurations. Pure.

An incident is routed as when it opened, at the severity that it had in the end: what is compared is whom the routes
and the first step of the chain tell at once. Changes of duty that were made on screen are not known here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alerts import telling
from alerts.incidents import Incident, Verb
from alerts.messages import ZONE
from alerts.routing import Directory
from alerts.telling import Owed

MOST_LINES = 1_000


@dataclass(frozen=True, slots=True)
class Compared:
    """One incident: whom both tell, whom only the old configuration, whom only the new one."""

    incident: Incident
    both: tuple[Owed, ...]
    lost: tuple[Owed, ...]
    gained: tuple[Owed, ...]

    @property
    def differs(self) -> bool:
        """Whether anybody is told by one of them alone."""
        return bool(self.lost or self.gained)


def compare(incidents: Iterable[Incident], old: Directory, new: Directory) -> Iterator[Compared]:
    """Each incident by both configurations; times of the incidents are civil."""
    for incident in incidents:
        before, after = _told(incident, old), _told(incident, new)
        kept, wanted = {each.target.party for each in before}, {each.target.party for each in after}
        yield Compared(
            incident,
            tuple(each for each in after if each.target.party in kept),
            tuple(each for each in before if each.target.party not in wanted),
            tuple(each for each in after if each.target.party not in kept),
        )


def lines(compared: Sequence[Compared], days: float) -> Iterator[str]:
    """What would be told differently, an incident each, then who is told how often."""
    changed = [each for each in compared if each.differs]
    for each in changed[:MOST_LINES]:
        yield _heading(each)
        yield from (f"  - {_owed(one)}" for one in each.lost)
        yield from (f"  + {_owed(one)}" for one in each.gained)
        if not each.both and not each.gained:
            yield "  ! nobody would be told"
    if len(changed) > MOST_LINES:
        yield f"… and {len(changed) - MOST_LINES} incidents more"
    yield f"{len(compared)} incidents of {days:g} days, {len(changed)} of them told differently"
    yield from _counts(compared)


def _told(incident: Incident, directory: Directory) -> tuple[Owed, ...]:
    fresh = replace(
        incident, closed=None, told=(), acknowledged=None, escalation=None, silenced_by="", missed="",
        flapping=False, into=None,
    )  # fmt: skip
    return telling.tell(fresh, Verb.OPENED, "", directory, incident.opened, 0.0).owed


def _counts(compared: Iterable[Compared]) -> Iterator[str]:
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    for each in compared:
        before.update(one.target.party for one in (*each.both, *each.lost))
        after.update(one.target.party for one in (*each.both, *each.gained))
    for party in sorted(before.keys() | after.keys()):
        yield f"{party}: {before[party]} before, {after[party]} after"


def _heading(each: Compared) -> str:
    incident = each.incident
    when = datetime.fromtimestamp(incident.opened, ZONE).strftime("%d/%m %H:%M")
    return f"incident {incident.id}, {when}, {incident.severity.value}: {incident.facts.get('title', incident.root)}"


def _owed(one: Owed) -> str:
    return f"{one.target.party} ({one.because})"
