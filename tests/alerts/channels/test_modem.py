"""A modem on a pseudo terminal and behind TCP: messages that arrive whole, and everything that goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from alerts.channels.base import Receiver
from alerts.channels.modem import Modem, ModemOptions
from alerts.rules import shipped
from alerts.sms import port
from alerts.sms.options import SmsOptions
from alerts.sms.wording import wording
from ioc.errors import Undeliverable
from tests.alerts.channels.golden import NOTE
from tests.alerts.sms.modem import GONE, SILENT, UNFINISHED, Talk, Terminal, behind_tcp
from tests.alerts.sms.tpdu import joined
from tests.alerts.world import World

TO = "+84912000111"
NOTE_TO = replace(NOTE, to=TO)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("QUIET", 0.002), ("SYNC", 0.1), ("COMMAND", 0.5), ("TURN", 2.0)):
        monkeypatch.setattr(port, name, seconds)


@pytest.fixture
async def terminal() -> AsyncIterator[Terminal]:
    made = Terminal(Talk())
    yield made
    made.unplug()


def modem(device: str, **options: Any) -> Modem:
    return Modem(ModemOptions(device=device, **{"timeout": 0.5, **options}))


async def refused(channel: Modem, notification: Any = NOTE_TO) -> Undeliverable:
    with pytest.raises(Undeliverable) as caught:
        await channel.send(notification)
    return caught.value


async def test_vietnamese_in_two_parts_arrives_whole(terminal: Terminal) -> None:
    channel = modem(terminal.device)
    receipt = await channel.send(NOTE_TO)
    assert receipt.answer == "reference 1, 2"
    number, text = joined(terminal.talk.taken)
    assert (number, text) == (TO, wording(NOTE_TO, SmsOptions()))
    assert text.startswith("[Nghiêm trọng] Đường truyền Xã Ặ mất kết nối\n")
    assert len(text.encode("utf-16-le")) // 2 <= 133
    await channel.close()


async def test_plain_text_takes_one_part(terminal: Terminal) -> None:
    channel = modem(terminal.device, plain=True, parts=1)
    await channel.send(NOTE_TO)
    text = joined(terminal.talk.taken)[1]
    assert len(terminal.talk.taken) == 1
    assert text.startswith("(Nghiem trong) Duong truyen Xa A mat ket noi\n")
    assert len(text) <= 160
    await channel.close()


async def test_its_own_number_is_used_where_none_is_given(terminal: Terminal) -> None:
    channel = modem(terminal.device, to="0912 000 222", plain=True)
    assert channel.own_address() == "+84912000222"
    await channel.send(NOTE)
    assert joined(terminal.talk.taken)[0] == "+84912000222"
    await channel.close()


async def test_no_number_and_a_wrong_one_are_for_good_and_the_modem_is_left_alone(terminal: Terminal) -> None:
    channel = modem(terminal.device)
    none = await refused(channel, NOTE)
    wrong = await refused(channel, replace(NOTE, to="113"))
    assert none.permanent
    assert wrong.permanent
    assert str(wrong).startswith("'113' is not a telephone number")
    assert terminal.talk.heard == []


async def test_behind_a_serial_server() -> None:
    talk = Talk(chatter='+CMTI: "SM",1')
    async with behind_tcp(talk) as device:
        channel = modem(device)
        assert (await channel.send(NOTE_TO)).answer == "reference 1, 2"
        await channel.close()
    assert joined(talk.taken)[1] == wording(NOTE_TO, SmsOptions())


async def test_many_at_once_wait_for_each_other(terminal: Terminal) -> None:
    """Two receivers of one modem, eight messages at once: parts of one message stay together."""
    channels = [modem(terminal.device), modem(terminal.device)]
    notes = [replace(NOTE_TO, id=at, incident=at) for at in range(8)]
    await asyncio.gather(*(channels[at % 2].send(note) for at, note in enumerate(notes)))
    pairs = [terminal.talk.taken[at : at + 2] for at in range(0, 16, 2)]
    assert {joined(pair)[1] for pair in pairs} == {wording(NOTE_TO, SmsOptions())}
    assert terminal.talk.heard.count("ATE0") == 1
    for channel in channels:
        await channel.close()


async def test_pulled_out_and_put_in_again_while_idle(tmp_path: Path) -> None:
    device = tmp_path / "modem"
    one, two = Terminal(Talk()), Terminal(Talk())
    device.symlink_to(one.device)
    channel = modem(str(device))
    await channel.send(NOTE_TO)
    one.unplug()
    device.unlink()
    error = await refused(channel)
    assert str(error).startswith(f"{device}: cannot be opened: [Errno 2] No such file or directory")
    assert not error.permanent
    device.symlink_to(two.device)
    await channel.send(NOTE_TO)
    assert len(two.talk.taken) == 2
    await channel.close()
    two.unplug()


async def test_replaced_while_idle_is_opened_again_at_once(tmp_path: Path) -> None:
    device = tmp_path / "modem"
    one, two = Terminal(Talk()), Terminal(Talk())
    device.symlink_to(one.device)
    channel = modem(str(device))
    await channel.send(NOTE_TO)
    one.unplug()
    device.unlink()
    device.symlink_to(two.device)
    await channel.send(NOTE_TO)
    assert len(two.talk.taken) == 2
    await channel.close()
    two.unplug()


@pytest.mark.parametrize(
    ("talk", "said", "permanent"),
    [
        (Talk(sim=False), "no SIM in the modem (+CME ERROR: 10)", False),
        (Talk(pin="1234"), "the SIM asks for SIM PIN; unlock it, or set pin:", False),
        (Talk(registration=2, level=99), "no network yet: searching; no signal", False),
        (Talk(registration=3, level=14), "the network refuses the SIM; signal -85 dBm", False),
        (Talk(deaf=True), "the modem does not answer AT within 0.3 s", False),
        (Talk(knows={"AT+CMGF": False}), "AT+CMGF=0: ERROR", False),
        (Talk(knows={"AT+CMGS": False}), "part 1 of 2: ERROR", False),
    ],
)
async def test_what_is_wrong_is_said(talk: Talk, said: str, permanent: bool) -> None:
    terminal = Terminal(talk)
    channel = modem(terminal.device)
    error = await refused(channel)
    assert (str(error), error.permanent) == (f"{terminal.device}: {said}", permanent)
    await channel.close()
    terminal.unplug()


@pytest.mark.parametrize(
    ("outcome", "said", "permanent"),
    [
        (1, "part 1 of 2: unassigned number (+CMS ERROR: 1)", True),
        (38, "part 1 of 2: network out of order (+CMS ERROR: 38)", False),
        (332, "part 1 of 2: network timeout (+CMS ERROR: 332)", False),
        (604, "part 1 of 2: +CMS ERROR: 604", False),
        (SILENT, "part 1 of 2: the modem did not answer AT+CMGS within 0.5 s; it may have gone out", False),
    ],
)
async def test_what_comes_of_a_message(terminal: Terminal, outcome: Any, said: str, permanent: bool) -> None:
    terminal.talk.outcomes.append(outcome)
    channel = modem(terminal.device)
    error = await refused(channel)
    assert (str(error), error.permanent) == (f"{terminal.device}: {said}", permanent)
    assert (await channel.send(NOTE_TO)).answer == "reference 1, 2"
    await channel.close()


async def test_the_second_part_that_fails_is_named(terminal: Terminal) -> None:
    terminal.talk.outcomes.extend([0, 38])
    error = await refused(modem(terminal.device))
    assert str(error).endswith("part 2 of 2: network out of order (+CMS ERROR: 38)")


async def test_a_part_that_was_taken_before_the_line_went_silent_counts(terminal: Terminal) -> None:
    terminal.talk.outcomes.append(UNFINISHED)
    channel = modem(terminal.device, plain=True, parts=1)
    assert (await channel.send(NOTE_TO)).answer == "reference 1"
    assert (await channel.send(NOTE_TO)).answer == "reference 2"
    await channel.close()


async def test_a_pin_is_given_once(terminal: Terminal) -> None:
    terminal.talk.pin = "4321"
    channel = modem(terminal.device, pin="1234")
    first, second = await refused(channel), await refused(channel)
    assert str(first).endswith("the SIM refused the PIN: the PIN is wrong (+CME ERROR: 16)")
    assert str(second).endswith("the PIN is wrong (+CME ERROR: 16); it is not tried again")
    assert terminal.talk.heard.count('AT+CPIN="1234"') == 1
    assert terminal.talk.attempts == 2


async def test_days_of_reports_that_nobody_asked_for_are_let_pass(terminal: Terminal) -> None:
    channel = modem(terminal.device)
    await channel.send(NOTE_TO)
    terminal.say(b"\r\n^RSSI: 18\r\n" * 250)
    terminal.say(b"\r\nOK\r\n")
    assert (await channel.send(NOTE_TO)).answer == "reference 3, 4"
    assert terminal.talk.heard.count("ATE0") == 1
    await channel.close()


async def test_a_pin_whose_answer_was_lost_is_not_given_again(terminal: Terminal) -> None:
    terminal.talk.pin, terminal.talk.lost = "1234", "AT+CPIN"
    channel = modem(terminal.device, pin="1234")
    first, second = await refused(channel), await refused(channel)
    assert str(first).endswith("did not answer AT+CPIN within 0.5 s")
    assert str(second).endswith("refused the PIN before: no answer; it is not tried again")
    await channel.close()


async def test_a_pin_that_was_put_right_is_tried(terminal: Terminal) -> None:
    """A reload makes the new channel while the old one is still there."""
    terminal.talk.pin = "4321"
    old = modem(terminal.device, pin="1234")
    await refused(old)
    terminal.talk.attempts = 3
    new = modem(terminal.device, pin="4321")
    await old.close()
    assert (await new.send(NOTE_TO)).answer == "reference 1, 2"
    await new.close()


async def test_a_channel_that_was_replaced_hangs_up_after_its_message(
    tmp_path: Path, terminal: Terminal
) -> None:
    old, new = modem(terminal.device, to=TO), modem(terminal.device, to=TO, plain=True)
    world = World(tmp_path, receivers={"sms": Receiver("sms", old)})
    world.put("mcu", "down")
    while not any(each.startswith("AT+CMGS") for each in terminal.talk.heard):
        await asyncio.sleep(0)
    world.engine.apply(world.inventory, shipped(), {"sms": Receiver("sms", new)})
    await world.go(1)
    world.put("mcu", "up")
    await world.go(120)
    texts = joined(terminal.talk.taken[:2])[1], joined(terminal.talk.taken[2:])[1]
    assert texts[0].startswith("[Nghiêm trọng] ")
    assert texts[1].startswith("Da het: ")
    assert terminal.talk.heard.count("ATE0") == 2
    await world.stop()


async def test_a_modem_that_dies_in_the_middle_is_told_again_marked(tmp_path: Path) -> None:
    """Outcome unknown: the repeat says that it is one, and has a reference of its own."""
    device = tmp_path / "modem"
    one, two = Terminal(Talk()), Terminal(Talk())
    one.talk.outcomes.append(GONE)
    device.symlink_to(one.device)
    world = World(tmp_path, receivers={"sms": Receiver("sms", modem(str(device), to=TO))})
    world.put("mcu", "down")
    await world.go(0)
    device.unlink()
    device.symlink_to(two.device)
    await world.go(5)
    assert len(one.talk.taken) == 1
    first, again = joined(two.talk.taken)[1], world.incident(1)["told"]["sms"]["state"]
    assert first.startswith("(Gửi lại) [Nghiêm trọng] ")
    assert again == "told"
    assert one.talk.taken[0] != two.talk.taken[0]
    await world.stop()
    two.unplug()


async def test_what_is_no_modem_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    error = await refused(modem(str(tmp_path / "file")))
    assert f"{tmp_path / 'file'} is not a serial device" in str(error)
    assert not error.permanent


@pytest.mark.parametrize(
    "flood", [b"A" * 9000, b"\xff\x00\r\n" * 4000, b">" * 5000, b"\r\n+CMS ERROR: 1\r\n" * 500]
)
async def test_whatever_it_talks_is_bounded(flood: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(flood)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        number = server.sockets[0].getsockname()[1]
        error = await refused(modem(f"tcp://127.0.0.1:{number}"))
    assert not error.permanent


async def test_one_that_waits_too_long_for_its_turn_says_so(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(port, "TURN", 0.05)
    terminal.talk.outcomes.append(SILENT)
    channel = modem(terminal.device)
    first, second = await asyncio.gather(refused(channel), refused(channel))
    assert "did not answer AT+CMGS" in str(first)
    assert str(second).endswith("busy with other messages for 0.05 s")
    await channel.close()


async def test_one_that_is_cut_short_leaves_the_modem_ready(terminal: Terminal) -> None:
    channel = modem(terminal.device)
    task = asyncio.create_task(channel.send(NOTE_TO))
    while not any(each.startswith("AT+CMGS") for each in terminal.talk.heard):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (await channel.send(NOTE_TO)).answer == "reference 1, 2"
    await channel.close()


@pytest.mark.parametrize(
    "options",
    [
        {"device": "ttyUSB0"}, {"device": "tcp://host"}, {"device": "tcp://:99"}, {"device": "tcp://h:70000"},
        {"device": "/dev/x", "pin": "12a4"}, {"device": "/dev/x", "to": "113"}, {"device": "/dev/x", "speed": 1},
        {"device": "/dev/x", "parts": 0}, {"device": "/dev/x", "valid": 1},
    ],
)  # fmt: skip
def test_options_that_cannot_be_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        ModemOptions(**options)
    assert "12a4" not in str(caught.value)


async def test_nothing_of_it_needs_a_network(terminal: Terminal) -> None:
    assert Modem.host(ModemOptions(device=terminal.device)) == ""
