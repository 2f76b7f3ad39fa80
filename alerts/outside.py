"""Alerts of other programs: which fire, until when, and what a post changes. Pure.

An alert is its labels. What is posted again renews its lease; a lease that runs out resolves it. Without an end a
post holds for five minutes, as Alertmanager's `resolve_timeout` has it.

Senders' clocks may be wrong. One that begins alerts in the future is ahead by at least that much: its ends are taken
as so much earlier. One that is behind names ends that have passed; when it moves the end of the same alert on from
post to post, it is renewing a lease and not telling of an end, since an end that was told never moves.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from alerts.fingerprint import fingerprint
from alerts.postable import Posted
from alerts.rules import Severity
from ioc.others import Terms

LEASE = 300.0
"""seconds that a post without an end holds, and that every alert holds at least after a restart"""
MOST_AHEAD = 86400.0
"""seconds that a clock is believed to be ahead; a beginning beyond says something of its own alert alone"""
OLDEST = 366 * 86400.0
"""seconds before now that a beginning is believed"""
PAST_KEPT = 10_000
"""ended alerts remembered, to tell a slow clock's renewals from ends"""
ALERTS_A_TURN, INCIDENTS_A_TURN = 50, 10
"""what is taken together, in one commit and one message an incident, before others have their turn"""
RULE = "posted:"
SUBJECT = "outside/"
SEVERITIES = {each.value: each for each in Severity}


@dataclass(frozen=True, slots=True)
class OutsideAlert:
    """An alert of another program that fires. Times are steady, but for `said`."""

    fingerprint: str
    subject: str
    severity: Severity
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    generator: str
    began: float
    ends: float
    """when its lease runs out"""
    said: float | None = None
    """the end that its newest post named, by its sender's clock"""
    ahead: float = 0.0
    """seconds that its sender's clock is ahead, as far as is known"""

    @property
    def rule(self) -> str:
        """What stands for a rule's id in the key of the alert."""
        return RULE + self.fingerprint

    @property
    def key(self) -> str:
        """Its identity among our own alerts."""
        return f"{self.rule}@{self.subject}"


class Effect(StrEnum):
    """What a post of one alert came to."""

    FIRES = "fires"
    RENEWED = "renewed"
    RESOLVED = "resolved"
    PAST = "past"
    """it had ended before we heard of it"""
    NO_ROOM = "no_room"


