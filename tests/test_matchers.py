"""Matchers as Alertmanager's documentation has them."""

from __future__ import annotations

from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.matchers import LONGEST, Matcher, MatcherError, Op, all_hold, of_form, parse, parse_all

LABELS = {"severity": "critical", "unit": "xa-hà"}


@pytest.mark.parametrize(
    ("name", "op", "value", "holds"),
    [
        ("severity", Op.IS, "critical", True),
        ("severity", Op.IS, "crit", False),
        ("severity", Op.IS_NOT, "critical", False),
        ("severity", Op.MATCHES, "crit.*|warning", True),
        ("severity", Op.MATCHES, "crit", False),  # anchored
        ("severity", Op.MATCHES_NOT, "crit", True),
        ("unit", Op.MATCHES, "xa-.+", True),
        ("unit", Op.MATCHES, "xa-h.", True),  # one letter, though two bytes
        ("site", Op.IS, "", True),  # absent is empty
        ("site", Op.IS_NOT, "a", True),
        ("site", Op.MATCHES, ".+", False),
        ("site", Op.MATCHES_NOT, ".+", True),
    ],
)
def test_what_a_matcher_holds_of(name: str, op: Op, value: str, holds: bool) -> None:
    assert Matcher(name, op, value).holds(LABELS) is holds


def test_every_one_of_several_must_hold() -> None:
    severity, unit = Matcher("severity", Op.IS, "critical"), Matcher("unit", Op.IS, "other")
    assert all_hold((), LABELS)
    assert all_hold((severity,), LABELS)
    assert not all_hold((severity, unit), LABELS)


def test_written_as_alertmanager_reads_it() -> None:
    assert str(Matcher("a", Op.MATCHES, 'x"\\\n')) == 'a=~"x\\"\\\\\\n"'
    assert str(Matcher("đơn vị", Op.IS, "1")) == '"đơn vị"="1"'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ()),
        ("{}", ()),
        ('unit="x-a"', (("unit", "=", "x-a"),)),
        ("unit=x-a", (("unit", "=", "x-a"),)),
        ('{unit="x-a", severity!="info",}', (("unit", "=", "x-a"), ("severity", "!=", "info"))),
        (' { unit =~ "x-.+" , site !~ "s" } ', (("unit", "=~", "x-.+"), ("site", "!~", "s"))),
        ('a="b,c}"', (("a", "=", "b,c}"),)),
        ('a="say \\"no\\"\\nand \\\\"', (("a", "=", 'say "no"\nand \\'),)),
        ('a=~"\\d+"', (("a", "=~", "\\d+"),)),  # a backslash before anything else stands for itself
        ("a=b c ,d=e", (("a", "=", "b c"), ("d", "=", "e"))),
        ("a=", (("a", "=", ""),)),
        ("a=b=c", (("a", "=", "b=c"),)),
        ('"tên đơn vị"="Xã Hòa Bình"', (("tên đơn vị", "=", "Xã Hòa Bình"),)),
        ("đơn.vị=1", (("đơn.vị", "=", "1"),)),
    ],
)
def test_what_is_written_is_read(text: str, found: tuple[tuple[str, str, str], ...]) -> None:
    assert tuple((each.name, each.op.value, each.value) for each in parse_all(text)) == found


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("unit", 'character 5: expected one of = != =~ !~, at the end; write a matcher as name=~"value"'),
        ("=x", "character 1: expected the name of a label, at '=x'; write a matcher as name=\"value\""),
        (
            '""="x"',
            'character 1: expected the name of a label, at \'""="x"\'; write a matcher as name="value"',
        ),
        ("{a=b", "character 1: a brace that is not closed, at '{a=b'; end with }"),
        (
            'a="b',
            "character 3: a quote that is not closed, at '\"b'; a quote inside of quotes is written \\\"",
        ),
        (
            'a="b" c="d"',
            "character 7: expected a comma or the end, at 'c=\"d\"'; put a value with spaces in quotes",
        ),
        ("a=x{2}", "character 4: { in a value without quotes, at '{2}'; put the value in quotes"),
        ("a==b", "character 3: a value that begins like an operator, at '=b'; put it in quotes"),
        (
            "a=b,,c=d",
            "character 5: expected the name of a label, at ',c=d'; write a matcher as name=\"value\"",
        ),
        ('a=b, c=~"("', "character 9: not an expression as RE2 has them: missing ): ("),
        ('c=~"(?=x)"', "character 4: not an expression as RE2 has them: invalid perl operator: (?="),
        (
            'c=~"(a{1000}){1000}"',
            "character 4: not an expression as RE2 has them: invalid repetition size: {1000}",
        ),
    ],
)
def test_what_is_none_is_refused_with_where(text: str, error: str) -> None:
    with pytest.raises(MatcherError) as caught:
        parse_all(text)
    assert str(caught.value) == error


def test_one_matcher_is_one() -> None:
    assert parse('a="b"') == Matcher("a", Op.IS, "b")
    with pytest.raises(MatcherError, match="^2 matchers where one belongs"):
        parse("a=b,c=d")
    with pytest.raises(MatcherError, match="^0 matchers where one belongs"):
        parse("")


def test_too_much_is_refused() -> None:
    with pytest.raises(MatcherError, match="more than 50 matchers"):
        parse_all(",".join(f"a{n}=b" for n in range(51)))
    with pytest.raises(MatcherError, match="a text of 10001 characters"):
        parse_all("a" * 10_001)
    with pytest.raises(MatcherError, match=f"a value of {LONGEST + 1} characters"):
        parse_all("a=" + "b" * (LONGEST + 1))


def test_an_expression_that_is_none_is_refused() -> None:
    with pytest.raises(MatcherError):
        Matcher("a", Op.MATCHES, "(")


@pytest.mark.parametrize(
    "expression", ["(a*)*b", "(a|aa)+$", "(.*)*,(.*)*x", "(a{1,30}){1,30}b", "((a?){100}){10}b"]
)
def test_no_expression_holds_the_loop(expression: str) -> None:
    """Each of these takes a backtracking engine longer than the age of the universe."""
    begun = thread_time()
    assert not Matcher("a", Op.MATCHES, expression).holds({"a": "a" * 1_000 + "!"})
    assert thread_time() - begun < 0.25


whole = st.characters(codec="utf-8")
names = st.text(whole, min_size=1, max_size=20)
values = st.text(whole, max_size=40)
plain = st.builds(Matcher, names, st.sampled_from([Op.IS, Op.IS_NOT]), values)


@given(st.lists(plain, max_size=5).map(tuple))
def test_what_was_written_is_read_back(matchers: tuple[Matcher, ...]) -> None:
    assert parse_all("{" + ",".join(map(str, matchers)) + "}") == matchers
    assert parse_all(", ".join(map(str, matchers))) == matchers
    assert tuple(of_form(each.form) for each in matchers) == matchers


@given(values, st.sampled_from([Op.MATCHES, Op.MATCHES_NOT]))
def test_an_expression_of_plain_text_is_equality(text: str, op: Op) -> None:
    quoted = "".join(f"\\x{{{ord(each):x}}}" for each in text)
    matcher = Matcher("a", op, quoted[:LONGEST]) if len(quoted) <= LONGEST else Matcher("a", op, "")
    wanted = text if len(quoted) <= LONGEST else ""
    assert matcher.holds({"a": wanted}) is (op is Op.MATCHES)
    assert matcher.holds({"a": wanted + "!"}) is (op is Op.MATCHES_NOT)
