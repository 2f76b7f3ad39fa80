"""Alerts of other programs: leases, clocks that disagree, what they are about, how urgent they are."""

from __future__ import annotations

import pytest

from alerts import outside
from alerts.fingerprint import fingerprint
from alerts.outside import LEASE, Effect, Outside, OutsideAlert, ahead_of, severity, subject, turns
from alerts.postable import Posted
from alerts.rules import Severity
from ioc.others import Terms

NOW = 1_795_000_000.0
DISK = {"alertname": "DiskFull", "instance": "db1:9100", "severity": "critical"}
MARK = fingerprint(DISK)
TERMS = Terms(endpoint_label="instance", endpoints={"db1": "may-chu-1"})


class Post:
    """One book, and a sender whose clock is `off` seconds ahead of ours."""

    def __init__(self, off: float = 0.0, terms: Terms = TERMS) -> None:
        self.book = Outside(terms)
        self.off = off

    def __call__(
        self, now: float, starts: float | None = None, ends: float | None = None, **labels: str
    ) -> Effect:
        """Post at `now` seconds, with a beginning and an end by true time, in seconds too."""
        said, until = (None if each is None else NOW + each + self.off for each in (starts, ends))
        posted = Posted(DISK | labels, {}, said, until)
        ahead = ahead_of([posted], NOW + now)
        return self.book.take(posted, ahead, {"may-chu-1"}, NOW + now, 0.0)[0]

    @property
    def alert(self) -> OutsideAlert:
        found = self.book.get(MARK)
        assert found is not None
        return found

    def lasts(self, now: float) -> float:
        """Seconds that the lease goes on."""
        return self.alert.ends - NOW - now


def test_a_lease_is_renewed_and_runs_out() -> None:
    post = Post()
    assert post(0) is Effect.FIRES
    assert post(100) is Effect.RENEWED
    assert post.lasts(100) == LEASE
    assert post.book.expire(MARK, NOW + 100 + LEASE - 0.001) is None
    gone = post.book.expire(MARK, NOW + 100 + LEASE)
    assert gone is not None
    assert gone.fingerprint == MARK
    assert len(post.book) == 0


def test_an_end_to_come_is_the_lease_and_one_that_has_passed_resolves() -> None:
    post = Post()
    assert post(0, 0, 240) is Effect.FIRES
    assert post.lasts(0) == 240
    assert post(60, 0, 300) is Effect.RENEWED
    assert post(70, 0, 65) is Effect.RESOLVED
    assert post(130, 0, 65) is Effect.PAST
    assert post(200, 190, 430) is Effect.FIRES


def test_what_had_ended_before_it_was_heard_of_does_not_fire() -> None:
    post = Post()
    assert post(0, -600, -300) is Effect.PAST
    assert post(60, -600, -300) is Effect.PAST
    assert len(post.book) == 0


def test_a_sender_an_hour_ahead_fires_and_resolves_in_time() -> None:
    post = Post(off=3600)
    assert post(0, 0, 240) is Effect.FIRES
    assert post.alert.began == NOW
    assert post.lasts(0) == pytest.approx(240)
    assert post(60, 0, 300) is Effect.RENEWED
    assert post.lasts(60) == pytest.approx(240)
    assert post(90, 0, 80) is Effect.RESOLVED


def test_a_sender_an_hour_behind_fires_with_its_second_post_and_resolves_in_time() -> None:
    post = Post(off=-3600)
    assert post(0, 0, 240) is Effect.PAST  # it looks like one that has ended
    assert post(60, 0, 300) is Effect.FIRES
    assert post.lasts(60) == LEASE
    assert post(120, 0, 360) is Effect.RENEWED
    assert post(180, 0, 170) is Effect.RESOLVED
    assert post(240, 0, 170) is Effect.PAST
    assert post(300, 290, 530) is Effect.PAST  # a new one of the same labels
    assert post(360, 290, 590) is Effect.FIRES


