"""Who may: tokens, cookies, origins, hosts and the limit on wrong tokens."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ioc.clock import Clock
from ioc.errors import Refused
from ioc.telemetry import Telemetry
from web.auth import ATTEMPTS, PEERS, WINDOW, Access, Asked, Gate, Need, asked_of, local, own, seal

READ, WRITE = "read-token-of-16", "write-token-of-16"
GUARDED = Access(read_token=READ, write_token=WRITE, loopback=False)
HERE = "ioc.thanhhoa.gov.vn"


class Still(Clock):
    def __init__(self) -> None:
        super().__init__()
        self.at = 1000.0

    def now(self) -> float:
        return self.at


def gate(access: Access = GUARDED) -> tuple[Gate, Still, Telemetry]:
    clock, telemetry = Still(), Telemetry()
    return Gate(access, clock, telemetry), clock, telemetry


def asked(host: str = HERE, **more: str) -> Asked:
    return Asked("10.0.0.9", host, **more)


@pytest.mark.parametrize(
    ("request_", "may"),
    [
        (asked(), Need.NOTHING),
        (asked(bearer=READ), Need.READ),
        (asked(bearer=WRITE), Need.WRITE),
        (asked(bearer="no"), Need.NOTHING),
        (asked(cookie=seal(GUARDED, Need.READ)), Need.READ),
        (asked(cookie=seal(GUARDED, Need.WRITE)), Need.WRITE),
        (asked(cookie=READ), Need.NOTHING),
        (asked(cookie="\udcff"), Need.NOTHING),
        (asked(bearer="mật khẩu"), Need.NOTHING),
    ],
)
def test_what_is_shown_decides_what_may_be_done(request_: Asked, may: Need) -> None:
    assert gate()[0].grant(request_) is may


def test_on_loopback_without_tokens_everything_may_be_done() -> None:
    assert gate(Access())[0].grant(asked("localhost")) is Need.WRITE


def test_elsewhere_without_tokens_nothing_may_be_done() -> None:
    with pytest.raises(Refused, match="a read token is needed"):
        gate(Access(loopback=False))[0].check(asked(), Need.READ, writes=False, upgrades=False)


def test_an_unset_write_token_is_not_an_empty_password() -> None:
    only_read = Access(read_token=READ)
    assert gate(only_read)[0].grant(asked("localhost")) is Need.NOTHING
    empty_seal = seal(Access(), Need.WRITE)
    assert gate(only_read)[0].grant(asked("localhost", cookie=empty_seal)) is Need.NOTHING


@pytest.mark.parametrize(
    ("request_", "need", "status"),
    [
        (asked(), Need.READ, 401),
        (asked(bearer=READ), Need.WRITE, 403),
        (asked(bearer=WRITE, origin="https://evil.example"), Need.WRITE, 403),
        (asked(cookie=seal(GUARDED, Need.WRITE)), Need.WRITE, 403),  # neither Origin nor Bearer
        (asked(cookie=seal(GUARDED, Need.WRITE), origin="null"), Need.WRITE, 403),
    ],
)
def test_refusals_have_their_status(request_: Asked, need: Need, status: int) -> None:
    with pytest.raises(Refused) as refused:
        gate()[0].check(request_, need, writes=need is Need.WRITE, upgrades=False)
    assert refused.value.status == status


def test_without_tokens_a_write_is_told_the_origin_that_is_taken() -> None:
    for access in (Access(), Access(origins=("https://wall.example.vn",))):
        asks = asked("localhost:8080")
        with pytest.raises(Refused) as refused:
            gate(access)[0].check(asks, Need.WRITE, writes=True, upgrades=False)
        origin = str(refused.value).partition("Origin: ")[2]
        again = replace(asks, origin=origin)
        assert gate(access)[0].check(again, Need.WRITE, writes=True, upgrades=False) is Need.WRITE


def test_a_write_from_our_own_page_is_done() -> None:
    request = asked(cookie=seal(GUARDED, Need.WRITE), origin=f"https://{HERE}")
    assert gate()[0].check(request, Need.WRITE, writes=True, upgrades=False) is Need.WRITE


@pytest.mark.parametrize(
    ("origin", "host", "ours"),
    [
        ("http://a.vn", "a.vn", True),
        ("http://a.vn:80", "a.vn", True),
        ("https://a.vn", "a.vn:443", True),
        ("http://a.vn:8080", "a.vn:8080", True),
        ("http://[::1]:8080", "[::1]:8080", True),
        ("http://A.vn", "a.vn", True),
        ("http://a.vn:8081", "a.vn:8080", False),
        ("http://a.vn.evil.com", "a.vn", False),
        ("http://a.vn@evil.com", "evil.com", False),
        ("http://a.vn/x", "a.vn", False),
        ("ftp://a.vn", "a.vn", False),
        ("null", "a.vn", False),
        ("http://a.vn:99999", "a.vn", False),
        ("", "", False),
    ],
)
def test_a_page_is_ours_when_host_and_port_are(origin: str, host: str, ours: bool) -> None:
    assert own(origin, host, Access()) is ours


def test_listed_origins_are_the_only_ones() -> None:
    access = Access(origins=("https://wall.example.vn",))
    assert own("https://wall.example.vn", "inner:8080", access)
    assert not own("http://inner:8080", "inner:8080", access)


def test_the_public_address_is_ours_behind_a_proxy_that_renames_the_host() -> None:
    assert own("https://ioc.vn", "127.0.0.1:8080", Access(public_url="https://ioc.vn"))


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost:8080", True),
        ("127.0.0.1", True),
        ("127.8.8.8:1", True),
        ("[::1]:8080", True),
        ("ioc.vn", True),
        ("rebound.evil.com:8080", False),
        ("localhost.evil.com", False),
        ("10.0.0.1", False),
        ("", False),
        ("a b", False),
    ],
)
def test_on_loopback_only_names_that_dns_cannot_forge(host: str, here: bool) -> None:
    assert local(host, "https://ioc.vn") is here


def test_a_rebound_name_is_refused_and_counted() -> None:
    guard, _, telemetry = gate(Access())
    with pytest.raises(Refused, match=r"Host 'evil.com' is not this machine") as refused:
        guard.check(asked("evil.com"), Need.READ, writes=False, upgrades=False)
    assert refused.value.status == 421
    assert telemetry.count("ioc_web_foreign") == 1


def test_after_ten_wrong_tokens_even_the_right_one_waits_a_minute() -> None:
    guard, clock, telemetry = gate()
    for _ in range(ATTEMPTS):
        assert guard.redeem("p", "wrong") is Need.NOTHING
    with pytest.raises(Refused) as refused:
        guard.redeem("p", READ)
    assert refused.value.status == 429
    assert guard.redeem("another", READ) is Need.READ
    assert guard.grant(Asked("p", HERE, cookie=seal(GUARDED, Need.READ))) is Need.READ
    clock.at += WINDOW - 0.001
    with pytest.raises(Refused):
        guard.redeem("p", READ)
    clock.at += 0.001
    assert guard.redeem("p", READ) is Need.READ
    assert telemetry.count("ioc_web_wrong_tokens") == ATTEMPTS
    assert telemetry.count("ioc_web_limited") == 2


def test_the_memory_of_wrong_tokens_is_bounded() -> None:
    guard, _, _ = gate()
    for peer in range(PEERS + 50):
        guard.redeem(str(peer), "wrong")
    assert len(guard._wrong) == PEERS


def test_headers_are_read_as_they_come() -> None:
    headers = {"Authorization": "bearer  abc ", "Host": "h", "Origin": "http://h"}
    assert asked_of("p", headers, {"ioc_access": "c"}) == Asked("p", "h", "http://h", "abc", "c")
    assert asked_of("p", {"Authorization": "Basic abc"}, {}) == Asked("p", "")
