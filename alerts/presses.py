"""Listens to the buttons below messages, and takes incidents in hand for whoever presses them.

A press goes the way of an acknowledgement on the wall. It is answered once the state file has it, and only then
confirmed, by asking for what came after it: a crash in between has it told again, and the record says that it counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

import structlog

from alerts.channels.base import Receiver
from alerts.notification import Notification, decode
from alerts.press import Outcome, Press, asks, delivery_of, is_of, judge, presser, reply
from alerts.telegram_buttons import TelegramButtons
from ioc.clock import Clock
from ioc.duty import Person
from ioc.errors import IocError, NotCommitted, Refused, Undeliverable
from ioc.picture import Picture
from ioc.state.ledger import Write
from ioc.telemetry import Telemetry

log = structlog.get_logger("alerts")

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
SOON = 1.0
"""seconds within which a poll that brings nothing should not come back: it is held for longer"""
NOTE = "qua Telegram"
UNRECORDED = 503
"""status of a refusal that says no more than that the record is late (alerts/keeping.py)"""
CLEARED = 20
"""messages of one incident that lose their buttons"""
OVER = frozenset({Outcome.TAKEN, Outcome.YOURS, Outcome.THEIRS, Outcome.CLOSED, Outcome.SPENT})
"""outcomes after which the button is of no more use"""

Acknowledge = Callable[[int, str, str, float | None], Awaitable[None]]
"""incident, who, note, when what they saw was so (steady); raises Refused"""
Trouble = Callable[[str, str], None]
"""a receiver, and why its buttons are not heard; empty when they are"""
Rest = Callable[[float], Awaitable[None]]


class Ledger(Protocol):
    """The state file."""

    def commit(self, *writes: Write) -> asyncio.Future[int]:
        """Write all or nothing, in order; with nothing to write it is done once all before is kept."""

    def read(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query."""


@dataclass(frozen=True, slots=True)
class Line:
    """One receiver whose buttons are heard; `own` is the address it sends to where a notification names none."""

    receiver: str
    own: str
    buttons: TelegramButtons


