"""Mails to a real server with real TLS, and to servers that behave badly."""

from __future__ import annotations

import asyncio
import json
import ssl
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts.channels.base import Receiver
from alerts.channels.email import Email, EmailOptions, mailbox
from alerts.letter import letter
from alerts.notification import Notification
from ioc.errors import Undeliverable
from tests import certificates
from tests.alerts.channels.golden import CASES, NOTE, changed, folders, read
from tests.alerts.channels.postman import Postman, serving
from tests.alerts.world import World

ACCOUNT: dict[str, Any] = {"from": "ioc@th.example.vn", "to": ["an@th.example.vn"]}
SERVER = {"host": "127.0.0.1", **ACCOUNT}


def shown(mail: EmailMessage) -> dict[str, Any]:
    """A mail as a case writes it."""
    ours = [name for name in mail if name not in ("MIME-Version", "Content-Type")]
    parts = {part.get_content_type(): part.get_content() for part in mail.iter_parts()}
    assert mail.get_content_type() == "multipart/alternative"
    return {
        "headers": {name: str(mail[name]) for name in ours},
        "text": parts["text/plain"].splitlines(),
        "html": parts["text/html"].splitlines(),
    }


class Trust:
    """An authority, and a server's certificate from it."""

    def __init__(self, folder: Path, host: str = "127.0.0.1") -> None:
        signer = certificates.authority(folder)
        self.ca = signer.file
        self.server: ssl.SSLContext = certificates.server(folder, signer, timedelta(days=9), host)


@pytest.fixture
def trust(tmp_path: Path) -> Trust:
    return Trust(tmp_path)


async def sent(note: Notification = NOTE, **options: Any) -> str:
    channel = Email(EmailOptions(host="127.0.0.1", **{**ACCOUNT, **options}))
    try:
        return (await channel.send(note)).answer
    finally:
        await channel.close()


async def refused(note: Notification = NOTE, **options: Any) -> Undeliverable:
    with pytest.raises(Undeliverable) as caught:
        await sent(note, **options)
    return caught.value


@pytest.mark.parametrize("case", folders("email"))
async def test_case(case: str, trust: Trust, tmp_path: Path) -> None:
    options = read("email", case, "options.json")
    (tmp_path / "password").write_text(options["password_file"], "utf-8")
    options |= {"password_file": tmp_path / "password", "ca": trust.ca}
    postman = Postman(read("email", case, "replies.json"))
    async with serving(postman, starttls=trust.server) as port:
        try:
            found: dict[str, Any] = {
                "answer": await sent(changed(read("email", case, "notification.json")), port=port, **options)
            }
        except Undeliverable as error:
            found = {"error": str(error), "permanent": error.permanent}
    assert found == read("email", case, "result.json")
    expected = CASES / "email" / case / "message.json"
    if expected.exists():
        assert shown(postman.taken[0]) == json.loads(expected.read_text("utf-8"))
        assert postman.encrypted == [True]
    assert bool(postman.taken) == ("answer" in found)


async def test_over_tls_from_the_first_byte(trust: Trust) -> None:
    postman = Postman()
    async with serving(postman, tls=trust.server) as port:
        assert await sent(port=port, tls="tls", ca=trust.ca) == "250 OK"
    assert postman.envelopes == [("ioc@th.example.vn", ["an@th.example.vn"])]


async def test_without_tls_where_that_is_configured() -> None:
    postman = Postman()
    async with serving(postman) as port:
        assert await sent(port=port, tls="none") == "250 OK"
    assert postman.encrypted == [False]


async def test_a_server_without_starttls_gets_nothing() -> None:
    postman = Postman()
    async with serving(postman) as port:
        error = await refused(port=port)
    assert (error.permanent, postman.taken) == (False, [])
    assert "STARTTLS" in str(error)


async def test_a_certificate_of_nobody_known_gets_nothing(trust: Trust) -> None:
    postman = Postman()
    async with serving(postman, starttls=trust.server) as port:
        error = await refused(port=port)
    assert (error.permanent, postman.taken) == (False, [])
    assert "certificate verify failed" in str(error)


async def test_a_certificate_for_another_name_gets_nothing(tmp_path: Path) -> None:
    other, postman = Trust(tmp_path, "mail.example.vn"), Postman()
    async with serving(postman, tls=other.server) as port:
        error = await refused(port=port, tls="tls", ca=other.ca)
    assert (error.permanent, postman.taken) == (False, [])


@pytest.mark.parametrize(
    ("greeting", "permanent"),
    [
        (b"421 4.3.2 Busy\r\n", False),
        (b"554 5.3.2 No service for you\r\n", True),
        (b"", False),
        (b"\x00\xff\xfe\r\n", False),
        (b"220 " + b"x" * 200_000 + b"\r\n", False),
        (b"220-endless\r\n" * 50_000, False),
    ],
)
async def test_a_server_that_greets_badly(greeting: bytes, permanent: bool) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        error = await refused(port=server.sockets[0].getsockname()[1], tls="none", timeout=5)
    assert error.permanent is permanent
    assert len(str(error)) < 300


@pytest.mark.parametrize("drip", [b"", b"220 mail", b"220 mail\r\n"])
async def test_a_server_that_hangs_is_left(drip: bytes) -> None:
    release = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(drip)
        await release.wait()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        error = await refused(port=server.sockets[0].getsockname()[1], tls="none", timeout=0.2)
        release.set()
    assert error.permanent is False


