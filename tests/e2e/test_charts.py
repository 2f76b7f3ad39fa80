"""Charts in a real browser, before the real server and a real store."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from ioc.store.base import Reader
from ioc.store.influx import Address, Influx
from ioc.store.influx_reading import InfluxReader
from ioc.store.sqlite import Sqlite
from ioc.telemetry import Telemetry
from tests.e2e import past
from tests.e2e.axe import settled, violations
from tests.e2e.past import OUTAGE, ROOM, Moody
from tests.e2e.screen import screen, shown
from tests.e2e.stage import ShiftedClock, Stage
from tests.real.influx import InfluxServer

pytestmark = pytest.mark.real

FINGERPRINT = re.compile("[0-9a-f]{8}")
# two pixels below the plot are in it: the line at 0 stands on the edge
COLUMN = """(chart, part) => {
    const canvas = chart.querySelector('canvas'), all = canvas.getBoundingClientRect();
    const plot = chart.querySelector('.u-over').getBoundingClientRect(), scale = canvas.width / all.width;
    const x = Math.round((plot.left - all.left + part * plot.width) * scale);
    const y = Math.round((plot.top - all.top) * scale), height = Math.round(plot.height * scale) + 2;
    const {data} = canvas.getContext('2d').getImageData(x, y, 1, height);
    let lost = 0, hatched = 0;
    for (let i = 0; i < data.length; i += 4) {
        lost += data[i + 3] > 60 && data[i] - data[i + 2] > 60;
        hatched += data[i + 3] > 60 && data[i + 2] - data[i] > 35;
    }
    return [lost / height, hatched / height];
}"""


@pytest.fixture
async def kept(built: Path, tmp_path: Path) -> AsyncIterator[tuple[Stage, Moody]]:
    """A province whose embedded history holds the past of one room, and the mood of that history."""
    stage = Stage()
    store = Sqlite(tmp_path / "history.db", stage.clock)
    await store.write(past.lines(int(stage.clock.now())))
    moody = Moody(store)
    stage.history = moody
    await stage.open()
    yield stage, moody
    await stage.close()
    await store.close()


@pytest.mark.parametrize("size", ["1080", "phone"])
async def test_an_outage_is_a_loss_of_100_and_a_time_when_the_service_was_off_a_gap(
    browser: Browser, kept: tuple[Stage, Moody], size: str
) -> None:
    stage, _ = kept
    async with screen(browser, f"{stage.url}#endpoint/{ROOM}", size) as page:
        await shown(page, stage)
        loss = await _drawn(page, "loss")
        await expect(loss.locator(".lasted")).to_contain_text("không có dữ liệu 10 phút")
        lost, hatched = await _column(loss, OUTAGE.start + 360)
        assert lost > 0.8, "loss stands up to 100"
        assert hatched == 0
        lost, hatched = await _column(loss, -400)
        assert 0 < lost < 0.1, "no loss is a line at 0"
        assert hatched == 0
        lost, hatched = await _column(loss, past.OFF.start + 300)
        assert lost < 0.05, "no data is at most crossed by the limit"
        assert hatched > 0.05
        rtt = await _drawn(page, "rtt")
        await expect(rtt.locator(".lasted")).to_contain_text("không trả lời 12 phút")
        await expect(rtt.locator(".lasted")).to_contain_text("không có dữ liệu 10 phút")
        strip = await _strip(page)
        await expect(strip.locator(".lasted")).to_contain_text("mất kết nối 12 phút")
        other = await _drawn(page, "first_byte")
        await expect(other.locator(".reading")).to_contain_text("ms")
        over = await page.locator(".console").evaluate("e => e.scrollWidth - e.clientWidth")
        assert over <= 0, f"the console is {over} px too narrow for what it shows"


async def test_the_table_says_what_the_drawing_shows(browser: Browser, kept: tuple[Stage, Moody]) -> None:
    stage, _ = kept
    async with screen(browser, f"{stage.url}#endpoint/{ROOM}") as page:
        await shown(page, stage)
        loss = await _drawn(page, "loss")
        await loss.locator("summary").focus()
        await page.keyboard.press("Enter")
        await expect(loss.locator("tbody tr").first).to_be_visible()
        rows = await loss.locator("tbody tr").evaluate_all(
            "es => es.map(e => [...e.cells].map(c => c.innerText))"
        )
        assert [row[1:] for row in rows if "–" in row[0]] == [["không có dữ liệu"]]
        whole = [row for row in rows if row[1] == "100"]
        assert len(whole) == pytest.approx(12 * 60 / 30, abs=1), "twelve minutes in steps of thirty seconds"
        assert {row[4] for row in whole} == {"3"}, "three probes in each"


async def test_a_chart_is_read_by_keyboard(browser: Browser, kept: tuple[Stage, Moody]) -> None:
    stage, _ = kept
    async with screen(browser, f"{stage.url}#endpoint/{ROOM}") as page:
        await shown(page, stage)
        loss = await _drawn(page, "loss")
        stand = loss.get_by_role("slider", name="Tỷ lệ mất gói")
        await stand.focus()
        await page.keyboard.press("Home")
        first = await stand.get_attribute("aria-valuetext")
        heard = set()
        for _ in range(121):
            await page.keyboard.press("ArrowRight")
            heard.add((await stand.get_attribute("aria-valuetext") or "").split(",")[0])
        assert heard >= {"0 %", "100 %", "không có dữ liệu"}
        assert await stand.get_attribute("aria-valuetext") != first
        assert await stand.get_attribute("aria-valuenow") == await stand.get_attribute("aria-valuemax")


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_axe_finds_nothing(browser: Browser, kept: tuple[Stage, Moody], language: str) -> None:
    stage, _ = kept
    async with screen(browser, f"{stage.url}?lang={language}#endpoint/{ROOM}") as page:
        await shown(page, stage)
        loss = await _drawn(page, "loss")
        await loss.locator("summary").click()
        await _drawn(page, "first_byte")
        await settled(page)
        assert await violations(page) == []


async def test_an_incident_shows_its_root_around_its_beginning(
    browser: Browser, kept: tuple[Stage, Moody]
) -> None:
    stage, _ = kept
    stage.fault(ROOM, 700, began=stage.clock.now() + OUTAGE.start)
    async with screen(browser, f"{stage.url}#incident/1") as page:
        await shown(page, stage)
        await page.locator(".charts").scroll_into_view_if_needed()
        loss = await _drawn(page, "loss")
        await expect(page.locator(".ranges [aria-pressed=true]")).to_have_text("Lúc bắt đầu")
        await loss.locator("summary").click()
        await expect(loss.locator("tbody tr").first).to_be_visible()
        first = (await loss.locator("tbody th").all_inner_texts())[-1]
        began = int(stage.clock.now() + OUTAGE.start - 1800)
        assert first[:5] in {_hour(began - each) for each in (0, 30)}, "half an hour before it"


async def test_while_the_store_is_away_the_last_picture_stays_and_says_how_old_it_is(
    browser: Browser, kept: tuple[Stage, Moody]
) -> None:
    stage, moody = kept
    async with screen(browser, f"{stage.url}#endpoint/{ROOM}", clock=True) as page:
        await shown(page, stage)
        loss = await _drawn(page, "loss")
        before = await loss.get_attribute("data-drawn")
        moody.away = "history.db: the disk is full"
        await page.clock.fast_forward(31_000)
        said = loss.locator(".away")
        await expect(said).to_contain_text(
            "Lịch sử tạm thời không có: history is away: history.db: the disk is full"
        )
        await expect(said).to_contain_text("giây trước")
        assert await loss.get_attribute("data-drawn") == before
        moody.away = ""
        await page.clock.fast_forward(11_000)
        await expect(said).to_have_count(0)


async def test_nothing_is_asked_while_nobody_looks(browser: Browser, kept: tuple[Stage, Moody]) -> None:
    stage, _ = kept
    async with screen(browser, f"{stage.url}#endpoint/{ROOM}", clock=True) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if "/history" in request.url else None)
        await shown(page, stage)
        await _drawn(page, "loss")
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        before = len(asked)
        await page.clock.fast_forward(120_000)
        await shown(page, stage)
        assert len(asked) == before


async def test_the_wall_does_not_wait_for_the_code_of_charts(
    browser: Browser, kept: tuple[Stage, Moody]
) -> None:
    stage, _ = kept
    async with screen(browser, stage.url) as page:
        fetched: list[str] = []
        page.on("request", lambda request: fetched.append(request.url))
        await page.reload()
        await shown(page, stage)
        assert [each for each in fetched if each.endswith(".js")], "its own code"
        assert not [each for each in fetched if "Charts" in each]
        await page.evaluate(f"location.hash = 'endpoint/{ROOM}'")
        await _drawn(page, "loss")
        assert [each for each in fetched if "Charts" in each]


async def test_the_small_line_of_a_poor_room_is_its_last_hour(
    browser: Browser, kept: tuple[Stage, Moody]
) -> None:
    stage, _ = kept
    stage.measure(ROOM, 700.0)
    async with screen(browser, f"{stage.url}?scene=conference") as page:
        await shown(page, stage)
        line = page.locator(".worst .poor .trend")
        await expect(line).to_have_attribute("data-history", "true")
        path = await line.locator("path").get_attribute("d") or ""
        assert path.count("M") >= 3, "broken where nothing was measured: the service off, the room down"


async def test_charts_are_equal_on_both_stores(
    browser: Browser, built: Path, influxd: InfluxServer, tmp_path: Path
) -> None:
    """What is drawn around an incident that is over: the same time, the same lines, two stores."""
    clock = ShiftedClock()
    written = past.lines(int(clock.now()))
    began = int(clock.now()) + OUTAGE.start - 1800
    address = Address(influxd.url, influxd.org, influxd.bucket, influxd.token, timeout=30.0)
    influx, reader = Influx(address, Telemetry()), InfluxReader(address, clock)
    embedded = Sqlite(tmp_path / "history.db", clock)
    async with AsyncExitStack() as closing:
        for each in (influx, reader, embedded):
            closing.push_async_callback(each.close)
        assert [await influx.write(written), await embedded.write(written)] == [0, 0]
        drawn = [await _fingerprints(browser, each, began) for each in (embedded, reader)]
    assert len(drawn[0]) == 4
    assert drawn[0] == drawn[1]


async def _fingerprints(browser: Browser, history: Reader, began: float) -> list[str]:
    """What is drawn of an incident's root: round trip, loss, states, first byte."""
    stage = Stage()
    stage.history = history
    async with AsyncExitStack() as closing:
        await stage.open()
        closing.push_async_callback(stage.close)
        stage.fault(ROOM, 700, began=began)
        page = await closing.enter_async_context(screen(browser, f"{stage.url}#incident/1"))
        await shown(page, stage)
        await page.locator(".charts").scroll_into_view_if_needed()
        for field in ("rtt", "loss"):
            await _drawn(page, field)
        await _strip(page)
        await _drawn(page, "first_byte")
        found: list[str] = await page.locator("[data-drawn]").evaluate_all(
            "es => es.map(e => e.dataset.drawn)"
        )
        return found


async def _column(chart: Locator, ago: int) -> tuple[float, float]:
    """How much of what stands so many seconds before the end of an hour has the colour of loss, and of a gap."""
    lost, hatched = await chart.evaluate(COLUMN, 1 + ago / 3600)
    return lost, hatched


def _hour(at: float) -> str:
    return datetime.fromtimestamp(at, ZoneInfo("Asia/Ho_Chi_Minh")).strftime("%H:%M")


async def _strip(page: Page) -> Locator:
    """The strip of states, scrolled to and drawn: it asks for nothing before it is in sight."""
    strip = page.locator(".strip")
    await strip.scroll_into_view_if_needed()
    await expect(strip).to_have_attribute("data-drawn", FINGERPRINT)
    return strip


async def _drawn(page: Page, field: str) -> Locator:
    """The chart of a field, scrolled to and drawn."""
    chart = page.locator(f".chart[data-field={field}]")
    await chart.scroll_into_view_if_needed()
    await expect(chart).to_have_attribute("data-drawn", FINGERPRINT)
    await expect(chart.locator("canvas")).to_be_visible()
    return chart
