"""The pure book of silences: what is refused, what covers, what is forgotten."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.silences import KEPT, MOST, MOST_OVER, MOST_VAGUE, Silence, Silences, Stage
from ioc.errors import Refused
from ioc.matchers import parse_all

NOW = 1_790_000_000.0
HOUR = 3600.0
TEXTS = (
    'unit="x-a"',
    'unit="x-b"',
    'unit=~"x-.", severity!="info"',
    'site="", subject="room-a1"',
    'unit!="x-b", kind="", severity=~"w.+"',
)
ROOM = {"subject": "room-a1", "unit": "x-a", "severity": "warning"}


def planned(
    book: Silences, text: str = 'unit="x-a"', start: float = NOW, end: float = NOW + HOUR, id: str = "one"
) -> Silence:
    made = book.plan(id, parse_all(text), start, end, "thay nguồn", "Hạnh", NOW)
    book.put(made)
    return made


@pytest.mark.parametrize(
    ("text", "covers"),
    [
        ('unit="x-a"', True),
        ('unit="x-a", severity="critical"', False),
        ('unit=~"x-.*", site=""', True),  # absent is empty
        ('unit="x-b"', False),
    ],
)
def test_every_matcher_must_hold(text: str, covers: bool) -> None:
    book = Silences()
    planned(book, text)
    assert book.covering(ROOM, NOW) == (("one",) if covers else ())


def test_it_holds_from_its_start_until_before_its_end() -> None:
    book = Silences()
    made = planned(book, start=NOW + 60, end=NOW + HOUR)
    asked = [NOW, NOW + 59.9, NOW + 60, NOW + HOUR - 0.1, NOW + HOUR]
    assert [bool(book.covering(ROOM, at)) for at in asked] == [False, False, True, True, False]
    assert [made.stage(at) for at in (NOW, NOW + 60, NOW + HOUR)] == [*Stage]
    assert [book.next_change(at) for at in (NOW, NOW + 60, NOW + HOUR)] == [NOW + 60, NOW + HOUR, None]


@pytest.mark.parametrize(
    ("text", "start", "end", "reason", "by", "error"),
    [
        ("", 0, HOUR, "r", "b", "no matcher; say which incidents are meant"),
        ('site=""', 0, HOUR, "r", "b", 'site="" holds of everything that lacks the label'),
        ('unit=~".*", site!="x"', 0, HOUR, "r", "b", "holds of everything that lacks the label"),
        ('unit="x"', 0, 0, "r", "b", "the end is not after the start"),
        ('unit="x"', -HOUR, -1, "r", "b", "the end is in the past"),
        ('unit="x"', 0, 367 * 86400, "r", "b", "lasts at most as long"),
        ('unit="x"', 367 * 86400, 368 * 86400, "r", "b", "begins within 366 days"),
        ('unit="x"', float("nan"), HOUR, "r", "b", "the end is not after the start"),
        ('unit="x"', 0, HOUR, "  ", "b", "reason is empty"),
        ('unit="x"', 0, HOUR, "r", "", "by is empty"),
        ('unit="x"', 0, HOUR, "r" * 501, "b", "reason has 501 characters"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    text: str, start: float, end: float, reason: str, by: str, error: str
) -> None:
    with pytest.raises(Refused, match=error):
        Silences().plan("one", parse_all(text), NOW + start, NOW + end, reason, by, NOW)


def test_there_may_be_so_many_and_no_more() -> None:
    book = Silences()
    for number in range(MOST):
        planned(book, id=str(number))
    with pytest.raises(Refused, match="500 silences are pending or active already") as caught:
        planned(book)
    assert caught.value.status == 409
    book.put(book.expire("7", "Hạnh", NOW))
    planned(book)


def test_those_that_ask_for_no_value_are_fewer_since_every_incident_is_compared_with_them() -> None:
    book = Silences()
    for number in range(MOST_VAGUE):
        planned(book, 'unit=~"x-.+"', id=str(number))
    with pytest.raises(Refused, match="100 silences without any name=value are alive already"):
        planned(book, 'unit=~"x-.+", site=""')
    planned(book, 'unit=~"x-.+", severity="warning"')
    assert len(book.covering(ROOM, NOW)) == MOST_VAGUE + 1


@given(
    st.lists(st.tuples(st.sampled_from(TEXTS), st.floats(0, 900), st.floats(1, 900)), max_size=12),
    st.floats(0, 2000),
)
def test_what_covers_is_what_holds(silences: list[tuple[str, float, float]], after: float) -> None:
    book = Silences()
    for number, (text, start, lasts) in enumerate(silences):
        planned(book, text, NOW + start, NOW + start + lasts, str(number))
    book.forget_old(NOW + after)
    at = NOW + after
    held = [
        each.id
        for each in book
        if each.start <= at < each.end and all(one.holds(ROOM) for one in each.matchers)
    ]
    assert book.covering(ROOM, at) == tuple(sorted(held))


def test_one_may_end_later_but_not_earlier() -> None:
    book = Silences()
    planned(book)
    book.put(book.extend("one", NOW + 2 * HOUR, NOW))
    assert book.covering(ROOM, NOW + 1.5 * HOUR) == ("one",)
    with pytest.raises(Refused, match="not after the present one"):
        book.extend("one", NOW + HOUR, NOW)
    with pytest.raises(Refused, match="is over"):
        book.extend("one", NOW + 9 * HOUR, NOW + 3 * HOUR)
    with pytest.raises(Refused, match="there is no silence 'two'"):
        book.extend("two", NOW + 9 * HOUR, NOW)


def test_one_that_is_ended_is_over_at_once_whether_it_had_begun_or_not() -> None:
    book = Silences()
    planned(book, start=NOW + 60)
    ended = book.expire("one", "Bình", NOW + 10)
    assert (ended.start, ended.end, ended.ended_by) == (NOW + 10, NOW + 10, "Bình")
    assert ended.stage(NOW + 10) is Stage.EXPIRED
    book.put(ended)
    with pytest.raises(Refused, match="is over"):
        book.expire("one", "Bình", NOW + 11)


def test_what_is_long_over_is_forgotten_and_of_too_many_the_oldest() -> None:
    book = Silences()
    one = planned(book)
    assert book.forget_old(NOW + HOUR + KEPT - 1) == ()
    assert book.forget_old(NOW + HOUR + KEPT) == ("one",)
    for number in range(MOST_OVER + 2):
        book.put(replace(one, id=str(number), end=one.end + number))
    assert set(book.forget_old(NOW + 2 * HOUR)) == {"0", "1"}
    assert len(list(book)) == MOST_OVER
