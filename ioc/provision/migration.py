"""What `ioc history migrate` prints."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, ProgressColumn, Task, TaskID
from rich.table import Table
from rich.text import Text

from ioc.clock import Clock
from ioc.provision.api import Api
from ioc.provision.commands import administrator, bar, declared
from ioc.provision.cursor import Cursor, load
from ioc.provision.migrate import TIERS, Compared, Plan, compare, make_windows, move, plan
from ioc.provision.setting import Setting, setting
from ioc.store.base import Store
from ioc.store.influx import Address, Influx
from ioc.store.sqlite_export import Export
from ioc.telemetry import Telemetry

PATIENCE = 60.0
"""seconds for one request"""


class Rate(ProgressColumn):
    """Rows a second."""

    def render(self, task: Task) -> Text:
        """See ProgressColumn."""
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


async def migrate(
    directory: Path, file: Path | None, since: float | None, variable: str, *, dry: bool
) -> bool:
    """Move the embedded history and compare; whether everything is there. Raises IocError."""
    at = setting(directory, None, None)
    clock = Clock()
    now = clock.civil(clock.now())
    out = Console()
    export = Export(file or at.embedded)
    try:
        wanted = plan(export, now, now - since if since is not None else None)
        cursor = load(file or at.embedded, f"{at.url} {at.org} {', '.join(buckets(at).values())}", TIERS)
        left = {tier: export.rows(tier, wanted.spans[tier], cursor.moved[tier].place) for tier in TIERS}
        out.print(_plan(wanted, left, at))
        if dry:
            return True
        found = await _move(at, export, wanted, cursor, left, administrator(at, variable))
    finally:
        export.close()
    out.print(_comparison(found))
    whole = all(each.whole for each in found)
    if not whole:
        out.print(f"not everything is there; remove {cursor.path} and run this again", soft_wrap=True)
    return whole


async def _move(
    at: Setting, export: Export, wanted: Plan, cursor: Cursor, left: dict[str, int], token: str
) -> Sequence[Compared]:
    async with AsyncExitStack() as stack:
        stores: dict[str, Store] = {}
        for tier, bucket in buckets(at).items():
            stores[tier] = store = Influx(Address(at.url, at.org, bucket, token, PATIENCE), Telemetry())
            stack.push_async_callback(store.close)
        api = await stack.enter_async_context(Api(at.url, token))
        with bar(Rate()) as progress:
            tasks = {tier: progress.add_task(tier, total=left[tier]) for tier in TIERS}
            windows = progress.add_task("windows of what is raw", total=None)
            await move(
                export,
                stores,
                wanted,
                cursor,
                lambda tier, rows: progress.advance(tasks[tier], rows),
                asyncio.sleep,
            )
            await _windows(progress, windows, api, at, wanted)
        return await compare(api, at.org, buckets(at), wanted, cursor)


async def _windows(progress: Progress, task: TaskID, api: Api, at: Setting, wanted: Plan) -> None:
    span = wanted.spans["raw"]
    progress.update(task, total=span.stop - span.start)
    await make_windows(api, at.org, at.ways(declared()), wanted, lambda done: progress.advance(task, done))


def buckets(at: Setting) -> dict[str, str]:
    """The bucket that each tier goes to."""
    return {"hours": at.hours_bucket, "minutes": at.minutes_bucket, "raw": at.bucket}


def _plan(wanted: Plan, left: dict[str, int], at: Setting) -> Table:
    table = Table("tier", "rows to move", "from", "to", "into bucket", title=f"{at.url}, {at.org}")
    for tier in TIERS:
        span = wanted.spans[tier]
        table.add_row(tier, f"{left[tier]:,}", _time(span.start), _time(span.stop), buckets(at)[tier])
    return table


def _comparison(found: Sequence[Compared]) -> Table:
    table = Table("tier", "lines moved", "refused", "numbers moved", "there", "")
    for each in found:
        moved, colour = each.moved, "green" if each.whole else "red"
        counts = (f"{count:,}" for count in (moved.lines, moved.refused, moved.held, each.there))
        table.add_row(each.tier, *counts, f"[{colour}]{'whole' if each.whole else 'not whole'}[/]")
    return table


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%MZ")
