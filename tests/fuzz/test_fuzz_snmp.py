"""Any bytes at all into the SNMP codec and the demo's agent: a result or CodecError, nothing else."""

from __future__ import annotations

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.wire import snmp
from collectors.wire.snmp import Kind, Message, Tag, Value
from ioc.demo.agent import ROOM, answer
from ioc.demo.device import COMMUNITY, Device
from ioc.errors import CodecError

DEVICE = Device("switch", "sw-1", "một")
NAME = snmp.name("1.3.6.1.2.1.31.1.1.1.6")
KINDS = [
    snmp.encode(Message(COMMUNITY.encode(), kind, 7, ((NAME, Value(Tag.COUNTER64, 1 << 63)),) * 3, 1, 40))
    for kind in Kind
]
TAGS = bytes([*Tag, *Kind, 0x30, 0x80, 0x84, 0xFF, 0x1F])
mutated = st.builds(
    lambda good, at, cut, new: good[:at] + new + good[at + cut :],
    st.sampled_from(KINDS),
    st.integers(0, len(KINDS[0])),
    st.integers(0, 9),
    st.binary(max_size=9) | st.lists(st.sampled_from(TAGS), max_size=4).map(bytes),
)
anything = st.binary(max_size=200) | mutated


@settings(max_examples=600, deadline=None)
@given(anything)
def test_a_message_is_read_as_it_would_be_written(data: bytes) -> None:
    with contextlib.suppress(CodecError):
        message = snmp.decode(data)
        assert snmp.decode(snmp.encode(message)) == message


@settings(max_examples=600, deadline=None)
@given(anything)
def test_an_agent_answers_what_was_asked_or_nothing(data: bytes) -> None:
    with contextlib.suppress(CodecError):
        asked = snmp.decode(data)
        response = answer(data, COMMUNITY.encode(), DEVICE.tree(60.0))
        if response is None:
            assert asked.community != COMMUNITY.encode() or asked.kind is Kind.RESPONSE
            return
        said = snmp.decode(response)
        assert (said.kind, said.request) == (Kind.RESPONSE, asked.request)
        assert len(response) <= max(ROOM, len(data) + 20)
