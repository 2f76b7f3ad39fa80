"""`ioc demo`: starts the province, the sink, the service and the fault script, and joins what they wrote.

    parent ─┬─ responders      every thing of the province answers
            ├─ sink            takes the webhooks and short messages and writes them down
            ├─ service         `python -m ioc run`, as anybody would run it
            └─ script          breaks and heals things, and writes it down

Each is a process of its own, tied to the parent: none outlives it.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import sys
import tempfile
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console

from ioc.clock import Clock
from ioc.demo import directory, gateway, logs
from ioc.demo.children import Child, ChildError
from ioc.demo.crew import Crew
from ioc.demo.judge import judge, report
from ioc.demo.moment import monotonic
from ioc.demo.pages import read as read_pages
from ioc.demo.places import choose, listening
from ioc.demo.plan import EARLY
from ioc.demo.province import HOURS_ROOMS, Province, build, save
from ioc.demo.service import Service
from ioc.demo.summary import summary
from ioc.demo.view import View, display
from ioc.errors import IocError

LOOK_EVERY = 0.5
COUNT_EVERY = 4
"""looks between two questions to the service"""
START_TAKES = 25.0
"""seconds from now until the script's start at the longest usual; the rooms' hours end later than that"""
READY_LIMIT = 60.0
"""seconds until everything was probed once, at the longest"""
NOT_GOOD = 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for; a `duration` of None is until Ctrl-C."""

    listen: str
    duration: float | None
    report: Path | None
    seed: int
    keep: Path | None


@dataclass(frozen=True, slots=True)
class Files:
    """Where the processes of a run meet."""

    root: Path

    @property
    def roster(self) -> Path:
        """The things of the province."""
        return self.root / "roster.json"

    @property
    def control(self) -> Path:
        """The responders' control socket."""
        return self.root / "control"

    @property
    def script(self) -> Path:
        """What the fault script did."""
        return self.root / "script.jsonl"

    @property
    def sink(self) -> Path:
        """What the sink received."""
        return self.root / "sink.jsonl"


def demo(listen: str, duration: float | None, report: Path | None, seed: int, keep: Path | None) -> int:
    """Run the demo and return its exit status: 0 when nothing was missed and nothing false.

    Raises IocError when it can not start or a process of it fails.
    """
    wanted = Wanted(listen, duration, report, seed, keep)
    _refuse(wanted)
    listening(listen)
    root = Path(tempfile.mkdtemp(prefix="ioc-demo-"))
    try:
        return asyncio.run(Run(wanted, Files(root), Console()).play())
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _refuse(wanted: Wanted) -> None:
    if wanted.duration is not None and not wanted.duration > 0:
        raise IocError(
            f"--duration {wanted.duration:g} is not more than nothing; a whole judgement takes 180"
        )
    if wanted.keep is not None and wanted.keep.exists() and any(wanted.keep.iterdir()):
        raise IocError(f"--keep {wanted.keep} is not empty; name a directory that does not exist yet")
    if wanted.report is not None and not wanted.report.parent.is_dir():
        raise IocError(f"--report {wanted.report}: there is no directory {wanted.report.parent}")


