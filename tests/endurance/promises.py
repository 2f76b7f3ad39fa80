"""What people were answered 2xx for: silences, their ends and acknowledgements, held against every later life."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ioc.clock import Clock
from tests.endurance.house import Gone, House

BY = "Lê Văn Tám"
LASTS = "24h"


@dataclass(slots=True)
class Promises:
    """Silences by the subject of their matcher, acknowledgements by incident; times are civil.

    What was asked and not answered is in `doubtful` until the next life says which it is.
    """

    house: House
    silenced: dict[str, str] = field(default_factory=dict)
    """ids of silences in force, by subject"""
    silenced_at: dict[str, float] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)
    """ids of silences that somebody ended, by subject"""
    acknowledged: dict[int, float] = field(default_factory=dict)
    """when each was answered, by incident"""
    subjects: dict[int, str] = field(default_factory=dict)
    """of what is acknowledged"""
    doubtful: set[str] = field(default_factory=set)
    cut_off: int = 0
    """requests whose answer a kill has cut off"""
    clock: Clock = field(default_factory=Clock)

    def now(self) -> float:
        """Civil time."""
        return self.clock.civil(self.clock.now())

    async def silence(self, subject: str) -> None:
        """Silence what is to happen to a room."""
        self.doubtful.add(subject)
        wanted = {"matchers": f'subject="{subject}"', "for": LASTS, "reason": "Bảo trì", "by": BY}
        status, said = await self._ask("POST", "/api/v1/silences", wanted)
        assert status == 201, f"{status} {said}"
        self.doubtful.discard(subject)
        self._enter_silence(subject, said["id"])

    async def end(self, subject: str) -> None:
        """End the silence of a room; only where nobody kills."""
        id = self.silenced.pop(subject)
        status, said = await self._ask("DELETE", f"/api/v1/silences/{id}", {"by": BY})
        assert status == 204, f"{status} {said}"
        self.ended[subject] = id

    async def acknowledge(self, incident: int, subject: str) -> None:
        """Take an incident in hand."""
        self.doubtful.add(subject)
        path = f"/api/v1/incidents/{incident}/acknowledge"
        status, said = await self._ask("POST", path, {"by": BY, "note": subject})
        assert status == 200, f"{status} {said}"
        self.doubtful.discard(subject)
        self._enter_acknowledgement(incident, subject)

    async def kept(self) -> None:
        """Everything that was promised is so; what was doubtful is one or the other from now on."""
        silences = (await self.house.get("/api/v1/silences"))["silences"]
        incidents = (await self.house.get("/api/v1/incidents"))["incidents"]
        self._silences_are_kept({each["id"]: each for each in silences})
        self._acknowledgements_are_kept({each["id"]: each for each in incidents})
        self._doubts_are_settled(silences, incidents)

    def _silences_are_kept(self, known: dict[str, dict[str, Any]]) -> None:
        for state, ids in (("active", self.silenced), ("expired", self.ended)):
            for subject, id in ids.items():
                assert id in known, f"the silence of {subject} is lost"
                said = known[id]
                assert said["state"] == state, f"the silence of {subject} is {said['state']}, not {state}"
                assert (said["text"], said["by"]) == (f'subject="{subject}"', BY), f"{said} is another"

    def _acknowledgements_are_kept(self, known: dict[int, dict[str, Any]]) -> None:
        """Incidents that closed longer ago than 15 minutes are not listed."""
        for id in self.acknowledged.keys() & known.keys():
            said = known[id]["acknowledged"]
            assert said is not None, f"the acknowledgement of incident {id} is lost"
            assert (said["by"], said["note"]) == (BY, self.subjects[id]), f"{said} is another"

    def _doubts_are_settled(self, silences: list[dict[str, Any]], incidents: list[dict[str, Any]]) -> None:
        for each in silences:
            for subject in self.doubtful:
                if each["text"] == f'subject="{subject}"':
                    self._enter_silence(subject, each["id"])
        for each in incidents:
            if each["root"] in self.doubtful and each["acknowledged"] is not None:
                self._enter_acknowledgement(each["id"], each["root"])
        self.doubtful.clear()

    def _enter_silence(self, subject: str, id: str) -> None:
        self.silenced[subject] = id
        self.silenced_at[subject] = self.now()

    def _enter_acknowledgement(self, incident: int, subject: str) -> None:
        self.acknowledged[incident] = self.now()
        self.subjects[incident] = subject

    async def _ask(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        try:
            return await self.house.ask(method, path, body)
        except Gone:
            self.cut_off += 1
            raise