async def test_a_connection_cut_in_the_middle_of_a_mail_may_pass() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail\r\n")
        for answer in (b"250 mail\r\n", b"250 OK\r\n", b"250 OK\r\n", b"354 go on\r\n"):
            await reader.readline()
            writer.write(answer)
        await reader.readline()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        error = await refused(port=server.sockets[0].getsockname()[1], tls="none", timeout=5)
    assert error.permanent is False


async def test_a_server_that_hangs_after_it_took_the_mail_has_taken_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("alerts.channels.email.PARTING", 0.1)
    release = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail\r\n")
        for answer in (b"250 mail\r\n", b"250 OK\r\n", b"250 OK\r\n", b"354 go on\r\n"):
            await reader.readline()
            writer.write(answer)
        await reader.readuntil(b"\r\n.\r\n")
        writer.write(b"250 queued\r\n")
        await release.wait()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        assert await sent(port=server.sockets[0].getsockname()[1], tls="none", timeout=5) == "250 queued"
        release.set()


async def test_nobody_there_may_pass() -> None:
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    assert (await refused(port=port)).permanent is False


async def test_a_password_that_cannot_be_read_may_pass(trust: Trust, tmp_path: Path) -> None:
    async with serving(Postman(), starttls=trust.server) as port:
        error = await refused(port=port, ca=trust.ca, user="ioc", password_file=tmp_path / "none")
    assert (error.permanent, "password_file" in str(error)) == (False, True)


def mail(note: Notification) -> EmailMessage:
    return letter(note, mailbox("ioc@th.example.vn"), [mailbox("an@th.example.vn")])


def test_the_mails_of_an_incident_are_one_thread() -> None:
    first = mail(NOTE)
    later = [
        mail(replace(NOTE, id=id, kind=kind, at=NOTE.at + id))
        for id, kind in ((4, "raised"), (5, "reminder"), (6, "closed"))
    ]
    assert {each["References"] for each in [first, *later]} == {"<ioc-41-1790000000@th.example.vn>"}
    assert {each["Subject"] for each in [first, *later]} == {"[#41] Đường truyền Xã Ặ mất kết nối"}
    assert len({each["Message-ID"] for each in [first, *later]}) == 4
    assert mail(replace(NOTE, incident=42, id=9))["References"] != first["References"]


def test_a_mail_sent_again_is_the_same_mail() -> None:
    assert mail(NOTE)["Message-ID"] == mail(NOTE.repeated())["Message-ID"]
    assert mail(NOTE)["Date"] == mail(NOTE.repeated())["Date"] == "Mon, 21 Sep 2026 21:13:51 +0700"


def test_no_line_is_longer_than_mail_allows() -> None:
    note = changed({"annotations": {"what": "Đường truyền " * 70, "next_action": "x" * 5000}})
    lines = mail(note).as_bytes().split(b"\r\n")
    assert max(len(each) for each in lines) <= 998
    assert all(each.isascii() for each in lines)


@given(st.text(max_size=50) | st.from_regex(r"[a-z <>@.,;:\"]{0,30}"))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        found = mailbox(text)
    except ValueError:
        return
    assert found.addr_spec in text
    assert found.addr_spec.isascii()


@pytest.mark.parametrize(
    "text", ["", "an", "an@", "a@b, c@d", "an@x\r\nBcc: y@z", "ặn@example.vn", "an@x y", "<>"]
)
def test_what_is_no_mail_address(text: str) -> None:
    with pytest.raises(ValueError, match="is not a mail address"):
        mailbox(text)


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"user": "ioc"}, "belong together"),
        (
            {"user": "ioc", "password_file": "x", "tls": "none", "host": "mail.example.vn"},
            "readable on the way",
        ),
        ({"from": "ioc"}, "is not a mail address"),
        ({"to": ["an@x", "y"]}, "is not a mail address"),
        ({"tls": "ssl"}, "'starttls', 'tls' or 'none'"),
        ({"port": 0}, "greater than or equal to 1"),
        ({"helo": "a b"}, "match pattern"),
    ],
)
def test_options_that_cannot_be_meant(options: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        EmailOptions(**{**SERVER, **options})


def test_a_receiver_without_addresses_is_for_people_only() -> None:
    assert Email(EmailOptions(**{**SERVER, "to": []})).own_address() == ""
    assert Email(EmailOptions(**SERVER)).own_address() == "an@th.example.vn"


async def test_an_incident_is_mailed_from_its_beginning_to_its_end(trust: Trust, tmp_path: Path) -> None:
    postman = Postman()
    async with serving(postman, tls=trust.server) as port:
        channel = Email(EmailOptions(**{**SERVER, "port": port, "tls": "tls", "ca": trust.ca}))
        world = World(tmp_path, receivers={"mail": Receiver("mail", channel)})
        world.put("mcu", "down")
        await world.go(0.5)
        world.put("mcu", "up")
        await world.go(200)
        await world.stop()
    first, last = (shown(each) for each in postman.taken)
    assert first["headers"]["References"] == last["headers"]["References"]
    assert first["text"][0] == "[Nghiêm trọng] Tên mcu mất kết nối"
    assert "Đầu mối: Lê Văn Tám, 0912000111" in first["text"]
    assert "Chi tiết: http://wall.example/#incident/1" in first["text"]
    assert last["text"][0] == "Đã hết: Tên mcu mất kết nối"
