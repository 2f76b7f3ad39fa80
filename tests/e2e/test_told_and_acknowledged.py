"""One incident told by mail, two kinds of short message and webhook, whole and at their limits, taken on the wall."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from alerts.fitting import utf16
from tests.alerts.sms.tpdu import joined
from tests.e2e.reach import ACTION, NAME, OWNER, PHONE, SITE, TITLE, TOLD, UNIT, Reach, reached
from tests.e2e.screen import screen
from tests.real.exim import Exim
from tests.real.smsc import part_of

pytestmark = pytest.mark.real

WAIT = 15.0
"""seconds until the chain's second step is due"""
MODEM_ROOM, CENTRE_ROOM = 2 * 67 - 1, 6 * 67 - 5
"""UTF-16 units of a text in two parts, and in six"""
BY, NOTE = "Lê Thị Ặn", "Đã gọi nhà mạng: đứt cáp ở cầu Ngọc Lặc, hẹn 16 giờ"


async def test_what_is_told_arrives_whole_is_taken_on_the_wall_and_told_over(
    browser: Browser, exim: Callable[..., Exim], tmp_path: Path
) -> None:
    async with reached(tmp_path, exim(), WAIT) as reach:
        house = reach.house
        async with screen(browser, house.url) as page:
            await house.things["a"].fall()
            await house.until(
                lambda: all(house.told("a", each.removeprefix("receiver:")) == "told" for each in TOLD)
            )
            incident = house.incident("a")
            assert incident["step"] == {"chain": "lead", "told": 1, "of": 2, "round": 1}
            arrived_by_mail(reach)
            arrived_by_modem(reach)
            arrived_by_centre(reach)
            arrived_by_webhook(reach)
            await acknowledge(page)
            taken = await house.until(lambda: house.incident("a")["acknowledged"])
            assert (taken["by"], taken["note"]) == (BY, NOTE)
            shown = await house.get(f"/api/v1/incidents/{incident['id']}")
            assert shown["next_because"] == "acknowledgement_runs_out"
            await house.things["a"].rise()
            await house.until(lambda: house.incidents("a", "closed"), within=40)
            await house.until(lambda: len(reach.texts("chi")) == 2 and len(house.sink.pages) == 2)
            await house.until(lambda: not house.see("self/deliveries").get("owed"))
            (closed,) = house.incidents("a", "closed")
            assert closed["closed"] - closed["opened"] > WAIT, "the second step would have been due"
            told_over(reach)
            await in_the_ledger(reach, incident["id"])
            await on_screen(page, incident["id"])


def arrived_by_mail(reach: Reach) -> None:
    """The subject within its 150 characters, the text whole."""
    (mail,) = reach.mails()
    subject = str(mail["Subject"])
    assert subject.startswith("[#1] ")
    assert is_beginning(subject.removeprefix("[#1] "), TITLE)
    assert 140 <= len(subject.removeprefix("[#1] ")) <= 150
    said = plain(mail)
    assert said["heading"] == f"[Nghiêm trọng] {TITLE}"
    assert said["Ở"] == f"{SITE}, {UNIT}"
    assert said["Đầu mối"] == f"{OWNER}, {PHONE}"
    assert said["Việc cần làm"] == kept(ACTION)
    assert said["Từ"] == since(reach)
    assert str(mail["To"]) == "an@th.example.vn"


def arrived_by_modem(reach: Reach) -> None:
    """Two parts of 70 characters: what, where, since when and whom to call are all there."""
    ((parts, text),) = zip(reach.modem_parts(), reach.texts("binh"), strict=True)
    assert len(parts) == 2
    fits(text, MODEM_ROOM)
    each_is_readable([joined([each])[1] for each in parts])
    says_the_essential(text)


def arrived_by_centre(reach: Reach) -> None:
    """Six parts: the next action too, as far as it goes."""
    ((parts, text),) = zip(reach.centre_parts(), reach.texts("chi"), strict=True)
    assert len(parts) == 6
    fits(text, CENTRE_ROOM)
    each_is_readable([part_of(each) for each in parts])
    said = lines(text)
    assert said["heading"] == f"[Nghiêm trọng] {TITLE}"
    assert said["Ở"] == f"{SITE}, {UNIT}"
    assert said["Từ"] == since(reach)
    assert said["Đầu mối"] == f"{OWNER}, {PHONE}"
    assert is_beginning(said["Việc cần làm"], ACTION)


def arrived_by_webhook(reach: Reach) -> None:
    """Each text whole, and what is longer than 500 characters cut at a word and marked."""
    (page,) = reach.house.sink.pages
    notes = page.notes
    assert (notes["what"], notes["where"]) == (TITLE, f"{NAME}, {SITE}, {UNIT}")
    assert (notes["owner"], notes["phone"]) == (OWNER, PHONE)
    assert notes["next_action"] == kept(ACTION)
    assert all(unicodedata.is_normalized("NFC", each) for each in notes.values())


