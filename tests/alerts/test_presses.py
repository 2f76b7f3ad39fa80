"""Buttons, from the message to the acknowledgement: the engine, a state file, and the Bot API over real TLS."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from alerts import telegram_buttons
from alerts.channels.base import Receiver
from alerts.channels.telegram import Telegram, TelegramOptions
from alerts.press import delivery_of
from alerts.presses import LONGEST_WAIT, NOTE, SOON, Presses
from ioc.duty import Contact, Duty, Person, Route
from tests.alerts.bot_api import BotApi, refused
from tests.alerts.channels.golden import serving
from tests.alerts.world import START, World
from tests.fakes import HandClock

AN, BINH, GUEST, GROUP = 501, 502, 777, -100900
PEOPLE = {
    "an": Person("an", "Nguyễn Văn An", (Contact("tele", str(AN)),)),
    "binh": Person("binh", "Trần Thị Bình", (Contact("tele", str(BINH)),), language="en"),
}
DUTY = Duty(PEOPLE, {}, {}, (Route("all", tell=("receiver:tele", "person:an")),))


class Rests:
    """Waits that end when the test says so."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self._come = asyncio.Event()
        self._over = asyncio.Queue[None]()

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        self._come.set()
        await self._over.get()

    async def come(self) -> float:
        """Return once the next wait has begun: how long it would be."""
        async with asyncio.timeout(20):
            await self._come.wait()
        self._come.clear()
        return self.asked[-1]

    def end(self) -> None:
        """Have the wait be over."""
        self._over.put_nowait(None)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Nobody else can write the state file meanwhile."""
    with closing(sqlite3.connect(path / "state.db", isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield
        db.execute("ROLLBACK")


class Room:
    """A service with the receiver `tele`, and the Bot API that it talks to."""

    def __init__(self, path: Path, api: BotApi, address: str, ca: Path) -> None:
        self.path, self.api, self.address, self.ca = path, api, address, ca
        (path / "token").write_text("123:abc\n", "ascii")
        self.begin(HandClock(START))

    def begin(self, clock: HandClock, **more: Any) -> None:
        """Start the service on what its state file holds."""
        self.receivers = {"tele": self.receiver(**more)}
        self.world = World(self.path, clock=clock, receivers=self.receivers, duty=DUTY)
        self.rests = Rests()
        self.presses = Presses(
            clock, self.world.picture, self.world.ledger, self.world.engine.acknowledge, lambda: PEOPLE,
            self.world.engine.dispatch.hears, self.world.telemetry, self.rests, lambda: 0.5,
        )  # fmt: skip
        self.presses.apply(self.receivers)

    def receiver(self, **more: Any) -> Receiver:
        known: dict[str, Any] = {"to": str(GROUP), "buttons": True, "timeout": 5.0} | more
        options = TelegramOptions(token_file=self.path / "token", api=self.address, ca=self.ca, **known)
        return Receiver("tele", Telegram(options), kind="telegram")

    async def page(self) -> None:
        """An outage is told: message 1 to the group, 2 to An."""
        self.world.put("mcu", "down")
        await self.world.go(5)
        self.api.sent.sort(key=lambda each: str(each["chat_id"]))
        assert [each["chat_id"] for each in self.api.sent] == [str(GROUP), str(AN)]

    async def replied(self, count: int = 1) -> str:
        """The last of so many replies, once everything that belongs to it was asked."""
        polls = len(self.api.polls)
        await self.api.until(lambda: len(self.api.replies) >= count and len(self.api.polls) >= polls)
        await self.confirmed()
        await self.world.settle()
        return str(self.api.replies[-1]["text"])

    async def confirmed(self) -> None:
        """Return once no update is left that was not confirmed."""
        await self.api.until(lambda: not self.api.updates)

    async def stop(self) -> None:
        await self.presses.close()
        await self.world.stop()

    @property
    def shown(self) -> Any:
        """Who the picture says has incident 1."""
        return self.world.incident(1)["acknowledged"]

    @property
    def acts(self) -> list[tuple[str, str]]:
        """Who acknowledged incident 1, as the state file has it."""
        every = self.world.explain(1)
        return [(str(each["by"]), str(each["note"])) for each in every if each.get("verb") == "acknowledged"]


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Room]:
    api = BotApi()
    async with serving(api, path) as (address, ca):
        room = Room(path, api, address, ca)
        try:
            yield room
        finally:
            await room.stop()


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with opened(tmp_path) as made:
        yield made


async def test_a_press_acknowledges_and_is_answered_once_it_is_kept(room: Room) -> None:
    await room.page()
    kept: list[list[tuple[str, str]]] = []

    def look(method: str, body: dict[str, Any]) -> None:
        if method == "answerCallbackQuery":
            kept.append(room.acts)

    room.api.fail = look
    await room.api.press(2, AN)
    assert await room.replied() == "Bạn đã tiếp nhận sự cố 1."
    assert room.shown == {"by": "an", "at": START + 5, "note": NOTE}
    assert kept == [[("an", "qua Telegram")]], "it was kept before it was answered"
    assert room.api.replies[0]["callback_query_id"] == "q100"
    assert room.api.replies[0]["show_alert"] is False


async def test_the_buttons_of_all_who_were_told_vanish(room: Room) -> None:
    await room.page()
    await room.api.press(2, AN)
    await room.replied()
    link = {"text": "Mở trang giám sát", "url": "http://wall.example/#incident/1"}
    assert {(each["chat_id"]) for each in room.api.edits} == {str(AN), str(GROUP)}
    assert [each["reply_markup"] for each in room.api.edits] == [{"inline_keyboard": [[link]]}] * 2


async def test_a_member_of_the_group_who_is_configured_acknowledges_in_their_language(room: Room) -> None:
    await room.page()
    await room.api.press(1, BINH)
    assert await room.replied() == "You have acknowledged incident 1."
    assert room.acts == [("binh", NOTE)]


async def test_a_member_of_the_group_whom_nobody_configured_is_told_so(room: Room) -> None:
    await room.page()
    await room.api.press(1, GUEST)
    said = await room.replied()
    assert said == "Chưa tiếp nhận: mã Telegram 777 không có trong danh bạ người trực."
    assert room.api.replies[0]["show_alert"] is True
    assert (room.shown, room.acts, room.api.edits) == (None, [], [])


@pytest.mark.parametrize(
    ("data", "user", "chat"),
    [
        (None, BINH, BINH),  # the button of An's message, in a chat that was sent nothing
        (None, AN, GROUP),
        ("ack:99", AN, AN),
        ("ack:0", AN, AN),
        ("ack:1 OR 1=1", AN, AN),
        ("", AN, AN),
        ("ack:" + "9" * 60, AN, AN),
    ],
)
async def test_a_button_that_was_made_up_does_nothing(
    room: Room, data: str | None, user: int, chat: int
) -> None:
    await room.page()
    await room.api.press(2, user, data, chat)
    assert (await room.replied())[:4] in ("Chưa", "Not ")
    assert (room.shown, room.acts, room.api.edits) == (None, [], [])


async def test_what_somebody_else_has_in_hand_stays_theirs(room: Room) -> None:
    await room.page()
    await room.world.engine.acknowledge(1, "binh", "trên tường")
    await room.api.press(2, AN)
    assert await room.replied() == "Trần Thị Bình đã tiếp nhận sự cố 1."
    assert room.acts == [("binh", "trên tường")]
    assert [each["chat_id"] for each in room.api.edits] == [str(AN)], "the button of no use is gone"


async def test_pressed_twice_it_counts_once(room: Room) -> None:
    await room.page()
    await room.api.press(2, AN)
    await room.replied()
    await room.world.go(60)
    await room.api.press(2, AN)
    assert await room.replied(2) == "Sự cố 1 bạn đã tiếp nhận rồi."
    assert (room.acts, room.shown["at"]) == ([("an", NOTE)], START + 5)


async def test_what_is_closed_is_said_to_be(room: Room) -> None:
    await room.page()
    room.world.put("mcu", "up")
    await room.world.go(300)
    assert room.world.open() == []
    await room.api.press(2, AN)
    assert await room.replied() == "Sự cố 1 đã đóng."
    await room.world.go(3600)
    await room.api.press(2, AN)
    assert await room.replied(2) == "Sự cố 1 đã đóng.", "forgotten by the picture too"
    assert room.acts == []


async def test_the_reminder_renews_and_the_first_button_does_not_count_again(room: Room) -> None:
    await room.page()
    await room.api.press(2, AN)
    await room.replied()
    await room.world.go(5400)
    reminder = len(room.api.sent)
    assert "Nhắc lại" in room.api.sent[-1]["text"]
    await room.world.go(60)
    await room.api.press(reminder, AN)
    assert await room.replied(2) == "Bạn đã tiếp nhận sự cố 1."
    assert room.shown["at"] == START + 5465
    await room.world.go(7200)
    assert room.shown is None, "it ran out"
    await room.api.press(2, AN)
    assert await room.replied(3) == "Nút này đã dùng một lần; hãy bấm ở tin mới hơn."
    assert len(room.acts) == 2


async def test_killed_before_it_was_confirmed_a_press_counts_once(room: Room) -> None:
    await room.page()
    room.api.hung = {"answerCallbackQuery"}
    await room.api.press(2, AN)
    await room.api.until(lambda: len(room.api.replies) == 1)
    assert room.api.updates, "it was not confirmed"
    await room.stop()
    await room.api.release()
    room.begin(HandClock(START + 60))
    assert await room.replied(2) == "Sự cố 1 bạn đã tiếp nhận rồi."
    assert (room.acts, room.shown["at"]) == ([("an", NOTE)], START + 5)


async def test_pressed_while_the_service_was_away_it_counts_after_the_start(room: Room) -> None:
    await room.page()
    await room.stop()
    await room.api.press(2, AN)
    room.begin(HandClock(START + 600))
    assert await room.replied() == "Bạn đã tiếp nhận sự cố 1."
    assert (room.acts, room.shown["at"]) == ([("an", NOTE)], START + 600)


async def test_a_disk_that_takes_nothing_delays_the_answer_not_the_acknowledgement(room: Room) -> None:
    await room.page()
    with locked(room.path):
        await room.api.press(2, AN)
        async with asyncio.timeout(20):
            while not room.world.ledger.waiting:
                await asyncio.sleep(0)
        while room.world.timers.ring_until(START + 8):
            pass
        assert room.shown["by"] == "an", "nobody waits longer than two seconds for a disk"
        assert room.world.incident(1)["unrecorded"]
        assert (room.api.replies, len(room.api.updates)) == ([], 1)
    assert await room.replied() == "Bạn đã tiếp nhận sự cố 1."
    assert room.acts == [("an", NOTE)]


@pytest.mark.parametrize(
    ("answer", "shown", "least"),
    [
        (
            refused(409, "Conflict: terminated by other getUpdates request"),
            "buttons: 409 Conflict: terminated by other getUpdates request",
            1.0,
        ),
        (refused(401, "Unauthorized"), "buttons: 401 Unauthorized", 1.0),
        (
            refused(429, "Too Many Requests: retry after 35", retry_after=35),
            "buttons: 429 Too Many Requests: retry after 35",
            35.0,
        ),
        (web.Response(text="<html>"), "buttons: 200, but not as Telegram answers: <html>", 1.0),
        (web.json_response({"ok": True, "result": {}}), "buttons: getUpdates gave no list but dict", 1.0),
        (
            web.json_response({"ok": True, "result": [{"callback_query": {}}]}),
            "buttons: getUpdates gave an update without update_id",
            1.0,
        ),
    ],
)
async def test_a_poll_that_fails_is_shown_and_tried_again(
    room: Room, answer: web.Response, shown: str, least: float
) -> None:
    await room.page()
    room.api.fail = lambda method, body: _copy(answer) if method == "getUpdates" else None
    await room.api.tell({})
    assert await room.rests.come() == least
    channel = room.world.picture.get("self/channel/tele") or {}
    assert (channel["state"], channel["detail"]) == ("failing", shown)
    room.api.fail = lambda method, body: None
    await room.api.press(2, AN)
    room.rests.end()
    assert await room.replied() == "Bạn đã tiếp nhận sự cố 1."
    assert (room.world.picture.get("self/channel/tele") or {})["state"] == "ok"


def _copy(answer: web.Response) -> web.Response:
    return web.Response(status=answer.status, text=answer.text, content_type=answer.content_type)


async def test_who_never_answers_is_left_and_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telegram_buttons, "WAIT", 0)
    async with opened(tmp_path) as room:
        await room.stop()
        room.api.hung = {"getUpdates"}
        room.begin(HandClock(START), timeout=0.2)
        assert await room.rests.come() == 1.0
        detail = (room.world.picture.get("self/channel/tele") or {})["detail"]
        assert detail == "buttons: no answer within 0.2 s"
        await room.api.release()


async def test_waits_grow_to_a_bound(room: Room) -> None:
    room.api.fail = lambda method, body: refused(502, "Bad Gateway")
    await room.api.tell({})
    waits = []
    for _ in range(9):
        waits.append(await room.rests.come())
        room.rests.end()
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert waits[-1] == LONGEST_WAIT


async def test_a_service_that_does_not_hold_a_poll_is_not_asked_without_pause(room: Room) -> None:
    room.api.hung = {"empty"}
    await room.api.tell({})
    assert await room.rests.come() == SOON


async def test_what_is_no_press_is_confirmed_and_nothing_else(room: Room) -> None:
    await room.api.tell({"message": {"text": "chào bot"}})
    await room.api.tell({"callback_query": {"id": "q", "data": "ack:1"}})
    await room.confirmed()
    assert room.api.polls[-1]["offset"] == 102
    assert room.api.polls[0]["allowed_updates"] == ["callback_query"]
    assert room.api.replies == []


async def test_a_press_that_breaks_us_keeps_no_other_out(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    await room.page()

    def broken(data: str) -> int | None:
        if data == "ack:bad":
            raise KeyError(data)
        return delivery_of(data)

    monkeypatch.setattr("alerts.presses.delivery_of", broken)
    await room.api.press(2, AN, "ack:bad")
    await room.api.press(2, AN)
    assert await room.replied() == "Bạn đã tiếp nhận sự cố 1."
    assert room.world.telemetry.count("ioc_presses", result="fault") == 1
    assert room.world.telemetry.count("ioc_presses", result="taken") == 1


async def test_a_reply_that_does_not_arrive_changes_nothing(room: Room) -> None:
    await room.page()
    room.api.fail = lambda method, body: (
        refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        if method == "answerCallbackQuery"
        else None
    )
    await room.api.press(2, AN)
    await room.replied()
    assert room.acts == [("an", NOTE)]


async def test_off_by_default_there_is_no_button_and_nobody_listens(room: Room) -> None:
    await room.stop()
    room.api.polls.clear()
    room.begin(HandClock(START), buttons=False)
    await room.page()
    assert "callback_data" not in str(room.api.sent)
    assert room.api.polls == []


async def test_a_reload_without_buttons_listens_no_more(room: Room) -> None:
    await room.api.until(lambda: len(room.api.polls) == 1)
    room.api.fail = lambda method, body: refused(409, "Conflict")
    await room.api.tell({})
    await room.rests.come()
    assert (room.world.picture.get("self/channel/tele") or {})["state"] == "failing"
    room.presses.apply({"tele": room.receiver(buttons=False)})
    assert (room.world.picture.get("self/channel/tele") or {})["state"] == "ok"


async def test_a_reload_that_changes_nothing_goes_on(room: Room) -> None:
    await room.api.until(lambda: len(room.api.polls) == 1)
    room.presses.apply(room.receivers)
    await room.page()
    await room.api.press(2, AN)
    await room.replied()
    assert room.api.polls[1]["offset"] == 101
    assert "offset" not in room.api.polls[0]


async def test_what_fails_for_two_minutes_is_an_incident_of_our_own(room: Room) -> None:
    room.api.fail = lambda method, body: refused(409, "Conflict") if method == "getUpdates" else None
    await room.api.tell({})
    await room.rests.come()
    await room.world.go(130)
    assert [room.world.incident(each)["root"] for each in room.world.open()] == ["self/channel/tele"]
