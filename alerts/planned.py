"""What of silences and recurring maintenance is written to the state file, and how it is read again.

In memory a silence's times are steady; in the file they are civil, as those of a recurrence are in both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson
import structlog

from alerts.journal import KEPT, PRUNED_AT_ONCE, Reader
from alerts.maintenance import Scope
from alerts.recurrences import Recurrence
from alerts.silences import KEPT as KNOWN
from alerts.silences import Silence
from ioc.matchers import MatcherError, of_form
from ioc.recurrence import every_of, form_of
from ioc.state.ledger import Write

log = structlog.get_logger("alerts")


def silence_row(silence: Silence, skew: float) -> Write:
    """A silence as it is."""
    body = {
        "matchers": [each.form for each in silence.matchers],
        "reason": silence.reason,
        "by": silence.by,
        "made": silence.made + skew,
        "ended_by": silence.ended_by,
    }
    return Write(
        "INSERT OR REPLACE INTO silences VALUES (?, ?, ?, ?)",
        (silence.id, silence.start + skew, silence.end + skew, orjson.dumps(body).decode()),
    )


def silences(ledger: Reader, skew: float, now: float) -> tuple[Silence, ...]:
    """Those that are pending, active, or over not long ago at the steady time `now`.

    One whose expression this version cannot read any more is left out, and logged: it silences nothing.
    """
    rows = ledger.read('SELECT id, start, "end", body FROM silences WHERE "end" > ?', (now + skew - KNOWN,))
    return tuple(_silences(rows, skew))


def recurrence_row(recurrence: Recurrence) -> Write:
    """A recurring maintenance as it is."""
    each = recurrence
    body = {
        "scope": each.scope.value,
        "target": each.target,
        "every": form_of(each.every),
        "reason": each.reason,
        "by": each.by,
        "made": each.made,
        "planned": each.planned,
        "ended_by": each.ended_by,
    }
    return Write(
        "INSERT OR REPLACE INTO recurrences VALUES (?, ?, ?)",
        (each.id, each.ended, orjson.dumps(body).decode()),
    )


def recurrences(ledger: Reader) -> tuple[Recurrence, ...]:
    """Those that go on, and the newest, which numbers go on from."""
    rows = ledger.read(
        "SELECT id, ended, body FROM recurrences"
        " WHERE ended IS NULL OR id = (SELECT id FROM recurrences ORDER BY id DESC LIMIT 1) ORDER BY id"
    )
    return tuple(_recurrence(row[0], row[1], orjson.loads(row[2])) for row in rows)


def prune_rows(now: float) -> list[Write]:
    """Drop a bounded part of what was over long before a civil time."""
    return [
        Write(
            'DELETE FROM silences WHERE id IN (SELECT id FROM silences WHERE "end" < ? LIMIT ?)',
            (now - KEPT, PRUNED_AT_ONCE),
        )
    ]


def _silences(rows: list[tuple[Any, ...]], skew: float) -> Iterator[Silence]:
    for id, start, end, text in rows:
        body = orjson.loads(text)
        try:
            matchers = tuple(of_form(each) for each in body.pop("matchers"))
        except MatcherError as error:
            log.error("a silence cannot be read any more", silence=id, error=str(error))
            continue
        read = Silence(id=id, matchers=matchers, start=start - skew, end=end - skew, **body)
        yield replace(read, made=read.made - skew)


def _recurrence(number: int, ended: float | None, body: dict[str, Any]) -> Recurrence:
    scope, every = Scope(body.pop("scope")), every_of(body.pop("every"))
    return Recurrence(id=number, scope=scope, every=every, ended=ended, **body)