class Run:
    """One run of the demo, from its first process to its report."""

    def __init__(self, wanted: Wanted, files: Files, console: Console) -> None:
        self._wanted = wanted
        self._files = files
        self._console = console
        self._clock = Clock()
        self._children: list[Child] = []
        self._drains: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()

    async def play(self) -> int:
        """Everything, in order; returns the exit status."""
        self._heed_signals()
        try:
            province = await self._province()
            service = Service(f"http://{self._wanted.listen}")
            try:
                return await self._with(service, province)
            finally:
                await service.close()
        finally:
            await self._end(*reversed(self._children))

    async def _with(self, service: Service, province: Province) -> int:
        running = self._children[-1]
        self._say(f"waiting until all {len(province.things)} things were probed once …")
        limit = monotonic(self._clock) + READY_LIMIT
        if not await service.until_ready(lambda: self._waits(running, limit)):
            if self._stop.is_set():
                return NOT_GOOD
            why = (
                f"was not ready within {READY_LIMIT:g} s" if running.running else "ended before it was ready"
            )
            raise ChildError(f"the service {why}{running.said()}")
        crew = Crew(service, self._wanted.seed, self._clock)
        await crew.begin()
        start = monotonic(self._clock) + 1.0
        script = await self._script(start)
        await self._watch(service, province, start, crew)
        end = monotonic(self._clock)
        await self._end(script)
        incidents = await service.incidents()
        if incidents is None:
            raise ChildError(f"the service does not tell its incidents{running.said()}")
        await self._end(running)
        return self._conclude(province, incidents, start, end)

    def _waits(self, running: Child, limit: float) -> bool:
        return running.running and not self._stop.is_set() and monotonic(self._clock) < limit

    async def _province(self) -> Province:
        """Start the responders, the sink and the service."""
        ports = choose()
        judged = self._wanted.duration is not None
        province = build(self._wanted.seed, ports, HOURS_ROOMS if judged else 0)
        save(province, self._files.roster)
        self._say(f"starting {len(province.things)} things that answer …")
        await self._ready("responders", self._files.roster, self._files.control)
        sink = await self._ready("sink", self._files.sink)
        where = self._wanted.keep or self._files.root / "config"
        receives = f"http://127.0.0.1:{sink['port']}/"
        directory.write(where, province, ports, self._hours(), self._wanted.listen, receives)
        command = [sys.executable, "-m", "ioc", "run", str(where), "--listen", self._wanted.listen]
        self._adopt(await Child.start("service", command, self._files.root))
        return province

    def _hours(self) -> str:
        """The session of the rooms that keep hours: all day, or until the first minute that is well within."""
        if self._wanted.duration is None:
            return "00:00-24:00"
        now = self._clock.civil(self._clock.now())
        self._off_civil = 60.0 * ceil((now + START_TAKES + EARLY) / 60)
        return directory.session_until(self._off_civil)

    async def _script(self, start: float) -> Child:
        files, wanted = self._files, self._wanted
        rest: list[str] = []
        if wanted.duration is not None:
            off_at = self._off_civil - self._clock.civil(self._clock.of_monotonic(start))
            rest = [str(wanted.duration), str(off_at)]
        await self._ready(
            "script", files.roster, files.control, files.script, str(wanted.seed), str(start), *rest
        )
        return self._children[-1]

    async def _watch(self, service: Service, province: Province, start: float, crew: Crew) -> None:
        """Show what happens until the time is over, or somebody ends it, or a process fails."""
        names = {each.id: each.name for each in province.things.values()}
        view = View(service.url, start, self._wanted.duration, names)
        script, sink = logs.Tail(self._files.script), logs.Tail(self._files.sink)
        end = start + self._wanted.duration if self._wanted.duration is not None else None
        shown, working = display(self._console), asyncio.create_task(crew.keep(logs.Tail(self._files.sink)))
        try:
            looks = 0
            while not self._stop.is_set() and (end is None or monotonic(self._clock) < end):
                self._check_children()
                if working.done():
                    working.result()
                if looks % COUNT_EVERY == 0:
                    view.counts = await service.counts() or view.counts
                view.now = monotonic(self._clock)
                received = sink.read()
                view.texts += gateway.counted(received).taken
                shown.show(view, view.follow(script.read(), read_pages(received)[0]))
                looks += 1
                await self._pause(LOOK_EVERY if end is None else min(LOOK_EVERY, max(end - view.now, 0.0)))
        finally:
            shown.close()
            await _ended(working)

    def _conclude(self, province: Province, incidents: list[dict[str, Any]], start: float, end: float) -> int:
        script = logs.read(self._files.script)
        received = logs.read(self._files.sink)
        pages, strange = read_pages(received)
        found = judge(script, pages, [self._monotonic(each) for each in incidents], end)
        told = {
            "endpoints": len(province.things),
            "rooms": len(province.of_kind("room", "mcu")),
            **report(found),
            "texts": asdict(gateway.counted(received)),
            "unreadable_posts": strange,
            "lacking": [each for line in script if line["what"] == "plan" for each in line["lacking"]],
            "seed": self._wanted.seed,
            "duration_s": round(end - start, 1),
        }
        if self._wanted.report is not None:
            self._wanted.report.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n")
        self._say(summary(told))
        return 0 if found.good and not strange else NOT_GOOD

    def _monotonic(self, incident: dict[str, Any]) -> dict[str, Any]:
        """An incident with its opening on the monotonic clock; the service tells steady time."""
        return {**incident, "opened": incident["opened"] - self._clock.of_monotonic(0.0)}

    async def _ready(self, module: str, *arguments: str | Path) -> dict[str, Any]:
        """Start one of our own modules and wait until it is ready."""
        child = await Child.module(module, self._files.root, *arguments)
        self._children.append(child)
        facts = await child.ready()
        self._drain(child)
        return facts

    def _adopt(self, child: Child) -> None:
        self._children.append(child)
        self._drain(child)

    def _drain(self, child: Child) -> None:
        task = asyncio.create_task(child.drain())
        self._drains.add(task)
        task.add_done_callback(self._drains.discard)

    def _check_children(self) -> None:
        for each in self._children:
            if not each.running:
                raise ChildError(f"{each.name} ended on its own{each.said()}")

    async def _end(self, *children: Child) -> None:
        for each in children:
            await each.stop()

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stop.wait(), seconds)
        except TimeoutError:
            return

    def _heed_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._told_to_stop)

    def _told_to_stop(self) -> None:
        """The first time in order, the second time at once."""
        if self._stop.is_set():
            for each in self._children:
                each.kill()
        self._stop.set()

    def _say(self, text: str) -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)


async def _ended(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait for its end; raises what it failed with."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