class Outside:
    """Every alert of other programs that fires."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self._firing: dict[str, OutsideAlert] = {}
        self._past: OrderedDict[str, tuple[float | None, float]] = OrderedDict()

    def __iter__(self) -> Iterator[OutsideAlert]:
        return iter(self._firing.values())

    def __len__(self) -> int:
        return len(self._firing)

    def get(self, fingerprint: str) -> OutsideAlert | None:
        """The alert of a fingerprint, while it fires."""
        return self._firing.get(fingerprint)

    def put(self, alert: OutsideAlert) -> None:
        """Enter an alert that fires, as it was kept."""
        self._firing[alert.fingerprint] = alert

    def take(
        self, posted: Posted, ahead: float, endpoints: Container[str], now: float, skew: float
    ) -> tuple[Effect, OutsideAlert | None]:
        """Take one alert of a post; `ahead` is its sender's clock's as far as this post tells.

        What came of it, and the alert as it is now, or was before it ended. `now` is steady, `skew` what civil time
        is ahead of it.
        """
        mark = fingerprint(posted.labels)
        known = self._firing.get(mark)
        own = 0.0 if posted.starts is None else posted.starts - skew - now
        ahead = max(ahead, own, known.ahead if known else 0.0)
        until = self._lease(mark, known, posted, ahead, now, skew)
        if until is None:
            self._remember(mark, posted)
            self._firing.pop(mark, None)
            return (Effect.RESOLVED, known) if known else (Effect.PAST, None)
        if known is not None:
            self._firing[mark] = renewed = _renewed(known, posted, ahead, until)
            return Effect.RENEWED, renewed
        if len(self._firing) >= self.terms.most:
            return Effect.NO_ROOM, None
        self._past.pop(mark, None)
        self._firing[mark] = fresh = self._fresh(mark, posted, ahead, until, endpoints, now, skew)
        return Effect.FIRES, fresh

    def expire(self, mark: str, now: float) -> OutsideAlert | None:
        """End an alert whose lease has run out; None when it has not."""
        known = self._firing.get(mark)
        if known is None or now < known.ends:
            return None
        return self._firing.pop(mark)

    def _lease(
        self, mark: str, known: OutsideAlert | None, posted: Posted, ahead: float, now: float, skew: float
    ) -> float | None:
        """Until when a post holds; None when it tells of an end."""
        if posted.ends is None:
            return now + LEASE
        ends = posted.ends - ahead - skew
        if ends > now:
            return ends
        return now + LEASE if self._moves_on(mark, known, posted, posted.ends) else None

    def _moves_on(self, mark: str, known: OutsideAlert | None, posted: Posted, ends: float) -> bool:
        """Whether an end that has passed is later than the one named before: the lease of a slow clock."""
        if known is not None:
            return known.said is not None and ends > known.said
        starts, before = self._past.get(mark, (None, ends))
        return starts is not None and starts == posted.starts and ends > before

    def _remember(self, mark: str, posted: Posted) -> None:
        if posted.ends is None:
            return
        self._past[mark] = (posted.starts, posted.ends)
        self._past.move_to_end(mark)
        if len(self._past) > PAST_KEPT:
            self._past.popitem(last=False)

    def _fresh(
        self, mark: str, posted: Posted, ahead: float, until: float, endpoints: Container[str], now: float,
        skew: float,
    ) -> OutsideAlert:  # fmt: skip
        starts = now if posted.starts is None else posted.starts - ahead - skew
        return OutsideAlert(
            mark,
            subject(posted.labels, self.terms, endpoints),
            severity(posted.labels, self.terms),
            posted.labels,
            posted.annotations,
            posted.generator,
            began=max(min(starts, now), now - OLDEST),
            ends=until,
            said=posted.ends,
            ahead=ahead,
        )


def ahead_of(posted: Iterable[Posted], civil: float) -> float:
    """Seconds that the clock of whoever posted these is ahead of ours, as far as their beginnings tell."""
    leads = (each.starts - civil for each in posted if each.starts is not None)
    return max([0.0, *(lead for lead in leads if lead <= MOST_AHEAD)])


def arranged(posted: Sequence[Posted], terms: Terms) -> list[Posted]:
    """What joins one incident stands together, its worst first: it opens the incident, and the rest is no news.

    Incidents stand by their worst, too: what is critical is told first.
    """
    named = (*terms.group_by, terms.endpoint_label)
    each = [
        (tuple(alert.labels.get(name, "") for name in named), -severity(alert.labels, terms).rank, place)
        for place, alert in enumerate(posted)
    ]
    worst: dict[tuple[str, ...], int] = {}
    for group, urgency, _ in each:
        worst[group] = min(worst.get(group, 0), urgency)
    ordered = sorted(each, key=lambda found: (worst[found[0]], found))
    return [posted[place] for _, _, place in ordered]


def turns(in_order: Iterable[Posted], terms: Terms) -> Iterator[list[Posted]]:
    """Arranged alerts in portions that hold others up no longer than a few milliseconds."""
    portion: list[Posted] = []
    before: list[str | None] = []
    incidents = 0
    for alert in in_order:
        group = [alert.labels.get(name) for name in terms.group_by]
        other = group != before or not any(group)
        if len(portion) == ALERTS_A_TURN or (other and incidents == INCIDENTS_A_TURN):
            yield portion
            portion, incidents, other = [], 0, True
        portion.append(alert)
        incidents += other
        before = group
    if portion:
        yield portion


def subject(labels: Mapping[str, str], terms: Terms, endpoints: Container[str]) -> str:
    """What an alert is about: an endpoint that a label names, else the group of alerts that join one incident."""
    named = labels.get(terms.endpoint_label, "") if terms.endpoint_label else ""
    for each in (named, named.rpartition(":")[0]):
        id = terms.endpoints.get(each, each)
        if id and id in endpoints:
            return id
    group = {name: labels[name] for name in terms.group_by if name in labels}
    return SUBJECT + fingerprint(group or labels)


def severity(labels: Mapping[str, str], terms: Terms) -> Severity:
    """How urgent an alert is; a warning when it does not say so in words that are known."""
    said = labels.get(terms.severity_label, "").lower()
    return SEVERITIES.get(terms.severities.get(said, said), Severity.WARNING)


def _renewed(known: OutsideAlert, posted: Posted, ahead: float, until: float) -> OutsideAlert:
    return replace(known, annotations=posted.annotations, ends=until, said=posted.ends, ahead=ahead)
