"""The SNMP source against agents that break, lie and never end: a clear reason for that endpoint, and no more."""

from __future__ import annotations

import asyncio
import contextlib
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from collectors.snmp import mib
from collectors.snmp.poll import AREAS, ROWS, TOGETHER
from collectors.snmp.report import CHANGES, SPACING
from collectors.snmp.session import TRIES
from collectors.sources import snmp
from collectors.wire.snmp import Kind, Tag, Value, Varbind, decode, encode, name
from ioc.errors import NoAnswer
from ioc.model import Reason, Verdict
from tests.collectors.snmp_agent import agent, honest
from tests.collectors.test_source_snmp import Device

SYSTEM = {mib.UPTIME: ("ticks", 500_000)}
IF_NAME = name(mib.IF_NAME)


def interfaces(count: int, prefix: str = "eth") -> dict[str, tuple[str, Any]]:
    held: dict[str, tuple[str, Any]] = dict(SYSTEM)
    for index in range(1, count + 1):
        held |= {
            f"{mib.IF_NAME}.{index}": ("octets", f"{prefix}{index}"),
            f"{mib.IF_ADMIN}.{index}": ("integer", mib.UP),
            f"{mib.IF_OPER}.{index}": ("integer", mib.UP),
        }
    return held


class Twisted:
    """Answers GETBULK of a column by rows that a test makes; the rest honestly."""

    def __init__(self, rows: Iterator[Varbind], at_once: int = 20) -> None:
        self._rows = rows
        self._at_once = at_once

    def __call__(self, request: bytes, response: bytes | None) -> list[bytes]:
        asked = decode(request)
        if asked.kind is not Kind.GET_BULK or response is None:
            return [] if response is None else [response]
        rows = tuple(row for _, row in zip(range(self._at_once), self._rows, strict=False))
        return [encode(replace(decode(response), varbinds=rows))]


def endless() -> Iterator[Varbind]:
    number = 0
    while True:
        number += 1
        yield (*IF_NAME, number), Value(Tag.OCTETS, b"eth%d" % number)


def repeating(*indexes: int) -> Iterator[Varbind]:
    while True:
        for index in indexes:
            yield (*IF_NAME, index), Value(Tag.OCTETS, b"eth%d" % index)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (endless(), f"interfaces: {mib.IF_NAME} has more than {ROWS} rows"),
        (
            repeating(5),
            f"interfaces: {mib.IF_NAME} does not go on after {mib.IF_NAME}.5, but to {mib.IF_NAME}.5",
        ),
        (
            repeating(1, 2, 3),
            f"interfaces: {mib.IF_NAME} does not go on after {mib.IF_NAME}.3, but to {mib.IF_NAME}.1",
        ),
        (
            repeating(9, 4),
            f"interfaces: {mib.IF_NAME} does not go on after {mib.IF_NAME}.9, but to {mib.IF_NAME}.4",
        ),
    ],
    ids=["never ends", "repeats", "goes round", "goes back"],
)
async def test_a_table_that_does_not_end(rows: Iterator[Varbind], said: str) -> None:
    device = Device()
    async with agent() as there:
        there.hold(interfaces(3))
        there.twist = Twisted(rows)
        sample = await device.read(there.port, 30.0, what=["interfaces"], include=["eth1", "eth2", "eth3"])
        assert (sample.verdict, sample.reason) == (Verdict.DEGRADED, Reason.WRONG_ANSWER)
        assert sample.detail.startswith(said)
        assert "if_down" not in sample.fields and sample.fields["uptime"] == 5_000
        assert there.asked <= ROWS / 20 + 10
    assert device.telemetry.count("ioc_snmp_flaws") == 1
    await device.source.close()


async def test_a_storage_table_that_does_not_end_costs_storage_alone() -> None:
    device = Device()

    def rows() -> Iterator[Varbind]:
        number = 0
        while True:
            number += 1
            yield (*name(mib.STORAGE_TYPE), number), Value(Tag.OID, name(mib.FIXED_DISK))

    held = {**SYSTEM, mib.CPU_IDLE: ("integer", 20)}
    async with agent() as there:
        there.hold(held)
        there.twist = Twisted(rows())
        sample = await device.read(there.port, 30.0, what=["storage", "cpu"])
    assert sample.detail.startswith(f"storage: {mib.STORAGE_TYPE} has more than {AREAS} rows")
    assert sample.fields["cpu"] == 80.0 and "storage" not in sample.fields
    await device.source.close()


