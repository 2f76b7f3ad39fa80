"""Addresses as people write them."""

from __future__ import annotations

import socket

import pytest

from collectors.places import KEEP, Place, Places, our_host_towards, split
from ioc.errors import SourceError
from tests.fakes import HandClock


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("192.0.2.1", ("192.0.2.1", 5060)),
        ("192.0.2.1:99", ("192.0.2.1", 99)),
        ("2001:db8::1", ("2001:db8::1", 5060)),
        ("[2001:db8::1]", ("2001:db8::1", 5060)),
        ("[2001:db8::1]:99", ("2001:db8::1", 99)),
        (" room.example.vn:65535 ", ("room.example.vn", 65535)),
    ],
)
def test_host_and_port(address: str, found: tuple[str, int]) -> None:
    assert split(address, 5060) == found


@pytest.mark.parametrize(
    "address",
    ["", ":1", "h:", "h:0", "h:65536", "h:x", "h:²", "[::1", "[::1]x", "[]:1", "a:b:c", "h:123456789"],
)
def test_what_is_no_address(address: str) -> None:
    if address == "h:":
        assert split(address, 7) == ("h", 7)
        return
    with pytest.raises(ValueError, match="write"):
        split(address, 5060)


async def test_literals_last_for_ever_and_are_found_without_asking_anyone() -> None:
    clock = HandClock()
    places = Places(clock)
    assert await places.find("127.0.0.1", 9) == Place(socket.AF_INET, "127.0.0.1", 9, ("127.0.0.1", 9))
    six = await places.find("[0:0:0:0:0:0:0:1]:7", 9)
    assert (six.family, six.host, six.peer) == (socket.AF_INET6, "::1", ("::1", 7, 0, 0))
    clock.at += 1e9
    assert await places.find("[0:0:0:0:0:0:0:1]:7", 9) is six


async def test_a_name_is_kept_for_a_minute() -> None:
    clock = HandClock()
    places = Places(clock)
    first = await places.find("localhost", 9)
    clock.at += KEEP - 0.01
    assert await places.find("localhost", 9) is first
    clock.at += 0.01
    assert await places.find("localhost", 9) is not first


async def test_an_interface_that_does_not_exist_is_said() -> None:
    with pytest.raises(SourceError, match="no interface 'nowhere0' here"):
        await Places(HandClock()).find("fe80::1%nowhere0", 9)


async def test_our_own_address() -> None:
    assert our_host_towards(await Places(HandClock()).find("127.0.0.5", 9)) == "127.0.0.1"
