"""`ioc watch` against a real server: one snapshot, a cut that is said loudly, a resume."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import random
from pathlib import Path

import pytest
from rich.console import Console

from ioc.clock import Clock
from ioc.errors import CodecError, Refused
from ioc.model import Reason
from tests.web.house import House, Open, until
from web.auth import Access
from web.mirror import Mirror
from web.terminal import REASONS
from web.watch import Watcher, address, run, wait


def watcher(house: House, token: str = "") -> tuple[Watcher, io.StringIO]:
    out = io.StringIO()
    console = Console(file=out, width=160)
    return Watcher(address(house.base), token, Clock(), random.Random(7), console), out


def fill(house: House) -> None:
    now = Clock().now()
    house.picture.put("about/dc1", {"name": "UBND xã Hoằng Lộc", "unit": "hoang-loc"})
    house.picture.put(
        "endpoint/dc1", {"state": "down", "since": now - 90, "at": now, "reason": "no_answer", "detail": ""}
    )
    house.picture.put("endpoint/dc2", {"state": "up", "since": now - 500, "at": now, "reason": "answered"})
    incident = {"id": 4, "status": "open", "severity": "critical", "title": "Mất kết nối [xã] Hoằng Lộc"}
    house.picture.put("incident/4", {**incident, "opened": now - 61, "owner": "Ông Bình", "phone": "0903 1"})


async def test_a_snapshot_names_what_is_wrong_since_when_and_whose_it_is(house: Open) -> None:
    here = await house()
    fill(here)
    watching, out = watcher(here)
    await watching.snapshot()
    shown = out.getvalue()
    for words in (
        "hoạt động 1",
        "mất kết nối 1",
        "UBND xã Hoằng Lộc",
        "1 phút",
        "không trả lời",
        "[xã]",
        "Ông Bình",
        "0903 1",
    ):
        assert words in shown
    assert "MẤT LIÊN LẠC" not in shown


def test_every_reason_has_the_words_of_the_wall() -> None:
    words = (Path(__file__).parents[2] / "web/ui/src/i18n/vi.ts").read_text("utf-8")
    assert set(REASONS) == set(Reason)
    for reason, said in REASONS.items():
        assert f'"reason.{reason.value}": "{said}"' in words


async def test_a_cut_is_loud_and_the_next_connection_resumes(house: Open) -> None:
    here = await house()
    fill(here)
    watching, _ = watcher(here)
    following = asyncio.create_task(watching.follow())
    try:
        await until(lambda: watching.mirror.live)
        before = watching.mirror.offset
        here.cut()
        await until(lambda: "MẤT LIÊN LẠC" in drawn(watching))
        assert "UBND xã Hoằng Lộc" in drawn(watching)  # the last picture stays
        here.picture.put("endpoint/dc1", {"state": "up", "since": 1.0, "at": 1.0})
        await until(lambda: watching.mirror.offset == before + 1)
        assert "MẤT LIÊN LẠC" not in drawn(watching)
        assert watching.mirror.values["endpoint/dc1"]["state"] == "up"
    finally:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following


def drawn(watching: Watcher) -> str:
    out = io.StringIO()
    Console(file=out, width=160).print(watching.render())
    return out.getvalue()


async def test_a_wrong_token_is_final(house: Open) -> None:
    here = await house(access=Access(read_token="r" * 16))
    watching, _ = watcher(here, "wrong")
    with pytest.raises(Refused, match=r"401: .*a read token is needed"):
        await watching.snapshot()
    right, out = watcher(here, "r" * 16)
    await right.snapshot()
    assert "không có điểm cầu" in out.getvalue()


async def test_a_server_cannot_command_the_terminal(house: Open) -> None:
    here = await house()
    fill(here)
    evil = "\x1b[2J\x1b]0;mine\x07\x9b31m\u202ea\nb"
    here.picture.put("about/dc1", {"name": evil, "unit": evil})
    here.picture.put("endpoint/dc1", {"state": evil, "since": "x", "reason": evil, "detail": 5})
    here.picture.put(
        "incident/5", {"status": "open", "severity": evil, "title": evil, "owner": [evil], "acknowledged": 3}
    )
    here.picture.put("incident/6", {"status": "open", "opened": -1e308, "acknowledged": {"by": evil}})
    watching, out = watcher(here)
    await watching.snapshot()
    shown = out.getvalue()
    assert "\\x1b[2J" in shown
    assert not set(shown) & set("\x1b\x07\x9b\u202e")


@pytest.mark.parametrize(
    "said",
    [
        {"put": {"endpoint/a": 5}},
        {"put": []},
        {"put": {"a": {}}, "gone": [[1]]},
        {"gone": 5},
        {"offset": "x"},
        {"now": {}},
        {"now": 10**400},
        {"put": {"a": {}}, "gone": None},
    ],
)
def test_what_is_no_message_is_a_codec_error(said: dict[str, object]) -> None:
    delta = {"type": "delta", "epoch": "e", "offset": 1, "full": False, "now": 1.0, "put": {}, "gone": []}
    with pytest.raises(CodecError):
        Mirror().take(json.dumps(delta | said), 0.0)


@pytest.mark.parametrize(("said", "kept"), [(1e308, 60.0), (-5, 0.1), (0, 0.1), (2, 2.0)])
def test_a_beat_is_within_reason(said: float, kept: float) -> None:
    mirror = Mirror()
    mirror.take(json.dumps({"type": "hello", "epoch": "e", "now": 1.0, "name": "n", "beat_s": said}), 0.0)
    assert mirror.beat_s == kept


def test_nobody_there_is_an_exit_code_and_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("http://127.0.0.1:1", once=True) == 1
    assert "không kết nối được http://127.0.0.1:1" in capsys.readouterr().out
    assert run("ftp://x", once=True) == 2


@pytest.mark.parametrize(
    ("url", "push"),
    [
        ("ioc.example.vn:8080", "ws://ioc.example.vn:8080/ws"),
        ("https://ioc.example.vn/", "wss://ioc.example.vn/ws"),
        ("ws://[::1]:8080/ws", "ws://[::1]:8080/ws"),
    ],
)
def test_the_walls_address_is_that_of_its_push(url: str, push: str) -> None:
    assert address(url) == push


def test_waits_double_are_bounded_and_spread() -> None:
    assert [wait(tries, 0.5) for tries in (0, 1, 2)] == [0.5, 1.0, 2.0]
    assert wait(1000, 1.0) == 22.5
    assert wait(0, 0.0) == 0.25
