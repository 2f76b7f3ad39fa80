"""The feed `national`: a server of the national sync shape, to which a portal sends its dossiers a second time.

Whatever the path, a POST whose last part is `login` signs in and every other one calls. An answer is sent once all that
it says is kept is committed. A call that is cut off, or answered 05, is sent again without harm. docs/portal.md.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from collectors.feed import MOST_A_BATCH, Around, Batch, Heard, Said
from collectors.sessions import Sessions, SignInRefused
from collectors.wire import portal
from collectors.wire.dossier import CHANNELS, read_dossier, read_progress, row_of
from collectors.wire.dossierrow import Reading, Wrong, clean
from collectors.wire.portal import Call, Code
from ioc.cases.model import Finding, Kind, Update, key_of
from ioc.errors import CodecError, NotCommitted

MOST_BODY = 20_000_000
"""bytes of a request"""
MOST_UNKNOWN = 65_536
"""bytes of a request that are read before it is known to have a session"""
MOST_ROWS = 20_000
MOST_UNDER_WAY = 25_000
"""rows being kept, of all calls together"""
PIECE = 250
"""rows read in one turn of the loop"""
MOST_FINDINGS = 10_000
"""faults of one call that are kept; further ones are counted"""
MOST_TOLD = 100
"""faults that an answer names; all are counted"""
SHORTEST_PASSWORD = 12


class NationalOptions(BaseModel):
    """As whom the portal signs in, and what its units and ways are called here."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    username: str = Field(min_length=1, max_length=portal.LONGEST_TEXT)
    """name the portal signs in with"""
    password: SecretStr
    """password the portal signs in with, of 12 characters or more"""
    units: dict[str, str] = Field(default={}, max_length=10_000)
    """units whose names DonViXuLy has instead of a code: the name, and the unit's id here"""
    channels: dict[str, str] = Field(default=dict(CHANNELS), min_length=1, max_length=16)
    """what the codes of HinhThuc are called here"""

    @field_validator("password")
    @classmethod
    def _is_long(cls, password: SecretStr) -> SecretStr:
        length = len(password.get_secret_value())
        if not SHORTEST_PASSWORD <= length <= portal.LONGEST_TEXT:
            raise ValueError(
                f"the password has {length} characters; between {SHORTEST_PASSWORD} and {portal.LONGEST_TEXT}"
            )
        return password

    @field_validator("units")
    @classmethod
    def _are_folded(cls, units: dict[str, str]) -> dict[str, str]:
        return {_folded(name): unit for name, unit in units.items()}


@dataclass(slots=True)
class _Taken:
    """What became of the rows of a call."""

    kept: int = 0
    left: int = 0
    """rows that cannot be kept"""
    faults: int = 0
    findings: int = 0
    """faults that are kept"""
    lost: list[Wrong] = field(default_factory=list)
    """faults of rows that cannot be kept, which an answer names first"""
    wrong: list[Wrong] = field(default_factory=list)
    """faults of rows that are kept; of both the first MOST_TOLD"""

    def add(self, faults: Sequence[Wrong], *, kept: bool) -> None:
        """Count a row's faults."""
        self.faults += len(faults)
        self.left += not kept
        told = self.wrong if kept else self.lost
        told += faults[: MOST_TOLD - len(told)]


