"""Target 4, in a storm: 10,000 alerts of other programs in 2,000 incidents, from the post to the accepted webhook."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import aiohttp

from benchmarks.kit import lag, province
from benchmarks.kit.figures import spread
from benchmarks.kit.processes import resident_mb
from benchmarks.kit.result import Result, main, progress
from benchmarks.kit.stand import Stand, now
from benchmarks.kit.systems import LISTEN, Ours
from benchmarks.outage import FAST
from ioc.demo import logs

TOKEN = "bench-0123456789abcdef"
OUTSIDE = "outside: {token: {file: outside.token}, group_by: [alertname, cluster]}\n"
AT_ONCE = 64
"""alerts of one post: Prometheus' own largest batch"""
SCREENS = 10
PATIENCE = 120.0
UNEQUAL = """
as Prometheus does, posts of 64 alerts one after another; a page's lag begins with the post that has its first alert
the sink answers at once; the commit's fsync is this machine's disk
""".strip().splitlines()


@dataclass(frozen=True, slots=True)
class Storm:
    """So many incidents of so many alerts each, beside so many endpoints that are probed."""

    incidents: int
    each: int
    endpoints: int


FULL = Storm(2_000, 5, 600)
QUICK = Storm(40, 5, 12)


async def measure(quick: bool) -> Result:
    """Post a storm in batches, then another in one post."""
    storm = QUICK if quick else FULL
    files = {"outside.yaml": OUTSIDE, "outside.token": TOKEN}
    ours = Ours(FAST, [], observed="notes", further=files)
    async with Stand(province.things(storm.endpoints, "banner")) as stand:
        await stand.answer()
        await stand.listen()
        await ours.start(stand)
        await stand.python(
            "screens", "benchmarks.kit.screens", LISTEN, str(SCREENS), "deflate", stand.folder / "s"
        )
        begin = now()
        found = await _in_batches(stand, ours, storm)
        found |= await _in_one(ours, storm)
        end, memory = now(), resident_mb(ours.roots)
        await stand.end(ours.child)
        late = lag.read(stand.folder / "notes.lag", begin, end)
    found |= {f"loop_lag_{name}": figure for name, figure in spread(late, "ms", 1000).items()}
    return Result(
        what=f"{storm.incidents * storm.each:,} alerts of others in {storm.incidents:,} incidents, post to webhook",
        ours=found | {"memory_mb": round(memory)},
        targets={"p99_s": 1.0, "memory_mb": 300, "untold": 0},
        unequal=UNEQUAL,
        peers={},
    )


async def _in_batches(stand: Stand, ours: Ours, storm: Storm) -> dict[str, Any]:
    alerts = _alerts("Storm", storm)
    posted: dict[str, float] = {}
    progress(f"{len(alerts)} alerts in posts of {AT_ONCE}")
    began = now()
    async with _session() as session:
        for start in range(0, len(alerts), AT_ONCE):
            batch = alerts[start : start + AT_ONCE]
            for each in batch:
                posted.setdefault(each["labels"]["cluster"], now())
            await _post(session, ours, batch)
    took = now() - began
    told = await _told(stand, storm.incidents)
    lags = [told.get(cluster, inf) - at for cluster, at in posted.items()]
    untold = sum(each == inf for each in lags)
    return spread(lags, "s") | {"posts_s": round(took, 2), "untold": untold}


async def _in_one(ours: Ours, storm: Storm) -> dict[str, Any]:
    alerts = _alerts("Another", storm)
    progress(f"{len(alerts)} alerts in one post")
    began = now()
    async with _session() as session:
        await _post(session, ours, alerts)
    return {"one_post_s": round(now() - began, 2)}


async def _told(stand: Stand, incidents: int) -> dict[str, float]:
    """When each cluster's page came, once all have, or patience is over."""
    give_up = now() + PATIENCE
    while True:
        told: dict[str, float] = {}
        for each in logs.read(stand.folder / "pages.jsonl"):
            for alert in each["body"]["alerts"]:
                told.setdefault(alert["labels"].get("cluster", ""), each["at"])
        if len(told) >= incidents or now() > give_up:
            return told
        await asyncio.sleep(0.5)


def _alerts(name: str, storm: Storm) -> list[dict[str, Any]]:
    return [
        {
            "labels": {
                "alertname": name,
                "cluster": f"c{group}",
                "instance": f"h{group}-{n}",
                "severity": "warning",
            },
            "annotations": {"summary": f"Cụm {group} có sự cố", "description": "Máy không trả lời " * 5},
        }
        for group in range(storm.incidents)
        for n in range(storm.each)
    ]


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"})


async def _post(session: aiohttp.ClientSession, ours: Ours, alerts: Sequence[dict[str, Any]]) -> None:
    async with session.post(f"{ours.url}/api/v2/alerts", json=alerts) as answer:
        if answer.status != 200:
            raise RuntimeError(f"the post was answered {answer.status}: {(await answer.text())[:300]}")


if __name__ == "__main__":
    main("storm", measure)
