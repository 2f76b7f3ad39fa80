"""What people do with an incident: take it in hand, give it to somebody, say something of it, close it.

Every act is a row with who and why, kept before it is answered; what may not be done raises Refused, and so does what
holds although the state file has not taken it within the recorder's patience (503).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace

from alerts import journal
from alerts.desk import Desk
from alerts.incidents import DOWN, Acknowledgement, Because, Decision, Incident, Remark, Verb
from alerts.keeping import demand
from alerts.landscape import Landscape, subject_of
from alerts.maintenance import required
from alerts.oncall import escalation
from alerts.rules import Severity
from ioc.clock import Clock
from ioc.errors import Refused
from ioc.state.ledger import Write

LONGEST_NAME = 100
LONGEST_NOTE = 500
WAKING = frozenset({Verb.ESCALATED, Verb.REMINDER})
"""what nobody needs any more who has not got it yet, once somebody has it in hand"""
CallOff = Callable[[int, Collection[str]], Awaitable[None]]
REMARKS = 20
"""comments shown with an incident; all are kept in the state file"""


class Handling:
    """The acts that an incident allows; times are steady.

    `call_off(incident, kinds)` withdraws what is owed and not under way, and returns once that is written.
    """

    def __init__(self, clock: Clock, desk: Desk, land: Landscape, call_off: CallOff) -> None:
        self._clock = clock
        self._desk = desk
        self._land = land
        self._call_off = call_off

    async def acknowledge(self, number: int, by: str, note: str, seen: float | None) -> None:
        """Somebody takes an open incident in hand; `seen` is when what they saw was decided. Raises Refused."""
        found = self._open(number, "there is nothing to take in hand")
        who, said = required("by", by, LONGEST_NAME), _note(note)
        now = self._clock.now()
        if (stale := stale_since(found, seen)) is not None:
            what = f"incident {number}: {stale} has acknowledged it since what you saw"
            hint = "look again and acknowledge if you still mean it"
            raise Refused(f"{what}; {hint}", status=409, code="stale", about=stale)
        recorded = await self._do(acknowledged(found, who, said, now), Verb.ACKNOWLEDGED, who, said)
        await self._call_off(number, WAKING)
        demand(f"the acknowledgement of incident {number}", recorded)

    async def assign(self, number: int, to: str, by: str) -> None:
        """Somebody is to see to an open incident. Raises Refused."""
        found = self._open(number, "there is nothing to see to")
        whom, who = required("to", to, LONGEST_NAME), required("by", by, LONGEST_NAME)
        recorded = await self._do(replace(found, assigned=whom), Verb.ASSIGNED, who, whom)
        demand(f"the assignment of incident {number}", recorded)

    async def comment(self, number: int, text: str, by: str) -> None:
        """Say something of an incident, open or closed lately. Raises Refused."""
        found = self._known(number)
        said, who = required("text", text, LONGEST_NOTE), required("by", by, LONGEST_NAME)
        remark = Remark(who, self._clock.now(), said)
        changed = replace(found, remarks=(*found.remarks, remark)[-REMARKS:])
        demand(f"the comment on incident {number}", await self._do(changed, Verb.COMMENTED, who, said))

    async def close(self, number: int, reason: str, by: str) -> None:
        """Close an incident whose root is not down; what fires in it is noted until it fires anew. Raises Refused."""
        found = self._open(number, "there is nothing to close")
        why, who = required("reason", reason, LONGEST_NOTE), required("by", by, LONGEST_NAME)
        for subject in (found.root, *sorted(map(subject_of, found.alerts))):
            if self._land.state(subject) == DOWN:
                what = f"incident {number}: {subject} is down; it closes when it has recovered"
                raise Refused(what, status=409, code="still_down", about=subject)
        now = self._clock.now()
        self._desk.book.dismissed |= found.alerts
        rows = [
            self._row(found, Verb.CLOSED, who, why),
            *map(journal.dismissed_row, sorted(found.alerts)),
        ]
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        closing = Decision(Verb.CLOSED, Because.BY_HAND, number, found.root)
        self._desk.carry_out((closing,), rows, None, now, done)
        demand(f"the close of incident {number}", await done)

    async def _do(self, incident: Incident, verb: Verb, by: str, note: str) -> bool:
        return await self._desk.change(incident, [self._row(incident, verb, by, note)])

    def _row(self, incident: Incident, verb: Verb, by: str, note: str) -> Write:
        at = self._clock.civil(self._clock.now())
        return journal.act_row(incident.id, at, verb, Because.BY_HAND, incident.root, by=by, note=note)

    def _known(self, number: int) -> Incident:
        found = self._desk.book.incidents.get(number)
        if found is None:
            raise Refused(f"incident {number} is not known; see /api/v1/incidents", status=404)
        return found

    def _open(self, number: int, else_: str) -> Incident:
        found = self._known(number)
        if found.closed is not None:
            raise Refused(f"incident {number} is closed; {else_}", status=409, code="closed")
        return found


def acknowledged(incident: Incident, by: str, note: str, now: float) -> Incident:
    """The incident in somebody's hands: its chain stops, and the two hours of a critical one begin."""
    since = now if incident.severity is Severity.CRITICAL else None
    chain = None if incident.escalation is None else escalation.stopped(incident.escalation)
    return replace(incident, acknowledged=Acknowledgement(by, now, note, since), escalation=chain)


def stale_since(incident: Incident, seen: float | None) -> str | None:
    """Who has acknowledged it since the version that was seen; None when nobody has."""
    ack = incident.acknowledged
    if seen is None or ack is None or ack.at <= seen:
        return None
    return ack.by


def _note(text: str) -> str:
    kept = text.strip()
    if len(kept) > LONGEST_NOTE:
        raise Refused(f"note has {len(kept)} characters; at most {LONGEST_NOTE} are kept")
    return kept
