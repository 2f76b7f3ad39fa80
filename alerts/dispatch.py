"""From owed to settled: which contact is tried next, what grew too old, what is told in its place.

Every step is one commit: a delivery that is withdrawn and the one that takes its place are written together, so that
a crash at any point loses no message (docs/decisions/0013, 0016).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from alerts import delivery_rows, journal, summary
from alerts.channels.base import Receiver
from alerts.contacts import following, order
from alerts.delivery_rows import WORKED, Worked
from alerts.farewells import Farewells
from alerts.lanes import Lane
from alerts.lateness import MAX_AGE, SUMMARY, ends, longest, opens, patience
from alerts.notification import Notification
from alerts.outbox import Outbox
from alerts.recorder import Recorder
from alerts.summaries import Summaries
from alerts.summary import ClosedAt
from ioc.clock import Clock
from ioc.duty import Contact, Person
from ioc.picture import Picture
from ioc.state.ledger import Write
from ioc.telemetry import Telemetry

GRACE = 10.0
"""seconds that a contact has at least after a start of the service"""
TOLD, FAILED, WITHDRAWN = "told", "failed", "withdrawn"
CALLED_OFF = "somebody has it in hand"
"""the answer of what was withdrawn because nobody needs it any more"""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a delivery; `instead` is the delivery owed in its place."""

    notification: Notification
    state: str
    attempts: int
    answer: str
    instead: Notification | None = None


class Timers(Protocol):
    """One moment a key."""

    def set(self, key: tuple[str, Any], at: float) -> None:
        """Have a key ring at a steady moment, and only then."""

    def cancel(self, key: tuple[str, Any]) -> None:
        """Have a key not ring."""


