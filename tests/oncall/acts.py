"""What tests of paging do with the golden week's province: begin it, cut sites off, wait, count what was told."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

from ioc.model import Verdict
from tests.fakes import HandClock
from tests.oncall.ledger import ZONE, civil
from tests.oncall.province import Province, read

CONFIG = Path(__file__).parents[1] / "cases" / "oncall" / "week" / "config"
MORNING = "2026-11-25 09:00:00"
EVENING = "2026-11-25 20:00:00"


async def begin(path: Path, at: str) -> Province:
    start = civil(at)
    config = read(CONFIG, datetime.fromtimestamp(start, ZONE).date())
    province = Province(config, path, HandClock(start))
    province.probe_all()
    await province.settle()
    return province


def cut(province: Province, uplink: str, verdict: Verdict = Verdict.DOWN) -> None:
    """Everything at a site falls silent, or answers again."""
    for each in province.with_those_behind(uplink):
        province.find(each, verdict)


async def wait(province: Province, seconds: float) -> None:
    await province.until(province.clock.at + seconds)


def told(province: Province) -> Counter[tuple[str, str]]:
    """How many messages came where."""
    return Counter((name, each.to) for name, end in province.ends.items() for each in end.got)
