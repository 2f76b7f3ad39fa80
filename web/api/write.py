"""Numbers of other programs, for history: `POST /api/v2/write` and `/write`, as InfluxDB takes them.

Whatever Telegraf reads is so a source of history. Programs that write decide by the status what to do next, so it
is InfluxDB's: 204 all is kept, and would be after a crash; 400 and 422 some lines are refused for good, and every
other is kept; 401 who does not show the token; 413 too large, send less at once; 429 and 503 later, with
Retry-After. Errors are InfluxDB's JSON: `{"code", "message"}`.

A body is read line by line with pauses in which probes and screens have their turn; one body at a time.

Source: https://docs.influxdata.com/influxdb/v2/api/#operation/PostWrite
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from ioc.errors import StoreError
from ioc.store import parse
from ioc.store.admission import Refusal, Why
from ioc.store.parse import Flaw, Parsed
from web.api import answer
from web.api.packed import Unfit, body
from web.auth import Need, same
from web.deps import Deps, Door, Route

AT_ONCE = 8
"""requests whose bodies are read or wait; more are told to come later"""
KEEP_SECONDS = 10.0
AGAIN = 5
"""seconds after which whoever is turned away may come again"""
FIELDS_A_TURN = 200
"""fields read before others have their turn: about 2 ms"""
LINES_CAP = 100_000
SHOWN = 5
"""refused lines that an answer tells of"""

V1_PRECISIONS = {"n": "ns", "ns": "ns", "u": "us", "us": "us", "µ": "us", "ms": "ms", "s": "s"}


@dataclass(slots=True)
class _Found:
    """What came of a body's lines."""

    lines: list[str] = field(default_factory=list)
    refused: Counter[Why] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)

    def refuse(self, number: str, refusal: Refusal) -> None:
        """Count a line that is not taken, and keep the first few reasons."""
        self.refused[refusal.why] += 1
        if len(self.told) < SHOWN:
            self.told.append(f"{number}{refusal.what}")


class WriteApi:
    """Takes lines from whoever shows the door's own token."""

    def __init__(self, deps: Deps, door: Door) -> None:
        self._clock = deps.clock
        self._door = door
        self._running = 0
        self._turn = asyncio.Lock()
        tally = deps.telemetry.tally
        self._taken = tally("ioc_inlet_lines", "Lines that other programs wrote and that are kept.")
        self._refused = {
            why: tally(
                "ioc_inlet_refused_lines", "Lines that other programs wrote and that are refused.", why=why
            )
            for why in Why
        }
        self._unfit = tally(
            "ioc_inlet_refused_requests", "Requests of other programs to write that are refused."
        )

    def routes(self) -> list[Route]:
        """Both versions' addresses, and what clients ask to see whether we are there."""
        return [
            Route("POST", "/api/v2/write", Need.NOTHING, self._write, own_token=True),
            Route("POST", "/write", Need.NOTHING, self._write, own_token=True),
            Route("GET", "/ping", Need.NOTHING, self._ping),
            Route("GET", "/health", Need.NOTHING, self._health),
        ]

    async def _ping(self, request: web.Request) -> web.StreamResponse:
        return web.Response(status=204, headers={"X-Influxdb-Version": "ioc"})

    async def _health(self, request: web.Request) -> web.StreamResponse:
        said = {"name": "ioc", "message": "ready for writes", "status": "pass", "checks": []}
        return answer.json(said)

    async def _write(self, request: web.Request) -> web.StreamResponse:
        try:
            return await self._taken_in(request)
        except Unfit as unfit:
            self._unfit.n += 1
            return _said(unfit.status, unfit.code, str(unfit), unfit.again)

    async def _taken_in(self, request: web.Request) -> web.StreamResponse:
        door = self._door
        _check_token(request.headers.get("Authorization", ""), door.token)
        precision = _precision(request.query.get("precision", "ns"))
        if self._running >= AT_ONCE:
            raise Unfit(503, "unavailable", f"{AT_ONCE} requests are being read; send it again", AGAIN)
        self._running += 1
        try:
            text = _text(await body(request))
            async with self._turn:
                found = await self._read(door, text, precision)
                await _keep(door, found.lines)
        finally:
            self._running -= 1
        return self._answer(found)

    async def _read(self, door: Door, text: str, precision: str) -> _Found:
        """Parse and judge every line."""
        found, now = _Found(), self._clock.civil(self._clock.now())
        async for each in _in_turns(text, precision):
            if isinstance(each, Flaw):
                found.refuse(f"line {each.line}: ", Refusal(Why.MALFORMED, each.why))
                continue
            admitted = door.admission.admit(each, now)
            if isinstance(admitted, Refusal):
                found.refuse(f"{each.measurement[:60]!r}: ", admitted)
            else:
                found.lines.append(admitted)
        return found

    def _answer(self, found: _Found) -> web.StreamResponse:
        self._taken.n += len(found.lines)
        for why, count in found.refused.items():
            self._refused[why].n += count
        if not found.refused:
            return web.Response(status=204)
        refused = sum(found.refused.values())
        rest = f"; and {refused - SHOWN} more" if refused > SHOWN else ""
        what = f"partial write: {'; '.join(found.told)}{rest} dropped={refused} kept={len(found.lines)}"
        if found.refused[Why.MALFORMED]:
            return _said(400, "invalid", what)
        return _said(422, "unprocessable entity", what)


