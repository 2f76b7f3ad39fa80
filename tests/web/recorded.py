"""Requests that a real Telegraf made, kept as they were: for machines where it cannot be built.

`python -m tests.web.recorded` records them anew into tests/cases/write: `head.txt` is the request's head without
its Host and length, `body.bin` what followed, `sent.influx` what Telegraf says it has sent.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from tests.real.telegraf import HOST_INPUTS, Telegraf

CASES = Path(__file__).parents[1] / "cases" / "write"
TOKEN = "inlet-0123456789abcdef"
ODD = """\
[[inputs.file]]
  files = ["odd.influx"]
  data_format = "influx"
"""
ODD_LINES = r"""
pump,id=a\ b\,c\=d flow=1.5,on=true,count=-3i,note="q \"uote\"
next \\ line, and = so on",nhiệt\ độ=36.6 1760000000000000000
pump,id=ả flow=1e-9,on=false,count=9223372036854775807i 1760000001000000000
"""
WANTED = {
    "telegraf-host": (HOST_INPUTS, "gzip"),
    "telegraf-odd-names": (ODD, "gzip"),
    "telegraf-plain": (ODD, "identity"),
}


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request and what Telegraf says it has sent by it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    sent: str


def load(folder: Path) -> Recorded:
    """A request as it was kept."""
    first, *rest = (folder / "head.txt").read_text("utf-8").splitlines()
    method, path = first.split(" ")
    headers = dict(line.split(": ", 1) for line in rest)
    body, sent = (folder / "body.bin").read_bytes(), (folder / "sent.influx").read_text("utf-8")
    return Recorded(method, path, headers, body, sent)


async def record(folder: Path, inputs: str, encoding: str) -> None:
    """Have a real Telegraf write once, and keep its request."""
    folder.mkdir(parents=True, exist_ok=True)

    async def take(request: web.Request) -> web.Response:
        kept = [
            f"{name}: {value}"
            for name, value in request.headers.items()
            if name not in ("Host", "Content-Length")
        ]
        (folder / "head.txt").write_text(
            "\n".join([f"{request.method} {request.path_qs}", *kept]) + "\n", "utf-8"
        )
        (folder / "body.bin").write_bytes(await request.read())
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/api/v2/write", take)
    runner = web.AppRunner(app, auto_decompress=False)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    with tempfile.TemporaryDirectory() as work:
        (Path(work) / "odd.influx").write_text(ODD_LINES, "utf-8")
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        run = await asyncio.to_thread(Telegraf(Path(work), url, TOKEN, encoding=encoding).once, inputs)
    (folder / "sent.influx").write_text(run.sent, "utf-8")
    await runner.cleanup()


async def main() -> None:
    """Record every case anew."""
    for name, (inputs, encoding) in WANTED.items():
        await record(CASES / name, inputs, encoding)


if __name__ == "__main__":
    asyncio.run(main())
