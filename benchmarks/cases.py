"""Target 11: a million open cases. Memory, cold start, updates into the book, when an overdue case is known."""

from __future__ import annotations

import asyncio
import gc
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from benchmarks.kit.figures import Figures, spread
from benchmarks.kit.result import Result, main, progress
from ioc.cases.book import Book, Turned
from ioc.cases.file import CaseFile
from ioc.cases.model import Kind, Record, Stage, Step, Update, key_of
from ioc.cases.standing import PAST, Standing, Terms
from ioc.clock import Clock
from ioc.deadline import Limit, Unit
from ioc.running import settle
from ioc.telemetry import Telemetry
from ioc.worktime import WorkCalendar

CASES, CHANGES, FALLING = 1_000_000, 500_000, 500
BATCH = 1_000
UNITS, PROCEDURES, OFFICERS, PROVINCES = 3_321, 2_000, 20_000, 34
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
OFFICE = WorkCalendar(HANOI, frozenset(range(1, 6)), ((7 * 60 + 30, 11 * 60 + 30), (13 * 60 + 30, 17 * 60)))
DAY = 86_400.0
ALWAYS = WorkCalendar(HANOI, frozenset(range(1, 8)), ((0, 24 * 60),))
UNEQUAL = """
updates are steps by officers, on random cases, in batches of 1,000 that are answered after the commit, four at a time
updates_per_s counts until the last answer; rows_per_s is the rate at which rows are written behind it, beside updates
start is a process of its own, from its first line to the book that is whole; files are warm in the page cache
memory is the peak of that process; the run that fills the book takes more for what its rows lack
overdue is known when the picture's new figure is handed over; all cases that fall due in one second, on the real clock
""".strip().splitlines()


def terms(calendar: WorkCalendar) -> Terms:
    """Office hours for filling, every hour for what falls due while it is measured."""
    limit = Limit(10, Unit.WORKING_DAYS)
    return Terms(calendar, lambda kind: 27_000.0, lambda kind: 10 * 27_000.0, lambda kind, procedure: limit)


async def measure(quick: bool) -> Result:
    """A million open cases: filled, changed, started anew, and some of them falling due."""
    cases, changes = (1_000, 1_000) if quick else (CASES, CHANGES)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cases.db"
        filled = await _fill(path, cases, changes)
        started = await _child(path)
        falling = await _falling(Path(folder) / "falling.db")
        size = path.stat().st_size
    return Result(
        what=f"{cases:,} open cases, {changes:,} updates",
        ours={
            "cases": cases,
            "changes": changes,
            **filled,
            **started,
            **falling,
            "file_mb": round(size / 1e6),
        },
        targets={
            "us_per_update": 20,
            "memory_mb": 1_000,
            "start_s": 15,
            "overdue_max_s": 1,
            "unequal_counts": 0,
            "unequal_counts_after_start": 0,
        },
        unequal=UNEQUAL,
        peers={},
    )


async def _fill(path: Path, cases: int, changes: int) -> Figures:
    book = _book(path, terms(OFFICE))
    begin = time.perf_counter()
    await _pour(book, _records(cases))
    await book.fold()
    taken = time.perf_counter() - begin
    progress(f"filled with {cases:,} in {taken:.0f} s")
    settle()
    steps = list(_steps(cases, changes))
    begin, cpu = time.perf_counter(), time.process_time()
    await _pour(book, steps)
    wall, cpu = time.perf_counter() - begin, time.process_time() - cpu
    progress(f"{changes:,} updates in {wall:.1f} s")
    await book.fold()
    folded = time.perf_counter() - begin
    unequal = await book.verify()
    progress(f"verified: {unequal[:3] or 'equal'}")
    await book.close()
    return {
        "fill_per_s": round(cases / taken),
        "us_per_update": round(1e6 * wall / changes, 2),
        "cpu_us_per_update": round(1e6 * cpu / changes, 2),
        "updates_per_s": round(changes / wall),
        "rows_per_s": round(changes / folded),
        "unequal_counts": float(len(unequal)),
    }