def _text(sent: bytes) -> str:
    """A body as text; bytes that are not UTF-8 become surrogates, and are found where they stand."""
    if sent.count(b"\n") > LINES_CAP:
        what = f"the body has more than {LINES_CAP} lines; send less at once"
        raise Unfit(413, "request too large", what)
    return sent.decode("utf-8", "surrogateescape")


async def _in_turns(text: str, precision: str) -> AsyncIterator[Parsed | Flaw]:
    """A text's lines, with others having their turn in between."""
    done = 0
    for each in parse.lines(text, precision):
        done += len(each.fields) if isinstance(each, Parsed) else 5
        if done >= FIELDS_A_TURN:
            done = 0
            await asyncio.sleep(0)
        if each is not None:
            yield each


async def _keep(door: Door, lines: Sequence[str]) -> None:
    if not lines:
        return
    try:
        async with asyncio.timeout(KEEP_SECONDS):
            await door.keep(lines)
    except TimeoutError:
        what = f"not kept within {KEEP_SECONDS:.0f} s; send it again, which does no harm"
        raise Unfit(503, "unavailable", what, AGAIN) from None
    except StoreError as error:
        wait = AGAIN if error.retry_after is None else max(1, round(error.retry_after))
        raise Unfit(
            429, "too many requests", f"{error}; nothing of this is kept, send it again", wait
        ) from None


def _check_token(header: str, token: str) -> None:
    """Raises Unfit unless a request shows the token, in one of the ways in which clients do."""
    scheme, _, shown = header.partition(" ")
    shown = shown.strip()
    if scheme.lower() == "basic":
        shown = _password(shown)
    elif scheme.lower() not in ("token", "bearer"):
        shown = ""
    if not shown:
        raise Unfit(401, "unauthorized", "a token is needed; send it as Authorization: Token TOKEN")
    if not same(shown, token):
        raise Unfit(401, "unauthorized", "this is not the token of inlet.token")


def _password(basic: str) -> str:
    """The password of HTTP's basic authentication, RFC 7617; empty when it is none."""
    try:
        return base64.b64decode(basic, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def _precision(asked: str) -> str:
    found = V1_PRECISIONS.get(asked)
    if found is None:
        raise Unfit(400, "invalid", f"precision {asked[:20]!r} is not known; one of ns, us, ms, s")
    return found


def _said(status: int, code: str, message: str, again: int | None = None) -> web.Response:
    """An error as InfluxDB says it."""
    headers = {"Retry-After": str(again)} if again else {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Token realm="ioc"'
    return answer.json({"code": code, "message": message}, status, headers)