@pytest.mark.parametrize("at_once", [0, 1])
async def test_an_agent_that_gives_a_row_at_a_time_or_none(at_once: int) -> None:
    device = Device()
    rows = ((*IF_NAME, index) for index in range(1, 4))
    async with agent() as there:
        there.hold(interfaces(3))
        there.twist = Twisted(((oid, Value(Tag.OCTETS, b"eth%d" % oid[-1])) for oid in rows), at_once)
        sample = await device.read(there.port, what=["interfaces"])
    assert sample.verdict is Verdict.OK
    assert len(device.points) == 3 * at_once
    await device.source.close()


async def test_an_agent_that_stops_in_the_middle_of_a_table() -> None:
    device = Device()
    async with agent() as there:
        there.hold(interfaces(3))
        there.twist = lambda request, response: (
            [response] if response and decode(request).kind is Kind.GET else []
        )
        sample = await device.read(there.port, 0.6, what=["interfaces"])
        assert (sample.verdict, sample.reason) == (Verdict.DEGRADED, Reason.NO_ANSWER)
        assert sample.fields["uptime"] == 5_000 and there.asked <= 1 + TRIES
        there.twist = lambda _, response: [response] if response else []
        assert (await device.read(there.port, 10.0, what=["interfaces"])).verdict is Verdict.OK
    await device.source.close()


async def test_a_device_that_restarts_in_the_middle() -> None:
    device, began = Device(), Device().clock.at
    async with agent() as there:
        for after, uptimes in ((0, [5_000] * 3), (60, [5_060, 5_060, 2])):
            device.clock.at = began + after
            held = interfaces(6)
            octets = 10_000_000 * (after + 1)
            for index in range(1, 7):
                held |= {f"{mib.IF_WIDE_IN}.{index}": ("counter64", octets)}
                held |= {f"{mib.IF_WIDE_OUT}.{index}": ("counter64", octets)}
                held |= {f"{mib.IF_HIGH_SPEED}.{index}": ("gauge32", 1_000)}
            there.hold(held)
            there.twist = _uptimes(iter(uptimes))
            await device.read(there.port, what=["interfaces"])
    rates = [each.fields.get("in_bits") for each in device.points]
    assert rates == [pytest.approx(8e7)] * TOGETHER + [None] * (6 - TOGETHER)
    await device.source.close()


def _uptimes(uptimes: Iterator[int]) -> Any:
    """Has every answer that tells the uptime tell the next of these."""

    def twist(_: bytes, response: bytes | None) -> list[bytes]:
        assert response is not None
        said = decode(response)
        if said.varbinds and said.varbinds[0][0] == name(mib.UPTIME):
            first = (said.varbinds[0][0], Value(Tag.TICKS, next(uptimes) * 100))
            response = encode(replace(said, varbinds=(first, *said.varbinds[1:])))
        return [response]

    return twist


def _changed(change: Any) -> Any:
    def twist(_: bytes, response: bytes | None) -> list[bytes]:
        assert response is not None
        made = change(response)
        return made if isinstance(made, list) else [made]

    return twist


def _message(response: bytes, **change: Any) -> bytes:
    return encode(replace(decode(response), **change))


TEXT_FOR_UPTIME = ((name(mib.UPTIME), Value(Tag.OCTETS, b"lau lam")),)
NOT_ANSWERS: dict[str, tuple[Any, Reason]] = {
    "cut": (lambda response: response[:-3], Reason.WRONG_ANSWER),
    "not SNMP": (lambda response: b"HTTP/1.1 400 Bad Request\r\n\r\n", Reason.WRONG_ANSWER),
    "oversized": (lambda response: response + bytes(9_000), Reason.WRONG_ANSWER),
    "a panic in gufo-snmp": (
        lambda response: response.replace(b"\x30\x0f\x06\x08", b"\x30\x00\x06\x08"),
        Reason.WRONG_ANSWER,
    ),
    "another request's": (
        lambda response: _message(response, request=decode(response).request ^ 1),
        Reason.NO_ANSWER,
    ),
    "another community's": (lambda response: _message(response, community=b"khac"), Reason.NO_ANSWER),
    "a request": (lambda response: _message(response, kind=Kind.GET), Reason.WRONG_ANSWER),
    "without varbinds": (lambda response: _message(response, varbinds=()), Reason.WRONG_ANSWER),
    "an error": (lambda response: _message(response, first=5, second=1, varbinds=()), Reason.WRONG_ANSWER),
    "text for uptime": (
        lambda response: _message(response, varbinds=TEXT_FOR_UPTIME),
        Reason.WRONG_ANSWER,
    ),
    "silence": (lambda response: [], Reason.NO_ANSWER),
}


