"""A room's SIP answers: what is copied, and that anything may arrive."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.demo.answers import HEAD_LIMIT, Requests, answer
from ioc.errors import CodecError

REQUEST = (
    b"OPTIONS sip:127.0.0.1 SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKabc;rport\r\n"
    b"Max-Forwards: 70\r\n"
    b"f: <sip:ioc@10.0.0.1>;tag=77\r\n"
    b"To: <sip:127.0.0.1>\r\n"
    b"Call-ID: abc@10.0.0.1\r\n"
    b"CSeq: 5 OPTIONS\r\n\r\n"
)


def test_the_five_headers_are_copied_and_to_gets_a_tag() -> None:
    assert answer(REQUEST, 200, "vc-1") == (
        b"SIP/2.0 200 OK\r\n"
        b"Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKabc;rport\r\n"
        b"From: <sip:ioc@10.0.0.1>;tag=77\r\n"
        b"To: <sip:127.0.0.1>;tag=vc-1\r\n"
        b"Call-ID: abc@10.0.0.1\r\n"
        b"CSeq: 5 OPTIONS\r\n"
        b"Allow: INVITE, ACK, BYE, CANCEL, OPTIONS\r\n"
        b"Content-Length: 0\r\n\r\n"
    )


def test_another_code_has_its_phrase() -> None:
    assert answer(REQUEST, 503, "x").startswith(b"SIP/2.0 503 Service Unavailable\r\n")


def test_every_via_is_copied_in_order() -> None:
    twice = REQUEST.replace(b"Max-Forwards: 70", b"Via: SIP/2.0/UDP 10.0.0.2")
    assert answer(twice, 200, "x").count(b"\r\nVia: ") == 2


@pytest.mark.parametrize("request_", [b"", b"INVITE sip:a SIP/2.0\r\n\r\n", b"OPTIONS sip:a SIP/2.0\r\n\r\n"])
def test_what_is_no_options_request_is_refused(request_: bytes) -> None:
    with pytest.raises(CodecError):
        answer(request_, 200, "x")


@given(st.binary(max_size=400) | st.binary(max_size=200).map(lambda rest: REQUEST[:-2] + rest))
def test_any_bytes_give_an_answer_or_a_codec_error(data: bytes) -> None:
    try:
        assert answer(data, 200, "x").startswith(b"SIP/2.0 200 OK\r\n")
    except CodecError:
        return


@given(st.lists(st.integers(1, 40), max_size=30))
def test_a_stream_is_cut_into_requests_however_it_arrives(sizes: list[int]) -> None:
    stream, requests, found, at = REQUEST * 3, Requests(), [], 0
    for size in [*sizes, len(stream)]:
        found += requests.feed(stream[at : at + size])
        at += size
    assert found == [REQUEST] * 3


def test_a_head_without_an_end_is_refused() -> None:
    with pytest.raises(CodecError, match="more than 8192 bytes"):
        Requests().feed(b"a" * (HEAD_LIMIT + 1))
