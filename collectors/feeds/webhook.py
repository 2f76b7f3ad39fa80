"""A signed webhook: another system posts its rows as they change, as JSON.

Signed is `TIMESTAMP.BODY` with HMAC-SHA256 (RFC 2104) by a secret that both sides have: `X-Timestamp` in seconds since
1970, `X-Signature: sha256=` and hexadecimal digits. What is older than the window, or signed by nobody we know, is
refused. `Idempotency-Key` names a request: sent again it is not taken again, also after a restart. The newest keys of a
day are kept; one that was forgotten is taken once more without harm, since reports of a case are joined.
"""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Mapping
from hashlib import blake2b
from itertools import islice
from typing import Any, ClassVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from collectors.casemap import CaseMap
from collectors.caserows import Mapped, Mapper, findings
from collectors.casevalues import Known
from collectors.expressions import LONGEST_EXPRESSION, compiled, searched
from collectors.feed import MOST_A_BATCH, Around, Batch, Heard, Said
from ioc.cases.model import Finding, Update
from ioc.errors import NotCommitted, Refused
from ioc.legible import quoted

SHORTEST_SECRET = 16
MOST_BYTES = 4_000_000
MOST_ROWS = 5_000
TURN = 100
"""rows read before others have their turn"""
MOST_KEYS = 500
KEPT = 86_400.0
"""seconds that a request's key is remembered"""
AT_ONCE = 16
"""requests being kept at a time"""
MOST_FINDINGS = 10_000
"""faults of one request that are kept"""
TOLD = 100
"""faults of rows that an answer lists"""
_SIGNATURE = re.compile(r"sha256=[0-9a-fA-F]{64}\Z")
_TIMESTAMP = re.compile(r"[0-9]{1,12}\Z")
_KEY = re.compile(r"[!-~]{1,200}\Z")


