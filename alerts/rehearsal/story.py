"""One test of rules played on the stage: what is found and done over time, and what must come of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from alerts.notification import Notification
from alerts.rehearsal import schema
from alerts.rehearsal.notation import values
from alerts.rehearsal.stage import Allowance, Cast, Stage, TooMuchError
from alerts.rehearsal.verdict import differences
from ioc.config.scalars import duration, written
from ioc.errors import Refused
from ioc.matchers import MatcherError, parse

LONGEST = 400 * 86_400.0


class UnfitError(ValueError):
    """A test that cannot be played; `loc` is where in the test it is wrong."""

    def __init__(self, what: str, *loc: str | int) -> None:
        super().__init__(what)
        self.loc = loc


@dataclass(slots=True)
class Moment:
    """All that happens at one time: what is found by key of the picture, what people do, what is looked at."""

    found: dict[str, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    acts: list[schema.Act] = field(default_factory=list)
    checks: list[schema.Check] = field(default_factory=list)


def timeline(story: schema.Story, allowance: Allowance) -> list[tuple[float, Moment]]:
    """What happens when, in seconds from the start. Raises UnfitError, TooMuchError."""
    moments: dict[float, Moment] = defaultdict(Moment)
    for number, series in enumerate(story.input_series):
        key = _key(series, number)
        for at, value in _samples(series, story.interval, number):
            allowance.take()
            moments[at].found[key][series.field] = value
    for place, act in enumerate(story.acts):
        _check_moment(act.at, "acts", place, "at")
        moments[act.at].acts.append(act)
    for place, check in enumerate(story.expect):
        _check_moment(check.eval_time, "expect", place, "eval_time")
        moments[check.eval_time].checks.append(check)
    return sorted(moments.items())


async def play(story: schema.Story, cast: Cast, start: float, allowance: Allowance) -> list[str]:
    """What differs from what was expected; empty when nothing does. Raises UnfitError."""
    _check_endpoints(story, cast)
    try:
        return await _play(story, cast, start, allowance)
    except TooMuchError:
        what = f"more than {allowance.most} samples and timers in one file; make tests shorter, or split the file"
        raise UnfitError(what) from None


async def _play(story: schema.Story, cast: Cast, start: float, allowance: Allowance) -> list[str]:
    out: list[str] = []
    pages = 0
    async with Stage(cast, start, allowance) as stage:
        for at, moment in timeline(story, allowance):
            await stage.go(at)
            for key, found in moment.found.items():
                stage.put(key, found)
            for act in moment.acts:
                await _act(stage, act, story)
            await stage.settle()
            for check in moment.checks:
                news = [_page(each, start) for each in stage.told[pages:]]
                out += [f"at {written(at)}: {line}" for line in _judged(check, stage, news)]
                pages = len(stage.told)
    return out


def _check_endpoints(story: schema.Story, cast: Cast) -> None:
    known = cast.inventory.endpoints
    for number, series in enumerate(story.input_series):
        if series.endpoint is not None and series.endpoint not in known:
            what = f"there is no endpoint {series.endpoint!r}; list it under endpoints"
            raise UnfitError(what, "input_series", number, "endpoint")


def _judged(check: schema.Check, stage: Stage, news: list[dict[str, Any]]) -> Iterator[str]:
    if check.exp_alerts is not None:
        yield from differences("alerts", check.exp_alerts, stage.alerts(), ordered=False)
    if check.exp_incidents is not None:
        yield from differences("incidents", check.exp_incidents, stage.incidents(), ordered=False)
    if check.exp_pages is not None:
        expected = [_spelled(each) for each in check.exp_pages]
        yield from differences("pages", expected, news, ordered=True)


async def _act(stage: Stage, act: schema.Act, story: schema.Story) -> None:
    place = story.acts.index(act)
    if sum(each is not None for each in (act.acknowledge, act.maintain, act.silence)) != 1:
        raise UnfitError("an act is one of acknowledge, maintain and silence", "acts", place)
    end = stage.start + act.at + act.lasts
    try:
        if act.acknowledge is not None:
            await stage.engine.acknowledge(_incident(stage, act.acknowledge), act.by, act.note)
        for kind, id in (act.maintain or {}).items():
            await stage.engine.maintain(kind, id, None, end, act.note or "rehearsal", act.by)
        if act.silence:
            matchers = [parse(each) for each in act.silence]
            await stage.engine.plans.silencing.begin(matchers, None, end, act.note or "rehearsal", act.by)
    except (Refused, MatcherError) as refused:
        raise UnfitError(str(refused), "acts", place) from None


def _incident(stage: Stage, root: str) -> int:
    for each in stage.incidents():
        if each["root"] == root:
            return int(each["id"])
    raise Refused(f"there is no open incident of {root!r} at {written(stage.since_start)}")


def _page(told: Notification, start: float) -> dict[str, Any]:
    return {
        "at": told.at - start,
        "kind": told.kind,
        "root": told.labels.get("subject", ""),
        "incident": told.incident,
        "severity": told.severity,
        "to": told.receiver,
        "address": told.to,
        "person": told.person,
        "because": told.because,
        "rule": told.labels.get("alertname", ""),
        "members": int(told.annotations.get("members", "0")),
        "summary": told.annotations.get("summary", ""),
    }


def _spelled(page: Mapping[str, Any]) -> dict[str, Any]:
    """A page as it is compared: its time in seconds."""
    return {key: duration(value) if key == "at" else value for key, value in page.items()}


def _key(series: schema.Series, number: int) -> str:
    if (series.endpoint is None) == (series.own is None):
        raise UnfitError("a series is of an `endpoint` or of `self`", "input_series", number)
    return f"endpoint/{series.endpoint}" if series.endpoint is not None else f"self/{series.own}"


def _samples(series: schema.Series, interval: float, number: int) -> Iterator[tuple[float, Any]]:
    place = ("input_series", number)
    if (series.values is None) == (series.at is None):
        raise UnfitError("a series has `values` or `at`", *place)
    try:
        if series.values is not None:
            found = [(n * interval, value) for n, value in enumerate(values(series.values))]
        else:
            found = [(duration(at), value) for at, value in (series.at or {}).items()]
    except ValueError as error:
        raise UnfitError(str(error), *place, "values" if series.values is not None else "at") from None
    for at, value in found:
        _check(series, at, value, place)
        if value is not None or series.field != "state":
            yield at, value


def _check_moment(at: float, *place: str | int) -> None:
    if at > LONGEST:
        raise UnfitError(f"a story is at most {written(LONGEST)} long", *place)


def _check(series: schema.Series, at: float, value: Any, place: tuple[str | int, ...]) -> None:
    _check_moment(at, *place)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if value is None or (series.field != "state" and number):
        return
    if series.field != "state" and series.own is None:
        raise UnfitError(f"{series.field} is a number, not {value!r}", *place)
    if not isinstance(value, str):
        raise UnfitError(f"state is a word, not {value!r}", *place)
    if series.field == "state" and series.endpoint is not None and value not in schema.STATES:
        raise UnfitError(f"{value!r} is no state; they are {', '.join(schema.STATES)}", *place)
