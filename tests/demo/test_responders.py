"""The responders' process answers for real, and obeys its control line."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest
from gufo.snmp.aio import SnmpSession

from ioc.demo.child import allow_descriptors
from ioc.demo.children import Child, ChildError
from ioc.demo.control import ControlError, Responders
from ioc.demo.device import COMMUNITY, UPTIME
from ioc.demo.places import choose
from ioc.demo.province import Ports, Province, Thing, save
from ioc.demo.truth import Manner, Mode
from ioc.errors import IocError

REQUEST = (
    b"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\n"
    b"To: <sip:x>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n"
)
PAGE = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


def small(ports: Ports) -> Province:
    def thing(id: str, front: str, number: int, speaks: str) -> Thing:
        port = {"banner": ports.banner, "web": ports.web}.get(speaks, ports.sip)
        return Thing(id, id, "room", front, f"127.{ports.block}.200.{number}", port, speaks)

    return Province(
        (),
        (
            thing("r", "link", 1, "banner"),
            thing("up", "r", 2, "banner"),
            thing("vc", "up", 3, "sip-udp"),
            thing("vt", "up", 4, "sip-tcp"),
            thing("srv", "up", 5, "web"),
        ),
    )


class Asker:
    """Asks things of a running province, and tells the responders."""

    def __init__(self, province: Province, control: Responders, child: Child) -> None:
        self.things = province.things
        self.control = control
        self.child = child

    async def ask(self, id: str, wait: float = 1.0) -> str:
        """`ok`, `silent`, `refused` or the first line of the answer."""
        return await asyncio.to_thread(self._ask, self.things[id], wait)

    def _ask(self, thing: Thing, wait: float) -> str:
        kind = socket.SOCK_DGRAM if thing.speaks == "sip-udp" else socket.SOCK_STREAM
        with closing(socket.socket(socket.AF_INET, kind)) as line:
            line.settimeout(wait)
            try:
                line.connect((thing.address, thing.port))
                if thing.speaks != "banner":
                    line.sendall(PAGE if thing.speaks == "web" else REQUEST)
                said = line.recv(4096).split(b"\r\n")[0].decode()
            except TimeoutError:
                return "silent"
            except ConnectionError:
                return "refused"
        return "ok" if said in ("SIP/2.0 200 OK", "SSH-2.0-demo", "HTTP/1.1 200 OK") else said


@pytest.fixture
async def asker(tmp_path: Path) -> AsyncIterator[Asker]:
    province = small(choose())
    save(province, tmp_path / "roster.json")
    child = await Child.module("responders", tmp_path, tmp_path / "roster.json", tmp_path / "control")
    assert await child.ready() == {"ready": True, "things": 5}
    control = await Responders.connect(tmp_path / "control")
    try:
        yield Asker(province, control, child)
    finally:
        await control.close()
        await child.stop()
    assert child.process.returncode == 0, child.said()


async def states(asker: Asker) -> dict[str, str]:
    return dict(zip(asker.things, await asyncio.gather(*map(asker.ask, asker.things)), strict=True))


async def test_everything_answers(asker: Asker) -> None:
    assert await states(asker) == {"r": "ok", "up": "ok", "vc": "ok", "vt": "ok", "srv": "ok"}


async def test_a_cut_silences_what_is_behind_and_healing_undoes_it(asker: Asker) -> None:
    await asker.control.cut(["up"])
    assert await states(asker) == {"r": "ok", "up": "silent", "vc": "silent", "vt": "silent", "srv": "silent"}
    await asker.control.cut(["link"])
    assert set((await states(asker)).values()) == {"silent"}
    await asker.control.heal(["link", "up"])
    assert set((await states(asker)).values()) == {"ok"}


async def test_an_agent_goes_silent_with_its_device(tmp_path: Path) -> None:
    ports = choose()
    address = f"127.{ports.block}.200.1"
    uplink = Thing("up", "Đường truyền", "uplink", "link", address, ports.banner, "banner", snmp=ports.snmp)
    save(Province((), [uplink]), tmp_path / "roster.json")
    child = await Child.module("responders", tmp_path, tmp_path / "roster.json", tmp_path / "control")
    await child.ready()
    control = await Responders.connect(tmp_path / "control")
    session = SnmpSession(address, ports.snmp, community=COMMUNITY, timeout=0.2)
    uptime = ".".join(map(str, UPTIME))
    try:
        first = await session.get(uptime)
        await control.cut(["up"])
        with pytest.raises(TimeoutError):
            await session.get(uptime)
        await control.heal(["up"])
        second = await session.get(uptime)
    finally:
        await control.close()
        await child.stop()
    assert isinstance(first, int) and isinstance(second, int) and 0 < second - first < 6_000


async def test_a_closed_port_refuses_and_opens_again(asker: Asker) -> None:
    await asker.control.mode(["up", "vc", "vt", "srv"], Mode(Manner.REFUSE))
    assert await states(asker) == {
        "r": "ok",
        "up": "refused",
        "vc": "refused",
        "vt": "refused",
        "srv": "refused",
    }
    await asker.control.heal(["up", "vc", "vt", "srv"])
    assert set((await states(asker)).values()) == {"ok"}


async def test_silent_accepts_a_connection_and_says_nothing(asker: Asker) -> None:
    await asker.control.silent(["r", "vc", "vt", "srv"])
    assert await states(asker) == {"r": "silent", "up": "ok", "vc": "silent", "vt": "silent", "srv": "silent"}


async def test_a_delayed_answer_comes_after_its_time(asker: Asker) -> None:
    await asker.control.mode(["vc", "vt", "up"], Mode(Manner.DELAY, 300))
    early = await asyncio.gather(*(asker.ask(id, 0.1) for id in ("vc", "vt", "up")))
    late = await asyncio.gather(*(asker.ask(id, 5.0) for id in ("vc", "vt", "up")))
    assert (early, late) == (["silent"] * 3, ["ok"] * 3)


async def test_a_bad_code_is_answered_where_there_are_codes(asker: Asker) -> None:
    await asker.control.mode(["vc", "vt", "up", "srv"], Mode(Manner.CODE, 503))
    bad = "503 Service Unavailable"
    assert await states(asker) == {
        "r": "ok",
        "up": "ok",
        "vc": f"SIP/2.0 {bad}",
        "vt": f"SIP/2.0 {bad}",
        "srv": f"HTTP/1.1 {bad}",
    }


async def test_so_many_requests_are_lost(asker: Asker) -> None:
    await asker.control.lose(["vc"], 2)
    assert [await asker.ask("vc", 0.1) for _ in range(3)] == ["silent", "silent", "ok"]


async def test_moments_are_monotonic(asker: Asker) -> None:
    first, second = await asker.control.cut(["r"]), await asker.control.heal(["r"])
    assert 0 < first <= second


async def test_a_refused_command_says_why_and_the_line_goes_on(asker: Asker) -> None:
    with pytest.raises(ControlError, match="no thing of this province is named 'vx'"):
        await asker.control.cut(["vx"])
    assert await asker.ask("vc") == "ok"
    await asker.control.heal(["vc"])


async def test_hostile_lines_are_answered_with_an_error(asker: Asker, tmp_path: Path) -> None:
    reader, writer = await asyncio.open_unix_connection(tmp_path / "control")
    for line in (b"nonsense\n", b"[]\n", b'{"do": "dance", "ids": []}\n', b'{"do": "mode", "ids": ["vc"]}\n'):
        writer.write(line)
        assert json.loads(await reader.readline())["ok"] is False
    writer.close()
    await writer.wait_closed()


async def test_bytes_that_are_no_request_are_swallowed(asker: Asker) -> None:
    thing = asker.things["vc"]
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as line:
        line.sendto(b"\0" * 2000, (thing.address, thing.port))
    assert await asker.ask("vc") == "ok"


async def test_a_taken_address_is_told(asker: Asker, tmp_path: Path) -> None:
    second = await Child.module("responders", tmp_path, tmp_path / "roster.json", tmp_path / "other")
    with pytest.raises(ChildError, match=r"r can not answer at 127\.\d+\.200\.1:\d+"):
        await second.ready()
    await second.stop()


async def test_nobody_at_the_control_socket_is_told(tmp_path: Path) -> None:
    with pytest.raises(ControlError, match="are they running"):
        await Responders.connect(tmp_path / "nobody")


def test_too_few_descriptors_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: Callable[[int], tuple[int, int]] = lambda which: (256, 1024)  # noqa: E731
    monkeypatch.setattr("resource.getrlimit", limits)
    with pytest.raises(IocError, match="4000 open descriptors are needed and 1024 are allowed"):
        allow_descriptors(4000)
    assert sys.platform == "linux"
