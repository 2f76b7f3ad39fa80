"""What `ioc influx …` prints."""

from __future__ import annotations

import os
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from collectors.registry import SOURCES
from ioc.clock import Clock
from ioc.errors import IocError
from ioc.provision import keys
from ioc.provision.api import Api
from ioc.provision.fill import refill
from ioc.provision.findings import Check, Finding
from ioc.provision.initialise import initialise
from ioc.provision.setting import Setting, setting
from ioc.provision.verify import verify
from ioc.provision.wanted import Step, Verb, wanted
from ioc.schema import DROPPED, STATE, Measurement, endpoint
from ioc.store.downsampling import HOURS, RAW_KEPT

COLOURS = {Finding.OK: "green", Finding.FAULT: "red", Finding.UNSEEN: "yellow"}


def declared() -> list[Measurement]:
    """Every measurement of the house. The fields of `endpoint` are all floats, whatever configuration adds."""
    of_sources = {each.name: each for source in SOURCES.values() for each in source.measurements}
    return [endpoint(()), STATE, DROPPED, *of_sources.values()]


async def init(directory: Path, url: str | None, org: str | None, variable: str) -> None:
    """Make an InfluxDB ready and say what was done. Raises IocError."""
    at = setting(directory, url, org)
    counts = dict.fromkeys(Verb, 0)
    out = Console(highlight=False, soft_wrap=True)

    def tell(step: Step) -> None:
        counts[step.verb] += 1
        out.print(f"{step.verb:8} {step.what}{': ' if step.detail else ''}{step.detail}", markup=False)

    await initialise(at, declared(), os.environ.get(variable, "").strip(), variable, tell)
    out.print(", ".join(f"{count} {verb}" for verb, count in counts.items() if count), markup=False)
    for line in _next(at):
        out.print(line, markup=False)


def _next(at: Setting) -> list[str]:
    """What is left to do by hand."""
    if not at.written:
        where = at.token_file.relative_to(at.directory)
        influx = f"url: {at.url}, org: {at.org}, bucket: {at.bucket}, token: {{file: {where}}}"
        return [f"write into the configuration: history: {{influx: {{{influx}}}}}"]
    if at.token_variable:
        return [
            f"put what is in {at.token_file} into the environment variable {at.token_variable} of the service"
        ]
    return []


async def fill(directory: Path, url: str | None, org: str | None, variable: str, since: float) -> None:
    """Make windows of what is raw since so many seconds ago. Raises IocError."""
    at = setting(directory, url, org)
    clock = Clock()
    now = clock.civil(clock.now())
    start = max(now - since, now - RAW_KEPT + HOURS.seconds) // HOURS.seconds * HOURS.seconds
    with bar() as progress:
        task = progress.add_task("windows", total=now - start)
        async with Api(at.url, administrator(at, variable)) as api:
            await refill(
                api, at.org, at.ways(declared()), start, now, lambda done: progress.advance(task, done)
            )


def administrator(at: Setting, variable: str) -> str:
    """A token that may do everything; raises IocError where there is none."""
    token = os.environ.get(variable, "").strip() or keys.read(at.admin_file)
    if not token:
        raise IocError(
            f"this needs an operator or all-access token: put it into the environment variable {variable}, "
            f"or into {at.admin_file}"
        )
    return token


def bar(*more: ProgressColumn) -> Progress:
    """How far a long piece of work has come."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        *more,
        TimeRemainingColumn(),
    )
    return Progress(*columns)


async def check(directory: Path, url: str | None, org: str | None, variable: str) -> bool:
    """Print what was looked at; whether all is well. Raises IocError."""
    at = setting(directory, url, org)
    token = os.environ.get(at.token_variable, "") if at.token_variable else keys.read(at.token_file)
    if not token:
        where = f"environment variable {at.token_variable}" if at.token_variable else str(at.token_file)
        raise IocError(f"{where}: there is no token; run ioc influx init {directory}")
    found: list[Check] = []
    admin = os.environ.get(variable, "").strip() or keys.read(at.admin_file)
    out = Console()
    with out.status("asking InfluxDB"):
        await verify(at, wanted(at, declared()), token.strip(), admin, Clock(), found.append)
    out.print(_table(found))
    faults = sum(each.finding is Finding.FAULT for each in found)
    out.print(f"{faults} {'fault' if faults == 1 else 'faults'} in {len(found)} checks")
    return not faults


def _table(found: list[Check]) -> Table:
    table = Table("check", "", "found", "what to do", title="InfluxDB")
    for each in found:
        colour = COLOURS[each.finding]
        table.add_row(each.what, f"[{colour}]{each.finding}[/]", each.detail, each.hint)
    return table
