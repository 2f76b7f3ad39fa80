"""Any bytes at all into the edXML codec: what it says of cases, or CodecError, nothing else."""

from __future__ import annotations

import base64
import contextlib
import json
from datetime import datetime, time
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.wire import axis, documents, edxml
from collectors.wire.documents import Reading
from collectors.wire.signers import MOST_SIGNATURES, Signed, marks
from ioc.cases.model import Kind, kind_of
from ioc.errors import CodecError
from tests.collectors.documents_made import Letter

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
READING = Reading(
    "axis",
    ZONE,
    lambda day: datetime.combine(day, time(17), ZONE).timestamp(),
    lambda organ: None,
    documents.stages(False).get,
    frozenset({"mật"}),
)
GOOD = (Letter().document(), Letter(to=("a", "b")).status("03"))
PIECES = [
    b"<To>", b"</To>", b"<OrganId>", b"</OrganId>", b"<DocumentId>", b"</DocumentId>", b"<Status>", b"<!--", b"-->",
    b"<![CDATA[", b"]]>", b"<?xml version='1.0' encoding='utf-16'?>", b"&amp;", b"&x;", b"<!DOCTYPE a>", b"\x00",
    b"\xff\xfe", b"2026/11/24 24:00:00", b"9999/12/31", b"0001/01/01", b"Z", b"+24:00", b"<BussinessDocType>3",
    "\u202emật".encode(), b">" * 70, b"<a:b:c>", b"&#x10FFFF;", b"<DueDate>1/1/1 1:1</DueDate>",
]  # fmt: skip

ANSWERS = [
    b'{"data":', b'{"edxml":"', b"<", b"\\u00", b"\\", b'"', b"QUJD", b"=", b"}", b'{"status":"OK","data":[',
    b'{"docId":', b"1", b"]}", b'{"success":false,"message":"', b"null", b'{"data":{"token":"', b"[]",
]  # fmt: skip

BLANKS = {8: " ", 12: " "}
"""what XML may not have anyway"""

mutated = st.builds(
    lambda good, at, cut, new: good[:at] + new + good[at + cut :],
    st.sampled_from(GOOD),
    st.integers(0, max(map(len, GOOD))),
    st.integers(0, 60),
    st.binary(max_size=20) | st.sampled_from(PIECES),
)
made = st.lists(st.sampled_from(PIECES), max_size=20).map(lambda each: b"<edXML>" + b"".join(each))
anything = st.binary(max_size=200) | mutated | made


@settings(max_examples=250, deadline=None)
@given(anything, st.integers(1, 400))
def test_a_message(data: bytes, piece: int) -> None:
    reader = edxml.Reader(frozenset({"priority"}))
    with contextlib.suppress(CodecError):
        for begin in range(0, len(data), piece):
            reader.feed(data[begin : begin + piece])
        told = documents.told(reader.end(), READING)
        for update in told.updates:
            assert kind_of(update.key) is Kind.DOCUMENT
            assert len(update.key) <= documents.LONGEST_ID + documents.LONGEST_ORGAN + 12
            assert update.key.isprintable()
            assert isinstance(update.at, float)


@settings(max_examples=250, deadline=None)
@given(st.text(alphabet="0123456789/-: TZ+.", max_size=30) | st.text(max_size=12))
def test_a_date(text: str) -> None:
    with contextlib.suppress(ValueError):
        day, at = documents.moment(text, ZONE)
        assert (
            at is None
            or abs(at - datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp()) < 3 * 86_400
        )


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.builds(Signed, st.text(max_size=40), st.text(max_size=40)), max_size=20), st.text(max_size=8)
)
def test_signatures(signatures: list[Signed], name: str) -> None:
    assert set(marks(signatures, name, name)) <= {"signed", "signed_agency", "signed_personal"}
    assert MOST_SIGNATURES >= 2


text = st.text(alphabet=st.characters(exclude_categories=["Cs"], max_codepoint=0xFFFF), max_size=60)


@settings(max_examples=200, deadline=None)
@given(text, st.booleans(), st.booleans(), st.integers(1, 30))
def test_a_message_inside_json_comes_out_as_it_was(inside: str, plain: bool, ascii: bool, piece: int) -> None:
    message = f"<edXML>{inside}</edXML>"
    held = message if plain else base64.encodebytes(message.encode()).decode()
    told = {"success": True, "data": {"docId": "1", "edxml": held, "to": "x"}}
    found = enclosed(json.dumps(told, ensure_ascii=ascii).encode(), piece)
    assert found.decode().translate(BLANKS) == message.translate(BLANKS)


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=60) | st.lists(st.sampled_from(ANSWERS), max_size=8).map(b"".join), st.integers(1, 30)
)
def test_an_answer(data: bytes, piece: int) -> None:
    with contextlib.suppress(CodecError):
        enclosed(data, piece)
    with contextlib.suppress(CodecError):
        assert all(entry.id for entry in axis.page(data, ZONE).entries)
    with contextlib.suppress(CodecError):
        assert axis.token(data).isascii()


def enclosed(data: bytes, piece: int) -> bytes:
    """The message in an answer that comes in pieces."""
    held = axis.Enclosed()
    found = [each for begin in range(0, len(data), piece) for each in held.feed(data[begin : begin + piece])]
    held.end()
    return b"".join(found)
