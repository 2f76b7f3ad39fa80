"""Asks another system's REST interface for rows: where the next page is, a token that expires, how long to wait."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Literal, Self
from urllib.parse import quote

import orjson
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from collectors.exchange import Answer, Exchanges
from collectors.expressions import LONGEST_EXPRESSION, compiled, searched
from collectors.redirects import Question
from collectors.weboptions import WebOptions, path_of
from ioc.clock import Clock
from ioc.errors import NoAnswer
from ioc.legible import legible, quoted
from ioc.model import Reason

MOST_WAIT = 3_600.0
"""seconds that a system may ask us to wait"""
USUAL_WAIT = 60.0
LONGEST_TOKEN = 8_192
_HOLE = re.compile(r"\{(since|page)\}")
_PATH_WITH_HOLES = re.compile(r"[{}]")
_SIGNED_OUT = 401


class Asked(BaseModel):
    """What a page is asked by; `{since}` and `{page}` in `path` and `body` are filled in."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    path: str = Field(max_length=2_048)
    """path with its query, as `/api/ho-so?tu={since}&trang={page}`"""
    method: Literal["GET", "POST"] = "GET"
    """how it is asked"""
    body: str = Field(default="", max_length=16_384)
    """JSON of a POST"""

    @field_validator("path")
    @classmethod
    def _is_a_path(cls, path: str) -> str:
        path_of(_HOLE.sub("", path))
        if _PATH_WITH_HOLES.search(_HOLE.sub("", path)):
            raise ValueError(
                f"{path!r}: only {{since}} and {{page}} are filled in; write other braces as %7B and %7D"
            )
        return path

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.body and self.method != "POST":
            raise ValueError("body needs method: POST")
        return self

    @property
    def pages(self) -> bool:
        """Whether pages are asked for one after the other."""
        return "{page}" in self.path or "{page}" in self.body

    def filled(self, since: str, page: str) -> tuple[str, bytes]:
        """Path and body of one page."""
        said = {"since": since, "page": page}
        path = _HOLE.sub(lambda hole: quote(said[hole[1]], safe=""), self.path)
        body = _HOLE.sub(lambda hole: orjson.dumps(said[hole[1]]).decode()[1:-1], self.body)
        return path, body.encode()


class Login(BaseModel):
    """How a token is got that expires."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    path: str = Field(max_length=2_048)
    """path that is posted to"""
    token: str = Field(default="access_token", max_length=LONGEST_EXPRESSION)
    """JMESPath to the token in the answer"""
    header: str = Field(default="Authorization", pattern=r"^[A-Za-z0-9-]{1,64}$")
    """header that carries it"""
    prefix: str = Field(default="Bearer ", max_length=32)
    """what stands before it"""

    @field_validator("path")
    @classmethod
    def _is_a_path(cls, path: str) -> str:
        return path_of(path)

    @field_validator("token")
    @classmethod
    def _is_jmespath(cls, token: str) -> str:
        compiled(token)
        return token


class Busy(NoAnswer):
    """It does not want to be asked now; `after` in seconds."""

    def __init__(self, detail: str, after: float) -> None:
        super().__init__(Reason.BAD_STATUS, detail)
        self.after = after


class Asker:
    """Asks one system; holds its token until it is refused. `login` is how to get one, and what is posted for it."""

    def __init__(
        self, address: str, web: WebOptions, login: tuple[Login, str] | None, most: int, clock: Clock
    ) -> None:
        self._address, self._web, self._login, self._most = address, web, login, most
        self._clock = clock
        self._exchanges = Exchanges(clock)
        self._token = ""

    async def close(self) -> None:
        """Let go of connections."""
        await self._exchanges.close()

    async def ask(self, method: str, path: str, body: bytes, within: float) -> Any:
        """The JSON of an answer; raises NoAnswer, Busy, SourceError."""
        by = self._clock.now() + within
        for again in (False, True):
            if self._login is not None and not self._token:
                self._token = await self._sign_in(*self._login, by)
            status, said = await self._one(method, path, body, self._secrets(), by)
            if status != _SIGNED_OUT or self._login is None:
                break
            self._token = ""
            if again:
                raise NoAnswer(Reason.BAD_STATUS, "401 with a token that was just given; see `login`")
        if not 200 <= status < 300:
            raise NoAnswer(
                Reason.BAD_STATUS, f"status {status}: {legible(said[:120].decode('utf-8', 'replace'))}"
            )
        return _json(said)

    async def _sign_in(self, login: Login, body: str, by: float) -> str:
        status, said = await self._one("POST", login.path, body.encode(), {}, by)
        if not 200 <= status < 300:
            raise NoAnswer(Reason.BAD_STATUS, f"the login answers {status}; see `login`")
        token = _found(login.token, _json(said))
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
            raise NoAnswer(
                Reason.WRONG_ANSWER, f"the login gives no text at {login.token}; see `login.token`"
            )
        return token[:LONGEST_TOKEN]

    async def _one(
        self, method: str, path: str, body: bytes, secrets: Mapping[str, str], by: float
    ) -> tuple[int, bytes]:
        headers = dict(self._web.plain_headers())
        if body:
            kind = (
                "application/json"
                if body.lstrip()[:1] in (b"{", b"[")
                else "application/x-www-form-urlencoded"
            )
            headers.setdefault("Content-Type", kind)
        question = Question(method, self._web.url(self._address, path), self._web, headers, secrets, body)
        async with self._exchanges.ask(question, by) as answer:
            if answer.status in (429, 503):
                raise Busy(f"status {answer.status}: it wants to be asked later", self._after(answer))
            said = await answer.body(self._most)
            if answer.cut:
                raise NoAnswer(
                    Reason.WRONG_ANSWER, f"a page of more than {self._most:,} bytes; ask for fewer rows"
                )
            return answer.status, said

    def _secrets(self) -> dict[str, str]:
        found = self._web.secrets()
        if self._login is not None:
            login, _ = self._login
            found[login.header] = f"{login.prefix}{self._token}"
        return found

    def _after(self, answer: Answer) -> float:
        """Seconds that Retry-After (RFC 9110, 10.2.3) asks for, within bounds."""
        text = answer.headers.get("Retry-After", "")
        if text.isascii() and text.isdecimal() and len(text) < 10:
            return min(max(float(text), 1.0), MOST_WAIT)
        try:
            until = parsedate_to_datetime(text).timestamp()
        except (TypeError, ValueError, OverflowError):
            return USUAL_WAIT
        return min(max(until - self._clock.civil(self._clock.now()), 1.0), MOST_WAIT)


def _found(expression: str, said: Any) -> Any:
    try:
        return searched(expression, said)
    except ValueError:
        return None


def _json(said: bytes) -> Any:
    try:
        return orjson.loads(said)
    except orjson.JSONDecodeError as error:
        raise NoAnswer(
            Reason.WRONG_ANSWER, f"not JSON ({error}): {quoted(said[:40].decode('utf-8', 'replace'))}"
        ) from None
