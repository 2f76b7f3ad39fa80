"""How many reports of a case become one: a join, so that any order with any repeats ends in the same case.

Of records the one of the higher version wins; steps are a set, of which the newest are kept. Only two different
records of one version have an order that matters: the later to come wins, and a repeat of the earlier does not win
again.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from hashlib import blake2b

import orjson

from ioc.cases.model import ENDS, PROGRESS, Case, Fault, Finding, Record, Stage, Step, Update, rank
from ioc.cases.packed import flat

MOST_STEPS = 64
"""steps kept of a case: the newest"""
MOST_DIGESTS = 16
EARLIEST, LATEST = 631_152_000.0, 4_102_444_800.0
"""1990 and 2100: a moment outside cannot be meant"""

Merged = tuple[Case, tuple[Finding, ...]]


def merge(case: Case | None, update: Update) -> Merged:
    """A case after one more report of it, and what is wrong with that report.

    Where the report changes nothing the very same case comes back.
    """
    if case is None:
        case = Case(update.key)
    if isinstance(update, Record):
        return _with_record(case, update)
    return _with_step(case, update)


def version(record: Record) -> tuple[float, int, int]:
    """What decides which record wins: its moment, how far it is, how many supplements it knows of."""
    return record.at, PROGRESS[record.stage], len(record.supplements)


def digest(record: Record) -> int:
    """A number of 64 bits by which two records are told apart, names of people and all."""
    return int.from_bytes(blake2b(orjson.dumps(flat(record)), digest_size=8).digest(), "big", signed=True)


def _with_record(case: Case, record: Record) -> Merged:
    held = case.record
    if held is not None:
        order = version(record)
        if order < version(held):
            return case, ()
        if order == version(held):
            return _tied(case, record)
    return _won(case, record, (digest(record),))


def _tied(case: Case, record: Record) -> Merged:
    mark = digest(record)
    if mark in case.digests:
        return case, ()
    merged, findings = _won(case, record, (*case.digests[1 - MOST_DIGESTS :], mark))
    clash = Finding(record.key, Fault.CONFLICT, record.source, f"{record.status} {record.at:.0f}")
    return merged, (clash, *findings)


def _won(case: Case, record: Record, digests: tuple[int, ...]) -> Merged:
    bare = record._replace(applicant="", subject="") if record.applicant or record.subject else record
    merged = Case(case.key, bare, digests, case.steps)
    return merged, (*_wrong(bare), *_went_back(case, merged))


def _with_step(case: Case, step: Step) -> Merged:
    steps = case.steps
    place = len(steps)
    if steps and _order(step) <= _order(steps[-1]):
        place = bisect_left(steps, _order(step), key=_order)
        if steps[place] == step:
            return case, ()
    dropped = len(steps) == MOST_STEPS
    crowded = (Finding(step.key, Fault.TOO_MANY_STEPS, step.source, str(MOST_STEPS)),) if dropped else ()
    if dropped and place == 0:
        return case, crowded
    kept = (*steps[:place], step, *steps[place:])[-MOST_STEPS:]
    merged = Case(case.key, case.record, case.digests, kept)
    orphan = () if case.record else (Finding(step.key, Fault.NO_RECORD, step.source, step.status),)
    return merged, (*orphan, *crowded, *_went_back(case, merged))


def _order(step: Step) -> tuple[object, ...]:
    """Every field, so that no two steps are of one place unless they are the same."""
    return (*rank(step), *step)


def _went_back(was: Case, now: Case) -> tuple[Finding, ...]:
    """A finding where what is now said last is of a stage before the one it was in."""
    if was.record is None and not was.steps:
        return ()
    before, after = was.latest, now.latest
    if _level(after.stage) >= _level(before.stage):
        return ()
    return (Finding(now.key, Fault.WENT_BACK, after.source, f"{before.status} → {after.status}"),)


def _level(stage: Stage) -> int:
    """Applied, under way, over: to pause and to go on is no step back."""
    return 2 if stage in ENDS else int(stage is not Stage.APPLIED)


def _wrong(record: Record) -> Iterator[Finding]:
    """What cannot be so of a record's moments."""
    for fault, value in _impossible(record):
        yield Finding(record.key, fault, record.source, f"{value:.0f}")


def _impossible(record: Record) -> Iterator[tuple[Fault, float]]:
    for moment in (record.at, record.received, record.due, record.closed):
        if moment is not None and not EARLIEST <= moment < LATEST:
            yield Fault.IMPOSSIBLE_TIME, moment
    if record.received is not None:
        if record.due is not None and record.due < record.received:
            yield Fault.DUE_BEFORE_RECEIVED, record.due
        if record.closed is not None and record.closed < record.received:
            yield Fault.CLOSED_BEFORE_RECEIVED, record.closed
    for each in record.supplements:
        if each.brought is not None and each.brought < each.asked:
            yield Fault.BROUGHT_BEFORE_ASKED, each.brought
