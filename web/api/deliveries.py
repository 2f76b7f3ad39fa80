"""The delivery ledger: `GET /api/v1/deliveries`, as JSON or as CSV for a spreadsheet. Times are civil seconds."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from ioc.deliveries import COLUMNS, MOST, MOST_AS_CSV, STATES, Asked, Row
from ioc.errors import Refused
from web.api import answer
from web.auth import Need
from web.deps import PagingDesk, Route

PARAMETERS = frozenset(
    {"incident", "person", "receiver", "state", "since", "until", "before", "limit", "format", "language"}
)
LANGUAGES = ("vi", "en")
DEFAULT = 100
_NUMBER = re.compile(r"[0-9]{1,15}")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""what a spreadsheet takes for the beginning of a formula (OWASP, CSV Injection)"""
_MOMENTS = frozenset({"at", "settled"})


class DeliveriesApi:
    """Who was told what, newest first; `next` is the `before` of the page after this one."""

    def __init__(self, ledger: PagingDesk) -> None:
        self._ledger = ledger

    def routes(self) -> list[Route]:
        """The ledger."""
        return [Route("GET", "/api/v1/deliveries", Need.READ, self._list)]

    async def _list(self, request: web.Request) -> web.StreamResponse:
        given = parameters(request.query)
        as_csv = _one_of(given, "format", ("json", "csv")) == "csv"
        asked = question(given, MOST_AS_CSV if as_csv else MOST)
        language = _one_of(given, "language", LANGUAGES)
        found = await self._ledger.deliveries(asked, "" if as_csv else language)
        further = found[-1]["id"] if len(found) == asked.limit else None
        if not as_csv:
            return answer.json({"deliveries": found, "next": further})
        headers = {
            "Content-Disposition": 'attachment; filename="deliveries.csv"',
            "Cache-Control": "no-store",
        }
        if further is not None:
            headers["X-Next-Before"] = str(further)
        return web.Response(body=table(found), content_type="text/csv", charset="utf-8", headers=headers)


def parameters(query: Mapping[str, str]) -> Mapping[str, str]:
    """What was asked, once each; raises Refused for a name that is none of ours."""
    for name in query:
        if name not in PARAMETERS:
            raise Refused(f"{name[:80]}= is not a parameter; one of {', '.join(sorted(PARAMETERS))}")
    return dict(query)


def question(given: Mapping[str, str], most: int) -> Asked:
    """The question; raises Refused with the value that cannot be meant."""
    since, until = _moment(given, "since"), _moment(given, "until")
    if since is not None and until is not None and until <= since:
        raise Refused(f"until={until:.15g} is not after since={since:.15g}")
    limit = _number(given, "limit")
    if limit is not None and not 1 <= limit <= most:
        raise Refused(f"limit={limit} is not between 1 and {most}")
    return Asked(
        incident=_number(given, "incident"),
        person=_name(given, "person"),
        receiver=_name(given, "receiver"),
        state=_one_of(given, "state", STATES),
        since=since,
        until=until,
        before=_number(given, "before"),
        limit=limit if limit is not None else (DEFAULT if most == MOST else most),
    )


def table(found: Iterable[Row]) -> bytes:
    """The rows as CSV (RFC 4180) that a spreadsheet opens as UTF-8 and takes for no formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in found:
        writer.writerow([_cell(name, row[name]) for name in COLUMNS])
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace")


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in _MOMENTS:
        return datetime.fromtimestamp(value, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, int):
        return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _number(given: Mapping[str, str], name: str) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise Refused(f"{name}={text[:80]!r} is not a whole number")
    return int(text)


def _moment(given: Mapping[str, str], name: str) -> float | None:
    text = given.get(name)
    if text is None:
        return None
    try:
        at = float(text)
    except ValueError:
        at = math.nan
    if not math.isfinite(at):
        raise Refused(f"{name}={text[:80]!r} is not a time; write seconds since the epoch")
    return at


def _name(given: Mapping[str, str], name: str) -> str:
    text = given.get(name, "")
    if len(text) > 100:
        raise Refused(f"{name}: {len(text)} characters are no id; 100 at most")
    return text


def _one_of(given: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
    text = given.get(name, "")
    if text and text not in known:
        raise Refused(f"{name}={text[:80]!r} is not known; one of {', '.join(known)}")
    return text
