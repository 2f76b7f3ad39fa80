"""A whole service with a modem on a pseudo terminal: a test page, an incident, a modem that is pulled out."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.sms import port
from tests.alerts.sms.modem import Talk, Terminal
from tests.alerts.sms.tpdu import joined
from tests.service.conftest import Build
from tests.service.house import House

PEOPLE = {"an": {"name": "Nguyễn Văn An", "contacts": [{"by": "sms", "to": "0912 000 111"}]}}
ROUTES = [{"id": "all", "tell": ["person:an"]}]


async def with_modem(build: Build, device: Path) -> House:
    """A house in which An has a telephone."""
    house = await build()
    house.config["receivers"]["sms"] = {"channel": "modem", "device": str(device)}
    house.config |= {"people": PEOPLE, "routes": ROUTES}
    house.write()
    return house


def texts(terminal: Terminal) -> list[str]:
    """The messages that a modem took, two parts each."""
    taken = terminal.talk.taken
    assert {joined([each])[0] for each in taken} <= {"+84912000111"}
    return [joined(taken[at : at + 2])[1] for at in range(0, len(taken) - 1, 2)]


async def test_an_incident_and_a_modem_that_is_pulled_out_and_put_in(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(port, "QUIET", 0.002)
    device = tmp_path / "modem"
    one, two = Terminal(Talk()), Terminal(Talk())
    device.symlink_to(one.device)
    house = await with_modem(build, device)
    await house.start()
    await house.all_up()
    await house.things["a"].fall()
    await house.until(lambda: len(one.talk.taken) == 2)
    assert texts(one)[0].splitlines()[0].endswith(str(house.incident("a")["title"]))
    one.unplug()
    device.unlink()
    await house.things["a"].rise()
    await house.until(lambda: house.see("self/channel/sms").get("state") == "failing")
    assert "No such file or directory" in house.see("self/channel/sms")["detail"]
    device.symlink_to(two.device)
    await house.until(lambda: house.see("self/channel/sms").get("state") == "ok")
    assert texts(two)[0].startswith("(Gửi lại) Đã hết: ")
    two.unplug()
