"""What happens in a week, read from a script and played to a province."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from ioc.config.compiled import Config
from ioc.errors import Refused
from ioc.model import Verdict
from tests.fakes import HandClock
from tests.oncall.ledger import ZONE, civil
from tests.oncall.province import Province, read

VERDICTS = {"down": Verdict.DOWN, "up": Verdict.OK, "degraded": Verdict.DEGRADED}


def moments(file: Path) -> list[tuple[float, Mapping[str, Any]]]:
    """Everything that happens, in order, with flapping written out."""
    written = yaml.safe_load(file.read_text("utf-8"))
    found = [each for entry in written for each in _written_out(entry)]
    return sorted(found, key=lambda each: each[0])


def _written_out(entry: Mapping[str, Any]) -> Iterator[tuple[float, Mapping[str, Any]]]:
    at = civil(entry["at"])
    flap = entry.get("flap")
    if flap is None:
        yield at, entry
        return
    for place, uplink in enumerate(flap["uplinks"]):
        for turn in range(flap["times"]):
            begins = at + place * flap["apart"] + turn * (flap["down"] + flap["up"])
            yield begins, {"down": [uplink], "behind": True}
            yield begins + flap["down"], {"up": [uplink], "behind": True}


class Player:
    """Plays a script to one run of a province after the other.

    Civil time is `ahead` seconds ahead of steady time, and more with every start. After every `kill_every` things that
    happen the service is killed as well, and started again a second later.
    """

    def __init__(self, folder: Path, state: Path, ahead: float = 0.0, kill_every: int = 0) -> None:
        self._script = moments(folder / "script.yaml")
        self._state = state
        self._runs = 1
        self.refused: list[str] = []
        start = self._script[0][0]
        self._ahead = ahead
        self._kill_every = kill_every
        self._clock = HandClock(start - ahead, ahead)
        config = read(folder / "config", datetime.fromtimestamp(start, ZONE).date())
        self._config: Config = config
        self.province = Province(config, state / "1", self._clock)
        self.ends = self.province.ends

    async def play(self) -> Province:
        """Everything to the end; the last run of the province."""
        for number, (at, entry) in enumerate(self._script, 1):
            if entry.get("start"):
                self._start(at)
            else:
                await self.province.until(at)
            await self._do(entry)
            if not entry.get("kill"):
                await self.province.settle()
                if self._kill_every and number % self._kill_every == 0:
                    await self._kill()
                    self._start(at + 1.0)
        return self.province

    async def _do(self, entry: Mapping[str, Any]) -> None:
        if "channel" in entry:
            self.ends[entry["channel"]["name"]].does = entry["channel"]["does"]
        if "cut_off" in entry:
            self.ends[entry["cut_off"]].cut_off()
        for word, verdict in VERDICTS.items():
            for subject in entry.get(word, ()):
                self._find(subject, verdict, entry.get("behind", False))
        if "acknowledge" in entry:
            await self._acknowledge(entry["acknowledge"])
        if "silence" in entry:
            await self._silence(entry["silence"])
        if "maintain" in entry:
            await self._maintain(entry["maintain"])
        if entry.get("begin"):
            self.province.probe_all()
        if entry.get("kill"):
            await self._kill()

    def _find(self, subject: str, verdict: Verdict, behind: bool) -> None:
        for each in self.province.with_those_behind(subject) if behind else [subject]:
            self.province.find(each, verdict)

    async def _acknowledge(self, act: Mapping[str, Any]) -> None:
        """What is refused is kept, so that one wrong number does not hide the rest of the week."""
        try:
            await self.province.engine.acknowledge(act["incident"], act["by"], act["note"])
        except Refused as refused:
            self.refused.append(str(refused))

    async def _silence(self, asked: Mapping[str, Any]) -> None:
        await self.province.silence(asked["match"], civil(asked["until"]), asked["reason"], asked["by"])

    async def _maintain(self, asked: Mapping[str, Any]) -> None:
        end = civil(asked["until"]) - self._clock.skew()
        engine = self.province.engine
        await engine.maintain(asked["kind"], asked["id"], None, end, asked["reason"], asked["by"])

    async def _kill(self) -> None:
        self._runs += 1
        await self.province.kill(self._state / str(self._runs))

    def _start(self, at: float) -> None:
        self._clock.ahead += self._ahead
        self._clock.at = at - self._clock.ahead
        verdicts = self.province.verdicts
        self.province = Province(self._config, self._state / str(self._runs), self._clock, self.ends)
        self.province.verdicts = verdicts
        self.province.probe_all()
