"""Target 7: what an idle screen costs in memory."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

import orjson

from benchmarks.kit.processes import resident_bytes
from benchmarks.kit.result import Result, main, progress
from benchmarks.kit.stand import Stand
from benchmarks.push import PORT, Course

SCREENS, WARM = 2_000, 200
UNEQUAL = """
resident memory of the server's process; buffers inside the kernel are not in it, neither ours nor Centrifugo's
each screen offers deflate, has had the whole picture of 600 endpoints and then hears a beat every two seconds
200 screens were there before, so that what the first ones cost once is not counted
Centrifugo was measured earlier on a machine of the same kind, not in this run
""".strip().splitlines()
CENTRIFUGO = {"Centrifugo 5.4.9, measured earlier": {"kb_per_screen": "18-36"}}


async def measure(quick: bool) -> Result:
    """2,000 screens join and hear nothing but beats."""
    screens, warm, rest = (40, 10, 0.2) if quick else (SCREENS, WARM, 6.0)
    course = orjson.dumps(asdict(Course(screens, 1, 0, 0, 0, endpoints=600))).decode()
    async with Stand([]) as stand:
        pusher = await stand.python(
            "pusher", "benchmarks.kit.pusher", str(PORT), course, stand.folder / "none"
        )
        sizes = []
        for name, count in (("first", warm), ("screens", screens)):
            progress(f"{count} screens")
            where = stand.folder / name
            at = f"127.0.0.1:{PORT}"
            await stand.python(name, "benchmarks.kit.screens", at, str(count), "deflate", where)
            await asyncio.sleep(rest)
            sizes.append(resident_bytes(pusher.process.pid))
    return Result(
        what="memory for an idle screen",
        ours={
            "kb_per_screen": round((sizes[1] - sizes[0]) / screens / 1000, 1),
            "screens": screens,
            "server_mb": round(sizes[1] / 1e6),
        },
        targets={"kb_per_screen": 16},
        unequal=UNEQUAL,
        peers=CENTRIFUGO,
    )


if __name__ == "__main__":
    main("screen_memory", measure)