@pytest.mark.parametrize(("change", "reason"), NOT_ANSWERS.values(), ids=NOT_ANSWERS)
async def test_an_answer_that_is_none(change: Any, reason: Reason) -> None:
    device = Device()
    async with agent() as there:
        there.hold(SYSTEM)
        there.twist = _changed(change)
        patience = (
            0.6 if reason is Reason.NO_ANSWER else 10.0
        )  # a panic's backtrace may take a second to print
        with pytest.raises(NoAnswer) as refused:
            await device.read(there.port, patience, what=["uptime"])
        assert refused.value.reason == reason, refused.value.detail
        assert there.asked <= 2 * TRIES
        there.twist = _changed(lambda response: response)
        assert (await device.read(there.port, 10.0, what=["uptime"])).verdict is Verdict.OK, "it recovers"
    await device.source.close()


async def test_who_asks_again_soon_hears_only_that_it_answers() -> None:
    """Devices in doubt are asked every two seconds, hundreds at once: reading their tables would make it worse."""
    device = Device()
    async with agent() as there:
        there.hold(interfaces(3))
        await device.read(there.port, what=["interfaces"])
        asked, device.points = there.asked, []
        device.clock.at += 2
        sample = await device.read(there.port, what=["interfaces"])
        assert sample.verdict is Verdict.OK and set(sample.fields) == {"rtt", "uptime"}
        assert (there.asked - asked, device.points) == (1, [])
        device.clock.at += 60 * SPACING - 2
        assert "if_down" in (await device.read(there.port, what=["interfaces"])).fields
    await device.source.close()


async def test_a_flaw_is_looked_at_again_once_and_then_stands_until_the_next_reading() -> None:
    device = Device()
    async with agent() as there:
        there.hold(interfaces(3))
        there.twist = Twisted(repeating(5))
        first = await device.read(there.port, what=["interfaces"])
        asked = there.asked
        again = await device.read(there.port, what=["interfaces"])
        assert there.asked - asked > 1
        asked = there.asked
        stands = await device.read(there.port, what=["interfaces"])
        assert there.asked - asked == 1
        assert {(each.verdict, each.detail) for each in (first, again, stands)} == {
            (Verdict.DEGRADED, first.detail)
        }
        there.twist = honest
        device.clock.at += 60 * SPACING
        assert (await device.read(there.port, what=["interfaces"])).verdict is Verdict.OK
    await device.source.close()


async def test_only_so_many_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snmp, "AT_ONCE", 2)
    device = Device()
    async with contextlib.AsyncExitStack() as running:
        agents = [await running.enter_async_context(agent(f"127.0.0.{n}")) for n in range(1, 5)]
        for each in agents:
            each.hold(interfaces(3))
        asked = [
            device.read(each.port, address=f"127.0.0.{n}", what=["interfaces"])
            for n, each in enumerate(agents, start=1)
        ]
        samples = await asyncio.gather(*asked)
    assert {each.verdict for each in samples} == {Verdict.OK}
    assert sum("if_down" in each.fields for each in samples) == 2
    assert device.telemetry.count("ioc_snmp_readings_put_off") == 2
    await device.source.close()


async def test_one_lost_answer_costs_nothing() -> None:
    device = Device()
    async with agent() as there:
        there.hold(interfaces(3))
        lost = iter([True, False, True] + [False] * 20)
        there.twist = lambda _, response: [] if next(lost) or response is None else [response]
        sample = await device.read(there.port, 3.0, what=["interfaces"])
    assert (sample.verdict, len(device.points)) == (Verdict.OK, 3)
    await device.source.close()


