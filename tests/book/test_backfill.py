"""A backfill by files into the real book, killed with -9 while it runs: every row is there once, and told once."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

from tests.book.backfill import FEED, HEADER, opened
from tests.docs.blocks import ROOT

ROWS = 3_000
KILLS = 2


def table(folder: Path) -> None:
    """ROWS dossiers, of which every hundredth has no date."""
    rows = [
        f"H44.12-261005-{number:04d};H44.12;{'mai' if number % 100 == 0 else '05/10/2026'};19/10/2026\n"
        for number in range(1, ROWS + 1)
    ]
    (folder / "in").mkdir()
    (folder / "in" / "year.csv").write_text(HEADER + "".join(rows), "utf-8")


async def run(folder: Path, batches: int | None) -> list[int]:
    """Run until so many batches were answered, and kill it then; the rows that each said it was at."""
    command = (sys.executable, "-m", "tests.book.backfill", str(folder))
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    seen: list[int] = []
    async for line in process.stdout:
        seen.append(json.loads(line)["row"])
        if len(seen) == batches:
            process.kill()
            break
    await process.stdout.read()
    assert await process.wait() == (0 if batches is None else -signal.SIGKILL)
    return seen


async def test_a_killed_backfill_goes_on_and_misses_nothing(tmp_path: Path) -> None:
    table(tmp_path)
    answered = 0
    for _ in range(KILLS):
        seen = await run(tmp_path, 2)
        assert seen[0] > answered, "what was answered is not read again"
        answered = seen[-1]
    assert (await run(tmp_path, None))[-1] == ROWS + 1
    book, file = opened(tmp_path)
    assert len(book) == ROWS
    assert await book.verify() == []
    assert json.loads(file.cursor(FEED) or "")["findings"] == 2 * ROWS // 100
    await book.close()
    listed = (tmp_path / "in" / "done" / "year.csv.faults.csv").read_text("utf-8-sig").splitlines()[1:]
    assert [int(line.partition(",")[0]) for line in listed[::2]] == [
        each + 1 for each in range(100, ROWS + 1, 100)
    ]
