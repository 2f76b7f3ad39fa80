"""Reading line protocol: what is written is read back, and what is wrong is named by its line and piece."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.errors import CodecError
from ioc.store import line, parse
from ioc.store.parse import Flaw, Parsed

names = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=12
).filter(lambda text: text.isprintable() and not text.endswith("\\") and not text.startswith("#"))
values = (
    st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(2**63), 2**63 - 1)
    | st.booleans()
    | st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")) | st.sampled_from('\n\t\r"\\ ,='))
)
tags = st.dictionaries(names, names, max_size=4)
fields = st.dictionaries(names, values, min_size=1, max_size=4)
stamps = st.integers(-(10**15), 4 * 10**15)


def written(measurement: str, tags: dict[str, str], fields: dict[str, parse.Value], stamp: int) -> str:
    pairs = ",".join(f"{line.name(key)}={line.value(each)}" for key, each in fields.items())
    return f"{line.prefix(measurement, tags)}{pairs} {stamp}"


@given(names, tags, fields, stamps)
def test_what_is_written_is_read_back(
    measurement: str, tags: dict[str, str], fields: dict[str, parse.Value], stamp: int
) -> None:
    found = parse.line(written(measurement, tags, fields, stamp))
    assert found == Parsed(measurement, tuple(sorted(tags.items())), fields, stamp)
    assert [type(each) for each in found.fields.values()] == [type(each) for each in fields.values()]


@given(st.lists(st.tuples(names, tags, fields, stamps), max_size=5))
def test_lines_are_read_in_order_whatever_their_strings_hold(
    points: list[tuple[str, dict[str, str], dict[str, parse.Value], int]],
) -> None:
    text = "\n".join(written(*point) for point in points)
    assert list(parse.lines(text)) == [Parsed(m, tuple(sorted(t.items())), f, s) for m, t, f, s in points]


@given(st.text(st.sampled_from('m,t=a "\\1.5eiuTf#-'), max_size=30))
def test_the_quick_way_and_the_exact_one_agree(text: str) -> None:
    quick = parse._plain(text, "us")
    if quick is not None:
        scan = parse._Scan(text, 0, "us")
        assert scan.line() == quick
        assert scan.at == len(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("m f=1", Parsed("m", (), {"f": 1.0}, None)),
        ("m,b=2,a=1 f=1 7", Parsed("m", (("a", "1"), ("b", "2")), {"f": 1.0}, 7)),
        (r"m\,x,t\ 1=a\=b f\,g=1 7", Parsed("m,x", (("t 1", "a=b"),), {"f,g": 1.0}, 7)),
        (r"m\=x,t=a\b f=1", Parsed(r"m\=x", (("t", r"a\b"),), {"f": 1.0}, None)),
        (r"m,t=a\\,b f=1", Parsed("m", (("t", "a\\,b"),), {"f": 1.0}, None)),
        (r'm f="a \"b\" \\ \n"', Parsed("m", (), {"f": 'a "b" \\ \\n'}, None)),
        ('m f="a,b=c d",g=1i 5', Parsed("m", (), {"f": "a,b=c d", "g": 1}, 5)),
        ('m,t="a f=1', Parsed("m", (("t", '"a'),), {"f": 1.0}, None)),
        (
            "m f=-1.5e+3,g=.5,h=1.,i=2E-3",
            Parsed("m", (), {"f": -1500.0, "g": 0.5, "h": 1.0, "i": 0.002}, None),
        ),
        ("m f=18446744073709551615u", Parsed("m", (), {"f": 2**64 - 1}, None)),
        ("m a=t,b=T,c=true,d=True,e=TRUE", Parsed("m", (), dict.fromkeys("abcde", True), None)),
        ("m a=f,b=F,c=false,d=False,e=FALSE", Parsed("m", (), dict.fromkeys("abcde", False), None)),
        ("  m   f=1   5  ", Parsed("m", (), {"f": 1.0}, 5)),
        ("m f=1 -5\r", Parsed("m", (), {"f": 1.0}, -5)),
        ("mét,tỉnh=Phú\\ Thọ nhiệt=1", Parsed("mét", (("tỉnh", "Phú Thọ"),), {"nhiệt": 1.0}, None)),
    ],
)
def test_every_form(text: str, expected: Parsed) -> None:
    assert parse.line(text) == expected


WRONG = [
    ("m", "no space and field after measurement and tags: 'm'"),
    (",t=1 f=1", "no measurement at ',t=1 f=1'"),
    ("m, f=1", "a tag is key=value, not ' f=1'"),
    ("m,t f=1", "a tag is key=value, not 't f=1'"),
    ("m,t= f=1", "a tag is key=value, not 't= f=1'"),
    ("m,t=a=b f=1", "no space and field after measurement and tags: 'm,t=a=b f=1'"),
    ("m,t=1,t=2 f=1", "tag 't' is there twice"),
    ("m f=1,f=2", "field 'f' is there twice"),
    ("m f", "a field is key=value, not 'f'"),
    ("m =1", "a field is key=value, not '=1'"),
    ("m f=1,", "a field is key=value, not nothing"),
    ("m f=", "field 'f' has no value that can be held: nothing; write 1.5, 1i, 1u, true or"),
    ("m f=x", "field 'f' has no value that can be held: 'x'"),
    ("m f=nan", "field 'f' has no value that can be held: 'nan'"),
    ("m f=1e999", "field 'f' has no value that can be held: '1e999'"),
    ("m f=1_0", "field 'f' has no value that can be held: '1_0'"),
    ("m f=١", "field 'f' has no value that can be held: '١'"),
    ("m f=9223372036854775808i", "field 'f' has no value that can be held: '9223372036854775808i'"),
    ("m f=18446744073709551616u", "within 64 bits"),
    ("m f=-1u", "field 'f' has no value that can be held: '-1u'"),
    ("m f=1.5i", "field 'f' has no value that can be held: '1.5i'"),
    ('m f="a', "field 'f': its string does not end: '\"a'"),
    ('m f="a"b', "nothing may follow here: 'b'"),
    ('m f="a\0"', "field 'f': its string has U+0000"),
    ("m f=1 x", "timestamp 'x' is not a whole number between the years 1677 and 2262 in us"),
    ("m f=1 9999999999999999999", "timestamp '9999999999999999999' is not"),
    ('m f="a"5', "nothing may follow here: '5'"),
    ("m f=1 1 2", "nothing may follow here: '2'"),
    ("m\0 f=1", "measurement 'm\\x00' has U+0000, which is not for reading"),
    ("m\t f=1", "measurement 'm\\t' has U+0009"),
    ("m,t=\udcff f=1", "value of the tag '\\udcff' has the byte 0xff, which is not UTF-8"),
    ('m f="\udcff"', "field 'f': its string has the byte 0xff, which is not UTF-8"),
    ("m," + ",".join(f"t{n}=1" for n in range(65)) + " f=1", "more than 64 tags, the next 't64=1 f=1'"),
    ("m " + ",".join(f"f{n}=1" for n in range(1001)), "more than 1000 fields, the next 'f1000=1'"),
    ("m,t=" + "a" * 4096 + " f=1", "measurement and tags are longer than 4096 characters: 'm,t=aaaa"),
    ('m f="' + "a" * 65536 + '"', "field 'f': its string does not end"),
    ("m f=1" + " " * 65536 + "5", "the line is longer than 65536 characters"),
    ("m f=1\nm f=2", "there is more than one line: nothing"),
    ("#m f=1", "no measurement at '#m f=1'"),
]


@pytest.mark.parametrize(("text", "says"), WRONG, ids=[says[:50] for _, says in WRONG])
def test_what_is_wrong_is_named(text: str, says: str) -> None:
    with pytest.raises(CodecError) as caught:
        parse.line(text)
    assert says in str(caught.value)
    assert len(str(caught.value)) < 300


def test_good_lines_around_a_bad_one_are_read_and_its_number_is_told() -> None:
    text = '# heads\n\nm f=1 1\nm f="two\nlines" 2\r\n  \nm f=x 3\nm f=4 4'
    found = list(parse.lines(text))
    assert [each is None for each in found] == [True, True, False, False, True, False, False]
    assert [each.stamp for each in found if isinstance(each, Parsed)] == [1, 2, 4]
    assert [each.line for each in found if isinstance(each, Flaw)] == [7]


def test_a_wrong_lines_strings_are_not_taken_for_lines() -> None:
    found = list(parse.lines('m a="x\nevil f=1 1\n",b=bad 1\nm f=2 2'))
    assert [type(each).__name__ for each in found] == ["Flaw", "Parsed"]
    assert found[1] == Parsed("m", (), {"f": 2.0}, 2)


def test_a_string_that_never_ends_costs_its_line_alone() -> None:
    found = list(parse.lines('m f=1\nm f="x\nm f=2'))
    assert [each.line if isinstance(each, Flaw) else each and each.fields["f"] for each in found] == [
        1.0,
        2,
        2.0,
    ]


@pytest.mark.parametrize(
    ("precision", "raw", "micros"),
    [
        ("ns", 1_999, 1),
        ("us", 5, 5),
        ("ms", 5, 5_000),
        ("s", 5, 5_000_000),
        ("ns", -1, -1),
        ("s", -2, -2_000_000),
    ],
)
def test_precision(precision: str, raw: int, micros: int) -> None:
    assert parse.line(f"m f=1 {raw}", precision).stamp == micros


def test_a_head_that_came_before_is_read_as_the_first_time() -> None:
    first, again = (parse.line("m,b=2,a=1 f=1 1") for _ in range(2))
    assert first == again
    assert first.fields is not again.fields


@pytest.mark.parametrize(
    "text",
    [
        'm a="' * 40_000,
        'm a="\n' * 40_000,
        'm a="\\\n' * 40_000,
        "m," + "\\" * 200_000,
        "m " + "\\ " * 100_000,
        'm a="' + "\\" * 200_000,
        "m a=" + "1" * 200_000,
        "m a=" + "1e" * 100_000,
        "," * 200_000,
        "\n" * 200_000,
        " " * 200_000,
        "#" * 200_000,
    ],
    ids=lambda text: repr(text[:8]),
)
def test_hostile_text_takes_time_in_proportion_to_its_length(text: str) -> None:
    began = time.process_time()
    for each in parse.lines(text):
        assert not isinstance(each, Flaw) or len(each.why) < 300
    assert time.process_time() - began < 2.0


def test_floats_are_exact() -> None:
    for number in (0.1, 1e-300, 123456789.123456789, 5e-324, 1.7976931348623157e308, -0.0):
        found = parse.line(f"m f={number!r}").fields["f"]
        assert found == number
        assert isinstance(found, float)
        assert math.copysign(1, found) == math.copysign(1, number)
