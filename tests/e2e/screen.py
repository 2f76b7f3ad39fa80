"""A real browser in front of a stage."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page, async_playwright

from tests.e2e.stage import Stage

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SIZES = {"1080": (1920, 1080), "2160": (3840, 2160), "phone": (390, 844)}


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium."""
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        await browser.close()


@asynccontextmanager
async def screen(browser: Browser, url: str, size: str = "1080", clock: bool = False) -> AsyncIterator[Page]:
    """A page of one size; `clock` puts its time into the test's hands."""
    width, height = SIZES[size]
    context = await browser.new_context(viewport={"width": width, "height": height})
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    if clock:
        await page.clock.install()
    await page.goto(url)
    yield page
    await context.close()
    refused = [each for each in complaints if "Content Security Policy" in each or "Error:" in each]
    assert not refused, refused


async def shown(page: Page, stage: Stage) -> None:
    """Wait until everything in the picture is in the pixels, and the letters are there."""
    await page.wait_for_function(
        "n => Number(document.documentElement.dataset.offset) >= n", arg=stage.picture.offset
    )
    await page.evaluate("document.fonts.ready")