class National:
    """A server of the national sync shape; see `collectors.feed.Feed`."""

    name: ClassVar[str] = "national"
    Options: ClassVar[type[BaseModel]] = NationalOptions

    def __init__(self, options: NationalOptions, around: Around) -> None:
        self._options, self._around = options, around
        self._sessions = Sessions(
            options.username, options.password.get_secret_value(), lambda: secrets.token_urlsafe(32)
        )
        self._under_way = 0
        around.say("waiting", "")

    async def run(self) -> None:
        """Nothing: it is asked."""

    async def hear(self, heard: Heard) -> Said:
        """Answer a portal; whatever it sends, in the shape's own form."""
        if heard.method != "POST":
            return self._refuse(Code.SHAPE, "send a POST", 405, {"Allow": "POST"})
        if len(heard.body) > MOST_BODY:
            most = f"{MOST_BODY // 1_000_000} MB"
            return self._refuse(Code.TOO_MUCH, f"the body has {len(heard.body):,} bytes; at most {most}", 413)
        try:
            if heard.path.rstrip("/").rpartition("/")[2].lower() == "login":
                return self._sign_in(heard.body)
            return await self._called(heard.body)
        except CodecError as error:
            return self._refuse(Code.SHAPE, f"{error}; nothing is kept")

    def _sign_in(self, body: bytes) -> Said:
        if len(body) > MOST_UNKNOWN:
            return self._refuse(Code.TOO_MUCH, f"a sign-in has at most {MOST_UNKNOWN:,} bytes")
        asked = portal.read_sign_in(body)
        try:
            session = self._sessions.sign_in(asked.username, asked.password, self._around.clock.now())
        except SignInRefused as refused:
            if refused.known:
                self._around.say("failing", f"the portal cannot sign in: {refused}")
            code = Code.TOO_MUCH if refused.often else Code.SIGN_IN
            return self._refuse(code, f"{refused}; try again in a minute" if refused.often else str(refused))
        return Said(200, portal.write_session(session))

    async def _called(self, body: bytes) -> Said:
        if not self._may_be_known(body):
            return self._refuse(Code.SIGN_IN, "no session that goes on; sign in and send it again")
        call = portal.read_call(body)
        if not self._sessions.holds(call.session, self._around.clock.now()):
            return self._refuse(Code.SIGN_IN, "the session is over or unknown; sign in and send it again")
        if call.service == portal.LOOKUP:
            return await self._looked_up(call)
        if len(call.rows) > MOST_ROWS:
            message = f"data has {len(call.rows):,} dossiers; at most {MOST_ROWS:,} at once; nothing is kept"
            return self._refuse(Code.TOO_MUCH, message)
        rows = max(len(call.rows), 1)
        if self._under_way + rows > MOST_UNDER_WAY:
            return self._refuse(
                Code.AGAIN, f"{self._under_way:,} dossiers are being kept; send it again soon"
            )
        self._under_way += rows
        try:
            return await self._kept(call)
        finally:
            self._under_way -= rows

    def _may_be_known(self, body: bytes) -> bool:
        """Whether a body is worth reading: a stranger's long one is not."""
        now = self._around.clock.now()
        return len(body) <= MOST_UNKNOWN or any(
            self._sessions.holds(session, now) for session in portal.sessions_in(body)
        )

    async def _kept(self, call: Call) -> Said:
        """Keep a call's rows, a batch a commit."""
        taken, by = _Taken(), self._reading()
        try:
            for begin in range(0, len(call.rows), MOST_A_BATCH):
                rows = call.rows[begin : begin + MOST_A_BATCH]
                batch = await self._read(call.service, rows, begin, by, taken)
                await self._around.keep(batch)
                taken.kept += len(batch.updates)
        except NotCommitted as error:
            self._around.say("failing", f"what the portal sent cannot be written: {error}")
            return self._refuse(Code.AGAIN, f"not all is written ({taken.kept:,} are); send the same again")
        finally:
            self._count("ioc_feed_updates", "updates that a feed brought", taken.kept)
            self._count("ioc_feed_rows_left", "rows of a feed that could not be kept", taken.left)
            self._count("ioc_feed_faults", "faults in rows of a feed", taken.faults)
            dropped = taken.faults - taken.findings
            self._count("ioc_feed_faults_dropped", "faults counted and not kept", dropped)
        self._around.say("ok", f"{taken.kept} updates, {taken.faults} findings")
        return _said(taken)

    async def _read(
        self, service: str, rows: Sequence[object], begin: int, by: Reading, taken: _Taken
    ) -> Batch:
        """Read a batch of rows, letting others have their turn."""
        read = read_dossier if service == portal.SYNC else read_progress
        updates, found = list[Update](), list[Finding]()
        for n, row in enumerate(rows, 1):
            update, faults = read(begin + n, row, by)
            taken.add(faults, kept=update is not None)
            if update is not None:
                updates.append(update)
            room = MOST_FINDINGS - taken.findings
            found += [each.finding(by.source) for each in faults[:room]]
            taken.findings += min(len(faults), room)
            if n % PIECE == 0:
                await asyncio.sleep(0)
        return Batch(updates, found)

    async def _looked_up(self, call: Call) -> Said:
        """What is kept of a dossier, in `result`; an empty one where nothing is."""
        find = self._around.find
        if find is None:
            message = "TraCuuHoSo is not answered here; send DongBoHoSoMC, known or not"
            return self._refuse(Code.ABSENT, message)
        case = await find(key_of(Kind.DOSSIER, clean(call.id)))
        row = row_of(case, self._around.zone) if case is not None else None
        return Said(200, portal.write_answer(Code.OK, "", {"result": [row] if row else []}))

    def _reading(self) -> Reading:
        around = self._around
        return Reading(
            source=around.id,
            zone=around.zone,
            heard=around.clock.civil(around.clock.now()),
            unit_of=self._unit_of,
            stage_of=lambda status: around.stage_of(Kind.DOSSIER, status),
            day_end=around.day_end,
            channels=self._options.channels,
        )

    def _unit_of(self, code: str) -> str | None:
        return self._options.units.get(_folded(code)) or self._around.unit_of("", code)

    def _count(self, name: str, help: str, n: int = 1, **labels: str) -> None:
        self._around.telemetry.tally(name, help, feed=self._around.id, **labels).n += n

    def _refuse(
        self, code: Code, message: str, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Said:
        self._count("ioc_feed_refused", "requests that a feed refused", reason=code.name.lower())
        body = portal.write_answer(code, message)
        wait = {"Retry-After": "5"} if code is Code.AGAIN else {}
        return Said(503 if code is Code.AGAIN else status, body, headers={**wait, **(headers or {})})


def _said(taken: _Taken) -> Said:
    """The answer to rows: which were not kept, and what is wrong with those that were."""
    message = f"{taken.kept:,} kept"
    if taken.left:
        message += f", {taken.left:,} cannot be: {_sentence(taken.lost[0])}"
    more: dict[str, Any] = {}
    if taken.faults:
        told = (*taken.lost, *taken.wrong)[:MOST_TOLD]
        more = {"faults": taken.faults, "findings": [_shown(each) for each in told]}
    return Said(200, portal.write_answer(Code.ROWS if taken.left else Code.OK, message, more))


def _sentence(wrong: Wrong) -> str:
    who = f", {wrong.id}" if wrong.id else ""
    return f'row {wrong.row}{who}: {wrong.field} "{wrong.value}": {wrong.what}'


def _shown(wrong: Wrong) -> dict[str, Any]:
    return {
        "row": wrong.row,
        "MaHoSo": wrong.id,
        "field": wrong.field,
        "fault": wrong.fault,
        "value": wrong.value,
        "what": wrong.what,
    }


def _folded(name: str) -> str:
    return " ".join(clean(name).casefold().split())
