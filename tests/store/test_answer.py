"""What is made of InfluxDB's answers: those it really gives, those later versions give, and hostile ones."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.store.answer import LONGEST_WAIT, Said, dropped, named, said, wait
from tests.store.influx_cases import Case, cases

DATE = "Wed, 21 Oct 2026 07:28:00 GMT"
BAD = {
    "unparsed-several": {1, 3, 4},
    "unparsed-quotes": {1},
    "unparsed-twice-the-same": {0, 2},
    "unparsed-reason-with-quotes": {0},
    "unparsed-duplicate-tag": {0},
    "unparsed-out-of-time": {0},
}
DROPPED = {"conflict": 3, "conflict-within": 2, "conflict-in-two-shards": 1, "beyond-retention": 2}


def named_cases(status: int) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", [each for each in cases() if each.answer[0] == status], ids=str)


@named_cases(400)
def test_every_line_that_it_quotes_is_found(case: Case) -> None:
    assert named(said(case.answer[1]), case.lines) == BAD[str(case)]


@named_cases(422)
def test_how_many_it_has_not_stored_is_known(case: Case) -> None:
    assert dropped(said(case.answer[1])) == DROPPED[str(case)]


def test_a_numbered_line_is_found() -> None:
    answer = said('{"code":"invalid","message":"failed to parse line protocol","line":2}')
    assert named(answer, ["a", "b", "c"]) == {1}
    assert named(answer, ["a"]) == set()
    assert said('{"message":"m","line":true}').line == 0
    assert said('{"message":"m","line":"2"}').line == 0


@pytest.mark.parametrize(
    "body", [None, b"", "", "<html>", b"\xff\xfe", "[1]", '{"message": 1}', "[" * 100_000, "null"]
)
def test_a_body_that_is_no_error_says_itself(body: bytes | str | None) -> None:
    answer = said(body)
    assert named(answer, ["m v=1 1"]) == set()
    assert dropped(answer) is None
    assert len(answer.short) <= 300
    assert "\n" not in answer.short


def test_a_quote_of_what_we_did_not_write_names_nothing() -> None:
    assert named(Said("unable to parse 'other': bad"), ["m v=1 1"]) == set()
    assert named(Said("unable to parse '"), ["m v=1 1", ""]) == set()


def test_an_object_with_others_in_it_is_not_influxdb_s_and_is_not_read() -> None:
    assert said(b'{"message": "a {brace} [or \\"two\\"]", "line": 2}') == Said('a {brace} [or "two"]', 2)
    for within in (b"[" + b"[]," * 9 + b"0]", b'{"a": {}}'):
        assert not said(b'{"message": "m", "more": ' + within + b"}").own


def test_a_message_made_to_take_long_does_not() -> None:
    """Each takes minutes where its length counts twice."""
    lines = [f"m v={n}" for n in range(5_000)]
    for message in (
        "unable to parse '" + "': " * 1_000_000,
        "unable to parse 'x': y\n" * 150_000,
        " " * 4_000_000,
    ):
        answer = Said(message)
        assert named(answer, lines) == set()
        assert len(answer.short) <= 300


@given(
    st.lists(st.text(st.characters(exclude_characters="\n\r"), min_size=1), max_size=8, unique=True),
    st.sets(st.integers(0, 7)),
    st.text("abc': ", max_size=9),
)
def test_quoted_lines_are_found_whatever_is_in_them(lines: list[str], bad: set[int], why: str) -> None:
    bad = {place for place in bad if place < len(lines)}
    message = "\n".join(f"unable to parse '{lines[place]}': {why}" for place in sorted(bad))
    assert bad <= named(said(json.dumps({"message": message})), lines)


@given(st.binary(max_size=300), st.lists(st.text(max_size=20), max_size=5))
def test_no_body_makes_it_raise(body: bytes, lines: list[str]) -> None:
    assert named(said(body), lines) <= set(range(len(lines)))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("86400", LONGEST_WAIT),
        ("9" * 400, LONGEST_WAIT),
        ("0", None),
        ("-5", None),
        ("1.5", None),
        ("٧", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("Wed, 21 Oct 2026 07:28:42 GMT", 42.0),
        ("Wed, 21 Oct 2026 07:27:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_WAIT),
        ("Wed, 21 Oct 2026 07:28:42", None),
    ],
)
def test_how_long_to_wait(header: str | None, seconds: float | None) -> None:
    assert wait(header, DATE) == seconds


def test_a_date_needs_the_server_s_own() -> None:
    assert wait(DATE, None) is None
    assert wait(DATE, "yesterday") is None
