"""Any text at all as matchers: matchers, or MatcherError that says where; nothing else, and never for long."""

from __future__ import annotations

from time import thread_time

from hypothesis import given, settings
from hypothesis import strategies as st

from ioc.matchers import LONGEST_TEXT, MOST, MatcherError, parse_all

PIECES = [
    "{", "}", ",", "=", "!=", "=~", "!~", '"', "\\", '\\"', "\\\\", "\\n", " ", "\n", "a", "đơn vị", "x-a", ".*", "(",
    ")", "[", "]", "a{1,1000}", "(a*)*", "(?i)", "\\d", "\\pL", "\ud800", "\x00", "é" * 60, "'", "`", "~", "!",
]  # fmt: skip
texts = st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
SECONDS = 0.25


@settings(max_examples=2_000, deadline=None)
@given(texts)
def test_a_text(text: str) -> None:
    try:
        found = parse_all(text)
    except MatcherError:
        return
    assert len(found) <= MOST
    for each in found:
        assert each.holds({each.name: "x"}) in (True, False)
    again = ",".join(str(each) for each in found)
    assert len(again) > LONGEST_TEXT or parse_all(again) == found


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(["(", ")", "a", "*", "+", "?", "{2}", "{1000}", "|", ".", "[^b]"]), max_size=200)
)
def test_no_expression_takes_long(parts: list[str]) -> None:
    expression = "".join(parts)[:900]
    begun = thread_time()
    try:
        (matcher,) = parse_all(f'a=~"{expression}"')
    except MatcherError:
        assert thread_time() - begun < SECONDS
        return
    assert matcher.holds({"a": "a" * 500 + "!"}) in (True, False)
    assert thread_time() - begun < SECONDS
