"""Target 5: pushing 1 KB to a thousand screens 50 times a second, and to five thousand 5 times a second."""

from __future__ import annotations

import asyncio
import signal
import sys
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from benchmarks.kit import centrifugo, screens
from benchmarks.kit.figures import spread
from benchmarks.kit.result import Result, main, progress
from benchmarks.kit.stand import Stand
from ioc.errors import IocError
from tools.parts import PartMissing

PORT = 19081


@dataclass(frozen=True, slots=True)
class Course:
    """So many screens, so many frames a second for each; seconds of warming up, measuring, and of bare sending."""

    screens: int
    rate: float
    warm: float
    span: float
    bare: float
    endpoints: int = 0


MANY = Course(1_000, 50, 3, 15, 10)
VERY_MANY = Course(5_000, 5, 3, 15, 10)
QUICK = [Course(20, 50, 0.2, 0.5, 0.2), Course(40, 5, 0.2, 0.6, 0.4)]
SETTLE = 1.0
"""seconds that the last messages get to reach the screens"""
PEER = "Centrifugo 5.4.9"
UNEQUAL = """
the picture changes at exactly this pace and nothing is coalesced, as Centrifugo gets it; the service coalesces
Centrifugo runs right after ours in each course, once, with the same readers, value and pace, undeflated
Centrifugo is published to by HTTP: that request is in its latency and in its processor time, one for all screens
Centrifugo's processor time is read from /proc in steps of 10 ms, ours from the process' own clock
Centrifugo's deliveries are what the screens read, ours what was handed to the sockets
Centrifugo is an ordinary build of its Go module in its default configuration, but for logs and access; nothing is tuned
of_centrifugo is our processor time a delivery over Centrifugo's at 1,000 × 50/s; 0.48 is 5.5 / 11.4 as measured earlier
the screens are read by one process beside the server on the same two cores: its delay is in the latency
bare_us is what `send` alone costs to the same sockets in the same run, in Python without event loop, picture or JSON
""".strip().splitlines()
EARLIER = {"us_per_delivery": 11.4, "p50_ms": 7.6, "p99_ms": 12.4, "p99_5000_ms": 54.2}


async def measure(quick: bool) -> Result:
    """Screens that read; processor time of the server a delivery, and from the change to the screen."""
    found = [(await run(each), await peer(each)) for each in (QUICK if quick else [MANY, VERY_MANY])]
    ours = _both(*(each for each, _ in found))
    theirs = _both(*(each for _, each in found))
    share = _share(ours["us_per_delivery"], theirs.get("us_per_delivery"))
    return Result(
        what="push of 1 KB: 1,000 screens × 50/s; 5,000 × 5/s",
        ours={"of_centrifugo": share, **ours},
        targets={"us_per_delivery": 5.5, "of_centrifugo": 0.48, "p99_ms": 12, "p99_5000_ms": 40},
        unequal=UNEQUAL,
        peers={PEER: theirs, f"{PEER}, measured earlier": EARLIER},
    )


async def run(course: Course) -> dict[str, Any]:
    """Ours: one number of screens at one pace."""
    async with Stand([]) as stand:
        figures, seen = stand.folder / "figures", stand.folder / "screens"
        pusher = await stand.python("pusher", "benchmarks.kit.pusher", str(PORT), _told(course), figures)
        progress(f"{course.screens} screens × {course.rate:g}/s")
        at = f"127.0.0.1:{PORT}"
        reader = await stand.python(
            "screens", "benchmarks.kit.screens", at, str(course.screens), "plain", seen
        )
        pusher.process.send_signal(signal.SIGUSR1)
        while not figures.exists():  # noqa: ASYNC110 -- another process writes it
            await asyncio.sleep(0.1)
        await stand.end(reader)
        found: dict[str, Any] = orjson.loads(figures.read_bytes())
        late = screens.read(seen, found["push"]["begin"], found["push"]["end"])
    each, alone = _each(found["push"]), _each(found["bare"])
    bare = {"bare_us": round(alone, 2), "over_bare_us": round(each - alone, 2)}
    return {"us_per_delivery": round(each, 2), **bare, **_figures(found["push"], late)}


async def peer(course: Course) -> dict[str, Any]:
    """Centrifugo: the same screens at the same pace, or why not."""
    async with Stand([]) as stand:
        try:
            server = await centrifugo.start(stand, course.screens)
        except PartMissing as missing:
            return {"not_run": str(missing)}
        progress(f"{course.screens} screens × {course.rate:g}/s, Centrifugo")
        figures, seen = stand.folder / "figures", stand.folder / "screens"
        at, count = f"127.0.0.1:{centrifugo.PORT}", str(course.screens)
        reader = await stand.python(
            "screens", "benchmarks.kit.screens", at, count, "plain", seen, *centrifugo.GREETING
        )
        told = [str(centrifugo.PORT), str(server.process.pid), _told(course), str(figures)]
        publisher = await stand.child("publisher", sys.executable, "-m", "benchmarks.kit.publisher", *told)
        if await publisher.process.wait():
            raise IocError(f"the publisher failed{publisher.said()}")
        await asyncio.sleep(SETTLE)
        await stand.end(reader)
        push: dict[str, float] = orjson.loads(figures.read_bytes())
        late = screens.read(seen, push["begin"], push["end"])
    push["deliveries"] = len(late)
    return {"us_per_delivery": round(_each(push), 2), **_figures(push, late)}


def _told(course: Course) -> str:
    return orjson.dumps(asdict(course)).decode()


def _both(many: dict[str, Any], very_many: dict[str, Any]) -> dict[str, Any]:
    """One system's figures of both courses; what did not run says so."""
    if "not_run" in many:
        return many
    told = ("us_per_delivery", "bare_us", "over_bare_us", "p50_ms", "p99_ms")
    return {
        **{key: many[key] for key in told if key in many},
        "p99_5000_ms": very_many["p99_ms"],
        "us_per_delivery_5000": very_many["us_per_delivery"],
        "runs": {"many": many, "very_many": very_many},
    }


def _share(ours: float, theirs: float | None) -> float | None:
    """Our part of theirs; null when there is nothing to compare with, which does not meet a target."""
    return round(ours / theirs, 2) if theirs else None


def _each(part: dict[str, float]) -> float:
    """Microseconds of processor time a delivery."""
    return 1e6 * part["cpu"] / max(1, part["deliveries"])


def _figures(push: dict[str, float], late: list[float]) -> dict[str, Any]:
    return {
        "deliveries_per_s": round(push["deliveries"] / (push["end"] - push["begin"])),
        "rounds": push["rounds"],
        "received": len(late),
        **spread(late, "ms", 1000, 2),
    }


if __name__ == "__main__":
    main("push", measure)
