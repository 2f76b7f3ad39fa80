"""Any bytes at all into the SIP codec: a result or CodecError, nothing else."""

from __future__ import annotations

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.wire import sip
from ioc.errors import CodecError

GOOD = (
    b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h:1;branch=z9hG4bK0123456789abcdef\r\nFrom: a\r\nTo: b\r\nCall-ID: c\r\n"
    b"CSeq: 1 OPTIONS\r\nContent-Length: 4\r\n\r\nbody"
)
PIECES = [
    b"SIP/2.0 ", b"200", b" OK", b"\r\n", b"\r\n\r\n", b"Via", b": ", b":", b";branch=", b"z9hG4bK", b"\r\n ",
    b"\r\n\t", b"Content-Length: ", b"l:", b"0", b"99999999999", b"-1", b"CSeq: 1 OPTIONS",
    b"\x00", b"\xff", b",", b";", b"v:",
]  # fmt: skip

mutated = st.builds(
    lambda at, cut, new: GOOD[:at] + new + GOOD[at + cut :],
    st.integers(0, len(GOOD)),
    st.integers(0, 40),
    st.binary(max_size=20) | st.sampled_from(PIECES),
)
made = st.lists(st.sampled_from(PIECES) | st.binary(max_size=6), max_size=40).map(b"".join)
anything = st.binary(max_size=400) | mutated | made


@settings(max_examples=800, deadline=None)
@given(anything)
def test_a_datagram(data: bytes) -> None:
    token = sip.token_of(data)
    assert token is None or len(token) == sip.TOKEN_LENGTH
    with contextlib.suppress(CodecError):
        response = sip.decode(data)
        assert 100 <= response.status <= 699
        assert len(response.phrase) <= 80
        assert len(response.body) <= sip.BODY_CAP


@settings(max_examples=800, deadline=None)
@given(st.lists(anything, max_size=6))
def test_a_stream(pieces: list[bytes]) -> None:
    stream = sip.Stream()
    with contextlib.suppress(CodecError):
        for piece in pieces:
            for response in stream.feed(piece):
                assert 100 <= response.status <= 699
    assert len(stream._held) <= sip.HEADERS_CAP + sip.BODY_CAP + sum(map(len, pieces))


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40), st.binary(max_size=20))
def test_a_request(user: str, host: str, token: bytes) -> None:
    with contextlib.suppress(CodecError):
        data = sip.encode(sip.Options(user, host, None, "UDP", "ioc", "h", 5060), token)
        assert data.count(b"\r\n\r\n") == 1
        assert data.count(b"\n") == data.count(b"\r\n") == 11