async def test_bytes_changed_at_random_end_in_a_sample_or_a_reason() -> None:
    rng, device = random.Random(11), Device()

    def change(response: bytes) -> bytes:
        made = bytearray(response)
        for _ in range(rng.randrange(4)):
            made[rng.randrange(len(made))] = rng.choice([0, 0x30, 0x80, 0xFF, rng.randrange(256)])
        return bytes(made)

    ends = set()
    async with agent() as there:
        there.hold(interfaces(4))
        there.twist = _changed(change)
        for _ in range(60):
            try:
                sample = await device.read(there.port, 0.06, what=["interfaces"])
            except NoAnswer as error:
                ends.add(error.reason)
            else:
                ends.add(str(sample.verdict))
    assert {"wrong_answer"} < ends <= {"ok", "degraded", "wrong_answer", "no_answer"}
    await device.source.close()


async def test_names_that_always_change_make_only_so_many_series() -> None:
    device, seen = Device(), set()
    async with agent() as there:
        for turn in range(10):
            there.hold(interfaces(4, prefix=f"ppp{turn}-"))
            device.clock.at += 60
            sample = await device.read(there.port, what=["interfaces"], most_interfaces=4)
            seen |= {each.tags for each in device.points}
    assert len(seen) == 4 * CHANGES
    assert sample.detail == "4 interfaces or storage areas more than are recorded"
    assert device.telemetry.count("ioc_snmp_dropped") == 4 * (10 - CHANGES)
    await device.source.close()


@pytest.mark.parametrize("bad", ["\\", "a\\", "", "\x00\x01", "x" * 300, "hai\ndòng"])
async def test_a_name_is_always_one_that_history_can_hold(bad: str) -> None:
    device = Device()
    async with agent() as there:
        there.hold({**interfaces(1), f"{mib.IF_NAME}.1": ("octets", bad)})
        await device.read(there.port, what=["interfaces"])
    (point,) = device.points
    found = point.tags[0][1]
    assert 0 < len(found) <= mib.NAME_CAP and found.isprintable() and not found.endswith("\\")
    await device.source.close()


async def test_many_ask_one_agent_one_after_another_over_one_socket() -> None:
    device = Device()
    async with agent() as there:
        there.hold(interfaces(3))
        peers = set()
        heard = there.datagram_received

        def listen(data: bytes, addr: Any) -> None:
            peers.add(addr)
            heard(data, addr)

        there.datagram_received = listen  # type: ignore[method-assign]
        asked = [device.read(there.port, what=["interfaces"]) for _ in range(6)]
        samples = await asyncio.gather(*asked)
    assert {each.verdict for each in samples} == {Verdict.OK}
    assert len(peers) == 1
    await device.source.close()


POUR = """
import socket, sys
fd, data, host, port = sys.argv[1:]
line = socket.socket(fileno=int(fd))
while True:
    try:
        line.sendto(bytes.fromhex(data), (host, int(port)))
    except OSError:
        pass
"""


async def test_an_agent_that_pours_out_wrong_answers_is_given_up_in_time() -> None:
    """By a process of its own: only then is there an answer at every moment."""
    device = Device()
    async with agent() as there:
        there.hold(SYSTEM)
        with there.line() as line, contextlib.ExitStack() as pouring:

            def wrong(request: bytes, response: bytes | None) -> list[bytes]:
                assert response is not None
                there.twist = _changed(lambda response: [])
                data = _message(response, request=decode(response).request ^ 1).hex()
                command = [sys.executable, "-c", POUR, str(line.fileno()), data, *map(str, there.peer)]
                process = subprocess.Popen(command, pass_fds=[line.fileno()])
                pouring.callback(process.wait)
                pouring.callback(process.kill)
                return []

            there.twist = wrong
            asked = asyncio.create_task(device.read(there.port, 1.0, what=["uptime"]))
            done, _ = await asyncio.wait((asked,), timeout=5.0)
        assert done, "still reads wrong answers four seconds after its time was over"
        with pytest.raises(NoAnswer):
            asked.result()
        there.twist = _changed(lambda response: response)
        assert (await device.read(there.port, 2.0, what=["uptime"])).verdict is Verdict.OK
    await device.source.close()


async def test_a_cancelled_question_leaves_the_agent_to_the_next() -> None:
    device = Device()
    async with agent() as there:
        there.hold(SYSTEM)
        there.twist = _changed(lambda response: [])
        asked = asyncio.create_task(device.read(there.port, 60.0, what=["uptime"]))
        while not there.asked:
            await asyncio.sleep(0)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        there.twist = _changed(lambda response: response)
        assert (await device.read(there.port, 60.0, what=["uptime"])).verdict is Verdict.OK
    await device.source.close()