class Dispatch:
    """Decides about what the outbox sends.

    `number()` gives the id of a new delivery, `closed(incident)` when one was closed, `settled` is told of each
    settlement once. The timers `("lane", LANE)` and `("delivery", ID)` are its own.
    """

    def __init__(
        self, clock: Clock, picture: Picture, recorder: Recorder, timers: Timers, number: Callable[[], int],
        closed: ClosedAt, settled: Callable[[Settlement], None], jitter: Callable[[], float], telemetry: Telemetry,
    ) -> None:  # fmt: skip
        self._clock = clock
        self._picture = picture
        self._recorder = recorder
        self._timers = timers
        self.number = number
        self._told = settled
        self._outbox = Outbox(clock, self, self._wake_lane, jitter, telemetry)
        self._farewells = Farewells(self._outbox.settled)
        self._receivers: Mapping[str, Receiver] = {}
        self._people: Mapping[str, Person] = {}
        self._started = clock.now()
        self._owed_at: dict[int, float] = {}
        """when each was owed (steady): a clock that is set makes nothing older"""
        self._tried: dict[int, frozenset[Contact]] = {}
        self._replaced: dict[int, int] = {}
        """deliveries under way that another one has taken the place of"""
        self._unneeded: set[int] = set()
        """deliveries that were under way when what they tell was called off"""
        self._summaries = Summaries(closed)
        self._worked: Worked = Worked()
        self._awaited: dict[int, asyncio.Future[None]] = {}
        self._unheard: dict[str, tuple[float, str]] = {}
        """receivers whose answers do not reach us: since when (steady), and why"""
        self._moved = telemetry.tally("ioc_deliveries_failed_over", "Deliveries moved to a further contact")
        self._aged = telemetry.tally("ioc_deliveries_too_old", "Deliveries withdrawn into a summary")

    # --- start, reload, stop ---

    def restore(self, ledger: journal.Reader) -> None:
        """Take over what the state file knows; call it before what is owed is offered again."""
        known = delivery_rows.underway(ledger)
        self._tried = dict(known.tried)
        self._replaced = dict(known.replaced)
        self._summaries.restore(known.late)
        self._worked = known.worked
        self._outbox.doubt(known.failing)
        for name in known.failing:
            self._show_channel(name)

    def apply(self, receivers: Mapping[str, Receiver], people: Mapping[str, Person]) -> None:
        """Take over receivers and people; what is owed to a receiver that is gone goes to the next contact."""
        gone = self._receivers.keys() - receivers.keys()
        kept = {each.channel for each in receivers.values()}
        replaced = {each.channel for each in self._receivers.values()} - kept
        self._receivers, self._people = receivers, people
        self._outbox.apply(receivers)
        self._farewells.say(replaced)
        for name in gone:
            self._unheard.pop(name, None)
            self._picture.remove(f"self/channel/{name}")
        for name in receivers:
            self._show_channel(name)

    async def idle(self) -> None:
        """Return when no attempt is under way."""
        await self._outbox.idle()

    async def close(self) -> None:
        """Stop; what is owed stays owed in the state file."""
        await self._outbox.close()
        await self._farewells.close()

    # --- what others ask ---

    def offer(self, notification: Notification) -> None:
        """Take what is written as owed. One too old goes into a summary, one that has a successor is withdrawn."""
        now = self._clock.now()
        self._owed_at[notification.id] = min(now, notification.at - self._clock.skew())
        if (successor := self._replaced.get(notification.id)) is not None:
            self._withdraw(notification, 0, f"in its place: delivery {successor}")
        elif now >= self._too_old_at(notification) or self._summaries.takes(notification):
            self._give_up([(notification, 0)], now)
        else:
            self._enter(notification)

    def post(self, notification: Notification) -> asyncio.Future[None]:
        """Owe what belongs to no incident, such as a test; done once it, or what took its place, is through."""
        done = self._awaited[notification.id] = asyncio.get_running_loop().create_future()
        self._commit([], notification)
        return done

    def contact(self, incident: int, person: Person) -> Contact | None:
        """The contact that a new message of an incident to a person tries first; None when there is none."""
        last = self._worked.get((incident, person.id))
        known = (each for each in order(person, self._outbox.failing(), last) if each.by in self._receivers)
        return next(known, None)

    async def call_off(self, incident: int, kinds: Collection[str]) -> None:
        """Withdraw what an incident owes of some kinds, but for what is under way; returns once that is written."""
        done: asyncio.Future[None] | None = None
        for each in self._outbox.pending():
            if each.incident == incident and each.kind in kinds:
                attempts = self._outbox.withdraw(each.id)
                if attempts is None:  # it may yet arrive, but is tried no further
                    self._unneeded.add(each.id)
                else:
                    done = self._awaited[each.id] = asyncio.get_running_loop().create_future()
                    self._withdraw(each, attempts, CALLED_OFF)
        if done is not None:  # the last of them: they are written in order
            await done

    def failing(self) -> frozenset[str]:
        """Receivers whose contacts are tried after others."""
        return self._outbox.failing()

    def hears(self, receiver: str, detail: str) -> None:
        """What comes back from a receiver, as presses of its buttons, reaches us; `detail` says why it does not."""
        known = self._unheard.get(receiver)
        if (known[1] if known else "") == detail:
            return
        self._unheard.pop(receiver, None)
        if detail:
            self._unheard[receiver] = (known[0] if known else self._clock.now(), detail)
        self._show_channel(receiver)

    def pending(self) -> list[Notification]:
        """All that is owed."""
        return self._outbox.pending()

    def shown(self) -> dict[str, Any]:
        """The picture's `self/deliveries`."""
        return self._outbox.shown()

    def ring(self, key: tuple[str, Any], now: float) -> None:
        """A timer of ours has come due: a lane's wait is over, or a delivery may be late or too old."""
        what, which = key
        if what == "lane":
            self._outbox.ring(which)
            return
        found = self._outbox.find(which)
        if found is None:
            return
        if now >= self._too_old_at(found):
            self._expire(found, now)
        elif now >= self._late_at(found):
            self._fail_over(found, now)
        else:
            self._arm(found)

    # --- what the outbox tells ---

    def settled(self, notification: Notification, told: bool, attempts: int, answer: str) -> None:
        """One is through: the next contact is owed the same where this one refused it for good."""
        now = self._clock.now()
        further = None if told else self._next(notification)
        state = TOLD if told else FAILED
        new = self._in_place_of(notification, further, now, attempts) if further else None
        rows = [self._row(notification, state, now, attempts, answer)]
        if told and notification.kind == SUMMARY:
            rows.append(delivery_rows.said_row(notification))
        successor = self._replaced.get(notification.id)
        self._forget(notification)
        if told:
            self._remember(notification)
        self._commit(rows, new, Settlement(notification, state, attempts, answer, new))
        if told and successor is not None and (other := self._outbox.find(successor)) is not None:
            tries = self._outbox.withdraw(successor)
            if tries is not None:
                self._withdraw(other, tries, f"told already: delivery {notification.id}")

    def postponed(self, notification: Notification) -> None:
        """An attempt failed: one that has a successor, or is too old by now, is not tried again."""
        now = self._clock.now()
        if notification.kind == SUMMARY:
            self._summaries.opened(notification)
        successor = self._replaced.get(notification.id)
        if successor is not None:
            tries = self._outbox.withdraw(notification.id) or 0
            self._withdraw(notification, tries, f"in its place: delivery {successor}")
        elif notification.id in self._unneeded:
            self._withdraw(notification, self._outbox.withdraw(notification.id) or 0, CALLED_OFF)
        elif now >= self._too_old_at(notification):
            self._expire(notification, now)

    def current(self, notification: Notification) -> Notification:
        """A summary is worded when it is sent, and covers nothing more from then on."""
        return self._summaries.current(notification)

    def changed(self, receiver: str) -> None:
        """What is shown of deliveries has changed."""
        self._picture.put("self/deliveries", self._outbox.shown())
        self._show_channel(receiver)

    # --- failing over ---

    def _fail_over(self, notification: Notification, now: float) -> None:
        """Owe the next contact what this one has not taken in time, and all that stands behind it."""
        contact = self._next(notification)
        if contact is None:
            self._arm(notification)
            return
        behind = [each for each in self._outbox.behind(notification) if each.person == notification.person]
        for each in (notification, *behind):
            if contact not in self._tried.get(each.id, ()):
                self._move(each, contact, now)

    def _move(self, old: Notification, contact: Contact, now: float) -> None:
        attempts = self._outbox.withdraw(old.id)
        new = self._in_place_of(old, contact, now, 1 if attempts is None else attempts)
        self._moved.n += 1
        if attempts is None:  # it is under way, and may yet arrive
            self._replaced[old.id] = new.id
            if old.id in self._awaited:
                self._awaited[new.id] = self._awaited[old.id]
            self._arm(old)
            self._commit([], new)
            return
        answer = f"in its place: delivery {new.id}"
        row = self._row(old, WITHDRAWN, now, attempts, answer)
        self._forget(old)
        self._commit([row], new, Settlement(old, WITHDRAWN, attempts, answer, new))

    def _next(self, notification: Notification) -> Contact | None:
        """The contact to try next, where nobody was asked to yet."""
        person = self._people.get(notification.person)
        if person is None or notification.id in self._replaced or notification.id in self._unneeded:
            return None
        unsuited = {each for each in person.contacts if not self._suits(each, notification)}
        return following(person, self._tries(notification) | unsuited, self._outbox.failing())

    def _suits(self, contact: Contact, notification: Notification) -> bool:
        """Whether a contact's receiver takes this severity, and is not itself what fails."""
        receiver = self._receivers.get(contact.by)
        if receiver is None or notification.labels.get("subject") == f"self/channel/{contact.by}":
            return False
        return not notification.incident or notification.severity in receiver.severities

    def _tries(self, notification: Notification) -> frozenset[Contact]:
        here = Contact(notification.receiver, notification.to)
        return self._tried.get(notification.id, frozenset()) | {here}

    def _in_place_of(self, old: Notification, contact: Contact, now: float, attempts: int) -> Notification:
        new = replace(
            old, id=self.number(), receiver=contact.by, to=contact.to, at=self._clock.civil(now), because="failover",
            instead_of=old.id, repeat=old.repeat or attempts > 0, unrecorded=False,
        )  # fmt: skip
        self._tried[new.id] = self._tries(old) | {contact}
        self._summaries.follows(new.id, old.id)
        return new

    # --- growing too old ---

    def _expire(self, notification: Notification, now: float) -> None:
        """Withdraw what is too old, and the end of it that nobody who never heard of it needs to hear."""
        behind = list(self._outbox.behind(notification))
        attempts = self._outbox.withdraw(notification.id)
        if attempts is None:
            return  # under way: it is told, or looked at again
        gone = [(notification, attempts)]
        if opens(notification):
            for each in behind:
                if opens(each):
                    break
                if ends(each) and (tries := self._outbox.withdraw(each.id)) is not None:
                    gone.append((each, tries))
        self._give_up(gone, now)

    def _give_up(self, gone: Sequence[tuple[Notification, int]], now: float) -> None:
        """Write as withdrawn what was taken out, and sum it up in one message to the same target."""
        first = gone[0][0]
        into, new = self._summary(first, now)
        rows, settlements = [], []
        for each, attempts in gone:
            answer = "too old" if into is None else f"too old; in summary {into}"
            rows.append(self._row(each, WITHDRAWN, now, attempts, answer, into))
            settlements.append(Settlement(each, WITHDRAWN, attempts, answer, new))
            if into is not None:
                self._summaries.cover(into, each)
                if each.kind == SUMMARY and new is None:
                    rows.append(delivery_rows.repointed_row(each.id, into))
            self._aged.n += 1
            self._forget(each)
        self._commit(rows, new, *settlements)

    def _summary(self, notification: Notification, now: float) -> tuple[int | None, Notification | None]:
        """The summary that a message goes into, and itself when it is a new one."""
        if notification.incident == 0 and notification.kind != SUMMARY:
            return None, None  # a test or a digest that came too late helps nobody
        known = self._summaries.open_for(notification)
        if known is not None:
            return known, None
        new = summary.begun(self._anew(notification), self.number(), self._clock.civil(now))
        if notification.kind == SUMMARY:
            new = replace(new, instead_of=notification.id)
        self._summaries.begun(new, notification)
        return new.id, new

    def _anew(self, notification: Notification) -> Notification:
        """The same to the contact that is first again, now that all were tried."""
        person = self._people.get(notification.person)
        contact = self.contact(0, person) if person else None
        if contact is None:
            return notification
        return replace(notification, receiver=contact.by, to=contact.to)

    # --- moments ---

    def _too_old_at(self, notification: Notification) -> float:
        owed = self._owed_at[notification.id]
        if notification.kind == SUMMARY:  # it is tried until it arrives, at one contact after the other
            person = self._people.get(notification.person)
            return owed + MAX_AGE if person and len(person.contacts) > 1 else float("inf")
        receiver = self._receivers.get(notification.receiver)
        return owed + longest(notification, receiver.max_age if receiver else MAX_AGE)

    def _late_at(self, notification: Notification) -> float:
        if self._next(notification) is None:
            return float("inf")
        return max(self._owed_at[notification.id] + patience(notification), self._started + GRACE)

    def _arm(self, notification: Notification) -> None:
        at = min(self._too_old_at(notification), self._late_at(notification))
        if at < float("inf"):
            self._timers.set(("delivery", notification.id), at)

    def _wake_lane(self, lane: Lane, at: float) -> None:
        self._timers.set(("lane", lane), at)

    # --- the record ---

    def _enter(self, notification: Notification) -> None:
        if notification.kind == SUMMARY:
            self._summaries.opened(notification)
        self._arm(notification)
        self._outbox.offer(notification)

    def _withdraw(self, notification: Notification, attempts: int, answer: str) -> None:
        """Write as withdrawn what was taken out and is told by another delivery."""
        row = self._row(notification, WITHDRAWN, self._clock.now(), attempts, answer)
        self._forget(notification)
        self._commit([row], None, Settlement(notification, WITHDRAWN, attempts, answer))

    def _commit(self, rows: Sequence[Write], new: Notification | None, *settlements: Settlement) -> None:
        writes = [*rows]
        if new is not None:
            writes.append(journal.owed_row(new))
            if new.kind == SUMMARY and new.instead_of is not None:
                writes.append(delivery_rows.repointed_row(new.instead_of, new.id))

        def follow(recorded: bool) -> None:
            if new is not None:
                self.offer(new if recorded else replace(new, unrecorded=True))
            for each in settlements:
                self._through(each)

        self._recorder.record(writes, follow)
        for each in settlements:
            self._told(each)

    def _through(self, settlement: Settlement) -> None:
        """Tell whoever waits for it, once it can be read."""
        done = self._awaited.pop(settlement.notification.id, None)
        if done is not None and settlement.instead is not None:
            self._awaited[settlement.instead.id] = done
        elif done is not None and not done.done():
            done.set_result(None)

    def _row(
        self, notification: Notification, state: str, now: float, attempts: int, answer: str,
        into: int | None = None,
    ) -> Write:  # fmt: skip
        receiver = self._receivers.get(notification.receiver)
        channel = receiver.kind if receiver else ""
        at = self._clock.civil(now)
        return delivery_rows.settled_row(notification, state, at, attempts, answer, channel, into)

    def _remember(self, notification: Notification) -> None:
        """Which contact worked last, for the next message of the same incident."""
        if not notification.person or not notification.incident:
            return
        key = (notification.incident, notification.person)
        self._worked[key] = Contact(notification.receiver, notification.to)
        self._worked.move_to_end(key)
        if len(self._worked) > WORKED:
            self._worked.popitem(last=False)

    def _forget(self, notification: Notification) -> None:
        """Drop what was kept of a delivery that is through."""
        id = notification.id
        self._timers.cancel(("delivery", id))
        for kept in (self._owed_at, self._tried, self._replaced):
            kept.pop(id, None)
        self._unneeded.discard(id)
        self._summaries.forget(notification)

    def _show_channel(self, receiver: str) -> None:
        if receiver not in self._receivers:
            return
        key = f"self/channel/{receiver}"
        value, known = self._outbox.channel(receiver), self._picture.get(key)
        if value["state"] != "failing" and receiver in self._unheard:
            since, detail = self._unheard[receiver]
            value |= {"state": "failing", "since": since, "detail": detail}
        if value["since"] is None:
            value["since"] = (
                known["since"] if known and known["state"] == value["state"] else self._clock.now()
            )
        self._picture.put(key, value)