def test_one_that_begins_in_another_century_moves_no_times_but_its_own() -> None:
    book = Outside(TERMS)
    odd = Posted({"alertname": "Odd"}, {}, NOW + 2e9, NOW + 2e9 + 240)
    sound = Posted(DISK, {}, NOW, NOW + 240)
    ahead = ahead_of([odd, sound], NOW)
    for each in (odd, sound):
        effect, alert = book.take(each, ahead, (), NOW, 0.0)
        assert effect is Effect.FIRES
        assert alert is not None
        assert (alert.began, alert.ends) == (NOW, NOW + 240)


def test_a_beginning_long_ago_is_not_believed() -> None:
    post = Post()
    post(0, -10 * 366 * 86_400.0, 240)
    assert post.alert.began == NOW - outside.OLDEST


def test_no_more_than_there_is_room_for() -> None:
    post = Post(terms=Terms(most=2))
    assert [post(0, instance=str(n)) for n in range(3)] == [Effect.FIRES, Effect.FIRES, Effect.NO_ROOM]
    assert post(1, instance="0") is Effect.RENEWED
    assert post(2, -1, 1, instance="0") is Effect.RESOLVED
    assert post(3, instance="2") is Effect.FIRES


def test_ended_ones_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "PAST_KEPT", 3)
    post = Post()
    for n in range(10):
        post(0, -600, -300, instance=str(n))
    assert len(post.book._past) == 3


@pytest.mark.parametrize("called", ["db1:9100", "db1", "may-chu-1", "may-chu-1:443"])
def test_a_label_names_an_endpoint(called: str) -> None:
    assert subject({"instance": called}, TERMS, {"may-chu-1"}) == "may-chu-1"


def test_others_are_about_their_group() -> None:
    terms = Terms(group_by=("alertname", "cluster"))
    one = subject({"alertname": "A", "cluster": "x", "pod": "1"}, terms, {})
    assert one == subject({"alertname": "A", "cluster": "x", "pod": "2"}, terms, {})
    assert one == "outside/" + fingerprint({"alertname": "A", "cluster": "x"})
    assert one != subject({"alertname": "A", "cluster": "y", "pod": "1"}, terms, {})
    assert one != subject({"alertname": "A", "pod": "1"}, terms, {})


def test_without_any_of_the_groups_labels_each_is_its_own() -> None:
    assert subject({"pod": "1"}, Terms(), {}) != subject({"pod": "2"}, Terms(), {})
    assert subject({"alertname": "A", "p": "1"}, Terms(group_by=()), {}) != subject({"p": "2"}, Terms(), {})


@pytest.mark.parametrize(
    ("said", "ours"),
    [
        ("critical", Severity.CRITICAL),
        ("INFO", Severity.INFO),
        ("Page", Severity.CRITICAL),
        ("none", Severity.INFO),
        ("đỏ", Severity.WARNING),
        ("", Severity.WARNING),
    ],
)
def test_severities(said: str, ours: Severity) -> None:
    terms = Terms(severities={"page": "critical", "none": "info"})
    assert severity({"severity": said}, terms) is ours


def test_a_fingerprint_as_alertmanager_makes_it() -> None:
    assert fingerprint({}) == "cbf29ce484222325"
    assert fingerprint({"b": "1", "a": "2"}) == fingerprint({"a": "2", "b": "1"})


@pytest.mark.parametrize(
    ("terms", "clusters", "portions"),
    [
        (Terms(), ["a"] * 120, [50, 50, 20]),
        (Terms(), [str(n) for n in range(25)], [10, 10, 5]),
        (Terms(), [str(n // 20) for n in range(100)], [50, 50]),
        (Terms(group_by=()), ["a"] * 25, [10, 10, 5]),
        (Terms(), [], []),
    ],
)
def test_a_turn_has_few_alerts_and_fewer_incidents(
    terms: Terms, clusters: list[str], portions: list[int]
) -> None:
    posted = [Posted({"alertname": "X", "cluster": each}) for each in clusters]
    found = list(turns(posted, terms))
    assert [len(each) for each in found] == portions
    assert [each for portion in found for each in portion] == posted
