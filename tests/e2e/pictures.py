"""Pictures of the wall for eyes to judge: `python -m tests.e2e.pictures DIRECTORY [NAME…]`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.async_api import Browser

from ioc.store.sqlite import Sqlite
from tests.e2e import past
from tests.e2e.screen import SIZES, chromium, screen, shown
from tests.e2e.stage import AFTERNOON, Stage, storm

MIDNIGHT = AFTERNOON + 9 * 3600


def calm(stage: Stage) -> None:
    """Nothing wrong; some rooms off as planned."""
    stage.set([each for each in stage.rooms if "-x" in each][:40], "off", "not_expected", 4000)


def fault(stage: Stage) -> None:
    """One room down."""
    stage.fault("vc-h10-x07", 214)


def stale(stage: Stage) -> None:
    """A fault, and then no data for two minutes; and the database is away."""
    fault(stage)
    system = dict(stage.picture.get("system/vc") or {})
    stage.picture.put("system/vc", {**system, "at": stage.clock.now() - 134})


def trouble(stage: Stage) -> None:
    """A fault while the service itself is not well."""
    fault(stage)
    since = stage.clock.now() - 1300
    stage.picture.put(
        "self/history",
        {"state": "away", "since": since, "detail": "refused", "waiting": 48211, "dropped": 0, "written": 1},
    )


def blind(stage: Stage) -> None:
    """The center's own link is down."""
    now = stage.clock.now()
    stage.picture.put("self/uplink", {"state": "down", "since": now - 47})
    stage.set(stage.inventory.endpoints, "unknown", "own_link_down", 47)


SITUATIONS: dict[str, Callable[[Stage], None]] = {
    "calm": calm,
    "fault": fault,
    "storm": storm,
    "stale": stale,
    "trouble": trouble,
    "blind": blind,
}


async def take(browser: Browser, name: str, out: Path, sizes: tuple[str, ...] = tuple(SIZES)) -> None:
    """Both scenes of a situation in Vietnamese at every size, in English at the smaller wall."""
    stage = Stage(at=MIDNIGHT if name == "night" else AFTERNOON)
    url = await stage.open()
    SITUATIONS["calm" if name == "night" else "storm" if name == "cut" else name](stage)
    for size in sizes:
        for scene in ("overview", "alerts", "conference"):
            for language in ("vi", "en") if size == "1080" else ("vi",):
                async with screen(browser, f"{url}?scene={scene}&lang={language}", size) as page:
                    await shown(page, stage)
                    if name in ("calm", "fault"):
                        for _ in stage.breathe(24):
                            await shown(page, stage)
                        await page.wait_for_timeout(5500)
                    if name == "cut":
                        await page.evaluate("document.documentElement.dataset.offset = ''")
                        await stage.close()
                        await page.wait_for_selector(".headline.cut")
                        await page.wait_for_timeout(3000)
                    await page.wait_for_timeout(700)
                    await page.screenshot(path=out / f"{name}-{scene}-{language}-{size}.png")
                if name == "cut":
                    await stage.open()
    await stage.close()


async def take_history(browser: Browser, out: Path) -> None:
    """The sheet of a room with a past, and that of its incident, at every size."""
    stage = Stage()
    store = Sqlite(out / "history.db", stage.clock)
    await store.write(past.lines(int(stage.clock.now())))
    stage.history = store
    url = await stage.open()
    stage.fault(past.ROOM, 240, began=stage.clock.now() + past.OUTAGE.start)
    for size in SIZES:
        for name in (f"endpoint/{past.ROOM}", "incident/1"):
            async with screen(browser, f"{url}#{name}", size) as page:
                await shown(page, stage)
                await page.locator(".charts").scroll_into_view_if_needed()
                await page.locator(".charts").evaluate(
                    "e => e.closest('dialog').scrollTo(0, e.offsetTop - 20)"
                )
                await page.wait_for_timeout(3000)
                await page.screenshot(path=out / f"history-{name.split('/')[0]}-{size}.png")
    await stage.close()
    await store.close()


async def main() -> None:
    """Take the pictures that were asked for, or all."""
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    async with chromium() as browser:
        for name in sys.argv[2:] or [*SITUATIONS, "cut", "night", "history"]:
            await (take_history(browser, out) if name == "history" else take(browser, name, out))


if __name__ == "__main__":
    asyncio.run(main())
