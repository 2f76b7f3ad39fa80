"""Target 5: pushing 1 KB to a thousand screens 50 times a second, and to five thousand 5 times a second."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from benchmarks.kit import screens
from benchmarks.kit.figures import spread
from benchmarks.kit.result import Result, main, progress
from benchmarks.kit.stand import Stand

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
UNEQUAL = """
the picture changes at exactly this pace and nothing is coalesced, as Centrifugo was measured; the service coalesces
Centrifugo was measured earlier on a machine of the same kind, not in this run
the screens are read by one process beside the server on the same two cores: its delay is in the latency
bare_us is what `send` alone costs to the same sockets in the same run, in Python without event loop, picture or JSON
""".strip().splitlines()
CENTRIFUGO = {
    "Centrifugo 5.4.9, measured earlier": {
        "us_per_delivery": 11.4,
        "p50_ms": 7.6,
        "p99_ms": 12.4,
        "p99_5000_ms": 54.2,
    }
}


async def measure(quick: bool) -> Result:
    """Screens that read; processor time of the server a delivery, and from the change to the screen."""
    many, very_many = [await run(each) for each in (QUICK if quick else [MANY, VERY_MANY])]
    return Result(
        what="push of 1 KB: 1,000 screens × 50/s; 5,000 × 5/s",
        ours={
            **{key: many[key] for key in ("us_per_delivery", "bare_us", "over_bare_us", "p50_ms", "p99_ms")},
            "p99_5000_ms": very_many["p99_ms"],
            "us_per_delivery_5000": very_many["us_per_delivery"],
            "runs": {"many": many, "very_many": very_many},
        },
        targets={"us_per_delivery": 5.5, "p99_ms": 12, "p99_5000_ms": 40},
        unequal=UNEQUAL,
        peers=CENTRIFUGO,
    )


async def run(course: Course) -> dict[str, Any]:
    """One number of screens at one pace."""
    async with Stand([]) as stand:
        figures, seen = stand.folder / "figures", stand.folder / "screens"
        told = orjson.dumps(asdict(course)).decode()
        pusher = await stand.python("pusher", "benchmarks.kit.pusher", str(PORT), told, figures)
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
    return _figures(found["push"], found["bare"], late)


def _figures(push: dict[str, float], bare: dict[str, float], late: list[float]) -> dict[str, Any]:
    seconds = push["end"] - push["begin"]
    each, alone = (1e6 * part["cpu"] / max(1, part["deliveries"]) for part in (push, bare))
    return {
        "us_per_delivery": round(each, 2),
        "bare_us": round(alone, 2),
        "over_bare_us": round(each - alone, 2),
        "deliveries_per_s": round(push["deliveries"] / seconds),
        "received": len(late),
        **spread(late, "ms", 1000, 2),
    }


if __name__ == "__main__":
    main("push", measure)
