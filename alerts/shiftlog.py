"""The shift log: what one shift leaves for the next, with the incidents that were open then; kept and searchable."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import orjson

from alerts.keeping import kept
from alerts.rules import Severity
from ioc.clock import Clock
from ioc.errors import Refused
from ioc.picture import Picture
from ioc.state.ledger import Write
from ioc.state.look import Look

LONGEST = 4_000
MOST_INCIDENTS = 200
"""open incidents kept with a note, the gravest first; further ones are counted"""
MOST_WORDS = 10
AT_ONCE = 2
"""searches that read the state file at a time"""

Entry = Mapping[str, Any]
Commit = Callable[[Write], asyncio.Future[int]]


class ShiftLog:
    """Writes notes and finds them; `schedules()` names those that are configured. Times told are civil."""

    def __init__(
        self, clock: Clock, picture: Picture, commit: Commit, look: Look,
        schedules: Callable[[], Collection[str]],
    ) -> None:  # fmt: skip
        self._clock = clock
        self._picture = picture
        self._commit = commit
        self._look = look
        self._schedules = schedules
        self._places = asyncio.Semaphore(AT_ONCE)

    async def write(self, by: str, schedule: str, text: str) -> Entry:
        """Keep a note; returns it once a crash would not lose it. Raises Refused."""
        if schedule and schedule not in self._schedules():
            known = ", ".join(sorted(self._schedules())[:20]) or "none is configured"
            raise Refused(f"there is no schedule {schedule!r}; one of {known}", status=422)
        at = self._clock.civil(self._clock.now())
        incidents, more = self._open()
        note = {"schedule": schedule, "text": text, "incidents": incidents, "more": more}
        row = (at, by, orjson.dumps(note).decode(), folded(f"{by} {schedule} {text} {_titles(incidents)}"))
        commit = self._commit(
            Write("INSERT INTO shift_notes (at, by, body, folded) VALUES (?, ?, ?, ?)", row)
        )
        await kept(commit, "it is kept as soon as the file takes it: look before it is sent again")
        return {"at": at, "by": by, **note}

    async def find(self, words: str, before: int | None, limit: int) -> Sequence[Entry]:
        """Notes in which every word stands, newest first, with ids below `before`; raises Refused."""
        wanted = folded(words).split()
        if len(wanted) > MOST_WORDS:
            raise Refused(f"q has {len(wanted)} words; at most {MOST_WORDS} are looked for")
        terms = ["id < ?"] * (before is not None) + ["instr(folded, ?) > 0"] * len(wanted)
        given = (*(() if before is None else (before,)), *wanted, limit)
        where = " AND ".join(terms) or "1"
        sql = f"SELECT id, at, by, body FROM shift_notes WHERE {where} ORDER BY id DESC LIMIT ?"  # noqa: S608 -- our own terms
        async with self._places:
            found = await asyncio.to_thread(self._look.read, sql, given)
        return [{"id": id, "at": at, "by": by, **orjson.loads(body)} for id, at, by, body in found]

    def _open(self) -> tuple[list[Entry], int]:
        """The incidents that are open now, and how many more there are than are kept."""
        skew = self._clock.skew()
        values = [self._picture.get(key) or {} for key in self._picture.keys("incident/")]
        still = [each for each in values if each.get("status") == "open"]
        still.sort(key=lambda each: (-Severity(each["severity"]).rank, each["opened"]))
        kept = [_kept(each, skew) for each in still[:MOST_INCIDENTS]]
        return kept, len(still) - len(kept)


def folded(text: str) -> str:
    """Text as it is searched: without case, and without the marks that a hurried hand leaves out."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return " ".join("".join(each for each in plain if not unicodedata.combining(each)).split())


def _kept(incident: Mapping[str, Any], skew: float) -> Entry:
    acknowledged = incident.get("acknowledged")
    return {
        "id": incident["id"],
        "title": incident.get("title", ""),
        "severity": incident["severity"],
        "opened": incident["opened"] + skew,
        "acknowledged": acknowledged["by"] if acknowledged else "",
    }


def _titles(incidents: Sequence[Entry]) -> str:
    return " ".join(str(each["title"]) for each in incidents)
