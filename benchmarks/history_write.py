"""How many lines a second the embedded history takes, and what that does to the event loop beside it."""

from __future__ import annotations

import asyncio
import random
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.kit.figures import spread
from benchmarks.kit.lag import Sampler, read
from benchmarks.kit.result import Result, main, progress
from ioc.clock import Clock
from ioc.running import settle
from ioc.store.sqlite import Sqlite

BATCH = 5_000
A_SECOND = 10_000
UNEQUAL = """
lines come as text, two floats each, and are on the disk when a write returns: parsing, roll-ups and fsync are in it
every series is written once a second, 10,000 of them: a province of 600 rooms writes 60 to 120 lines a second
us_per_line is taken flat out, with simulated time; the loop's lag while 10,000 lines are written each real second
""".strip().splitlines()


class _Simulated(Clock):
    """Time goes with what is written, so that minutes and hours end as often as they would."""

    __slots__ = ("at",)

    def __init__(self) -> None:
        super().__init__()
        self.at = 1_700_000_000.0

    def now(self) -> float:
        return self.at

    def skew(self) -> float:
        return 0.0


async def measure(quick: bool) -> Result:
    """Some minutes of 10,000 lines a second: as fast as they are taken, and then at that pace."""
    seconds, paced = (3, 2) if quick else (150, 60)
    with tempfile.TemporaryDirectory() as folder:
        found = await _run(Path(folder), seconds, paced)
    return Result(
        what=f"embedded history, {A_SECOND} lines a second",
        ours=found,
        targets={"us_per_line": 100, "loop_lag_p999_ms": 10},
        unequal=UNEQUAL,
        peers={},
    )


async def _run(folder: Path, seconds: int, paced: int) -> dict[str, float | None]:
    clock = _Simulated()
    store = Sqlite(folder / "history.db", clock)
    every = _lines(clock.at, 1 + seconds + paced)
    await _write(store, next(every))  # makes the file and every series
    settle()
    writes: list[float] = []
    wall, cpu = time.perf_counter(), time.process_time()
    making = 0.0
    for _ in range(seconds):
        begin = time.perf_counter()
        clock.at, lines = clock.at + 1, next(every)
        making += time.perf_counter() - begin
        writes += await _write(store, lines)
    wall, cpu = time.perf_counter() - wall - making, time.process_time() - cpu - making
    progress(f"{seconds} s of lines in {wall:.1f} s")
    late = await _paced(store, clock, list(every), folder)
    await store.close()
    count = A_SECOND * seconds
    return {
        "us_per_line": round(1e6 * wall / count, 2),
        "cpu_us_per_line": round(1e6 * cpu / count, 2),
        "lines_per_s": round(count / wall),
        **spread(writes, "ms", 1e3),
        **{f"loop_lag_{name}": each for name, each in spread(late, "ms", 1e3).items()},
        "bytes_per_line": round((folder / "history.db").stat().st_size / (count + A_SECOND * (1 + paced)), 1),
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


async def _paced(
    store: Sqlite, clock: _Simulated, seconds: Sequence[Sequence[str]], folder: Path
) -> list[float]:
    """How late the loop's timers are while every real second writes its lines."""
    sampler, begin = Sampler(), time.monotonic()
    sampler.start()
    for second, lines in enumerate(seconds):
        clock.at += 1
        await _write(store, lines)
        await asyncio.sleep(begin + second + 1 - time.monotonic())
    sampler.write(folder / "lag")
    return read(folder / "lag", begin, time.monotonic())


async def _write(store: Sqlite, lines: Sequence[str]) -> list[float]:
    """Seconds that each batch of a second took."""
    taken = []
    for start in range(0, len(lines), BATCH):
        begin = time.perf_counter()
        refused = await store.write(lines[start : start + BATCH])
        taken.append(time.perf_counter() - begin)
        if refused:
            raise RuntimeError(f"{refused} lines refused: {store.last_refusal}")
        await asyncio.sleep(0)
    return taken


def _lines(at: float, seconds: int) -> Iterator[Sequence[str]]:
    """The lines of each second."""
    chance = random.Random(1)
    heads = [
        f"endpoint,endpoint=e{n},site=s{n % 500},source=sip,system=vc,unit=u{n % 40} "
        for n in range(A_SECOND)
    ]
    numbers = [chance.lognormvariate(3, 0.5) for _ in range(9_973)]
    for second in range(seconds):
        base = round((at + second) * 1e6)
        yield [
            f"{head}rtt={numbers[(n + second * 7) % 9_973]!r},loss=0.0 {base + n * 97}"
            for n, head in enumerate(heads)
        ]


if __name__ == "__main__":
    main("history_write", measure)
