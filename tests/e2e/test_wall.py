"""The wall in a real browser, before the real server: what happens is seen, what people do is done."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.axe import settled, violations
from tests.e2e.screen import SIZES, screen, shown
from tests.e2e.stage import Stage, storm

pytestmark = pytest.mark.real

ROOM = "vc-h10-x07"


async def test_a_fault_travels_to_the_wall_and_back(browser: Browser, stage: Stage) -> None:
    async with screen(browser, f"{stage.url}?scene=conference") as page:
        await shown(page, stage)
        cell = page.locator(f"[data-endpoint='{ROOM}']")
        await expect(cell).to_have_attribute("data-state", "up")
        await expect(page.locator(".headline .sentence")).to_have_text("Không có cảnh báo")

        stage.fault(ROOM, ago=45)
        await shown(page, stage)
        await expect(cell).to_have_attribute("data-state", "down")
        assert await cell.locator("rect").count() == 1, "down is a square, not only a colour"
        await expect(cell.locator("title")).to_contain_text("mất kết nối, không trả lời")
        await expect(page.locator(".headline .sentence")).to_have_text("1 cảnh báo")
        owner = stage.inventory.owner(ROOM)
        await expect(page.locator(".wrong .phone")).to_contain_text(owner.phone[:3])

        stage.set([ROOM], "up")
        stage.picture.put("incident/1", {**(stage.picture.get("incident/1") or {}), "status": "closed"})
        await shown(page, stage)
        await expect(cell).to_have_attribute("data-state", "up")
        await expect(page.locator(".headline .sentence")).to_have_text("Không có cảnh báo")


async def test_the_overview_says_what_where_since_whose_and_next(browser: Browser, stage: Stage) -> None:
    stage.cut("r-h15", ago=754)
    owner = stage.inventory.owner("r-h15")
    async with screen(browser, stage.url) as page:
        await shown(page, stage)
        row = page.locator(".incident").first
        for said in (
            "Định tuyến Huyện Như Thanh mất kết nối",
            "Trụ sở Huyện Như Thanh",
            "31 điểm cầu",
            "12 phút",
        ):
            await expect(row).to_contain_text(said)
        for said in (owner.name, owner.carrier, "chưa ai tiếp nhận"):
            await expect(row).to_contain_text(said)
        await expect(page.locator(".headline .sentence")).to_have_text("1 sự cố nghiêm trọng")


async def test_a_new_critical_incident_pulses_three_times_and_an_old_one_does_not(
    browser: Browser, stage: Stage
) -> None:
    stage.cut("r-h11", ago=600)
    async with screen(browser, stage.url) as page:
        await shown(page, stage)
        assert await page.locator(".incident.pulse").count() == 0
        stage.cut("r-h15", ago=40)
        await shown(page, stage)
        new = page.locator(".incident.pulse")
        assert await new.get_attribute("data-incident") == "2"
        style = "e => [getComputedStyle(e).animationName, getComputedStyle(e).animationIterationCount]"
        assert await new.evaluate(style) == ["pulse", "3"]
        await page.emulate_media(reduced_motion="reduce")
        assert (await new.evaluate(style))[0] == "none"


async def test_a_person_acknowledges_with_a_name_and_a_note(browser: Browser, stage: Stage) -> None:
    stage.cut("r-h15", ago=200)
    async with screen(browser, stage.url) as page:
        await shown(page, stage)
        await page.get_by_role("button", name="Mở sự cố Định tuyến Huyện Như Thanh").focus()
        await page.keyboard.press("Enter")
        console = page.get_by_role("dialog")
        act = console.locator("form.act").first
        await act.get_by_label("Họ tên").fill("Lê Thị Ặn")
        await act.get_by_label("Ghi chú").fill("đã gọi nhà mạng")
        await page.keyboard.press("Enter")
        await expect(console.locator(".taken")).to_contain_text("Lê Thị Ặn đã tiếp nhận")
        taken = (stage.picture.get("incident/1") or {})["acknowledged"]
        assert (taken["by"], taken["note"]) == ("Lê Thị Ặn", "đã gọi nhà mạng")
        await page.keyboard.press("Escape")
        await expect(console).to_have_count(0)
        await expect(page.locator(".incident .taken")).to_contain_text("Lê Thị Ặn đã tiếp nhận")
        assert await page.locator(".incident > .glyph .check").count() == 1


async def test_the_servers_refusal_is_said_in_its_own_words(browser: Browser, stage: Stage) -> None:
    stage.cut("r-h15", ago=200)
    async with screen(browser, stage.url) as page:
        await shown(page, stage)
        await page.locator(".incident .cover").click()
        form = page.locator("form.act").filter(has=page.get_by_role("heading", name="Đặt bảo trì"))
        await form.get_by_label("Lý do").fill("từ chối")
        await form.get_by_label("Họ tên").fill("Nam")
        await form.get_by_role("button", name="Đặt bảo trì").click()
        await expect(form.get_by_role("alert")).to_have_text(
            "reason: 'từ chối' is what this test refuses; say another"
        )


async def test_the_alert_scene_says_the_step_and_counts_down_to_whom_it_tells_next(
    browser: Browser, stage: Stage
) -> None:
    stage.cut("r-h15", ago=200, **stage.climbing(left=500))
    stage.cut("r-h11", ago=90, **stage.quiet("s1", "r-h11"))
    async with screen(browser, f"{stage.url}?scene=alerts") as page:
        await shown(page, stage)
        row = page.locator(".case").first
        await expect(row).to_contain_text("chưa ai tiếp nhận · bước 1/3")
        coming = row.locator(".coming")
        await expect(coming).to_have_text(re.compile(r"^báo Phạm Quang Hùng sau [78] phút \d\d giây$"))
        was = await coming.text_content()
        await expect(coming).not_to_have_text(was or "", timeout=3000)
        held = page.locator(".case").nth(1)
        await expect(held).to_contain_text("Lê Thị Mai tắt báo đến 16:02")
        await expect(held).to_contain_text("đang tắt báo: không báo ai")


@pytest.mark.parametrize("scene", ["overview", "alerts"])
async def test_who_is_on_call_stands_there_with_the_number(
    browser: Browser, stage: Stage, scene: str
) -> None:
    async with screen(browser, f"{stage.url}?scene={scene}") as page:
        await shown(page, stage)
        line = page.locator(".oncall")
        await expect(line).to_contain_text("Trực IOC: Nguyễn Văn An 091 234 5678 đến 17:00")
        now_nobody = {**(stage.picture.get("oncall/ioc") or {}), "people": []}
        stage.picture.put("oncall/ioc", now_nobody)
        await shown(page, stage)
        await expect(line.locator(".gap")).to_contain_text("không có ai trực")


async def test_an_incident_is_given_noted_and_closed_from_the_console(browser: Browser, stage: Stage) -> None:
    stage.cut("r-h15", ago=200)
    async with screen(browser, f"{stage.url}?scene=alerts") as page:
        await shown(page, stage)
        await page.locator(".case .cover").click()
        form = page.locator("form.handle")
        await form.get_by_label("Họ tên").fill("Lê Thị Ặn")
        await form.get_by_label("Nội dung").fill("cáp đứt ở cầu")
        await form.get_by_role("button", name="Ghi lại").click()
        await expect(page.locator(".remarks")).to_contain_text("cáp đứt ở cầu")
        await form.get_by_label("Việc").select_option(label="Giao cho người khác")
        await form.get_by_label("Giao cho", exact=True).fill("Phạm Quang Hùng")
        await form.get_by_role("button", name="Ghi lại").click()
        await expect(page.locator(".console dl")).to_contain_text("Phạm Quang Hùng")
        await form.get_by_label("Việc").select_option(label="Đóng sự cố")
        await form.get_by_label("Lý do").fill("nhà mạng đã nối")
        await form.get_by_role("button", name="Ghi lại").click()
        await expect(page.locator(".case")).to_have_count(0)


async def test_any_endpoint_is_found_by_its_name_without_a_mouse(browser: Browser, stage: Stage) -> None:
    async with screen(browser, stage.url) as page:
        await shown(page, stage)
        await page.get_by_role("button", name="Tìm").focus()
        await page.keyboard.press("Enter")
        console = page.get_by_role("dialog")
        await expect(console.get_by_label("Tên, đơn vị hoặc mã")).to_be_focused()
        await page.keyboard.type(ROOM)
        await expect(console.get_by_role("status")).to_have_text("1 kết quả")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(console.locator("h2")).to_have_text(stage.inventory.endpoints[ROOM].name)
        await expect(console.locator(".close")).to_be_focused()


async def test_maintenance_is_set_for_a_scope_and_ended(browser: Browser, stage: Stage) -> None:
    stage.fault(ROOM, ago=100)
    async with screen(browser, f"{stage.url}?scene=conference") as page:
        await shown(page, stage)
        await page.locator(f"[data-endpoint='{ROOM}']").click()
        form = page.locator("form.act")
        await form.get_by_label("Phạm vi").select_option(index=1)
        await form.get_by_label("Lý do").fill("thay thiết bị")
        await form.get_by_label("Trong bao lâu").select_option(label="4 giờ")
        await form.get_by_label("Họ tên").fill("Nam")
        await form.get_by_role("button", name="Đặt bảo trì").click()
        listed = page.locator(".windows li")
        await expect(listed).to_contain_text("thay thiết bị · Nam")
        value: dict[str, Any] = dict(stage.picture.get("maintenance/1") or {})
        assert value["scope"] == {"kind": "site", "id": f"s-{ROOM.removeprefix('vc-')}"}
        assert value["end"] - stage.clock.now() == pytest.approx(4 * 3600, abs=60)
        await listed.get_by_role("button", name="Kết thúc").click()
        await expect(listed).to_have_count(0)
        assert stage.picture.get("maintenance/1") is None


async def test_a_cut_link_is_loud_and_a_minute_later_the_wall_goes_on(browser: Browser, stage: Stage) -> None:
    async with screen(browser, stage.url, clock=True) as page:
        await shown(page, stage)
        place = "() => document.querySelector('main').offsetTop"  # apart from the drift
        before = await page.evaluate(place)
        await stage.close()
        band = page.locator(".headline.cut")
        await expect(band).to_contain_text("Mất liên lạc với máy chủ")
        box = await band.bounding_box()
        assert box is not None
        assert box["width"] >= SIZES["1080"][0] - 8, "the band is as wide as the wall"
        assert box["height"] > SIZES["1080"][1] / 10

        await page.clock.fast_forward(60_000)
        await expect(band).to_contain_text("1 phút")
        assert "grayscale" in await page.locator("main").evaluate("e => getComputedStyle(e).filter")

        stage.cut("r-h15", ago=50)
        await stage.open()
        await page.clock.fast_forward(11_000)
        await shown(page, stage)
        await expect(band).to_have_count(0)
        await expect(page.locator(".headline .sentence")).to_have_text("1 sự cố nghiêm trọng")
        assert await page.evaluate(place) == before, "when the link is back, nothing jumps"


async def test_a_silent_server_is_a_cut_link_too(browser: Browser, stage: Stage) -> None:
    async with screen(browser, stage.url, clock=True) as page:
        await shown(page, stage)
        await page.clock.pause_at(await page.evaluate("Date.now() / 1000 + 1"))
        await expect(page.locator(".link-live")).to_be_visible()
        await page.clock.fast_forward(3_500)
        await expect(page.locator(".headline.cut")).to_be_visible()


async def test_old_data_loses_its_colour_and_says_so(browser: Browser, stage: Stage) -> None:
    stage.fault(ROOM, ago=300)
    async with screen(browser, f"{stage.url}?scene=conference") as page:
        await shown(page, stage)
        colour = "e => getComputedStyle(e).color"
        cell = page.locator(f"[data-endpoint='{ROOM}']")
        assert await cell.evaluate(colour) == "rgb(255, 77, 79)"
        system = dict(stage.picture.get("system/vc") or {})
        stage.picture.put("system/vc", {**system, "at": stage.clock.now() - 100})
        await expect(page.locator(".legend")).to_contain_text("số liệu cũ 1 phút 4")
        await settled(page)
        red, green, blue = [int(n) for n in (await cell.evaluate(colour))[4:-1].split(",")]
        assert max(red, green, blue) - min(red, green, blue) < 30, "old data is grey"
        await expect(page.locator(".headline .sentence")).to_have_text("Số liệu đã cũ")


async def test_the_services_own_troubles_are_said(browser: Browser, stage: Stage) -> None:
    since = stage.clock.now() - 130
    stage.picture.put("self/history", {"state": "away", "since": since, "waiting": 48211, "dropped": 3})
    stage.picture.put("self/config", {"state": "refused", "at": since, "faults": ["units.csv:7: a, 'b'; c"]})
    async with screen(browser, f"{stage.url}?lang=en") as page:
        await shown(page, stage)
        await expect(page.locator(".trouble-history")).to_contain_text("48,211 samples wait, 3 dropped")
        await expect(page.locator(".trouble-history")).to_contain_text("2 min")
        await expect(page.locator(".trouble-config")).to_contain_text("units.csv:7: a, 'b'; c")


async def test_nothing_that_matters_is_smaller_than_the_room_allows(browser: Browser, stage: Stage) -> None:
    storm(stage)
    for scene in ("overview", "alerts", "conference"):
        async with screen(browser, f"{stage.url}?scene={scene}") as page:
            await shown(page, stage)
            sizes = await page.evaluate(
                """() => [...document.querySelectorAll('.screen *')]
                    .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
                    .map(e => parseFloat(getComputedStyle(e).fontSize))"""
            )
            capitals = 0.73 * min(sizes) / SIZES["1080"][1] * 2.05
            assert capitals >= 8 / 200 * 0.999, f"{scene}: a capital is {capitals * 1000:.1f} mm high"


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("scene", ["overview", "alerts", "conference"])
@pytest.mark.parametrize("situation", ["calm", "storm"])
async def test_axe_finds_nothing(
    browser: Browser, stage: Stage, scene: str, language: str, situation: str
) -> None:
    if situation == "storm":
        storm(stage)
    async with screen(browser, f"{stage.url}?scene={scene}&lang={language}") as page:
        await shown(page, stage)
        await settled(page)
        assert await violations(page) == []
        if situation == "storm":
            await page.locator(".cover, .item button").first.click()
            await settled(page)
            assert await violations(page) == []


@pytest.mark.parametrize("size", SIZES)
async def test_nothing_overflows_at_any_size(
    browser: Browser, stage: Stage, size: str, tmp_path: Path
) -> None:
    storm(stage)
    for scene in ("overview", "alerts", "conference"):
        async with screen(browser, f"{stage.url}?scene={scene}", size) as page:
            await shown(page, stage)
            await page.screenshot(path=tmp_path / f"{scene}-{size}.png")
            width = await page.evaluate("document.documentElement.scrollWidth")
            assert width <= SIZES[size][0]
            if size != "phone":
                over = await page.evaluate(OVERLAPS)
                assert over == []


async def test_a_storm_of_forty_is_drawn_in_one_frame(browser: Browser, stage: Stage) -> None:
    async with screen(browser, f"{stage.url}?scene=conference") as page:
        await shown(page, stage)
        for wave in range(14):
            stage.set(stage.rooms[40 * wave : 40 * wave + 40], "down", "no_answer", 5)
            await shown(page, stage)
        frames = await page.evaluate("performance.getEntriesByName('ioc-frame').map(e => e.detail)")
        waves = [each for each in frames if each["keys"] >= 40]
        assert len(waves) == 1 + 14, "the snapshot, and each wave whole in a frame of its own"


OVERLAPS = """() => {
    const limit = document.documentElement.clientHeight + 4;
    const boxes = [...document.querySelectorAll(
            '.incident, .case, .more, .oncall > ul, .band, .headline, .legend, .worst')]
        .map(e => ({name: e.className, box: e.getBoundingClientRect()}));
    const wrong = boxes.filter(({box}) => box.bottom > limit).map(({name}) => `${name} is below the screen`);
    boxes.forEach((a, i) => boxes.slice(i + 1).forEach(b => {
        const x = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
        const y = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
        if (x > 1 && y > 1) wrong.push(`${a.name} covers ${b.name} by ${x.toFixed()}x${y.toFixed()}`);
    }));
    return wrong;
}"""
