"""A modem on its line: made ready, asked for the network, handed messages one after another.

Whatever goes wrong in the middle of a dialogue closes the line, so that the next one starts from a known state.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.sms import at
from alerts.sms.tpdu import SERVICE_CENTER_OF_SIM
from ioc.errors import CodecError, Undeliverable

if TYPE_CHECKING:
    from alerts.sms.line import Line

COMMAND, SYNC, QUIET, TURN = 5.0, 1.0, 0.05, 60.0
"""seconds for one command, for a sign of life, of silence after it, and to wait for other messages"""
_SYNCS = 3
_MOST_LINES = 200
"""lines of one answer; a modem that talks on is no modem"""
_MOST_PASSED = 10_000
"""lines that are let pass at a time"""
_CANCEL, _SEND = b"\x1b", b"\x1a"
_ATTEMPTS_FOR_PIN = 3
"""attempts that a SIM gives; with fewer left somebody was wrong before"""


class LineLost(ConnectionError):
    """The modem is gone, or does not answer; `lines` are what it had said of the command."""

    def __init__(self, what: str, lines: Sequence[str] = ()) -> None:
        super().__init__(what)
        self.lines = lines


@dataclass(frozen=True, slots=True)
class Answer:
    """The lines of an answer, and the final result if it was not OK."""

    lines: Sequence[str]
    refusal: at.Refusal | None = None


class Dialogue:
    """Commands and answers on an open line."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._splitter = at.Splitter()
        self._unread: deque[str] = deque()

    async def sync(self) -> None:
        """Leave whatever was going on and get a sign of life; raises LineLost."""
        await self._write(_CANCEL)
        for _ in range(_SYNCS):
            with suppress(TimeoutError):
                async with asyncio.timeout(SYNC):
                    await self._write(b"AT\r")
                    while await self._next() != "OK":
                        pass
                await self.calm()
                return
        raise LineLost(f"the modem does not answer AT within {_SYNCS * SYNC:g} s")

    async def ask(self, command: str) -> Answer:
        """One command without data; raises LineLost."""
        await self._write(command.encode("ascii") + b"\r")
        return await self._answer(command.partition("=")[0], COMMAND)

    async def hand_over(self, tpdu: bytes, patience: float) -> Answer:
        """Send one message in PDU mode (TS 27.005, 4.3); raises LineLost."""
        await self._write(f"AT+CMGS={len(tpdu)}\r".encode("ascii"))
        answer = await self._answer("AT+CMGS", COMMAND, until=at.PROMPT)
        if answer.refusal is not None:
            return answer
        try:
            await self._write((SERVICE_CENTER_OF_SIM + tpdu).hex().upper().encode("ascii") + _SEND)
            return await self._answer("AT+CMGS", patience)
        except LineLost as lost:
            raise LineLost(f"{lost}; it may have gone out", lost.lines) from None

    def close(self) -> None:
        """Let go of the line."""
        self._line.close()

    async def _answer(self, name: str, patience: float, until: str = "OK") -> Answer:
        lines: list[str] = []
        try:
            async with asyncio.timeout(patience):
                while len(lines) < _MOST_LINES:
                    line = await self._next()
                    if line == until:
                        return Answer(lines)
                    if (refused := at.refusal(line)) is not None:
                        return Answer(lines, refused)
                    lines.append(line)
        except TimeoutError:
            raise LineLost(f"the modem did not answer {name} within {patience:g} s", lines) from None
        except LineLost as lost:
            raise LineLost(str(lost), lines) from None
        raise LineLost(f"the modem answered {name} with more than {_MOST_LINES} lines")

    async def calm(self) -> None:
        """Let pass what was said meanwhile: answers to an earlier dialogue, days of reports that nobody asked for."""
        with suppress(TimeoutError):
            async with asyncio.timeout(QUIET):
                for _ in range(_MOST_PASSED):
                    await self._next()

    async def _next(self) -> str:
        while not self._unread:
            try:
                self._unread.extend(self._splitter.feed(await self._line.read()))
            except CodecError as error:
                raise LineLost(str(error)) from None
            except OSError as error:
                raise LineLost(f"the modem is gone: {error}") from None
        return self._unread.popleft()

    async def _write(self, data: bytes) -> None:
        try:
            await self._line.write(data)
        except OSError as error:
            raise LineLost(f"the modem is gone: {error}") from None


