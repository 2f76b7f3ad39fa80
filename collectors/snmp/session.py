"""One agent asked through gufo-snmp: bounded in requests, rows and time, every failure a NoAnswer with its reason.

gufo-snmp is imported at the first question, so that a service without SNMP neither needs it nor waits for it. A
session has one socket and one question at a time; `lock` is for whoever asks several that belong together.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from errno import EHOSTUNREACH
from importlib import import_module, util
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pydantic import SecretStr

from collectors.places import Place
from collectors.snmp.mib import Raw, place
from ioc.clock import Clock
from ioc.errors import NoAnswer, SourceError
from ioc.model import Reason

if TYPE_CHECKING:
    from gufo.snmp.aio import SnmpSession

T = TypeVar("T")

MISSING = "gufo-snmp is not installed here; install ioc-monitor[snmp]"
TRIES = 3
"""how often a request is sent until it is given up"""
REPETITIONS = 25
"""rows asked for at once: what fits the 4,080 bytes that gufo-snmp reads of an answer"""
REFRESH = 100.0
"""seconds without a question after which an agent's time is asked for again; at 150 it takes ours for a replay"""
AUTH = {
    "md5": "Md5Key",
    "sha1": "Sha1Key",
    "sha224": "Sha224Key",
    "sha256": "Sha256Key",
    "sha384": "Sha384Key",
    "sha512": "Sha512Key",
}
PRIVACY = {"des": "DesKey", "aes": "Aes128Key", "aes192": "Aes192Key", "aes256": "Aes256Key"}

NO_SECRET = SecretStr("")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks: a community (v2c), or a user with passwords (v3); `auth` and `privacy` are empty for none."""

    version: str
    community: SecretStr
    user: str = ""
    auth: str = ""
    auth_password: SecretStr = NO_SECRET
    privacy: str = ""
    privacy_password: SecretStr = NO_SECRET


class Column(NamedTuple):
    """The rows of a table's column by their index, and what is wrong with it, empty for nothing."""

    rows: Mapping[str, Raw]
    flaw: str = ""


def installed() -> bool:
    """Whether gufo-snmp is here."""
    try:
        return util.find_spec("gufo.snmp") is not None
    except ModuleNotFoundError:
        return False


class Agent:
    """One agent at one place, asked with one set of credentials; `patience` is seconds that a request may take."""

    def __init__(self, clock: Clock, place: Place, who: Credentials, patience: float) -> None:
        self.lock = asyncio.Lock()
        self._clock = clock
        self._place = place
        self._who = who
        self._patience = patience
        self._session: SnmpSession | None = None
        self._used = float("-inf")
        self._fd = -1

    def close(self) -> None:
        """Give the socket back."""
        self._session = None  # gufo-snmp closes it with the last reference

    async def get(self, oids: Sequence[str]) -> Mapping[str, Raw]:
        """The values of those names that the agent has. Raises NoAnswer, SourceError."""

        async def ask() -> Mapping[str, Raw]:
            return await (await self.ready()).get_many(oids)

        return await self._told(ask)

    async def column(self, oid: str, most: int) -> Column:
        """The rows below a name, by GETBULK, up to `most`. Raises NoAnswer, SourceError."""
        rows: dict[str, Raw] = {}
        last: tuple[int, ...] = ()
        walk = _Walk(self, oid)
        while (row := await self._told(walk.next)) is not None:
            name, value = row
            here = place(name)
            if here <= last:
                return Column(rows, f"{oid} does not go on after {_shown(last)}, but to {_shown(here)}")
            if len(rows) >= most:
                return Column(rows, f"{oid} has more than {most} rows")
            rows[name.removeprefix(oid + ".")] = value
            last = here
        return Column(rows)

    async def ready(self) -> SnmpSession:
        """gufo-snmp's session, made where there is none, with v3 knowing the agent's time."""
        now = self._clock.now()
        if self._session is None:
            self._session = _session(self._place, self._who, self._patience)
            self._used = float("-inf")
            self._fd = self._session._fd
        if self._who.version == "v3" and now - self._used > REFRESH:
            await self._session.refresh()
        self._used = now
        return self._session

    async def _told(self, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The answer to a question that is repeated when it is lost, garbled, or the agent has restarted."""
        for last in (False,) * (TRIES - 1) + (True,):
            try:
                return await self._alone(ask)
            except (NoAnswer, SourceError, asyncio.CancelledError):
                raise
            except BaseException as error:  # gufo-snmp panics at some bytes, past Exception
                failure = _failure(error)
                if failure is None:
                    raise
                self._session = None  # another agent may stand there now, or the same with another time
                if last or isinstance(failure, SourceError):
                    raise failure from error
        raise AssertionError("the last try returns or raises")

    async def _alone(self, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The answer to a question that ends when it is cancelled.

        gufo-snmp waits by `asyncio.wait_for`, which before Python 3.12 takes a cancellation for an answer when one
        comes at the same moment: an agent that pours out wrong ones would never be given up.
        """
        task = asyncio.ensure_future(ask())
        try:
            await asyncio.wait((task,))
        finally:
            self._end(task)
        return task.result()

    def _end(self, task: asyncio.Future[T]) -> None:
        if not task.done():
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._fd)
            task.cancel()
            loop.call_soon(self._end, task)


