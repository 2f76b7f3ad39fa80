"""Golden cases of channels that post by HTTP: a notification goes in, requests and a result come out.

A case is a folder with `notification.json` (what differs from NOTE), `options.json` (`{api}` is the server's address,
a key ending in `_file` is the file's content), `exchanges.json` (each request that must come, and what is answered)
and `result.json` (the answer, or the error and whether it is for good). The server speaks real TLS.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from alerts.channels.registry import CHANNELS
from alerts.notification import Notification
from ioc.errors import Undeliverable
from tests import certificates

CASES = Path(__file__).parents[2] / "cases"
NOTE = Notification(
    id=3, incident=41, receiver="trực ca", kind="opened", status="firing", severity="critical",
    at=1_790_000_031.0, started=1_790_000_000.0, ended=None,
    labels={"alertname": "critical-down", "incident": "41", "subject": "up-a"},
    annotations={
        "summary": "Đường truyền Xã Ặ mất kết nối",
        "what": "Đường truyền Xã Ặ mất kết nối",
        "where": "Đường truyền Xã Ặ, Trụ sở Xã Ặ, Xã Ặ",
        "since": "21:13:20 ngày 21/09/2026",
        "owner": "Lê Văn Tám",
        "phone": "0912000111",
        "next_action": "Gọi đầu mối; lỗi đường truyền: VNPT, kênh TH-0042, 18001260",
        "runbook": "outage#critical",
        "members": "4",
        "kind": "opened",
        "link": "https://wall.example/#incident/41",
    },
    link="https://wall.example/#incident/41",
)  # fmt: skip
"""an ordinary page"""


def folders(channel: str) -> list[str]:
    """The cases of a channel."""
    return sorted(path.name for path in (CASES / channel).iterdir() if path.is_dir())


def read(channel: str, case: str, name: str) -> Any:
    """One file of a case."""
    return json.loads((CASES / channel / case / name).read_text("utf-8"))


def changed(changes: dict[str, Any]) -> Notification:
    """The ordinary page with what a case says is different; an annotation of null is taken out."""
    annotations = {**NOTE.annotations, **changes.pop("annotations", {})}
    return replace(NOTE, annotations={k: v for k, v in annotations.items() if v is not None}, **changes)


class Played:
    """A server that answers what a case says, and keeps what it was asked."""

    def __init__(self, exchanges: list[dict[str, Any]]) -> None:
        self.exchanges = exchanges
        self.asked: list[dict[str, Any]] = []

    async def answer(self, request: web.Request) -> web.Response:
        wanted = self.exchanges[len(self.asked)] if len(self.asked) < len(self.exchanges) else {}
        names = wanted.get("request", {}).get("headers", {})
        text = await request.text()
        self.asked.append(
            {
                "method": request.method,
                "path": request.path_qs,
                "headers": {name: request.headers.get(name) for name in names},
                "body": json.loads(text) if request.content_type == "application/json" else text,
            }
        )
        said = wanted.get("answer", {"status": 599})
        body = said.get("body", "")
        shown = body if isinstance(body, str) else json.dumps(body)
        return web.Response(status=said["status"], text=shown, headers=said.get("headers"))


@asynccontextmanager
async def serving(played: Played, folder: Path) -> AsyncIterator[tuple[str, Path]]:
    """Serves over TLS; gives the address and the authority to trust."""
    signer = certificates.authority(folder)
    context = certificates.server(folder, signer, timedelta(days=9))
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", played.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        yield f"https://127.0.0.1:{runner.addresses[0][1]}", signer.file
    finally:
        await runner.cleanup()


def options(written: dict[str, Any], api: str, ca: Path, folder: Path) -> dict[str, Any]:
    """A case's options with the server's address, and with its files written."""
    found: dict[str, Any] = {"ca": ca}
    for key, value in written.items():
        if key.endswith("_file"):
            (folder / key).write_text(value, "utf-8")
            found[key] = folder / key
        else:
            found[key] = value.replace("{api}", api) if isinstance(value, str) else value
    return found


async def played(channel: str, case: str, folder: Path) -> tuple[Played, dict[str, Any]]:
    """What a case's server was asked, and what became of the notification."""
    server = Played(read(channel, case, "exchanges.json"))
    async with serving(server, folder) as (api, ca):
        model = CHANNELS[channel].Options
        teller = CHANNELS[channel](model(**options(read(channel, case, "options.json"), api, ca, folder)))
        try:
            receipt = await teller.send(changed(read(channel, case, "notification.json")))
            result: dict[str, Any] = {"answer": receipt.answer}
        except Undeliverable as error:
            result = {"error": str(error), "permanent": error.permanent}
            if error.retry_after is not None:
                result["retry_after"] = error.retry_after
        finally:
            await teller.close()
    return server, result


async def check(channel: str, case: str, folder: Path) -> None:
    """A case holds."""
    server, result = await played(channel, case, folder)
    assert server.asked == [each["request"] for each in server.exchanges]
    assert result == read(channel, case, "result.json")