async def _pour(book: Book, updates: Sequence[Update]) -> None:
    """Four batches under way at a time, as four sources would have."""
    batches = iter([updates[begin : begin + BATCH] for begin in range(0, len(updates), BATCH)])

    async def source() -> None:
        for batch in batches:
            await book.apply(batch)

    await asyncio.gather(*(source() for _ in range(4)))


async def _child(path: Path) -> dict[str, float]:
    """What a start takes, in a process that does nothing else."""
    command = (sys.executable, "-m", "benchmarks.cases", "--start", str(path))
    child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await child.communicate()
    found: dict[str, float] = json.loads(out)
    progress(f"start {found['start_s']} s, {found['memory_mb']} MB")
    return found


async def _start(path: Path) -> dict[str, float]:
    begin = time.perf_counter()
    gc.disable()
    book = _book(path, terms(OFFICE))
    taken = time.perf_counter() - begin
    gc.enable()
    settle()
    peak = _peak_kb() / 1024
    unequal = await book.verify()
    await book.close()
    return {
        "start_s": round(taken, 2),
        "memory_mb": round(peak),
        "open": len(book),
        "unequal_counts_after_start": len(unequal),
    }


def _peak_kb() -> int:
    """The most memory this process held; getrusage would count what its parent held before the exec."""
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))


async def _falling(path: Path) -> Figures:
    """How long after its due moment each case that falls due is known, with the book's own timer."""
    clock = Clock()
    book = _book(path, terms(ALWAYS))
    late: list[float] = []
    known = asyncio.Event()
    due = round(clock.civil(clock.now())) + 3.0

    def told(turned: Sequence[Turned]) -> None:
        after = clock.civil(clock.now()) - due - PAST
        late.extend(after for each in turned if each.now.standing is Standing.OVERDUE)
        if len(late) >= FALLING:
            known.set()

    await _pour(book, [each._replace(due=due) for each in _records(FALLING)])
    running = asyncio.create_task(book.run(told))
    async with asyncio.timeout(30):
        await known.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await book.close()
    return {f"overdue_{name}": each for name, each in spread(late, "s", digits=4).items()}


def _book(path: Path, by: Terms) -> Book:
    telemetry = Telemetry()
    shown: dict[str, Mapping[str, Mapping[str, int]] | None] = {}
    return Book(
        CaseFile.open(path, telemetry=telemetry), by, "bench", _above, Clock(), telemetry, shown.__setitem__
    )


_TREE = {f"u{n}": (f"u{n}", f"p{n % PROVINCES}", "vn") for n in range(UNITS)}


def _above(unit: str, day: int) -> tuple[str, ...]:
    return _TREE.get(unit, (unit,))


def _key(n: int) -> str:
    return key_of(Kind.DOSSIER, f"H{n % 63:02}.{n % UNITS}-26{n % 12 + 1:02}{n % 28 + 1:02}-{n:06}")


def _records(count: int) -> list[Record]:
    chance, now = random.Random(1), Clock().civil(Clock().now())
    made = []
    for n in range(count):
        received = float(round(now - chance.uniform(0, 20) * DAY))
        made.append(
            Record(
                key=_key(n),
                at=received,
                source="portal",
                unit=f"u{n % UNITS}",
                status="4",
                stage=Stage.OPEN,
                received=received,
                due=received + 20 * DAY,
                procedure=f"2.{chance.randrange(PROCEDURES):06}",
                officer=f"o{n % OFFICERS}",
                channel="online" if n % 3 == 0 else "direct",
            )
        )
    return made


def _steps(cases: int, count: int) -> Iterator[Step]:
    chance, now = random.Random(2), Clock().civil(Clock().now())
    for n in range(count):
        case = chance.randrange(cases)
        at = float(round(now - count + n, 3))
        stage = ("5", Stage.PAUSED) if chance.random() < 0.1 else ("4", Stage.OPEN)
        yield Step(_key(case), at, "portal", *stage, f"o{chance.randrange(OFFICERS)}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--start"]:
        json.dump(asyncio.run(_start(Path(sys.argv[2]))), sys.stdout)
    else:
        main("cases", measure)
