"""Against a message centre that is not ours (smpp34), and against octets that no centre would send."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import smpp34
from pydantic import ValidationError

from alerts.channels.smpp import Smpp, SmppOptions
from alerts.sms.options import SmsOptions
from alerts.sms.smpp import RESPONSE, Command, Pdu, encode, tlv
from alerts.sms.wording import wording
from ioc.errors import Undeliverable
from tests import certificates
from tests.alerts.channels.golden import CASES, NOTE, changed, folders, read
from tests.alerts.sms.centre import Centre, centre, well
from tests.real.smsc import Smsc, part_of, serving, text_of

TO = "+84912000111"
NOTE_TO = replace(NOTE, to=TO)


def smpp(port: int, **options: Any) -> Smpp:
    known = {
        "host": "127.0.0.1",
        "port": port,
        "system_id": "ioc",
        "password": "secret",
        "source": "UBND TINH",
    }
    return Smpp(SmppOptions(**{**known, "timeout": 2.0, "receipt": 0, **options}))


async def refused(channel: Smpp, notification: Any = NOTE_TO) -> Undeliverable:
    with pytest.raises(Undeliverable) as caught:
        await channel.send(notification)
    return caught.value


@pytest.fixture
async def smsc() -> AsyncIterator[Smsc]:
    async with serving() as made:
        yield made


async def test_vietnamese_arrives_whole(smsc: Smsc) -> None:
    channel = smpp(smsc.port)
    receipt = await channel.send(NOTE_TO)
    assert receipt.answer == "id m1, id m2"
    assert text_of(smsc.submitted) == wording(NOTE_TO, SmsOptions())
    one = smsc.submitted[0]
    assert (one.destination_addr, one.dest_addr_ton, one.dest_addr_npi) == ("84912000111", 1, 1)
    assert (one.source_addr, one.source_addr_ton, one.source_addr_npi) == ("UBND TINH", 5, 0)
    assert [each.short_message[:6].hex() for each in smsc.submitted] == ["050003060201", "050003060202"]
    assert {each.esm_class for each in smsc.submitted} == {0x40}
    await channel.close()


@pytest.mark.parametrize(("long", "submitted"), [("sar", 2), ("payload", 1), ("udh", 2)])
async def test_each_way_of_long_texts(smsc: Smsc, long: str, submitted: int) -> None:
    channel = smpp(smsc.port, long=long)
    await channel.send(NOTE_TO)
    assert len(smsc.submitted) == submitted
    assert text_of(smsc.submitted) == wording(NOTE_TO, SmsOptions())
    await channel.close()


async def test_plain_text_goes_in_one(smsc: Smsc) -> None:
    channel = smpp(smsc.port, plain=True, parts=1, source="0912 000 222")
    await channel.send(NOTE_TO)
    (one,) = smsc.submitted
    assert (one.data_coding, one.source_addr, one.source_addr_ton) == (0, "84912000222", 1)
    assert part_of(one).startswith("(Nghiem trong) Duong truyen Xa A mat ket noi\n")
    await channel.close()


async def test_a_receipt_in_time_is_kept_as_the_answer(smsc: Smsc) -> None:
    async def decide(event: smpp34.SubmitSmEvent, esme: smpp34.Esme) -> None:
        event.accept("00a7")
        await smsc.tell(esme, "A7", "DELIVRD")

    smsc.decide = decide
    channel = smpp(smsc.port, receipt=5, plain=True, parts=1)
    assert (await channel.send(NOTE_TO)).answer == "id 00a7, DELIVRD"
    assert smsc.submitted[0].registered_delivery == 1
    await channel.close()


async def test_a_receipt_of_failure_in_time_is_for_good(smsc: Smsc) -> None:
    async def decide(event: smpp34.SubmitSmEvent, esme: smpp34.Esme) -> None:
        event.accept("9")
        await smsc.tell(esme, "9", "ACCEPTD")
        await smsc.tell(esme, "9", "UNDELIV")

    smsc.decide = decide
    channel = smpp(smsc.port, receipt=5, plain=True, parts=1)
    error = await refused(channel)
    assert str(error) == "the message centre could not deliver it: UNDELIV err 000 (id 9)"
    assert error.permanent
    await channel.close()


async def test_no_receipt_in_time_is_told_all_the_same(smsc: Smsc) -> None:
    channel = smpp(smsc.port, receipt=0.05, plain=True, parts=1)
    assert (await channel.send(NOTE_TO)).answer == "id m1"
    await channel.close()


@pytest.mark.parametrize(
    ("status", "said", "permanent", "wait"),
    [
        (0x58, "submit_sm refused: throttled (0x00000058)", False, 5.0),
        (0x14, "submit_sm refused: queue full (0x00000014)", False, 15.0),
        (0x0B, "submit_sm refused: destination address (0x0000000B)", True, None),
        (0x0A, "submit_sm refused: source address (0x0000000A)", False, None),
        (0x08, "submit_sm refused: system error (0x00000008)", False, None),
    ],
)
async def test_what_it_refuses(
    smsc: Smsc, status: int, said: str, permanent: bool, wait: float | None
) -> None:
    async def decide(event: smpp34.SubmitSmEvent, esme: smpp34.Esme) -> None:
        event.reject(status)

    smsc.decide = decide
    channel = smpp(smsc.port)
    error = await refused(channel)
    assert (str(error), error.permanent, error.retry_after) == (said, permanent, wait)
    smsc.decide = smsc.take
    await channel.send(NOTE_TO)
    assert len(smsc.bound) == 1
    await channel.close()


async def test_many_at_once_share_one_bind(smsc: Smsc) -> None:
    channel = smpp(smsc.port, window=3)
    await asyncio.gather(*(channel.send(replace(NOTE_TO, id=at)) for at in range(20)))
    assert len(smsc.submitted) == 40
    assert len(smsc.bound) == 1
    await channel.close()


async def test_the_window_is_kept() -> None:
    kept: list[Pdu] = []

    def answer(pdu: Pdu) -> bytes:
        if pdu.command != Command.SUBMIT_SM:
            return well(pdu)
        kept.append(pdu)
        return b"".join(map(well, kept[-2:])) if len(kept) % 2 == 0 else b""

    async with centre(answer) as smsc:
        channel = smpp(smsc.port, window=2, plain=True, parts=1)
        await asyncio.gather(*(channel.send(replace(NOTE_TO, id=at)) for at in range(6)))
        assert len(kept) == 6
        await channel.close()


async def test_it_binds_as_configured_and_unbinds() -> None:
    async with centre() as smsc:
        channel = smpp(smsc.port, bind="transmitter", system_type="SMPP", receipt=3, plain=True, parts=1)
        await channel.send(NOTE_TO)
        await channel.close()
        assert [each.command for each in smsc.heard] == [
            Command.BIND_TRANSMITTER,
            Command.SUBMIT_SM,
            Command.UNBIND,
        ]
        assert smsc.heard[0].body == b"ioc\0secret\0SMPP\0\x34\0\0\0"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (0x0E, "wrong password (0x0000000E)"),
        (0x0F, "unknown system id (0x0000000F)"),
        (0x05, "bound already (0x00000005)"),
    ],
)
async def test_a_bind_that_is_refused_may_pass(status: int, said: str) -> None:
    async with centre(lambda pdu: encode(Pdu(pdu.command | RESPONSE, status, pdu.sequence))) as smsc:
        error = await refused(smpp(smsc.port))
        assert str(error) == f"127.0.0.1:{smsc.port}: bind refused: {said}"
        assert not error.permanent
        assert "secret" not in str(error)


Odd = Callable[[Pdu], bytes | None]
GARBAGE = encode(Pdu(Command.DELIVER_SM, 0, 1, b"\0" * 3))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda pdu: None, "the message centre closed the connection"),
        (lambda pdu: b"HTTP/1.1 400 Bad Request\r\n\r\n", "a PDU of 1213486160 octets"),
        (lambda pdu: b"\0" * 64, "a PDU of 0 octets"),
        (lambda pdu: encode(Pdu(Command.UNBIND, 0, 1)), "the message centre unbound us"),
    ],
)
async def test_a_submit_whose_answer_is_odd(answer: Odd, said: str) -> None:
    """What came of it is not known; the next message goes over a new connection."""

    def submits(pdu: Pdu) -> bytes | None:
        return answer(pdu) if pdu.command == Command.SUBMIT_SM else well(pdu)

    async with centre(submits) as smsc:
        channel = smpp(smsc.port)
        error = await refused(channel)
        assert said in str(error)
        assert str(error).endswith("; what was submitted may have gone out")
        assert not error.permanent
        smsc.answer = well
        await channel.send(NOTE_TO)
        assert len(smsc.of(Command.BIND_TRANSCEIVER)) == 2
        await channel.close()


async def test_no_answer_at_all() -> None:
    async with centre(lambda pdu: well(pdu) if pdu.command == Command.BIND_TRANSCEIVER else b"") as smsc:
        error = await refused(smpp(smsc.port, timeout=0.05))
    assert str(error) == "no response to submit_sm within 0.05 s; it may have gone out"


async def test_a_submit_that_is_answered_by_generic_nack() -> None:
    def answer(pdu: Pdu) -> bytes:
        nack = encode(Pdu(Command.GENERIC_NACK, 0x02, pdu.sequence))
        return nack if pdu.command == Command.SUBMIT_SM else well(pdu)

    async with centre(answer) as smsc:
        error = await refused(channel := smpp(smsc.port))
        assert str(error) == "submit_sm refused: command length (0x00000002)"
        await channel.close()


async def test_what_it_says_unasked_is_answered() -> None:
    async with centre() as smsc:
        channel = smpp(smsc.port, plain=True, parts=1)
        await channel.send(NOTE_TO)
        odd = Pdu(0x00000103, 0, 7, b"data_sm is not for senders")
        strange = Pdu(Command.DELIVER_SM, 0, 8, b"\0" * 3)
        smsc.say(Pdu(Command.ENQUIRE_LINK, 0, 5), odd, strange, Pdu(Command.ALERT_NOTIFICATION, 0, 9))
        smsc.say(Pdu(0x80000004, 0, 99), Pdu(Command.GENERIC_NACK, 3, 0))
        await channel.send(NOTE_TO)
        answers = [each for each in smsc.heard if each.command & RESPONSE]
        assert answers == [
            Pdu(Command.ENQUIRE_LINK | RESPONSE, 0, 5),
            Pdu(Command.GENERIC_NACK, 3, 7),
            Pdu(Command.DELIVER_SM | RESPONSE, 2, 8, b"\0"),
        ]
        await channel.close()


async def test_a_silent_link_is_asked_and_given_up() -> None:
    def answer(pdu: Pdu) -> bytes:
        return b"" if pdu.command == Command.ENQUIRE_LINK else well(pdu)

    async with centre(answer) as smsc:
        channel = Smpp(SmppOptions.model_construct(**{**dict(smpp(smsc.port)._options), "enquire": 0.02}))
        await channel.send(NOTE_TO)
        session = channel._session
        assert session is not None
        while not session.gone:
            await asyncio.sleep(0.005)
        assert len(smsc.of(Command.ENQUIRE_LINK)) == 1
        await channel.send(NOTE_TO)
        assert len(smsc.of(Command.BIND_TRANSCEIVER)) == 2
        await channel.close()


async def test_a_link_that_answers_is_kept() -> None:
    async with centre() as smsc:
        channel = Smpp(SmppOptions.model_construct(**{**dict(smpp(smsc.port)._options), "enquire": 0.02}))
        await channel.send(NOTE_TO)
        while len(smsc.of(Command.ENQUIRE_LINK)) < 3:
            await asyncio.sleep(0.005)
        await channel.send(NOTE_TO)
        assert len(smsc.of(Command.BIND_TRANSCEIVER)) == 1
        await channel.close()


async def test_receipts_that_nobody_waits_for_are_bounded() -> None:
    async with centre() as smsc:
        channel = smpp(smsc.port, plain=True, parts=1)
        await channel.send(NOTE_TO)
        state = tlv(0x427, b"\x02")
        body = b"\0" * 7 + b"\x04" + b"\0" * 9
        smsc.say(*(Pdu(5, 0, n, body + tlv(0x1E, f"{n}\0".encode()) + state) for n in range(1, 1500)))
        await channel.send(NOTE_TO)
        answered = [each for each in smsc.heard if each.command == Command.DELIVER_SM | RESPONSE]
        assert len(answered) == 1499
        assert channel._session is not None
        assert len(channel._session._receipts) == 1000
        await channel.close()


async def test_nobody_there_may_pass() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        error = await refused(smpp(probe.getsockname()[1]))
    assert "Connect call failed" in str(error)
    assert not error.permanent


async def test_over_tls(tmp_path: Path) -> None:
    signer = certificates.authority(tmp_path)
    made = Centre(well)
    context = certificates.server(tmp_path, signer, timedelta(days=9))
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        channel = smpp(port, tls=True, ca=signer.file)
        assert (await channel.send(NOTE_TO)).answer == "id 00000002, id 00000003"
        await channel.close()
        untrusted = await refused(smpp(port, tls=True))
        assert "CERTIFICATE_VERIFY_FAILED" in str(untrusted)
        assert not untrusted.permanent
        made.hang_up()


@pytest.mark.parametrize(
    "options",
    [
        {"password": "longer than eight"}, {"source": ""}, {"source": "Tỉnh"}, {"system_id": "a" * 16},
        {"window": 0}, {"to": "113"}, {"host": ""}, {"bind": "receiver"},
    ],
)  # fmt: skip
def test_options_that_cannot_be_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        smpp(2775, **options)
    assert "longer than eight" not in str(caught.value)


async def test_a_number_that_is_none_is_for_good_and_nothing_is_opened(smsc: Smsc) -> None:
    error = await refused(smpp(smsc.port), replace(NOTE, to="an@example.vn"))
    assert error.permanent
    assert smsc.bound == []


@pytest.mark.parametrize("case", folders("smpp"))
async def test_golden(case: str) -> None:
    """What is written, octet by octet; the foreign codec reads every submit_sm as we meant it."""
    note, options = changed(read("smpp", case, "notification.json")), read("smpp", case, "options.json")
    async with centre() as smsc:
        channel = smpp(smsc.port, **options)
        await channel.send(note)
        await channel.close()
    written = [encode(each).hex().upper() for each in smsc.heard]
    assert written == (CASES / "smpp" / case / "pdus.txt").read_text("ascii").split()
    submits: list[Any] = [smpp34.decode(encode(each)) for each in smsc.of(Command.SUBMIT_SM)]
    assert text_of(submits) == wording(note, SmppOptions(host="x", port=1, **options))
    assert {each.validity_period for each in submits} == {
        "000000010000000R" if note.status == "firing" else "000001000000000R"
    }
    assert {each.registered_delivery for each in submits} == {1 if options["receipt"] else 0}