class _Walk:
    """A walk that can be taken up again after a try that failed."""

    def __init__(self, agent: Agent, oid: str) -> None:
        self._agent = agent
        self._oid = oid
        self._rows: AsyncIterator[tuple[str, Raw]] | None = None

    async def next(self) -> tuple[str, Raw] | None:
        if self._rows is None:
            self._rows = (await self._agent.ready()).getbulk(self._oid, REPETITIONS)
        try:
            return await anext(self._rows)
        except StopAsyncIteration:
            return None


def _failure(error: BaseException) -> NoAnswer | SourceError | None:
    """What an error of gufo-snmp says about the agent, or about us; None for what is not gufo-snmp's."""
    kind = type(error).__name__
    if isinstance(error, TimeoutError):
        refused = "refused" in str(error)
        return NoAnswer(
            Reason.REFUSED if refused else Reason.NO_ANSWER, str(error) or "no answer to a request"
        )
    if kind == "PySnmpAuthError":
        return NoAnswer(Reason.REFUSED, "the agent does not know this user, password or algorithm")
    if kind == "PanicException" or kind.startswith("PySnmp"):
        return NoAnswer(Reason.WRONG_ANSWER, f"its answer is not SNMP: {str(error)[:80]}")
    if isinstance(error, OSError):
        text = str(error)[:80]
        return NoAnswer(Reason.NO_ROUTE, text) if f"os error {EHOSTUNREACH}" in text else SourceError(text)
    return None


def _session(where: Place, who: Credentials, patience: float) -> SnmpSession:
    try:
        aio, snmp = import_module("gufo.snmp.aio"), import_module("gufo.snmp")
    except ImportError as error:
        raise SourceError(f"{MISSING} ({error})") from error
    host = where.host
    if len(where.peer) == 4 and where.peer[3]:
        host = f"{host}%{where.peer[3]}"
    more: dict[str, Any] = {"community": who.community.get_secret_value()}
    if who.version == "v3":
        more = {"user": _user(snmp.user, who)}
    try:
        session: SnmpSession = aio.SnmpSession(host, where.port, timeout=patience, **more)
    except (OSError, ValueError) as error:
        raise SourceError(f"no socket towards {where.host}: {error}") from error
    return session


def _user(user: Any, who: Credentials) -> Any:
    auth = _key(user, AUTH, who.auth, who.auth_password)
    return user.User(who.user, auth_key=auth, priv_key=_key(user, PRIVACY, who.privacy, who.privacy_password))


def _key(user: Any, kinds: Mapping[str, str], kind: str, password: SecretStr) -> Any:
    return getattr(user, kinds[kind])(password.get_secret_value().encode()) if kind else None


def _shown(oid: tuple[int, ...]) -> str:
    return ".".join(map(str, oid))
