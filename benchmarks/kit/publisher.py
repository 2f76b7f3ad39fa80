"""Publishes to a Centrifugo at an exact pace: `python -m benchmarks.kit.publisher PORT PID COURSE FILE`.

By its HTTP API over one connection that is kept. PID is the Centrifugo's, whose processor time is read from /proc at
both ends of the measured span; COURSE is JSON as the pusher's, without `bare`. FILE gets what the pusher's `push` is,
but for the deliveries, which only the screens know.
"""

from __future__ import annotations

import sys
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

import orjson

from benchmarks.kit.pace import metered, paced, value
from benchmarks.kit.processes import cpu_seconds
from ioc.demo.child import play
from ioc.errors import IocError

CHANNEL = "bench"
_HEADERS = {"Content-Type": "application/json"}


def publish(api: HTTPConnection) -> None:
    """Publish one value; raises IocError when it is not taken."""
    api.request("POST", "/api/publish", orjson.dumps({"channel": CHANNEL, "data": value()}), _HEADERS)
    answer = api.getresponse()
    said = answer.read()
    if answer.status != 200 or b'"error"' in said:
        raise IocError(f"Centrifugo did not publish: {answer.status} {said[:200]!r}")


async def run(port: int, pid: int, course: dict[str, float], file: Path) -> None:
    """Warm up, measure, write the figures."""
    do = partial(publish, HTTPConnection("127.0.0.1", port, timeout=10))
    await paced(do, course["rate"], course["warm"])
    found = await metered(do, course["rate"], course["span"], lambda: cpu_seconds([pid]))
    file.write_bytes(orjson.dumps(found))  # noqa: ASYNC240 -- nothing else runs here


if __name__ == "__main__":
    play(run(int(sys.argv[1]), int(sys.argv[2]), orjson.loads(sys.argv[3]), Path(sys.argv[4])))
