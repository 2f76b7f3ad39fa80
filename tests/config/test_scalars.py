"""Durations, addresses, ports, sessions: what is taken and what is refused."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ioc.config import scalars
from ioc.config.scalars import UnfitError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10s", 10), ("1m30s", 90), ("250ms", 0.25), ("2h", 7200), ("1d", 86_400), ("0s", 0), ("1.5s", 1.5)],
)
def test_durations(text: str, seconds: float) -> None:
    assert scalars.duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "10", 10, None, "s", "10 s", "1s30m", "-", "1.5m", "१s", "1e3s", "10s\n"]
)
def test_not_durations(text: object) -> None:
    with pytest.raises(UnfitError) as caught:
        scalars.duration(text)
    assert caught.value.id == "bad-duration"


@settings(deadline=None)
@given(st.integers(0, 10**12))
def test_a_duration_is_read_back_from_what_is_written(micros: int) -> None:
    seconds = micros / 1e6
    assert math.isclose(scalars.duration(scalars.written(seconds)), seconds, rel_tol=0, abs_tol=1e-6)


@settings(deadline=None)
@given(st.text("0123456789dhms.-", max_size=12))
def test_any_text_is_a_duration_or_unfit(text: str) -> None:
    with contextlib.suppress(UnfitError):
        assert scalars.duration(text) >= 0


@pytest.mark.parametrize(
    ("text", "size"),
    [("1KiB", 1024), ("64MiB", 64 * 1024**2), ("1GiB", 1024**3), ("1.5GiB", 3 * 2**29), ("2TiB", 2**41)],
)
def test_sizes(text: str, size: int) -> None:
    assert scalars.size(text) == size
    assert scalars.sized(size) == text


@pytest.mark.parametrize("text", ["", "1", 1, None, "1GB", "1 GiB", "-1GiB", "1gib", "GiB", "१GiB", "1GiB\n"])
def test_not_sizes(text: object) -> None:
    with pytest.raises(UnfitError) as caught:
        scalars.size(text)
    assert caught.value.id == "bad-size"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("mcu.example.vn", "mcu.example.vn"),
        ("localhost", "localhost"),
    ],
)
def test_addresses(text: str, value: str) -> None:
    assert scalars.address(text) == value


@pytest.mark.parametrize(
    "text", ["", "192.0.2", "192.0.2.1:80", "[::1]", "a b", "-a", "a..b", "x" * 254, "a/b"]
)
def test_not_addresses(text: str) -> None:
    with pytest.raises(UnfitError):
        scalars.address(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("127.0.0.1:0", ("127.0.0.1", 0)),
        ("[::1]:8080", ("::1", 8080)),
        ("localhost:65535", ("localhost", 65535)),
    ],
)
def test_listen(text: str, value: tuple[str, int]) -> None:
    assert scalars.listen(text) == value


@pytest.mark.parametrize(
    "text", ["", ":80", "127.0.0.1", "::1:80", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:"]
)
def test_not_listen(text: str) -> None:
    with pytest.raises(UnfitError):
        scalars.listen(text)


@pytest.mark.parametrize(
    ("host", "alone"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
    ],
)
def test_loopback(host: str, alone: bool) -> None:
    assert scalars.loopback(host) is alone


@pytest.mark.parametrize("text", ["http://x", "https://wall.example:8443/a?b", "http://[::1]:80/"])
def test_urls(text: str) -> None:
    assert scalars.url(text) == text


@pytest.mark.parametrize(
    "text", ["", "x", "file:///etc", "http://", "http://a b", "http://[::1", "http://x:99999", "http://:0"]
)
def test_not_urls(text: str) -> None:
    with pytest.raises(UnfitError):
        scalars.url(text)


def test_an_origin_is_scheme_host_and_port() -> None:
    assert scalars.origin("https://Wall.example:8443") == "https://wall.example:8443"
    for text in ("https://wall.example/", "*", "wall.example", "https://a@b"):
        with pytest.raises(UnfitError):
            scalars.origin(text)


def test_sessions_to_midnight() -> None:
    assert scalars.session("00:00-24:00") == (0, 1440)
    for text in ("24:00-24:00", "7-8", "08:60-09:00", "23:00-24:01", "09:00-09:00"):
        with pytest.raises(UnfitError):
            scalars.session(text)
