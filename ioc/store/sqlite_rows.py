"""How values lie in a row of the embedded history. Pure.

`numbers`: n field ids of 16 bits, then n floats of 64 bits; `others`: a JSON object of field ids to integers, texts
and flags; `folds`: for each field its id (16 bits), the count (32) and sum, least, most and last (64 each). All are
little-endian.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from struct import Struct

import orjson

from ioc.store.parse import Value

FIELDS = 2**16 - 1
"""ids of fields are 1 … FIELDS"""
_FOLD = Struct("<HI4d")

Row = tuple[bytes, str | None]
"""numbers and others of one line"""


@lru_cache(maxsize=256)
def shape(count: int) -> Struct:
    """Ids and numbers of so many fields."""
    return Struct(f"<{count}H{count}d")


def pack(ids: Sequence[int], values: Sequence[Value]) -> Row:
    """A row of values and the ids of their fields."""
    if {*map(type, values)} == {float}:
        return shape(len(ids)).pack(*ids, *values), None
    floats = [(id, value) for id, value in zip(ids, values, strict=True) if isinstance(value, float)]
    others = {str(id): value for id, value in zip(ids, values, strict=True) if not isinstance(value, float)}
    numbers = shape(len(floats)).pack(*(id for id, _ in floats), *(value for _, value in floats))
    return numbers, orjson.dumps(others).decode()


def unpack(numbers: bytes, others: str | None) -> dict[int, Value]:
    """The values of a row by the ids of their fields."""
    count = len(numbers) // 10
    found = shape(count).unpack(numbers)
    values: dict[int, Value] = dict(zip(found[:count], found[count:], strict=True))
    if others:
        values.update((int(id), value) for id, value in orjson.loads(others).items())
    return values


def merged(old: Row, new: Row) -> Row:
    """Two lines of one series and moment: the newer one's fields, and of the older what that has not."""
    both = {**unpack(*old), **unpack(*new)}
    return pack(tuple(both), tuple(both.values()))


def finder(field: int) -> Callable[[bytes, str | None], float | None]:
    """Finds one field's number in rows; None where a row has none."""
    places: dict[bytes, int] = {}
    number, key = Struct("<d"), str(field)

    def find(numbers: bytes, others: str | None) -> float | None:
        ids = numbers[: len(numbers) // 10 * 2]
        place = places.get(ids)
        if place is None:
            place = places[ids] = _place(ids, field)
        if place >= 0:
            found: float = number.unpack_from(numbers, place)[0]
            return found
        value = orjson.loads(others).get(key) if others else None
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else None

    return find


def _place(ids: bytes, field: int) -> int:
    wanted = field.to_bytes(2, "little")
    for index in range(0, len(ids), 2):
        if ids[index : index + 2] == wanted:
            return len(ids) + index // 2 * 8
    return -1


Fold = tuple[int, float, float, float, float]
"""count, sum, least, most, last"""


def pack_folds(folds: Mapping[int, Fold]) -> bytes:
    """A row of folds by the ids of their fields."""
    return b"".join([_FOLD.pack(id, *fold) for id, fold in folds.items()])


def unpack_folds(folds: bytes) -> Iterable[tuple[int, int, float, float, float, float]]:
    """Field id, count, sum, least, most and last of each field in a row."""
    return _FOLD.iter_unpack(folds)


def fold_rows(rows: Iterable[Row]) -> dict[int, Fold]:
    """The numbers of rows in order of time, folded by field; texts and flags have none."""
    values: dict[int, list[float]] = {}
    for numbers, others in rows:
        count = len(numbers) // 10
        found = shape(count).unpack(numbers)
        for id, value in zip(found[:count], found[count:], strict=True):
            if id in values:
                values[id].append(value)
            else:
                values[id] = [value]
        if others:
            for key, other in orjson.loads(others).items():
                if isinstance(other, int) and not isinstance(other, bool):
                    values.setdefault(int(key), []).append(float(other))
    return {id: (len(each), _sum(each), min(each), max(each), each[-1]) for id, each in values.items()}


def _sum(values: Sequence[float]) -> float:
    """The sum from left to right: what InfluxDB makes of the same values, to the last bit."""
    total = 0.0
    for value in values:
        total += value
    return total


def fold_folds(rows: Iterable[bytes]) -> dict[int, Fold]:
    """Rows of folds in order of time, folded once more."""
    open: dict[int, Fold] = {}
    for row in rows:
        for id, count, total, least, most, last in unpack_folds(row):
            was = open.get(id)
            if was is None:
                open[id] = (count, total, least, most, last)
            else:
                open[id] = (was[0] + count, was[1] + total, min(was[2], least), max(was[3], most), last)
    return open
