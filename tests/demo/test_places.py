"""Where the demo listens is free, and on loopback."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

from ioc.demo.places import BLOCKS, choose, listening
from ioc.errors import IocError


def test_a_taken_block_is_passed_over() -> None:
    first = choose()
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as taken:
        taken.bind((f"127.{first.block}.0.2", first.sip))
        second = choose()
    assert second != first
    assert second.block in BLOCKS


def test_a_port_taken_on_every_address_gives_other_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ioc.demo.places._free", lambda host, port, kind: port != 15060)
    assert (choose().sip, choose().banner) == (15160, 12322)


def test_no_free_address_at_all_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ioc.demo.places._free", lambda host, port, kind: False)
    with pytest.raises(IocError, match="no free loopback addresses for the province in 127.64 to 127.127"):
        choose()


@pytest.mark.parametrize(
    ("listen", "why"),
    [
        ("8080", "is no HOST:PORT"),
        ("127.0.0.1:http", "is no HOST:PORT"),
        ("127.0.0.1:0", "is no HOST:PORT"),
        ("127.0.0.1:65536", "is no HOST:PORT"),
        ("0.0.0.0:8080", "listens on loopback only"),
        ("192.0.2.1:8080", "ssh -L"),
    ],
)
def test_where_the_wall_can_not_be(listen: str, why: str) -> None:
    with pytest.raises(IocError, match=why):
        listening(listen)


def test_a_taken_port_is_told_with_another() -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(IocError, match=f"choose another, as --listen 127.0.0.1:{port + 1}"):
            listening(f"127.0.0.1:{port}")
    assert listening(f"127.0.0.1:{port}") == ("127.0.0.1", port)
