"""A service as people run it, and whom it reaches: a mail server, a modem, a message centre and a webhook, all real.

What is told is as long as it may be, and has every letter of Vietnamese in it, half of them written decomposed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.alerts.sms.modem import Talk, Terminal
from tests.alerts.sms.tpdu import joined
from tests.real import smsc
from tests.real.exim import PASSWORD, USER, Exim
from tests.real.smsc import Smsc
from tests.service.house import House

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxy"
TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
EVERY_LETTER = " ".join(
    "".join(
        unicodedata.normalize("NFC", each + tone) for tone in (TONES if each in "aăâeêioôơuưy" else TONES[:1])
    )
    for each in LETTERS
)
"""each Vietnamese letter with each tone that it takes"""
NAME = (
    "Điểm cầu Hội trường lớn tầng 5 trụ sở Đảng ủy, Hội đồng nhân dân, Ủy ban nhân dân và Ủy ban Mặt trận Tổ quốc Việt "
    "Nam xã Phường Khuể Ngoằng Nguyệt Ặng"
)
TITLE = f"{NAME} mất kết nối"
SITE = "Trụ sở hợp khối các cơ quan xã Phường Khuể"
UNIT = "Ủy ban nhân dân xã Phường Khuể"
OWNER, PHONE = "Nguyễn Thị Ngọc Phượng", "0912 345 678"
_CALL = f"Gọi {{owner}} theo số {{phone}}. Bảng chữ: {EVERY_LETTER} {EVERY_LETTER.upper()}. Hỏi {{name}}; {{name}}"
ACTION = _CALL.format(owner=OWNER, phone=PHONE, name=NAME)
"""longer than what is kept of it"""
NUMBERS = {"binh": "0912 000 111", "chi": "0903 000 222"}
PEOPLE = {
    "an": {"name": "Trần Văn Ẩn", "contacts": [{"by": "mail", "to": "an@th.example.vn"}]},
    "binh": {"name": "Lê Thị Bình", "contacts": [{"by": "modem", "to": NUMBERS["binh"]}]},
    "chi": {"name": "Phạm Quỳnh Chi", "contacts": [{"by": "centre", "to": NUMBERS["chi"]}]},
    "dung": {"name": "Vũ Đình Dũng", "contacts": [{"by": "mail", "to": "dung@th.example.vn"}]},
}
TOLD = ("person:an", "person:binh", "person:chi", "receiver:oncall")


@dataclass(slots=True)
class Reach:
    """The service and all that it tells."""

    house: House
    mail: Exim
    modem: Terminal
    centre: Smsc

    def mails(self) -> list[EmailMessage]:
        """What the mail server has, in order."""
        return self.mail.taken()

    def modem_parts(self) -> list[list[bytes]]:
        """The messages that the modem took, as their parts."""
        taken = iter(self.modem.talk.taken)
        return [list(each) for _, each in groupby(taken, key=_reference)]

    def centre_parts(self) -> list[list[Any]]:
        """The messages that the centre took, as their parts."""
        return [
            list(each) for _, each in groupby(self.centre.submitted, key=lambda one: one.short_message[3:4])
        ]

    def texts(self, person: str) -> list[str]:
        """The short messages that a person reads, put together by their telephone."""
        if person == "chi":
            return [smsc.text_of(each) for each in self.centre_parts()]
        return [joined(each)[1] for each in self.modem_parts()]


def _reference(tpdu: bytes) -> bytes:
    """What joins the parts of one message: it stands behind the number, whose length is the third octet."""
    at = 4 + (tpdu[2] + 1) // 2
    return tpdu[at + 4 :][3:4]


@asynccontextmanager
async def reached(folder: Path, mail: Exim, wait: float) -> AsyncIterator[Reach]:
    """Everything started and seen to be up; the second step of the chain is due `wait` seconds after the first."""
    modem = Terminal(Talk())
    house = House(folder, "a")
    async with smsc.serving() as centre:
        reach = Reach(house, mail, modem, centre)
        centre.decide = centre.deliver
        await house.open()
        try:
            _written(reach, wait)
            await house.spawn()
            await house.all_up()
            yield reach
        finally:
            await house.close()
            modem.unplug()


def _written(reach: Reach, wait: float) -> None:
    """The configuration; names in it are decomposed, as some editors write them."""
    house, folder = reach.house, reach.house.folder / "config"
    (folder / "mail-password").write_text(PASSWORD)
    mail = {
        "channel": "email", "host": "127.0.0.1", "port": reach.mail.port, "ca": str(reach.mail.ca), "user": USER,
        "password_file": "mail-password", "from": "Trung tâm điều hành <ioc@th.example.vn>",
    }  # fmt: skip
    (folder / "centre-password").write_text("secret")
    centre = {
        "channel": "smpp", "host": "127.0.0.1", "port": reach.centre.port, "system_id": "ioc",
        "password": {"file": "centre-password"}, "source": "UBND TINH", "parts": 6,
    }  # fmt: skip
    modem = {"channel": "modem", "device": reach.modem.device}
    house.config["receivers"] |= {"mail": mail, "modem": modem, "centre": centre}
    house.config["people"] = PEOPLE
    steps = [{"tell": list(TOLD), "wait": f"{wait:g}s"}, {"tell": ["person:dung"]}]
    house.config["chains"] = {"lead": {"steps": steps}}
    house.config["routes"] = [{"id": "all", "chain": "lead"}]
    house.config["units"][1]["name"] = decomposed(UNIT)
    house.config["sites"][0]["name"] = decomposed(SITE)
    house.config["endpoints"][0] |= {"name": decomposed(NAME), "owner": decomposed(OWNER), "phone": PHONE}
    house.config["rules"][0] |= {"next_action": decomposed(_CALL)}
    house.write()


def decomposed(text: str) -> str:
    """The same letters as base letters and marks (NFD)."""
    return unicodedata.normalize("NFD", text)
