"""edXML against golden messages, hostile ones, and a message of 200 MB.

A case has `message.xml` and `expected.json`: what it says of cases, moments as local time; or `error.txt`. Units are
known for the codes of `UNITS`.
"""

from __future__ import annotations

import json
import random
import tracemalloc
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from collectors.wire import axis, documents, edxml
from collectors.wire.documents import Reading
from collectors.wire.signers import Signed, marks
from ioc.cases.merge import merge
from ioc.cases.model import Case, Record, Stage
from ioc.cases.standing import closed_at
from ioc.errors import CodecError
from tests.collectors.documents_made import Letter

CASES = Path(__file__).parents[1] / "cases" / "edxml"
FOLDERS = sorted(path.name for path in CASES.iterdir())
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
UNITS = {"000.00.12.H44": "viet-tri", "H44.12.3": "xa-hy-cuong", "000.00.00.H44": "ubnd-tinh"}
SECRECY = frozenset({"priority", "secrecy"})


def reading(until_done: bool = False) -> Reading:
    return Reading(
        "axis",
        ZONE,
        lambda day: datetime.combine(day, time(17), ZONE).timestamp(),
        UNITS.get,
        documents.stages(until_done).get,
        frozenset({"mật", "tối mật", "tuyệt mật"}),
    )


def read(data: bytes, piece: int = 7) -> edxml.Message:
    reader = edxml.Reader(SECRECY)
    for begin in range(0, len(data), piece):
        reader.feed(data[begin : begin + piece])
    return reader.end()


@pytest.mark.parametrize("folder", FOLDERS)
def test_case(folder: str) -> None:
    case = CASES / folder
    data, error = (case / "message.xml").read_bytes(), case / "error.txt"
    if error.exists():
        with pytest.raises(CodecError) as refused:
            documents.told(read(data), reading())
        assert str(refused.value) == error.read_text("utf-8").strip()
        return
    told = documents.told(read(data), reading())
    assert told == documents.told(read(data, 100_000), reading()), "however it is cut"
    assert shown(told) == json.loads((case / "expected.json").read_text("utf-8"))


def shown(told: documents.Told) -> dict[str, Any]:
    """What a message says, for a file: only what is there, moments as local time."""
    return {
        "updates": [{type(each).__name__: _fields(each._asdict())} for each in told.updates],
        "findings": [_fields(each._asdict()) for each in told.findings],
        "secret": told.secret,
    }


def _fields(found: dict[str, Any]) -> dict[str, Any]:
    return {name: _plain(each) for name, each in found.items() if each not in (None, "", ())}


def _plain(each: object) -> object:
    if isinstance(each, float):
        return datetime.fromtimestamp(each, ZONE).strftime("%Y-%m-%d %H:%M:%S")
    return list(each) if isinstance(each, tuple) else str(each)


def test_there_are_cases() -> None:
    assert len(FOLDERS) >= 15


def test_a_document_that_must_be_done_is_open_until_it_is() -> None:
    for code, reception, completion in [("03", Stage.DONE, Stage.OPEN), ("06", Stage.DONE, Stage.DONE)]:
        data = Letter().status(code)
        assert documents.told(read(data), reading()).updates[0].stage is reception
        assert documents.told(read(data), reading(until_done=True)).updates[0].stage is completion


def test_whatever_the_order_the_case_is_the_same() -> None:
    letter = Letter()
    said = [
        letter.document(),
        letter.document(),
        letter.status("01", "2026/11/24 08:10:00"),
        letter.status("03", "2026/11/24 09:00:00"),
        letter.status("03", "2026/11/24 09:00:00"),
        letter.status("06", "2026/11/25 09:00:00"),
    ]
    updates = [update for each in said for update in documents.told(read(each, 1_000), reading()).updates]
    found = set()
    for seed in range(50):
        case: Case | None = None
        for update in random.Random(seed).sample(updates, len(updates)):
            case, _ = merge(case, update)
        assert case is not None
        found.add(case)
    (only,) = found
    assert only.latest.status == "06"
    assert closed_at(only) == datetime(2026, 11, 24, 9, tzinfo=ZONE).timestamp(), "received is through"


def test_two_hundred_megabytes_pass_in_less_than_twenty() -> None:
    head, tail = Letter().enclosing()
    body = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAx\n" * 3_600
    reader = edxml.Reader(SECRECY)
    tracemalloc.start()
    try:
        reader.feed(head)
        for _ in range(40):
            reader.feed(body)
        python = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    before = _resident()
    for _ in range(740):
        reader.feed(body)
    reader.feed(tail)
    assert len(body) * 780 > 200_000_000
    assert python < 2_000_000
    assert _resident() - before < 20_000_000
    told = documents.told(reader.end(), reading())
    assert [each.key for each in told.updates] == [documents.key(Letter().id, "000.00.12.H44")]
    assert "QUJD" not in repr(told)


