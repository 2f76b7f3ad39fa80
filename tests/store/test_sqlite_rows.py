"""What is packed into a row comes out of it, and a fold of folds is the fold of everything."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ioc.store.sqlite_rows import (
    FIELDS,
    finder,
    fold_folds,
    fold_rows,
    merged,
    pack,
    pack_folds,
    unpack,
    unpack_folds,
)

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = (
    FLOATS
    | st.integers(-(2**63), 2**64 - 1)
    | st.booleans()
    | st.text(st.characters(exclude_categories=["Cs"]))
)
LINES = st.dictionaries(st.integers(1, FIELDS), VALUES, min_size=1, max_size=8)


def row(values: dict[int, float | int | str | bool]) -> tuple[bytes, str | None]:
    return pack(tuple(values), tuple(values.values()))


@given(LINES)
def test_a_line_comes_back_with_its_types(values: dict[int, float | int | str | bool]) -> None:
    found = unpack(*row(values))
    assert found == values
    assert {id: type(each) for id, each in found.items()} == {id: type(each) for id, each in values.items()}


@given(LINES, LINES)
def test_two_lines_of_a_moment_are_one(
    old: dict[int, float | int | str | bool], new: dict[int, float | int | str | bool]
) -> None:
    assert unpack(*merged(row(old), row(new))) == {**old, **new}


@given(LINES)
def test_one_number_is_found_without_the_others(values: dict[int, float | int | str | bool]) -> None:
    packed = row(values)
    for id in [*values, 5]:
        value = values.get(id)
        whole = isinstance(value, float | int) and not isinstance(value, bool)
        assert finder(id)(*packed) == (float(value) if whole else None)  # type: ignore[arg-type]


MINUTE = st.lists(
    st.dictionaries(st.integers(1, 3), st.integers(-(10**9), 10**9).map(float), min_size=1), min_size=1
)


@given(st.lists(MINUTE, min_size=1))
def test_a_fold_counts_each_number_once(minutes: list[list[dict[int, float]]]) -> None:
    folds = [fold_rows(row(dict(each)) for each in minute) for minute in minutes]
    hour = fold_folds(pack_folds(each) for each in folds)
    for id, found in hour.items():
        every = [each[id] for minute in minutes for each in minute if id in each]
        assert found == (len(every), sum(every), min(every), max(every), every[-1])


@given(
    st.dictionaries(st.integers(1, FIELDS), st.tuples(st.integers(1, 2**32 - 1), *[FLOATS] * 4), max_size=9)
)
def test_folds_come_back(folds: dict[int, tuple[int, float, float, float, float]]) -> None:
    assert {id: tuple(rest) for id, *rest in unpack_folds(pack_folds(folds))} == folds


def test_texts_and_flags_are_not_folded() -> None:
    assert fold_rows([row({1: "x", 2: True, 3: 4})]) == {3: (1, 4.0, 4.0, 4.0, 4.0)}
