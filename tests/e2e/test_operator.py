"""What an operator does from the wall, on a whole service: silence, maintain, ask why; and what the wall refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, WebSocketRoute, expect

from tests.e2e.axe import settled, violations
from tests.e2e.screen import screen
from tests.service.house import RECOVERY, House

pytestmark = pytest.mark.real

BY = "Lê Thị Ặn"


@pytest.fixture
async def house(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """Two things, of which `a` is down and told."""
    monkeypatch.setattr("collectors.confirm.RECOVERY", RECOVERY)
    house = House(tmp_path, "a", "b")
    await house.open()
    await house.start()
    await house.all_up()
    await house.things["a"].fall()
    await house.until(lambda: house.told("a") == "told")
    yield house
    await house.close()


async def test_what_an_operator_asks_and_sets_on_an_incident(browser: Browser, house: House) -> None:
    async with screen(browser, house.url) as page:
        await page.locator(".incident .cover").click()
        await silenced_and_ended(page, house)
        await maintained_and_ended(page, house)
        await told_and_why(page, house)
        await settled(page)
        assert await violations(page) == []
        await in_the_ledger(page)
        await settled(page)
        assert await violations(page) == []


async def silenced_and_ended(page: Page, house: House) -> None:
    """Of the cause, for four hours, listed with a way to end it."""
    form = form_of(page, "Tắt báo")
    await form.get_by_label("Lý do").fill("thay cáp quang")
    await form.get_by_label("Trong bao lâu").select_option(label="4 giờ")
    await form.get_by_label("Họ tên").fill(BY)
    await form.get_by_role("button", name="Tắt báo").click()
    await expect(form.get_by_role("status")).to_have_text("Đã tắt báo")
    (silence,) = (await house.get("/api/v1/silences"))["silences"]
    assert (silence["text"], silence["reason"], silence["by"]) == ('subject="a"', "thay cáp quang", BY)
    assert silence["end"] - silence["start"] == pytest.approx(4 * 3600, abs=1)
    await house.until(lambda: house.incident("a")["silenced_by"] == silence["id"])
    listed = page.locator(".windows li")
    await expect(listed).to_contain_text(f"thay cáp quang · {BY}, đến")
    await listed.get_by_role("button", name="Kết thúc").click()
    await expect(listed).to_have_count(0)
    await house.until(lambda: not house.incident("a")["silenced"])


async def maintained_and_ended(page: Page, house: House) -> None:
    """Of the whole site: both things are in maintenance, and after it what they really are."""
    form = form_of(page, "Đặt bảo trì")
    await form.get_by_label("Phạm vi").select_option(label="địa điểm: Trụ sở")
    await form.get_by_label("Lý do").fill("thay thiết bị")
    await form.get_by_label("Trong bao lâu").select_option(label="1 giờ")
    await form.get_by_role("button", name="Đặt bảo trì").click()
    await house.until(lambda: {house.state("a"), house.state("b")} == {"maintenance"})
    (window,) = (await house.get("/api/v1/maintenance"))["maintenance"]
    assert (window["scope"], window["by"]) == ({"kind": "site", "id": "hall"}, BY)
    listed = page.locator(".windows li")
    await expect(listed).to_contain_text(f"thay thiết bị · {BY}, đến")
    await listed.get_by_role("button", name="Kết thúc").click()
    await expect(listed).to_have_count(0)
    await house.until(lambda: (house.state("a"), house.state("b")) == ("down", "up"))


async def told_and_why(page: Page, house: House) -> None:
    """What was decided stands before what it made owed, and what happens meanwhile is added."""
    story = page.locator(".story")
    await story.locator("summary").click()
    facts = story.locator("li")
    await expect(facts.nth(0)).to_contain_text("mở sự cố (a) – chưa có sự cố nào bao trùm")
    await expect(facts.nth(1)).to_contain_text("→ oncall; vì: nhận mức này, không có tuyến báo nào được khai")
    await expect(facts.nth(1)).to_contain_text("; đã gửi")
    await posted(house, "comment", text="đã gọi 0912")
    await expect(facts.last).to_contain_text("ghi chú (a) – do người trực, Bình: đã gọi 0912")


async def in_the_ledger(page: Page) -> None:
    """The deliveries of the incident, by outcome, and the same for a spreadsheet."""
    await page.locator(".story").get_by_role("button", name="Sổ tin báo").click()
    console = page.get_by_role("dialog")
    rows = console.locator(".delivery")
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("đã gửi · Phòng a mất kết nối")
    await expect(rows).to_contain_text("→ oncall; vì: nhận mức này")
    async with page.expect_download() as loading:
        await console.get_by_role("link", name="Tải về (CSV)").click()
    text = (await (await loading.value).path()).read_text("utf-8-sig")
    assert [line.split(",")[2] for line in text.splitlines()] == ["incident", "1"]
    await console.get_by_label("Kết quả").select_option(label="bị từ chối")
    await expect(console).to_contain_text("Chưa có tin báo nào như vậy.")
    await console.get_by_label("Kết quả").select_option(label="đã gửi")
    await rows.get_by_role("button", name="Phòng a mất kết nối").click()
    await expect(console.locator("h2")).to_have_text("Phòng a mất kết nối")


async def test_what_came_between_is_said_and_nobody_is_overwritten(browser: Browser, house: House) -> None:
    async with screen(browser, "about:blank") as page:
        frozen = await freezable(page)
        await page.goto(house.url)
        await page.locator(".incident .cover").click()
        await still_down(page)
        form = page.locator("form.act").filter(has=page.locator("#ack-note"))
        await form.get_by_label("Ghi chú").focus()
        await posted(house, "acknowledge", note="")
        await expect(page.locator(".console .taken")).to_contain_text("Bình đã tiếp nhận")
        await page.keyboard.press("Enter")
        await refused(form)
        await held_by(house, "Bình")
        await form.get_by_role("button", name="Tiếp nhận").click()
        await house.until(lambda: house.incident("a")["acknowledged"]["by"] == BY)
        await expect(page.locator(".console .taken")).to_contain_text(f"{BY} đã tiếp nhận")

        frozen.append(True)
        await posted(house, "acknowledge", note="")
        await form.get_by_role("button", name="Tiếp nhận").click()
        await refused(form)
        await held_by(house, "Bình")


async def held_by(house: House, who: str) -> None:
    """The service itself says who has it."""
    number = house.incident("a")["id"]
    assert (await house.get(f"/api/v1/incidents/{number}"))["acknowledged"]["by"] == who


async def still_down(page: Page) -> None:
    """It cannot be closed, and the page says why."""
    form = form_of(page, "Xử lý sự cố")
    await form.get_by_label("Việc").select_option(label="Đóng sự cố")
    await form.get_by_label("Lý do").fill("xong")
    await form.get_by_label("Họ tên").fill(BY)
    await form.get_by_role("button", name="Ghi lại").click()
    said = "Phòng a vẫn mất kết nối: chỉ đóng được sự cố khi đã hồi phục."
    await expect(form.get_by_role("alert")).to_have_text(said)


def form_of(page: Page, title: str) -> Locator:
    """The form with a title."""
    return page.locator("form.act").filter(has=page.get_by_role("heading", name=title, exact=True))


async def posted(house: House, act: str, **said: str) -> None:
    """Another person does something at another screen."""
    number = house.incident("a")["id"]
    status, _ = await house.ask("POST", f"/api/v1/incidents/{number}/{act}", {"by": "Bình", **said})
    assert status == 200


async def refused(form: Locator) -> None:
    """The page says that somebody else has it."""
    said = (
        "Bình đã tiếp nhận sự cố này sau khi bạn mở ra xem. Xem lại, rồi bấm Tiếp nhận lần nữa nếu vẫn muốn."
    )
    await expect(form.get_by_role("alert")).to_have_text(said)


async def freezable(page: Page) -> list[bool]:
    """Lets the page hear the service until something is put into the list."""
    frozen: list[bool] = []

    def connect(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(message: Any) -> None:
            if not frozen:
                socket.send(message)

        server.on_message(pass_on)

    await page.route_web_socket("**/ws*", connect)
    return frozen