def _resident() -> int:
    """Bytes of this process that are in memory now, the parser's own too (proc(5), statm)."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * 4096


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'<edXML a="' + b"x" * 400_000, "line 1: has a tag or comment of more than 65,536 bytes"),
        (b"<edXML><!--" + b"x" * 400_000, "has a tag or comment of more than 65,536 bytes"),
        (b"<edXML>" + b"<a>" * 50, "line 1: is more than 40 elements deep"),
        (b"<edXML>" + b"<a/>" * 300_001, "line 1: has more than 300,000 elements"),
        (b"<edXML>" + b"<To></To>" * 10_001, "line 1: has more than 10,000 recipients, hops and answers together"),
        (b"<edXML " + b" ".join(b'a%d=""' % n for n in range(65)) + b">", "more than 64 attributes in one tag"),
        (b'<?xml version="1.0" encoding="gb2312"?><edXML/>', "multi-byte encodings are not supported; write UTF-8"),
        (b'<?xml version="1.0" encoding="none-such"?><edXML/>', "unknown encoding: none-such; write UTF-8"),
    ],
    ids=["tag", "comment", "deep", "elements", "recipients", "attributes", "multi-byte", "unknown"],
)  # fmt: skip
def test_what_is_too_much_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(CodecError) as refused:
        read(data, 10_000)
    assert says in str(refused.value)


@pytest.mark.parametrize("piece", [b"QUJD" * 16_000, b"QUJD\\n" * 13_000, b"<a>\\u0111</a>" * 5_000])
def test_an_answer_of_an_axis_is_never_held(piece: bytes) -> None:
    enclosed = axis.Enclosed()
    found = b"".join(enclosed.feed(b'{"data":{"edxml":"' + piece[:1]))
    for begin in [1] + [0] * 20:
        found += b"".join(enclosed.feed(piece[begin:]))
        assert len(enclosed._held) <= 8
    found += b"".join(enclosed.feed(b'","attachments":[]}'))
    enclosed.end()
    assert enclosed.over
    assert set(found[:3]) <= set(b"ABC<a>")
    assert len(found) > 500_000


def test_a_message_that_never_ends_is_given_up() -> None:
    reader = edxml.Reader(most=1_000)
    with pytest.raises(CodecError) as refused:
        reader.feed(b"<edXML>" + b" " * 2_000)
    assert str(refused.value) == "is longer than 1,000 bytes"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1258"])
def test_encodings_that_are_declared(encoding: str) -> None:
    declared = {"utf-8-sig": "utf-8"}.get(encoding, encoding)
    data = Letter(organ_name="UBND xa Hy Cuong").document().replace(b"UTF-8", declared.encode(), 1)
    told = documents.told(read(data.decode("utf-8").encode(encoding, "replace")), reading())
    assert [type(each) for each in told.updates] == [Record]


def test_who_signed_is_who_the_certificate_names() -> None:
    both = [Signed("CN=UBND tỉnh Phú Thọ, C=VN", ""), Signed("C=VN;CN=Nguyễn Văn An", "")]
    assert marks(both, "UBND  TỈNH Phú Thọ", "nguyễn văn an") == (
        "signed",
        "signed_agency",
        "signed_personal",
    )
    assert marks([Signed('CN="Sở Y tế, Phú Thọ"', "")], "Sở Y tế, Phú Thọ", "") == ("signed", "signed_agency")
    assert marks([Signed("", "bm90IGEgY2VydGlmaWNhdGU=")], "Sở Y tế", "An") == ("signed",)
    assert marks([], "Sở Y tế", "An") == ()


@pytest.mark.parametrize(
    ("text", "day", "at"),
    [
        ("2026/11/24", date(2026, 11, 24), None),
        ("24/11/2026 08:30:00", date(2026, 11, 24), "2026-11-24T08:30:00+07:00"),
        ("2026-11-24T08:30:00.123", date(2026, 11, 24), "2026-11-24T08:30:00+07:00"),
        ("2026-11-24T01:30:00Z", date(2026, 11, 24), "2026-11-24T08:30:00+07:00"),
        ("2026-11-24 02:30:00+0100", date(2026, 11, 24), "2026-11-24T08:30:00+07:00"),
    ],
)
def test_dates_as_they_are_written(text: str, day: date, at: str | None) -> None:
    expected = None if at is None else datetime.fromisoformat(at).timestamp()
    assert documents.moment(text, ZONE) == (day, expected)


@pytest.mark.parametrize("text", ["", "2026/13/01", "2026/02/30", "2026/11/24 25:00", "tomorrow", "20261124"])
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        documents.moment(text, ZONE)
