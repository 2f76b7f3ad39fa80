"""The shift log and the leaders' page in a real browser, before the real server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from alerts.shiftlog import ShiftLog
from ioc.state.ledger import Ledger
from ioc.state.look import Look
from ioc.telemetry import Telemetry
from tests.e2e.axe import settled, violations
from tests.e2e.screen import screen, shown
from tests.e2e.stage import Stage, storm

pytestmark = pytest.mark.real


@pytest.fixture
async def logged(built: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    """A province with a shift log on disk."""
    stage = Stage()
    ledger = Ledger.open(tmp_path / "state.db", telemetry=Telemetry(), synchronous="OFF")
    look = Look(tmp_path / "state.db")
    stage.shift = ShiftLog(stage.clock, stage.picture, ledger.commit, look, lambda: ())
    await stage.open()
    yield stage
    await stage.close()
    await ledger.close()


async def test_a_shift_leaves_a_note_with_what_is_open_and_the_next_one_finds_it(
    browser: Browser, logged: Stage
) -> None:
    logged.cut("r-h15", ago=200)
    async with screen(browser, logged.url) as page:
        await shown(page, logged)
        await page.get_by_role("button", name="Sổ trực").click()
        console = page.get_by_role("dialog")
        await expect(console).to_contain_text("1 sự cố đang mở sẽ được ghi kèm")
        await console.get_by_label("Để lại cho ca sau").fill("Đã gọi Viettel, hẹn 16 giờ")
        await console.get_by_label("Họ tên").fill("Lê Thị Ặn")
        await console.get_by_role("button", name="Ghi sổ").click()
        note = console.locator(".notes li")
        await expect(note).to_contain_text("Lê Thị Ặn")
        await expect(note).to_contain_text("1 sự cố đang mở lúc đó: Định tuyến Huyện Như Thanh mất kết nối")
        await console.get_by_label("Tìm trong sổ").fill("viettel hen")
        await expect(note).to_contain_text("Đã gọi Viettel, hẹn 16 giờ")
        await console.get_by_label("Tìm trong sổ").fill("vnpt")
        await expect(note).to_have_count(0)
        await settled(page)
        assert await violations(page) == []


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_the_leaders_page_is_legible_and_its_style_is_allowed(
    browser: Browser, stage: Stage, language: str
) -> None:
    storm(stage)
    async with screen(browser, f"{stage.url}leaders?lang={language}") as page:
        await expect(page.locator("tbody tr").first).to_contain_text("Định tuyến Huyện")
        assert await page.locator("body").evaluate("e => getComputedStyle(e).maxWidth") == "1152px"
        assert await violations(page) == []
