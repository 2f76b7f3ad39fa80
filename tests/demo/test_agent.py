"""The demo's SNMP agent, by itself and as Net-SNMP's own client and gufo-snmp read it."""

from __future__ import annotations

import asyncio
import subprocess
from typing import Any

import pytest
from gufo.snmp.aio import SnmpSession

from collectors.wire.snmp import NULL, Kind, Message, Oid, Tag, Value, decode, encode, name
from ioc.demo.agent import NOT_WRITABLE, REPETITIONS_CAP, ROOM, TOO_BIG, Names, Tree, answer
from ioc.demo.device import IF_X_TABLE, Device
from tests.collectors.snmp_agent import COMMUNITY, agent
from tests.real.fixtures import part

A, B, C = (name(f"1.3.6.1.4.1.5.{number}") for number in (1, 2, 3))
HELD: dict[Oid, Value] = {
    A: Value(Tag.INTEGER, 1),
    B: Value(Tag.OCTETS, b"hai"),
    C: Value(Tag.COUNTER64, 1 << 63),
}
TREE = Tree(Names(HELD), HELD.__getitem__)
END = Value(Tag.END_OF_VIEW)


def ask(kind: Kind, *oids: Oid, first: int = 0, second: int = 0, tree: Tree = TREE) -> Message:
    asked = Message(b"c", kind, 9, tuple((oid, NULL) for oid in oids), first, second)
    response = answer(encode(asked), b"c", tree)
    assert response is not None
    said = decode(response)
    assert (said.community, said.kind, said.request) == (b"c", Kind.RESPONSE, 9)
    return said


def test_get_tells_what_there_is_and_what_is_not() -> None:
    absent = (*A, 7)
    assert ask(Kind.GET, B, absent).varbinds == ((B, HELD[B]), (absent, Value(Tag.NO_INSTANCE)))


def test_get_next_goes_through_everything_and_ends() -> None:
    assert ask(Kind.GET_NEXT, (1, 3), A, C).varbinds == ((A, HELD[A]), (B, HELD[B]), (C, END))


def test_get_bulk_repeats_what_is_to_be_repeated() -> None:
    said = ask(Kind.GET_BULK, A, A, B, first=1, second=2).varbinds
    assert said == ((B, HELD[B]), (B, HELD[B]), (C, HELD[C]), (C, HELD[C]), (C, END))


@pytest.mark.parametrize(("second", "rows"), [(-5, 0), (0, 0), (1 << 30, REPETITIONS_CAP)])
def test_get_bulk_is_bounded(second: int, rows: int) -> None:
    many = {(*A, index): Value(Tag.NULL) for index in range(200)}
    tree = Tree(Names(many), many.__getitem__)
    assert len(ask(Kind.GET_BULK, A, second=second, tree=tree).varbinds) == rows


def test_get_bulk_says_once_that_there_is_no_more() -> None:
    assert ask(Kind.GET_BULK, B, second=40).varbinds == ((C, HELD[C]), (C, END))


def test_an_answer_fits_one_packet_or_is_too_big() -> None:
    held = {(*A, index): Value(Tag.OCTETS, b"x" * 200) for index in range(50)}
    tree = Tree(Names(held), held.__getitem__)
    bulk = ask(Kind.GET_BULK, A, second=50, tree=tree)
    assert 0 < len(bulk.varbinds) < 50 and len(encode(bulk)) <= ROOM
    refused = ask(Kind.GET, *held, tree=tree)
    assert (refused.first, refused.varbinds) == (TOO_BIG, ())


def test_what_may_not_be_written_is_told() -> None:
    assert ask(Kind.SET, A).first == NOT_WRITABLE


def test_another_community_or_an_answer_hears_nothing() -> None:
    for message in (Message(b"x", Kind.GET, 1, ()), Message(b"c", Kind.RESPONSE, 1, ())):
        assert answer(encode(message), b"c", TREE) is None


def net_snmp(program: str, port: int, *arguments: str) -> list[str]:
    how = ("-v2c", "-c", COMMUNITY, "-Oqnt", "-t", "2", "-r", "0", f"127.0.0.1:{port}")
    command = [str(part("snmpget").with_name(program)), *how, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True, env={"MIBS": ""})
    return done.stdout.splitlines()


@pytest.mark.real
async def test_net_snmp_reads_it() -> None:
    device = Device("switch", "sw-1", "một")
    async with agent() as there:
        there.tree = device.tree(60.0)

        async def run(program: str, *arguments: str) -> list[str]:
            return await asyncio.to_thread(net_snmp, program, there.port, *arguments)

        wide = ".".join(map(str, (*IF_X_TABLE, 6, 3)))
        _, value = device.tree(60.0).get(name(wide))
        assert await run("snmpget", wide) == [f".{wide} {value.content!r}"]
        walked = await run("snmpbulkwalk", "1.3.6.1")
        assert len(walked) == len(device.names.known) + 1 and "No more variables" in walked.pop()
        assert walked == (await run("snmpwalk", "1.3.6.1"))[:-1]
        there.hold({"1.3.6.1.2.1.1.5.0": ("octets", "sw-1"), "1.3.6.1.2.1.1.7.0": ("integer", -5)})
        assert (await run("snmpwalk", "1.3.6.1.2.1.1"))[:-1] == [
            '.1.3.6.1.2.1.1.5.0 "sw-1"',
            ".1.3.6.1.2.1.1.7.0 -5",
        ]


async def test_gufo_reads_it() -> None:
    device = Device("uplink", "up-1", "một")
    async with agent() as there:
        there.tree = device.tree(60.0)
        session = SnmpSession("127.0.0.1", there.port, community=COMMUNITY, timeout=2.0)
        walked: dict[str, Any] = {oid: value async for oid, value in session.getbulk("1.3.6.1")}
    held = {oid: device.tree(60.0).get(oid)[1].content for oid in device.names.known}
    assert {name(oid): value for oid, value in walked.items()} == held
