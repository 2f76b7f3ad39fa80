"""Accessibility of a page, judged by axe-core."""

from __future__ import annotations

from playwright.async_api import Page

from tests.e2e.stage import DIST

AXE = DIST.parent / "node_modules" / "axe-core" / "axe.min.js"


async def settled(page: Page) -> None:
    """Let the cross-fades end: half-faded text has no contrast to judge."""
    await page.evaluate("Promise.all(document.getAnimations().map(a => a.finish()))")


async def violations(page: Page) -> list[str]:
    """What axe has to say of a page, a line each."""
    # evaluated, not added as a script: the content policy holds for tests as well
    await page.evaluate(AXE.read_text())
    found = await page.evaluate("axe.run(document)")
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:120]} {each['nodes'][0]['failureSummary'][:300]}"
        for each in found["violations"]
    ]
