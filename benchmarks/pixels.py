"""Target 9: from the verdict to the pixels of the wall in a real browser."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from math import inf
from typing import Any

from playwright.async_api import Page, async_playwright

from benchmarks.kit import latency
from benchmarks.kit.figures import spread
from benchmarks.kit.latency import Trial
from benchmarks.kit.result import Result, main
from benchmarks.kit.stand import Stand, now
from benchmarks.kit.systems import LISTEN, Ours
from benchmarks.outage import FAST, PROBE
from ioc.demo import logs
from tools.parts import find

FULL = Trial(endpoints=600, outages=250, blips=0, span=60)
QUICK = Trial(endpoints=12, outages=2, blips=0, span=1, settle=1)
COALESCE_MS = 50
UNEQUAL = """
painted means: the browser has laid out and painted the frame (headless Chromium, drawing in software on the same cores)
a real screen adds its own refresh, up to 17 ms at 60 Hz, and the panel
""".strip().splitlines()
# A mark carries the picture's offset that its frame shows, at the page's own monotonic time.
NOTE = """
window.painted = [];
new PerformanceObserver((list) => {
  for (const mark of list.getEntries())
    if (mark.name === "ioc-painted") window.painted.push([mark.startTime, mark.detail.offset]);
}).observe({ type: "mark" });
"""


async def measure(quick: bool) -> Result:
    """250 of 600 things fall silent at random moments, while the wall is open at 1920×1080."""
    trial = QUICK if quick else FULL
    ours = Ours(FAST if quick else PROBE, None, observed="notes")
    verdicts: list[dict[str, Any]] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(find("chromium")), args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page(viewport={"width": 1920, "height": 1080})
        await page.add_init_script(NOTE)

        async def look(stand: Stand) -> None:
            await page.goto(f"http://{LISTEN}/")
            await page.wait_for_selector("html[data-offset]")

        def join(stand: Stand) -> None:
            verdicts.extend(logs.read(stand.folder / "notes.verdicts"))

        await latency.run("ours", ours, trial, 3 if quick else 14, join, look)
        ahead = await _ahead(page)
        painted = await page.evaluate("window.painted")
        await browser.close()
    late = _late(verdicts, painted, ahead)
    return Result(
        what="verdict to pixels in Chromium",
        ours={
            **spread(late, "ms", 1000, 1),
            "verdicts": len(late),
            "frames": len(painted),
            "coalescing_ms": COALESCE_MS,
        },
        targets={"p99_ms": 150},
        unequal=UNEQUAL,
        peers={},
    )


def _late(
    verdicts: Sequence[dict[str, Any]], painted: Sequence[tuple[float, int]], ahead: float
) -> list[float]:
    """Seconds from each verdict until the first painted frame that shows it or something later."""
    shown = [offset for _, offset in painted]
    found = []
    for each in verdicts:
        first = bisect_left(shown, each["offset"])
        at = painted[first][0] / 1000 + ahead if first < len(painted) else inf
        found.append(at - each["at"])
    return found


async def _ahead(page: Page) -> float:
    """What the machine's monotonic clock shows more than the page's: from the quickest of many questions."""
    best, ahead = inf, 0.0
    for _ in range(50):
        asked = now()
        told = float(await page.evaluate("performance.now()")) / 1000
        took = now() - asked
        if took < best:
            best, ahead = took, asked + took / 2 - told
    return ahead


if __name__ == "__main__":
    main("pixels", measure)