class Presses:
    """Hears every receiver that has buttons, from `apply` on; `people` are those configured now."""

    def __init__(
        self, clock: Clock, picture: Picture, ledger: Ledger, acknowledge: Acknowledge,
        people: Callable[[], Mapping[str, Person]], trouble: Trouble, telemetry: Telemetry,
        rest: Rest = asyncio.sleep, jitter: Callable[[], float] | None = None,
    ) -> None:  # fmt: skip
        self._clock = clock
        self._picture = picture
        self._ledger = ledger
        self._acknowledge = acknowledge
        self._people = people
        self._trouble = trouble
        self._rest = rest
        self._jitter = jitter or Random().random
        self._tasks: dict[Line, asyncio.Task[None]] = {}
        self._after: dict[Line, int] = {}
        """the newest update that was acted upon, by line"""
        self._taken = telemetry.tally("ioc_presses", "Buttons pressed below messages", result="taken")
        self._refused = telemetry.tally("ioc_presses", "Buttons pressed below messages", result="refused")
        self._faults = telemetry.tally("ioc_presses", "Buttons pressed below messages", result="fault")

    def apply(self, receivers: Mapping[str, Receiver]) -> None:
        """Take over the receivers; one that was not changed is heard on."""
        wanted = set(_lines(receivers))
        for line in [each for each in self._tasks if each not in wanted]:
            self._tasks.pop(line).cancel()
            self._after.pop(line, None)
            self._trouble(line.receiver, "")
        for line in wanted - self._tasks.keys():
            self._tasks[line] = asyncio.get_running_loop().create_task(self._listen(line), name="presses")

    async def close(self) -> None:
        """Hear no more."""
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- hearing ---

    async def _listen(self, line: Line) -> None:
        failures = 0
        while True:
            try:
                idle = await self._round(line)
            except Exception as error:  # noqa: BLE001 -- whatever it is, it is shown and tried again
                failures += 1
                self._trouble(line.receiver, f"buttons: {_said(error)}")
                await self._rest(self._wait(failures, getattr(error, "retry_after", None)))
                continue
            failures = 0
            self._trouble(line.receiver, "")
            if idle:
                await self._rest(SOON)

    async def _round(self, line: Line) -> bool:
        """Ask once and act upon all that is told; True when it was nothing, and came sooner than a poll is held."""
        began = self._clock.now()
        heard = await line.buttons.updates(self._after.get(line))
        for update in heard:
            if update.press is not None:
                await self._hear(line, update.press)
            self._after[line] = update.number
        return not heard and self._clock.now() - began < SOON

    def _wait(self, failures: int, least: float | None) -> float:
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(failures - 1, 16)) * (0.75 + 0.5 * self._jitter())
        return max(wait, least or 0.0)

    async def _hear(self, line: Line, press: Press) -> None:
        """Act upon one press and answer it; raises NotCommitted where the state file refuses."""
        person = presser(press, line.receiver, self._people())
        try:
            told = await self._told(line, press)
            outcome = await self._act(told, person)
        except NotCommitted:
            raise
        except Exception as fault:  # noqa: BLE001 -- one press that breaks us must not keep all others out
            self._faults.n += 1
            log.error("a press could not be acted upon", receiver=line.receiver, error=repr(fault))
            return
        (self._taken if outcome is Outcome.TAKEN else self._refused).n += 1
        with suppress(Undeliverable):  # what was done stands, whether or not the reply arrives
            await self._say(line, press, person, told, outcome)
        if told is not None and outcome in OVER:
            await self._clear(line, press, told, outcome)

    # --- acting ---

    async def _told(self, line: Line, press: Press) -> Notification | None:
        """The message whose button was pressed; None where the chat was sent no such message."""
        number = delivery_of(press.data)
        if number is None:
            return None
        found = self._delivery(number)
        if found is None:  # it may have gone out before it was written
            await self._ledger.commit()
            found = self._delivery(number)
        return found if found is not None and is_of(press, found, line.receiver, line.own) else None

    async def _act(self, told: Notification | None, person: Person | None) -> Outcome:
        if person is None:
            return Outcome.STRANGER
        if told is None or not asks(told):
            return Outcome.UNKNOWN
        outcome = self._judged(told, person)
        if outcome is Outcome.TAKE:
            outcome = await self._take(told, person)
        await self._ledger.commit()
        return outcome

    async def _take(self, told: Notification, person: Person) -> Outcome:
        try:
            await self._acknowledge(told.incident, person.id, NOTE, self._since(told))
        except Refused as refusal:
            await self._ledger.commit()
            if refusal.status == UNRECORDED:
                return Outcome.TAKEN  # it held all the time, and is kept by now
            # somebody was faster, and what they did is shown by now
            outcome = self._judged(told, person)
            return Outcome.UNKNOWN if outcome is Outcome.TAKE else outcome
        return Outcome.TAKEN

    def _judged(self, told: Notification, person: Person) -> Outcome:
        incident = self._picture.get(f"incident/{told.incident}")
        spent = bool(self._ledger.read(_SPENT, (told.incident, person.id, told.at)))
        return judge(incident, person, self._since(told), spent)

    def _since(self, told: Notification) -> float:
        return told.at - self._clock.skew()

    def _delivery(self, number: int) -> Notification | None:
        rows = self._ledger.read("SELECT body FROM deliveries WHERE id = ?", (number,))
        return decode(rows[0][0]) if rows else None

    # --- answering ---

    async def _say(
        self, line: Line, press: Press, person: Person | None, told: Notification | None, outcome: Outcome
    ) -> None:
        language = person.language if person else "vi"
        incident = told.incident if told else 0
        text = reply(outcome, language, incident=incident, by=self._holder(incident), user=press.user)
        await line.buttons.answer(press, text, alert=outcome is not Outcome.TAKEN)

    def _holder(self, incident: int) -> str:
        """The name of whoever has an incident in hand."""
        known = (self._picture.get(f"incident/{incident}") or {}).get("acknowledged")
        by = str(known["by"]) if known else ""
        person = self._people().get(by)
        return person.name if person else by

    async def _clear(self, line: Line, press: Press, told: Notification, outcome: Outcome) -> None:
        """Take the button away below this message and, once somebody has the incident, below all others of it."""
        useless = {(press.chat, press.message): told}
        if outcome is Outcome.TAKEN:
            useless |= {(chat, number): each for chat, number, each in self._others(line, told.incident)}
        for (chat, number), each in useless.items():
            try:
                await line.buttons.take_away(chat, number, each)
            except Undeliverable as error:
                if not error.permanent:
                    return  # nobody hears a button again before Telegram is back

    def _others(self, line: Line, incident: int) -> Iterable[tuple[str, int, Notification]]:
        """Chat, id and what was said of the newest messages of an incident that went out by this receiver."""
        for body, answer in self._ledger.read(_TOLD, (incident, line.receiver, CLEARED)):
            told, number = decode(body), str(answer).rpartition(" message ")[2]
            if asks(told) and number.isascii() and number.isdigit():
                yield told.to or line.own, int(number), told


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, IocError) else f"{type(error).__name__}: {error}"[:200]


def _lines(receivers: Mapping[str, Receiver]) -> Iterable[Line]:
    for name, each in receivers.items():
        buttons = getattr(each.channel, "buttons", None)
        if buttons is not None:
            yield Line(name, each.channel.own_address(), buttons)


_SPENT = "SELECT 1 FROM decisions WHERE incident = ? AND verb = 'acknowledged' AND by = ? AND at > ? LIMIT 1"
_TOLD = (
    "SELECT body, answer FROM deliveries WHERE incident = ? AND receiver = ? AND state = 'told'"
    " ORDER BY id DESC LIMIT ?"
)
