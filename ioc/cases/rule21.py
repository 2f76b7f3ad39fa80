"""Metric 2.1: whether a dossier was on time by the national rule, which is not how it stands by our own.

1. On time if and only if its end is not after the date of return. The end is when it was done (status 9), else when
   its result was given back (10), else when it was stopped or withdrawn after it had been accepted.
2. While papers asked of the applicant are not brought, its end is when they were asked for. Papers asked for more than
   once make it overdue.
3. Finished after papers were brought, its end is earlier by as long as that took.
4. Without a date of return, its end less that time must not be after what the legal maximum allows.
5. Unfinished, its end is the last day of the period; in a live view, now.
6. The ratio is of those on time among all received or handled in the period, in percent with two decimals.

Source: the set of indicators of Quyết định 766/QĐ-TTg (23/6/2022), 2.1, as the national portal counts it.
Moments are civil seconds since the Unix epoch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import NamedTuple

from ioc.cases.model import Case, Stage, Supplement
from ioc.cases.standing import closed_at

FINISHED, RETURNED = "9", "10"
"""national codes: the work is done; its result was given back"""


class Judgement(StrEnum):
    """What metric 2.1 says of one dossier."""

    ON_TIME = "on_time"
    """done in time"""
    WITHIN = "within"
    """not done, and its date has not passed"""
    OVERDUE = "overdue"
    UNKNOWN = "unknown"
    """neither a date of return nor a legal maximum"""


GOOD = frozenset({Judgement.ON_TIME, Judgement.WITHIN})


class Facts(NamedTuple):
    """What the rule looks at; `maximum` is when the legal maximum after reception is over."""

    due: float | None
    maximum: float | None
    finished: float | None = None
    returned: float | None = None
    ended: float | None = None
    supplements: tuple[Supplement, ...] = ()


def judge(facts: Facts, period_end: float) -> Judgement:
    """What the rule says of one dossier in a period that ends at a moment; now, in a live view."""
    if len(facts.supplements) > 1:
        return Judgement.OVERDUE
    allowed = facts.maximum if facts.due is None else facts.due
    if allowed is None:
        return Judgement.UNKNOWN
    over = _end(facts)
    end = _waited(facts, period_end if over is None else over)
    if end > allowed:
        return Judgement.OVERDUE
    return Judgement.WITHIN if over is None else Judgement.ON_TIME


def facts_of(case: Case, maximum: float | None) -> Facts:
    """What a dossier's record and steps say, by the codes of the national portal."""
    record = case.record
    moments, stage = _first_moments(case), case.latest.stage
    closed, returned = closed_at(case), moments.get(RETURNED)
    finished = record.closed if record is not None and stage is Stage.DONE else None
    if finished is None:
        finished = moments.get(FINISHED)
    if finished is None and returned is None and stage is Stage.DONE:
        finished = closed  # of a source whose codes are not the national ones
    return Facts(
        due=record.due if record else None,
        maximum=maximum,
        finished=finished,
        returned=returned,
        ended=closed if stage in (Stage.STOPPED, Stage.WITHDRAWN) else None,
        supplements=record.supplements if record else (),
    )


def ratio(judgements: Iterable[Judgement]) -> Decimal | None:
    """Percent on time, two decimals, half up; None of nothing. Those UNKNOWN count neither way."""
    known = [each for each in judgements if each is not Judgement.UNKNOWN]
    if not known:
        return None
    good = sum(each in GOOD for each in known)
    return (Decimal(100) * good / len(known)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _end(facts: Facts) -> float | None:
    ends = (facts.finished, facts.returned, facts.ended)
    return next((each for each in ends if each is not None), None)


def _waited(facts: Facts, end: float) -> float:
    """The end by rules 2 and 3: what the applicant took is not the unit's."""
    for papers in facts.supplements:
        if papers.brought is None:
            return min(end, papers.asked)
        if papers.brought <= end:
            return end - max(0.0, papers.brought - papers.asked)
    return end


def _first_moments(case: Case) -> Mapping[str, float]:
    """When each status was first reached."""
    said = [*case.steps, *((case.record,) if case.record else ())]
    found: dict[str, float] = {}
    for each in said:
        code = each.status.lstrip("0")
        found[code] = min(each.at, found.get(code, each.at))
    return found
