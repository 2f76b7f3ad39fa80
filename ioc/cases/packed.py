"""Updates and cases as bytes: arrays of JSON, in the order of the fields, without the key that stands beside them.

A form is added to, and only at the end: what an older release wrote must be read. `names` are the applicant and the
subject, which a packed case never holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from ioc.cases.model import Case, Record, Stage, Step, Supplement, Update

_STAGES = {str(stage): stage for stage in Stage}
_RECORD, _STEP = 0, 1
_SUPPLEMENTS = Record._fields.index("supplements")
_NAMES = Record._fields.index("applicant")
_STAGE, _MARKS = Record._fields.index("stage") - 1, Record._fields.index("marks") - 1


def flat(record: Record) -> tuple[Any, ...]:
    """A record's fields but its key, of what JSON knows."""
    papers = record.supplements and [tuple(each) for each in record.supplements]
    return (*record[1:_SUPPLEMENTS], papers, *record[_SUPPLEMENTS + 1 :])


def pack(case: Case) -> bytes:
    """A case as bytes. Raises TypeError for text that is not Unicode."""
    record = case.record
    said = None if record is None else flat(record)[: _NAMES - 1]
    return orjson.dumps((said, case.digests, [each[1:] for each in case.steps]))


def unpack(key: str, packed: bytes) -> Case:
    """The case of a key as `pack` wrote it."""
    said, digests, steps = orjson.loads(packed)
    record = None if said is None else _record(key, said)
    return Case(key, record, tuple(digests), tuple([_step(key, each) for each in steps]))


def pack_updates(updates: Sequence[Update]) -> bytes:
    """Updates as bytes, in their order, names of people and all. Raises TypeError for text that is not Unicode."""
    return orjson.dumps(
        [(_RECORD, each.key, *flat(each)) if isinstance(each, Record) else (_STEP, *each) for each in updates]
    )


def unpack_updates(packed: bytes) -> list[Update]:
    """Updates as `pack_updates` wrote them."""
    return [
        _record(said[1], said[2:]) if said[0] == _RECORD else _step(said[1], said[2:])
        for said in orjson.loads(packed)
    ]


def _record(key: str, said: list[Any]) -> Record:
    """Of a record's fields without its key; those at the end may be missing."""
    said[_STAGE] = _STAGES[said[_STAGE]]
    said[_SUPPLEMENTS - 1] = tuple([Supplement(*each) for each in said[_SUPPLEMENTS - 1]])
    said[_MARKS] = tuple(said[_MARKS])
    return Record(key, *said)


def _step(key: str, said: list[Any]) -> Step:
    at, source, status, stage, *rest = said
    return Step(key, at, source, status, _STAGES[stage], *rest)