def told_over(reach: Reach) -> None:
    """Each of the four is told once that it is over, in the same thread, and nobody else was told anything."""
    first, last = reach.mails()
    assert (first["Subject"], first["References"]) == (last["Subject"], last["References"])
    assert plain(last)["heading"] == f"Đã hết: {TITLE}"
    for person in ("binh", "chi"):
        _, closed = reach.texts(person)
        assert is_beginning(lines(closed)["heading"], f"Đã hết: {TITLE}")
        assert "Hết lúc" in lines(closed), closed
    assert [(each.status, each.kind) for each in reach.house.sink.pages] == [
        ("firing", "opened"),
        ("resolved", "closed"),
    ]


async def in_the_ledger(reach: Reach, incident: int) -> None:
    """Two rows for each, told, with what the servers answered; none for the second step."""
    rows = (await reach.house.get(f"/api/v1/deliveries?incident={incident}"))["deliveries"]
    assert {each["state"] for each in rows} == {"told"}
    assert {each["attempts"] for each in rows} == {1}
    told = sorted((each["person"] or each["receiver"], each["kind"]) for each in rows)
    assert told == sorted(
        (who, kind) for who in ("an", "binh", "chi", "oncall") for kind in ("opened", "closed")
    )
    answers = {(each["channel"], each["kind"]): each["answer"] for each in rows}
    assert answers["email", "opened"].startswith("250 OK id=")
    assert answers["modem", "opened"] == "reference 1, 2"
    assert answers["smpp", "opened"] == ", ".join([*(f"id m{n}" for n in range(1, 7)), "DELIVRD"])
    assert answers["webhook", "opened"] == "200"


async def acknowledge(page: Page) -> None:
    """As an operator does: open what burns, say who and what, and take it."""
    await page.locator(".incident .cover").click()
    console = page.get_by_role("dialog")
    act = console.locator("form.act").first
    await act.get_by_label("Họ tên").fill(BY)
    await act.get_by_label("Ghi chú").fill(NOTE)
    await act.get_by_role("button", name="Tiếp nhận").click()
    await expect(console.locator(".taken")).to_contain_text(f"{BY} đã tiếp nhận")
    await expect(console.locator(".taken q")).to_have_text(NOTE)
    await page.keyboard.press("Escape")
    await expect(page.locator(".incident .taken")).to_contain_text(f"{BY} đã tiếp nhận")


async def on_screen(page: Page, incident: int) -> None:
    """The same on the screen of the incident: who was told, why, and what was answered."""
    await page.evaluate(f"location.hash = 'incident/{incident}'")
    story = page.locator(".story")
    await story.locator("summary").click()
    for said in (
        "an (mail an@th.example.vn)",
        "binh (modem 0912 000 111)",
        "chi (centre 0903 000 222)",
        "oncall",
    ):
        await expect(story.locator("li").filter(has_text=f"→ {said}")).to_have_count(2)
    await expect(story).to_contain_text("250 OK id=")
    await expect(story).to_contain_text("DELIVRD")
    await expect(story).to_contain_text(f"đã nhận xử lý (a) – do người trực, {BY}: {NOTE}")


def fits(text: str, room: int) -> None:
    """Composed, within the room, and with no more of it left than a word."""
    assert unicodedata.is_normalized("NFC", text)
    assert room - 20 < utf16(text) <= room, f"{utf16(text)}: {text}"


def each_is_readable(parts: Sequence[str]) -> None:
    """No part begins in the middle of a letter."""
    for each in parts:
        assert unicodedata.category(each[0])[0] != "M"
        assert not 0xDC00 <= ord(each[0]) <= 0xDFFF


def says_the_essential(text: str) -> None:
    """What, where, since when, whom to call: cut where it must be, and said to be."""
    said = lines(text)
    assert is_beginning(said["heading"], f"[Nghiêm trọng] {TITLE}")
    assert is_beginning(said["Ở"], f"{SITE}, {UNIT}")
    assert said["Từ"]
    assert said["Đầu mối"].endswith(PHONE)


def is_beginning(shown: str, whole: str) -> bool:
    """Whether a text is shown whole, or cut at a word and marked."""
    if shown == whole:
        return True
    head = shown.removesuffix("…")
    return shown.endswith("…") and whole.startswith(head) and not whole[len(head)].isalnum()


def kept(text: str) -> str:
    """What is kept of a text: 500 characters, cut at a word."""
    head = text[:500].rsplit(" ", 1)[0].rstrip(" ,;:–-")
    return f"{head}…"


def since(reach: Reach) -> str:
    """When it began, as it is written in full."""
    return str(reach.house.sink.pages[0].notes["since"])


def plain(mail: Any) -> dict[str, str]:
    """The lines of a mail's plain text."""
    return lines(mail.get_body(("plain",)).get_content())


def lines(text: str) -> dict[str, str]:
    """What stands behind each label, and the first line."""
    first, *rest = text.strip().splitlines()
    return {"heading": first} | dict(each.split(": ", 1) for each in rest)
