"""Cuts: never longer than the budget, never inside a letter, what matters first."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from html import escape

from hypothesis import given
from hypothesis import strategies as st
from wcwidth import iter_graphemes

from alerts.fitting import MORE, Measure, Part, characters, cut, fit, utf8, utf16

LETTERS = st.sampled_from("Đường truyền Xã Ặ\u0323\u0302\u200d👨👩🏽🇻🇳 é,;")
TEXTS = st.text(st.one_of(LETTERS, st.characters(exclude_categories=["Cs"])), max_size=120)
MEASURES: list[Measure] = [characters, utf8, utf16, lambda text: len(escape(text))]


@given(TEXTS, st.integers(0, 150), st.sampled_from(MEASURES))
def test_a_cut_is_never_longer_than_its_room(text: str, room: int, measure: Measure) -> None:
    assert measure(cut(text, room, measure)) <= room


@given(TEXTS, st.integers(0, 150), st.sampled_from(MEASURES))
def test_a_cut_is_a_beginning_of_whole_letters(text: str, room: int, measure: Measure) -> None:
    shorter = cut(text, room, measure)
    if shorter in (text, ""):
        return
    assert shorter.endswith(MORE)
    head, letters = shorter.removesuffix(MORE), list(iter_graphemes(text))
    assert any("".join(letters[:count]).rstrip(" ,;:–-") == head for count in range(len(letters)))


@given(TEXTS)
def test_what_fits_is_left_as_it_is(text: str) -> None:
    assert cut(text, len(text)) == text


def test_it_cuts_at_a_word() -> None:
    assert cut("Đường truyền Xã Hoằng Hóa mất kết nối", 26) == "Đường truyền Xã Hoằng Hóa…"
    assert cut("Đường truyền Xã Hoằng Hóa mất kết nối", 25) == "Đường truyền Xã Hoằng…"
    assert cut("Nguyễn, Trần; Lê", 9) == "Nguyễn…"


def test_a_word_longer_than_the_room_is_cut_between_letters() -> None:
    assert cut("a" * 50, 10) == "a" * 9 + MORE
    decomposed = unicodedata.normalize("NFD", "ặ" * 9)
    assert cut(decomposed, 10) == unicodedata.normalize("NFD", "ặ" * 3) + MORE
    assert cut("👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 9) == "👨‍👩‍👧‍👦" + MORE


def test_units_count_what_they_say() -> None:
    assert (characters("Ặ😀"), utf8("Ặ😀"), utf16("Ặ😀")) == (2, 7, 3)


def size(parts: Sequence[Part]) -> int:
    return sum(len(each.label) + len(each.text) + 1 for each in parts)


PARTS = st.lists(
    st.builds(Part, st.sampled_from(["", "Ở"]), TEXTS, st.integers(0, 5), st.booleans()), max_size=8
)


@given(PARTS, st.integers(0, 300))
def test_what_is_kept_fits_and_is_in_its_order(parts: list[Part], budget: int) -> None:
    chosen = fit(parts, budget, size)
    assert not chosen or size(chosen) <= budget
    whole = [(each.label, each.rank) for each in parts]
    at = 0
    for each in chosen:
        at = whole.index((each.label, each.rank), at) + 1
        assert not each.whole or each in parts


@given(TEXTS, st.integers(0, 300))
def test_what_must_be_said_is_said_however_long_the_rest_is(text: str, budget: int) -> None:
    parts = [
        Part("", "đầu" + text, 0, brief="đầu"),
        Part("", "nơi" + text, 1, brief="nơi"),
        Part("", text + ", 0912000111", 2, whole=True, brief="0912000111"),
    ]
    said = [each.text for each in fit(parts, budget, size)]
    assert budget < 4 or said[0].startswith("đầu")
    assert budget < 15 or said[-1].endswith("0912000111")
    assert budget < 19 or said[1].startswith("nơi")


def test_what_matters_more_is_kept_though_it_stands_below() -> None:
    parts = [
        Part("", "đầu", 0),
        Part("", "một câu dài không ai cần đọc hết", 9),
        Part("", "0912000111", 1, whole=True),
    ]
    assert [each.text for each in fit(parts, 16, size)] == ["đầu", "0912000111"]


def test_a_rest_too_short_to_be_worth_it_is_left_out() -> None:
    parts = [Part("", "đầu", 0), Part("", "Gọi đầu mối; kiểm tra nguồn và dây mạng", 1)]
    assert [each.text for each in fit(parts, 20, size)] == ["đầu"]
    assert [each.text for each in fit(parts, 30, size)] == ["đầu", "Gọi đầu mối; kiểm tra…"]
