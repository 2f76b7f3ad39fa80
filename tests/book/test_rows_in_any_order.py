"""Rows by webhook, REST and folder, shuffled, repeated and corrected: the book's figures are the same every time."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp import web

from collectors.feed import Around, Batch
from collectors.feeds.folder import Folder, FolderOptions
from collectors.feeds.webhook import Webhook, WebhookOptions
from ioc.cases.book import Book
from ioc.cases.file import CaseFile
from ioc.telemetry import Telemetry
from tests.book.making import TERMS, above
from tests.collectors.mapping import NOW, Kept
from tests.collectors.test_feed_rest import System
from tests.collectors.test_feed_webhook import request
from tests.fakes import HandClock

Rows = list[dict[str, str]]
Figures = Mapping[str, Mapping[str, Mapping[str, int]] | None]
SECRET = "0123456789abcdef-webhook"
MAP = {
    "gives": "both", "kind": "dossier", "id": "ma", "unit": "don_vi", "status": "tt", "at": "luc", "received": "nhan",
    "due": "han", "closed": "xong", "channel": "kenh",
}  # fmt: skip
COLUMNS = ("ma", "don_vi", "tt", "luc", "nhan", "han", "xong", "kenh")


def told(number: int) -> Iterator[dict[str, str]]:
    """What is told of one dossier: received, corrected, asked for papers, done; some stay open."""
    row = dict.fromkeys(COLUMNS, "") | {
        "ma": f"H44.12-261005-{number:04d}", "don_vi": "H44.12" if number % 3 else "H44.99", "tt": "2",
        "luc": "2026-10-05 08:00", "nhan": "2026-10-05 08:00", "han": "12/10/2026", "kenh": str(number % 2),
    }  # fmt: skip
    yield row
    yield {**row, "luc": "2026-10-05 09:00", "han": f"{12 + number % 5}/10/2026", "don_vi": "H44.12"}
    if number % 4:
        yield {**row, "tt": "5", "luc": "2026-10-06 09:00", "don_vi": "H44.12"}
    if number % 5:
        yield {**row, "tt": "9", "luc": "2026-10-13 09:00", "xong": "13/10/2026", "don_vi": "H44.12"}


def shuffled(seed: int) -> Rows:
    """Every row, and a third of them twice, in an order of its own."""
    chance = random.Random(seed)
    rows = [row for number in range(40) for row in told(number)]
    rows += chance.sample(rows, len(rows) // 3)
    chance.shuffle(rows)
    return rows


async def by_webhook(rows: Rows, around: Around, folder: Path) -> None:
    feed = Webhook(WebhookOptions.model_validate({"secret": SECRET, "map": MAP}), around)
    for begin in range(0, len(rows), 50):
        assert (await feed.hear(request(rows[begin : begin + 50]))).status == 200


async def by_folder(rows: Rows, around: Around, folder: Path) -> None:
    lines = [";".join(COLUMNS), *(";".join(row[column] for column in COLUMNS) for row in rows)]
    (folder / "a.csv").write_text("\n".join(lines), "utf-8")
    options = {"folder": str(folder), "settle": 0, "map": MAP}
    assert await Folder(FolderOptions.model_validate(options), around).look() == 1


async def by_rest(rows: Rows, around: Around, folder: Path) -> None:
    async def answer(asked: web.Request) -> web.Response:
        begin = (int(asked.query["trang"]) - 1) * 50
        return web.json_response(rows[begin : begin + 50])

    system = System()
    system.kept.around = lambda: around  # type: ignore[method-assign]
    assert await system.look(answer, map=MAP) == [60.0]


async def figures(send: Callable[[Rows, Around, Path], Awaitable[None]], seed: int, folder: Path) -> Figures:
    """What the book publishes after all rows came one way, in one order."""
    folder.mkdir()
    shown: dict[str, Any] = {}
    file = CaseFile.open(folder / "cases.db", telemetry=Telemetry(), synchronous="OFF")
    book = Book(file, TERMS, "1", above, HandClock(NOW), Telemetry(), shown.__setitem__)

    async def keep(batch: Batch) -> None:
        await book.apply(batch.updates, batch.findings, None if batch.cursor is None else ("x", batch.cursor))

    await send(shuffled(seed), replace(Kept().around(), keep=keep, cursor=lambda: file.cursor("x")), folder)
    book.flush()
    assert await book.verify() == []
    await book.close()
    return {key: value for key, value in shown.items() if value}


async def test_every_order_by_every_way_has_the_same_figures(tmp_path: Path) -> None:
    ways = (by_webhook, by_folder, by_rest)
    first = await figures(by_webhook, 0, tmp_path / "first")
    assert first["cases/dossier/xa-1"]
    for seed in range(1, 21):
        way = ways[seed % len(ways)]
        assert await figures(way, seed, tmp_path / str(seed)) == first, f"{way.__name__}, order {seed}"
