"""What is there without the internet."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from alerts.channels.registry import CHANNELS, host, misaddressed
from ioc.config.offline import near


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("", True), ("127.0.0.1", True), ("10.1.2.3", True),
        ("192.168.1.9", True), ("fd00::1", True), ("fe80::1", True),
        ("localhost", True), ("smsc", True), ("smsc.lan", True), ("Mail.Tinh.Internal.", True), ("gsm.home.arpa", True),
        ("8.8.8.8", False), ("203.162.4.191", False), ("2001:4860:4860::8888", False), ("rest.esms.vn", False),
        ("mail.tinh.gov.vn", False), (None, False),
    ],
)  # fmt: skip
def test_near(name: str | None, there: bool) -> None:
    assert near(name) is there


def test_what_channels_talk_to() -> None:
    made = {
        "modem": {"device": "/dev/ttyUSB0"},
        "smpp": {"host": "10.0.0.5", "system_id": "a", "password": "b", "source": "UBND"},
        "gateway": {"url": "https://rest.esms.vn/a"},
        "webhook": {"url": "http://127.0.0.1:9/"},
        "email": {"host": "mail.lan", "sender": "a@b.vn"},
    }
    said = {name: _host(name, options) for name, options in made.items()}
    assert said == {
        "modem": "", "smpp": "10.0.0.5", "gateway": "rest.esms.vn", "webhook": "127.0.0.1", "email": "mail.lan",
    }  # fmt: skip


def test_a_channel_that_does_not_say_needs_the_internet() -> None:
    silent = [name for name, channel in CHANNELS.items() if not hasattr(channel, "host")]
    assert {"telegram", "teams", "zalo-bot", "zalo-zns", "apprise"} == set(silent)
    options = CHANNELS["telegram"].Options.model_construct()
    assert host("telegram", options) is None


def _host(name: str, options: Mapping[str, object]) -> str | None:
    return host(name, CHANNELS[name].Options.model_validate(options))


def test_what_channels_cannot_send_to() -> None:
    assert misaddressed("modem", "113").startswith("'113' is not a telephone number")
    assert misaddressed("email", "an").startswith("'an' is not a mail address")
    said = {name: misaddressed(name, "0912 000 111") for name in ("modem", "smpp", "gateway", "apprise")}
    assert said == {"modem": "", "smpp": "", "gateway": "", "apprise": ""}
    assert misaddressed("email", "An <an@example.vn>") == ""
