"""The SIP codec: what it writes, what it reads, and what it says of bytes that are not SIP."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.wire import sip
from ioc.errors import CodecError

TOKEN = b"0123456789abcdef"
REQUEST = sip.Options("room", "192.0.2.7", 5062, "UDP", "ioc", "198.51.100.1", 40000)
RESPONSE = (
    b"SIP/2.0 200 OK\r\n"
    b"Via: SIP/2.0/UDP 198.51.100.1:40000;branch=z9hG4bK0123456789abcdef;rport=40000\r\n"
    b"From: <sip:ioc@198.51.100.1>;tag=0123456789abcdef\r\n"
    b"To: <sip:room@192.0.2.7:5062>;tag=77\r\n"
    b"Call-ID: 0123456789abcdef@198.51.100.1\r\n"
    b"CSeq: 1 OPTIONS\r\n"
    b"Content-Length: 0\r\n\r\n"
)


def test_a_request_over_udp() -> None:
    assert sip.encode(REQUEST, TOKEN).decode().split("\r\n") == [
        "OPTIONS sip:room@192.0.2.7:5062 SIP/2.0",
        "Via: SIP/2.0/UDP 198.51.100.1:40000;branch=z9hG4bK0123456789abcdef;rport",
        "Max-Forwards: 70",
        "From: <sip:ioc@198.51.100.1>;tag=0123456789abcdef",
        "To: <sip:room@192.0.2.7:5062>",
        "Call-ID: 0123456789abcdef@198.51.100.1",
        "CSeq: 1 OPTIONS",
        "Contact: <sip:ioc@198.51.100.1:40000>",
        "Accept: application/sdp",
        "Content-Length: 0",
        "",
        "",
    ]


def test_a_request_over_tcp_to_an_ipv6_host_without_user() -> None:
    wanted = sip.Options("", "2001:db8::7", None, "TCP", "ioc", "2001:db8::1", 5060)
    lines = sip.encode(wanted, TOKEN).decode().split("\r\n")
    assert lines[0] == "OPTIONS sip:[2001:db8::7];transport=tcp SIP/2.0"
    assert lines[1] == "Via: SIP/2.0/TCP [2001:db8::1]:5060;branch=z9hG4bK0123456789abcdef;rport"
    assert lines[7] == "Contact: <sip:ioc@[2001:db8::1]:5060;transport=tcp>"


@pytest.mark.parametrize(
    ("user", "host", "token", "error"),
    [
        ("a b", "h", TOKEN, "user: 'a b' has characters that a SIP URI cannot carry"),
        ("a\r\nX: y", "h", TOKEN, "user: 'a\\r\\nX: y' has characters that a SIP URI cannot carry"),
        ("a", "h>;x", TOKEN, "host: 'h>;x' is neither a name nor an address"),
        ("a", "", TOKEN, "host: '' is neither a name nor an address"),
        ("a", "h", b"short", "token: b'short' is not 16 letters and digits"),
        ("a", "h", b"0123456789abcde\n", "token: b'0123456789abcde\\n' is not 16 letters and digits"),
    ],
)
def test_what_a_request_cannot_carry_is_refused(user: str, host: str, token: bytes, error: str) -> None:
    with pytest.raises(CodecError) as refused:
        sip.encode(sip.Options(user, host, None, "UDP", "ioc", "h", 1), token)
    assert str(refused.value) == error


def test_a_response() -> None:
    response = sip.decode(RESPONSE)
    assert (response.status, response.phrase, response.line) == (200, "OK", "SIP 200 OK")
    assert (response.branch, response.method, response.final) == (sip.COOKIE + TOKEN, b"OPTIONS", True)
    assert response.headers[b"to"] == b"<sip:room@192.0.2.7:5062>;tag=77"
    assert sip.token_of(RESPONSE) == TOKEN


def test_folded_and_compact_headers() -> None:
    data = (
        b"SIP/2.0 404 Not Found\r\nv : SIP/2.0/UDP h;\r\n branch=z9hG4bK0123456789abcdef, SIP/2.0/UDP x;branch=y\r\n"
        b"f: a\r\nt: b\r\ni: c\r\ncseq:\t 1\tOPTIONS\r\nl: 2\r\n\r\nhi and more"
    )
    response = sip.decode(data)
    assert (response.branch, response.body) == (sip.COOKIE + TOKEN, b"hi")
    assert set(response.headers) == {b"via", b"from", b"to", b"call-id", b"cseq", b"content-length"}


def test_only_the_first_via_counts() -> None:
    data = RESPONSE.replace(b"From:", b"Via: SIP/2.0/UDP other;branch=z9hG4bKother\r\nFrom:")
    assert sip.decode(data).branch == sip.COOKIE + TOKEN


@pytest.mark.parametrize(
    "data", [b"", b"SIP/2.0 100 Trying\r\n" + RESPONSE, b"OPTIONS sip:a SIP/2.0\r\n", b"SIP/2.0 200 OK\r\n"]
)
def test_what_answers_nobody_has_no_token(data: bytes) -> None:
    assert sip.token_of(data) is None


def test_a_phrase_is_shown_safely() -> None:
    data = RESPONSE.replace(b"200 OK", b"200 \xff\x1b[31m" + b"x" * 200)
    phrase = sip.decode(data).phrase
    assert len(phrase) == 80
    assert phrase.isprintable() or "\ufffd" in phrase
    assert "\x1b" not in phrase


def test_a_stream_in_any_pieces_gives_the_same_responses() -> None:
    provisional = RESPONSE.replace(b"200 OK", b"100 Trying")
    with_body = RESPONSE.replace(b"Content-Length: 0\r\n\r\n", b"Content-Length: 3\r\n\r\nabc")
    whole = b"\r\n\r\n" + provisional + with_body + RESPONSE
    for size in (1, 2, 7, 100, len(whole)):
        stream = sip.Stream()
        got = [each for at in range(0, len(whole), size) for each in stream.feed(whole[at : at + size])]
        assert [(each.status, each.body) for each in got] == [(100, b""), (200, b"abc"), (200, b"")]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"HTTP/1.1 200 OK\r\n", "stream: begins with 'HTTP/1.1', not with 'SIP/2.0 '"),
        (b"SIP/2.0 200 OK\r\nX: " + b"x" * 8300, "stream: headers of more than 8192 bytes"),
        (
            b"SIP/2.0 200 OK\r\nContent-Length: 65537\r\n\r\n",
            "Content-Length: 65537; a body of more than 65536 bytes is not read",
        ),
        (b"SIP/2.0 200 OK\r\nContent-Length: -1\r\n\r\n", "Content-Length: '-1' is not a number"),
        (
            b"SIP/2.0 200 OK\r\nContent-Length: 1\r\nl: 2\r\n\r\n",
            "Content-Length: '1' and '2' in one message",
        ),
    ],
)
def test_a_hostile_stream_is_refused(data: bytes, error: str) -> None:
    with pytest.raises(CodecError) as refused:
        sip.Stream().feed(data)
    assert str(refused.value) == error


names = st.text("abcdefghijklmnopqrstuvwxyz0123456789-.", min_size=1, max_size=30)


@settings(deadline=None)
@given(
    user=st.text("abcXYZ019-_.!~*'()&=+$,;?/%", max_size=20),
    host=names | st.ip_addresses().map(str),
    port=st.none() | st.integers(1, 65535),
    transport=st.sampled_from(["UDP", "TCP"]),
)
def test_any_request_is_answered_and_read_again(
    user: str, host: str, port: int | None, transport: str
) -> None:
    request = sip.encode(sip.Options(user, host, port, transport, "ioc", host, 5060), TOKEN)
    assert request.endswith(b"\r\n\r\n")
    assert request.count(TOKEN) == 3
    echoed = [
        line for line in request.split(b"\r\n")[1:] if line[:3] in (b"Via", b"Fro", b"To:", b"Cal", b"CSe")
    ]
    answer = b"SIP/2.0 486 Busy Here\r\n" + b"\r\n".join(echoed) + b"\r\n\r\n"
    assert sip.token_of(answer) == TOKEN
    response = sip.decode(answer)
    assert (response.status, response.branch, response.method) == (486, sip.COOKIE + TOKEN, b"OPTIONS")


@settings(deadline=None)
@given(
    status=st.integers(100, 699),
    body=st.binary(max_size=300),
    extra=st.lists(
        st.tuples(st.from_regex(rb"X-[A-Za-z]{1,8}", fullmatch=True), st.binary(max_size=20)), max_size=5
    ),
    cuts=st.lists(st.integers(0, 1000), max_size=6),
)
def test_a_stream_and_a_datagram_are_read_alike(
    status: int, body: bytes, extra: list[tuple[bytes, bytes]], cuts: list[int]
) -> None:
    lines = b"".join(
        name + b": " + value.replace(b"\r", b"").replace(b"\n", b"") + b"\r\n" for name, value in extra
    )
    data = (
        b"SIP/2.0 %d Some\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK%s\r\nCSeq: 1 OPTIONS\r\n" % (status, TOKEN)
        + lines
        + b"Content-Length: %d\r\n\r\n" % len(body)
        + body
    )
    ends = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    stream = sip.Stream()
    got = [each for a, b in itertools.pairwise(ends) for each in stream.feed(data[a:b])]
    assert got == [sip.decode(data)]


PLAIN = (
    b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK%s\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
)
TOKEN = b"0123456789abcdef"


def test_a_plain_answer_is_known_without_decoding_it() -> None:
    assert sip.plainly(PLAIN % TOKEN, TOKEN) == (200, "SIP 200 OK")


@pytest.mark.parametrize(
    "data",
    [
        PLAIN % b"another-token-00",
        (PLAIN % TOKEN).replace(b"SIP/2.0 200", b"SIP/2.0 9xx"),
        (PLAIN % TOKEN).replace(b"CSeq: 1", b"CSeq: 2"),
        (PLAIN % TOKEN).replace(b"Length: 0", b"Length: 5"),
        (PLAIN % TOKEN)[:-2],
        (PLAIN % TOKEN).replace(b"Via: ", b"v: SIP/2.0/UDP x;branch=z9hG4bKother\r\nVia: "),
        (PLAIN % TOKEN).replace(b"Via: ", b"Via: SIP/2.0/UDP x;branch=z9hG4bKother\r\nVia: "),
        b"",
        b"\r\n\r\n",
    ],
)
def test_what_is_not_plain_is_left_to_decoding(data: bytes) -> None:
    assert sip.plainly(data, TOKEN) is None


@given(st.binary(max_size=300))
def test_no_bytes_upset_the_short_way(data: bytes) -> None:
    assert sip.plainly(b"SIP/2.0 200 OK\r\nVia: " + data, TOKEN) is None or TOKEN in data