class Port:
    """One modem, shared by whoever sends through it: one dialogue at a time.

    `dial` opens the line and raises OSError; `pin` unlocks the SIM, and is given to it once.
    """

    def __init__(self, name: str, dial: Callable[[], Awaitable[Line]], pin: str = "") -> None:
        self._name = name
        self._dial = dial
        self._pin = pin
        self._pin_refused = ""
        self._dialogue: Dialogue | None = None
        self._turn = asyncio.Lock()

    async def send(self, tpdus: Sequence[bytes], patience: float) -> str:
        """Hand over the parts of one message, `patience` seconds each; gives the network's references.

        Raises Undeliverable.
        """
        await self._wait_for_turn()
        try:
            dialogue = await self._ready()
            said = [
                await self._hand_over(dialogue, tpdu, f"part {number} of {len(tpdus)}: ", patience)
                for number, tpdu in enumerate(tpdus, 1)
            ]
            return "reference " + ", ".join(said)
        except LineLost as lost:
            self.close()
            raise Undeliverable(f"{self._name}: {lost}", permanent=False) from None
        except asyncio.CancelledError:
            self.close()
            raise
        finally:
            self._turn.release()

    def adopt(self, dial: Callable[[], Awaitable[Line]], pin: str) -> None:
        """Take over how it is opened and unlocked; another PIN may be tried again."""
        self._dial = dial
        if pin != self._pin:
            self._pin, self._pin_refused = pin, ""

    async def hang_up(self) -> None:
        """Let go of the line when no message is under way."""
        async with self._turn:
            self.close()

    def close(self) -> None:
        """Let go of the line; the next message opens it again."""
        if self._dialogue is not None:
            self._dialogue.close()
            self._dialogue = None

    async def _wait_for_turn(self) -> None:
        try:
            async with asyncio.timeout(TURN):
                await self._turn.acquire()
        except TimeoutError:
            what = f"{self._name}: busy with other messages for {TURN:g} s"
            raise Undeliverable(what, permanent=False) from None

    async def _ready(self) -> Dialogue:
        """A dialogue in which the network is there; a line that was lost while idle is opened once more."""
        if self._dialogue is not None:
            try:
                await self._dialogue.calm()
                return await self._with_network(self._dialogue)
            except LineLost:
                self.close()
        return await self._with_network(await self._open())

    async def _open(self) -> Dialogue:
        try:
            async with asyncio.timeout(COMMAND):
                line = await self._dial()
        except TimeoutError:
            raise LineLost(f"no connection within {COMMAND:g} s") from None
        except OSError as error:
            raise LineLost(f"cannot be opened: {error}") from None
        self._dialogue = Dialogue(line)
        await self._dialogue.sync()
        for command in ("ATE0", "AT+CMEE=1", "AT+CREG=0"):
            await self._dialogue.ask(command)  # one that a modem does not know takes nothing from us
        await self._unlock(self._dialogue)
        self._check(await self._dialogue.ask("AT+CMGF=0"), "AT+CMGF=0: ")
        return self._dialogue

    async def _unlock(self, dialogue: Dialogue) -> None:
        answer = await dialogue.ask("AT+CPIN?")
        self._check(answer)
        state = ", ".join(at.fields(answer.lines, "+CPIN"))
        if state == "SIM PIN" and self._pin:
            await self._enter_pin(dialogue)
        elif state != "READY":
            raise self._refused(
                f"the SIM asks for {state or 'nothing that is known'}; unlock it, or set pin:"
            )

    async def _enter_pin(self, dialogue: Dialogue) -> None:
        """Once, and never the last attempt but one: a SIM that was told wrong three times is locked."""
        if self._pin_refused:
            raise self._refused(f"the SIM refused the PIN before: {self._pin_refused}; it is not tried again")
        left = at.fields((await dialogue.ask('AT+CPINR="SIM PIN"')).lines, "+CPINR")
        if len(left) > 1 and left[1].isdigit() and int(left[1]) < _ATTEMPTS_FOR_PIN:
            raise self._refused(f"the SIM has {left[1]} attempts left for its PIN; unlock it by hand")
        self._pin_refused = "no answer"  # holds where the line is lost now: it may have been counted
        answer = await dialogue.ask(f'AT+CPIN="{self._pin}"')
        self._pin_refused = "" if answer.refusal is None else str(answer.refusal)
        if self._pin_refused:
            raise self._refused(f"the SIM refused the PIN: {self._pin_refused}")

    async def _with_network(self, dialogue: Dialogue) -> Dialogue:
        states: list[int] = []
        for name in ("+CREG", "+CEREG"):
            answer = await dialogue.ask(f"AT{name}?")
            state = at.registration(answer.lines, name)
            if at.registered(state):
                return dialogue
            if state is not None:
                states.append(state)
        if not states:
            return dialogue  # it knows neither question: what it says to the message will tell
        heard = at.signal(at.fields((await dialogue.ask("AT+CSQ")).lines, "+CSQ"))
        raise self._refused(at.unregistered(states) + (f"; {heard}" if heard else ""))

    async def _hand_over(self, dialogue: Dialogue, tpdu: bytes, part: str, patience: float) -> str:
        """The network's reference of a message."""
        try:
            answer = await dialogue.hand_over(tpdu, patience)
        except LineLost as lost:
            if taken := at.fields(lost.lines, "+CMGS"):
                self.close()  # the network has it; only the OK after it is missing
                return taken[0]
            raise LineLost(f"{part}{lost}") from None
        reference = at.fields(answer.lines, "+CMGS")
        if reference:
            return reference[0]
        self._check(answer, part)
        return "unknown"

    def _check(self, answer: Answer, part: str = "") -> None:
        refused = answer.refusal
        if refused is None:
            return
        if refused.of_modem:
            self.close()
        raise Undeliverable(f"{self._name}: {part}{refused}", permanent=refused.permanent)

    def _refused(self, what: str) -> Undeliverable:
        self.close()
        return Undeliverable(f"{self._name}: {what}", permanent=False)
