"""Mails through a real Exim: over STARTTLS, logged in, whole in its queue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alerts.channels.email import Email, EmailOptions
from alerts.notification import Notification
from ioc.errors import Undeliverable
from tests.alerts.channels.golden import NOTE, changed
from tests.real.exim import PASSWORD, USER, Exim

pytestmark = pytest.mark.real


async def sent(server: Exim, folder: Path, note: Notification = NOTE, **options: Any) -> str:
    (folder / "password").write_text(options.pop("password", PASSWORD), "ascii")
    known = {
        "host": "127.0.0.1",
        "port": server.port,
        "ca": server.ca,
        "from": "ioc@th.example.vn",
        "user": USER,
    }
    files = {"password_file": folder / "password", "to": ["an@th.example.vn"]}
    return (await Email(EmailOptions.model_validate({**known, **files, **options})).send(note)).answer


async def test_vietnamese_arrives_whole_and_in_one_thread(exim: Callable[..., Exim], tmp_path: Path) -> None:
    server = exim()
    await sent(server, tmp_path)
    await sent(server, tmp_path, replace(NOTE, id=4, kind="closed", status="resolved", ended=1_790_000_725.0))
    first, second = server.taken()
    assert first["Subject"] == second["Subject"] == "[#41] Đường truyền Xã Ặ mất kết nối"
    assert first["References"] == second["References"]
    assert first["Message-ID"] != second["Message-ID"]
    plain = second.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().splitlines()[0] == "Đã hết: Đường truyền Xã Ặ mất kết nối"


async def test_the_longest_mail_arrives_whole(exim: Callable[..., Exim], tmp_path: Path) -> None:
    server = exim()
    lines = "\n".join(f"{n}. Phòng họp Xã Hoằng Hóa Ặ mất kết nối" for n in range(1, 151))
    await sent(server, tmp_path, changed({"kind": "digest", "incident": 0, "annotations": {"lines": lines}}))
    (mail,) = server.taken()
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().splitlines()[1:151] == lines.split("\n")


@pytest.mark.parametrize(
    ("options", "said", "permanent"),
    [
        ({"to": ["nobody@th.example.vn"]}, "nobody@th.example.vn: 550 5.1.1 No such user", True),
        ({"to": ["later@th.example.vn"]}, "later@th.example.vn: 451 4.2.0 Greylisted", False),
        ({"to": ["an@elsewhere.example.vn"]}, "an@elsewhere.example.vn: 550 5.7.1 Relaying denied", True),
        ({"password": "mat-khau-2"}, "535 Incorrect authentication data", True),
    ],
)
async def test_what_it_refuses(
    exim: Callable[..., Exim], tmp_path: Path, options: dict[str, Any], said: str, permanent: bool
) -> None:
    server = exim()
    with pytest.raises(Undeliverable) as caught:
        await sent(server, tmp_path, **options)
    assert (str(caught.value), caught.value.permanent) == (said, permanent)
    assert server.taken() == []


async def test_a_mail_it_finds_too_large_is_refused_for_good(
    exim: Callable[..., Exim], tmp_path: Path
) -> None:
    server = exim(most="1K")
    with pytest.raises(Undeliverable, match=r"^552 ") as caught:
        await sent(server, tmp_path)
    assert caught.value.permanent