class WebhookOptions(BaseModel):
    """Who may post, and how the rows are read."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    secret: SecretStr
    """what requests are signed with, 16 characters or more"""
    former_secret: SecretStr | None = None
    """the secret before, taken too while the other system is changed over"""
    window: float = Field(default=300.0, ge=10.0, le=3_600.0)
    """seconds that a request's timestamp may be from ours"""
    rows: str = Field(default="", max_length=LONGEST_EXPRESSION)
    """JMESPath to the list of rows in a body; empty: the body is the list, or one row"""
    map: CaseMap
    """where each field of a case stands in a row"""

    @field_validator("secret", "former_secret")
    @classmethod
    def _is_long(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and len(secret.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(
                f"shorter than {SHORTEST_SECRET} characters; make one with: openssl rand -hex 32"
            )
        return secret

    @field_validator("rows")
    @classmethod
    def _is_jmespath(cls, rows: str) -> str:
        if rows:
            compiled(rows)
        return rows


class Webhook:
    """Takes what is posted to the feed's own address."""

    name: ClassVar[str] = "webhook"
    Options: ClassVar[type[BaseModel]] = WebhookOptions

    def __init__(self, options: WebhookOptions, around: Around) -> None:
        self._options, self._around = options, around
        secrets = (options.secret, options.former_secret)
        self._secrets = [each.get_secret_value().encode() for each in secrets if each is not None]
        known = Known(around.zone, around.unit_of, around.stage_of, around.day_end)
        self._mapper = Mapper(options.map, around.id, known)
        self._done: Keys | None = None
        self._under_way = 0

    async def run(self) -> None:
        """Nothing to ask: others post."""

    async def hear(self, heard: Heard) -> Said:
        """Answer a request: 200 after the commit; what is refused is kept in no part."""
        try:
            self._admit(heard)
            self._under_way += 1
            try:
                return await self._take(heard)
            finally:
                self._under_way -= 1
        except Refused as error:
            self._count("ioc_feed_refused", "requests that a feed refused", reason=error.code)
            wait = {"Retry-After": "5"} if error.status == 503 else {}
            return _said(error.status, {"error": error.code, "message": str(error)}, wait)

    def _admit(self, heard: Heard) -> None:
        """Let a request in, or raise Refused."""
        if heard.path.strip("/"):
            raise Refused("no such address; post to the feed's own", status=404, code="path")
        if heard.method != "POST":
            raise Refused("write POST", status=405, code="method")
        if len(heard.body) > MOST_BYTES:
            raise Refused(
                f"more than {MOST_BYTES:,} bytes; post fewer rows at a time", status=413, code="size"
            )
        self._verify(heard)
        if self._under_way >= AT_ONCE:
            raise Refused(f"{AT_ONCE} requests are being kept; try again", status=503, code="busy")

    def _verify(self, heard: Heard) -> None:
        stamp = heard.headers.get("x-timestamp", "")
        signature = heard.headers.get("x-signature", "")
        if not _TIMESTAMP.match(stamp):
            raise Refused("X-Timestamp is missing or not seconds since 1970", status=401, code="timestamp")
        if not _SIGNATURE.match(signature):
            what = "X-Signature is missing or not sha256= and 64 hexadecimal digits"
            raise Refused(what, status=401, code="signature")
        # every one is compared, so that time tells nothing of which is right
        same = [
            hmac.compare_digest(signature.lower(), sign(each, stamp, heard.body)) for each in self._secrets
        ]
        if not any(same):
            raise Refused(
                "the signature is not of this body, timestamp and secret", status=401, code="signature"
            )
        late = self._now() - float(stamp)
        if abs(late) > self._options.window:
            what = f"X-Timestamp is {late:.0f} s from our clock; at most {self._options.window:.0f}"
            raise Refused(what, status=401, code="window")

    async def _take(self, heard: Heard) -> Said:
        name, mark = heard.headers.get("idempotency-key", ""), _digest(heard.body)
        if name and not _KEY.match(name):
            raise Refused("Idempotency-Key: 1 to 200 characters of visible ASCII", code="key")
        keys = self._keys()
        before = keys.mark(name)
        if before is not None and before != mark:
            what = "this Idempotency-Key came with another body; give each request its own"
            raise Refused(what, status=422, code="key")
        if before is not None:
            self._count("ioc_feed_repeats", "requests that a feed had taken before")
            return _said(200, {"repeat": True})
        mapped = await self._mapped(self._rows(heard.body))
        await self._keep(mapped, name, mark)
        return _said(200, _summary(mapped))

    async def _mapped(self, rows: list[Any]) -> list[Mapped]:
        """What the rows say; raises Refused for what is no row."""
        found, now = [], self._now()
        for number, row in enumerate(rows, 1):
            if not isinstance(row, Mapping):
                raise Refused(f"row {number} is {quoted(row)}, not an object", code="row")
            found.append(self._mapper.row_to(row, number, now))
            if number % TURN == 0:
                await asyncio.sleep(0)
        return found

    def _rows(self, body: bytes) -> list[Any]:
        """The rows of a body; raises Refused."""
        try:
            said = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise Refused(f"the body is not JSON: {error}", code="body") from None
        rows = self._found(said) if self._options.rows else said
        rows = [rows] if isinstance(rows, dict) else rows
        if not isinstance(rows, list):
            where = f"at {self._options.rows}" if self._options.rows else "in the body"
            raise Refused(f"{quoted(rows)} {where}, not a list of rows", code="body")
        if len(rows) > MOST_ROWS:
            raise Refused(f"{len(rows):,} rows; at most {MOST_ROWS:,} at a time", status=413, code="size")
        return rows

    def _found(self, said: Any) -> Any:
        try:
            return searched(self._options.rows, said)
        except ValueError as error:
            raise Refused(f"{self._options.rows}: {error}", code="body") from None

    async def _keep(self, mapped: list[Mapped], name: str, mark: str) -> None:
        """Commit all of it, the key with the last of it; raises Refused."""
        updates = [update for each in mapped for update in each.updates]
        found = list(
            islice((one for each in mapped for one in findings(each, self._around.id)), MOST_FINDINGS)
        )
        keys, now = self._keys(), self._now()
        try:
            for begin in range(0, max(len(updates), 1), MOST_A_BATCH):
                last = begin + MOST_A_BATCH >= len(updates)
                cursor = keys.cursor(name, mark, now) if last and name else None
                piece = updates[begin : begin + MOST_A_BATCH]
                await self._around.keep(Batch(piece, found if last else (), cursor))
        except NotCommitted as error:
            self._around.say("failing", f"nothing can be kept: {error}")
            raise Refused("not kept; send it again", status=503, code="not_kept") from error
        keys.add(name, mark, now)
        self._tell(updates, found)

    def _tell(self, updates: list[Update], found: list[Finding]) -> None:
        self._count("ioc_feed_updates", "updates that a feed brought", len(updates))
        self._around.say("ok", f"{len(updates)} updates, {len(found)} findings")

    def _count(self, name: str, help: str, n: int = 1, **labels: str) -> None:
        self._around.telemetry.tally(name, help, feed=self._around.id, **labels).n += n

    def _keys(self) -> Keys:
        if self._done is None:
            self._done = Keys.of(self._around.cursor())
        return self._done

    def _now(self) -> float:
        return self._around.clock.civil(self._around.clock.now())


class Keys:
    """The names of requests that were taken, each with a digest of its body, the newest ones of a day."""

    def __init__(self, taken: Mapping[str, tuple[str, float]]) -> None:
        self._taken = dict(taken)

    @classmethod
    def of(cls, cursor: str | None) -> Keys:
        """As `cursor` wrote them; none where there is no cursor, or one of another form."""
        try:
            taken = orjson.loads(cursor) if cursor else []
            return cls({name: (mark, float(at)) for name, mark, at in taken})
        except (TypeError, ValueError):
            return cls({})

    def mark(self, name: str) -> str | None:
        """The digest of the body that came by a name; None where none did, and of no name."""
        found = self._taken.get(_digest(name.encode())) if name else None
        return found[0] if found else None

    def add(self, name: str, mark: str, at: float) -> None:
        """Remember one; nothing where there is no name."""
        if name:
            self._taken = self._with(name, mark, at)

    def cursor(self, name: str, mark: str, at: float) -> str:
        """All of them with one more, as text."""
        return orjson.dumps([(name, *said) for name, said in self._with(name, mark, at).items()]).decode()

    def _with(self, name: str, mark: str, at: float) -> dict[str, tuple[str, float]]:
        young = {name: said for name, said in self._taken.items() if said[1] > at - KEPT}
        young[_digest(name.encode())] = (mark, round(at))
        return dict(list(young.items())[-MOST_KEYS:])


def sign(secret: bytes, timestamp: str, body: bytes) -> str:
    """The X-Signature of a body at a timestamp."""
    return "sha256=" + hmac.new(secret, timestamp.encode("ascii") + b"." + body, "sha256").hexdigest()


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=9).hexdigest()


def _summary(mapped: list[Mapped]) -> dict[str, Any]:
    faults = [fault for each in mapped for fault in each.faults]
    return {
        "rows": len(mapped),
        "updates": sum(len(each.updates) for each in mapped),
        "findings": len(faults),
        "first_findings": [fault._asdict() for fault in faults[:TOLD]],
    }


def _said(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Said:
    return Said(status, orjson.dumps(body), headers=headers or {})
