"""The intake of observations: verdicts become states, and states the operating picture.

The shell around `ioc.health`: it keeps each endpoint's findings, asks again when a parent, the calendar, a
maintenance or the age of what is known changes the answer, and hands every change of state to the state file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from ioc.alarm import Alarm
from ioc.clock import Clock
from ioc.health import Finding, Health, state_of
from ioc.inventory import Endpoint, Inventory
from ioc.model import Reason, Role, Sample, State, Verdict
from ioc.picture import Picture
from ioc.state.ledger import Write
from ioc.telemetry import Telemetry

Remember = Callable[[Write], object]
Expected = Callable[[Endpoint, float], bool]
Maintained = Callable[[str, float], bool]

_REACHABILITY = Role.REACHABILITY  # by itself: a look at the enum takes ten times as long

_SAVE_STATE = (
    "INSERT INTO states(subject, state, since, reason, detail) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT(subject) DO UPDATE SET state=excluded.state, since=excluded.since, "
    "reason=excluded.reason, detail=excluded.detail"
)
_SAVE_VERDICT = (
    "INSERT INTO verdicts(subject, source, verdict, since) VALUES (?, ?, ?, ?) "
    "ON CONFLICT(subject, source) DO UPDATE SET verdict=excluded.verdict, since=excluded.since"
)


class _Place:
    """What is known of one endpoint."""

    __slots__ = (
        "answered", "endpoint", "expected", "fields", "findings", "first", "fresh", "health", "key", "plain",
        "said", "words",
    )  # fmt: skip

    def __init__(self, endpoint: Endpoint, roles: Mapping[str, Role]) -> None:
        self.endpoint = endpoint
        self.findings: dict[str, Finding] = {}
        self.answered: dict[str, bool] = {}
        self.fields: dict[str, float] = {}
        self.health: Health | None = None
        self.said: Health | None = None
        self.words: Mapping[str, Any] = {}
        """what the picture says of `said`"""
        self.plain: State | None = None
        """its state but for maintenance: a cut is a cut to what is behind it, planned or not"""
        self.expected = True
        self.key = f"endpoint/{endpoint.id}"
        self.adopt(endpoint, roles)

    def adopt(self, endpoint: Endpoint, roles: Mapping[str, Role]) -> None:
        """Take over a new declaration of the same endpoint, dropping what its sources no longer say."""
        self.endpoint = endpoint
        self.first = endpoint.probes[0].source if endpoint.probes else ""
        self.fresh = {
            probe.source: (probe.stale_after + 2 * probe.timeout, roles[probe.source])
            for probe in endpoint.probes
        }
        for source in [known for known in self.findings if known not in self.fresh]:
            del self.findings[source]
            self.answered.pop(source, None)

    def stale_at(self, now: float) -> float | None:
        """The steady moment after this one at which the next finding grows stale."""
        moments = (each.at + each.fresh_for for each in self.findings.values())
        return min((each for each in moments if each > now), default=None)

    def forget_stale(self, now: float) -> bool:
        """Take an answer of a source that says nothing any more for none; whether there is such a source."""
        stale = [source for source, each in self.findings.items() if not each.fresh(now)]
        for source in stale:
            self.answered.pop(source, None)
        return bool(stale)


class Intake:
    """Keeps every endpoint's state in the picture true to what the sources and the calendar say.

    `expected` and `maintained` answer for an endpoint at a steady moment; `remember` is given each write of a
    changed state or verdict for the state file.
    """

    def __init__(
        self,
        clock: Clock,
        picture: Picture,
        roles: Mapping[str, Role],
        expected: Expected,
        maintained: Maintained,
        remember: Remember,
        telemetry: Telemetry,
    ) -> None:
        self._clock = clock
        self._picture = picture
        self._roles = roles
        self._expected = expected
        self._maintained = maintained
        self._remember = remember
        self._places: dict[str, _Place] = {}
        self._inventory: Inventory | None = None
        self._uplink_ok = True
        self._references: frozenset[str] = frozenset()
        """those whose answer would be the first that is known of our own link"""
        self._stale: Alarm[str] = Alarm(clock, self._grow_stale)
        self._strays = telemetry.tally(
            "ioc_samples_stray", "Samples about endpoints that are not configured."
        )
        self._samples = telemetry.tally("ioc_samples", "Samples taken in.")
        self._changes = telemetry.tally("ioc_state_changes", "Changes of an endpoint's state.")
        telemetry.gauge("ioc_endpoints", "Endpoints watched.", lambda: len(self._places))

    def apply(self, inventory: Inventory) -> None:
        """Watch these endpoints from now on; those that stay keep what is known of them."""
        now = self._clock.now()
        for gone in self._places.keys() - inventory.endpoints.keys():
            self._drop(gone)
        self._inventory = inventory
        self._await_link(inventory, now)
        for endpoint in inventory.endpoints.values():
            place = self._places.get(endpoint.id)
            if place is None:
                self._places[endpoint.id] = place = _Place(endpoint, self._roles)
            else:
                place.adopt(endpoint, self._roles)
            self._picture.put(f"about/{endpoint.id}", about(endpoint, inventory))
        self.look_again(inventory.endpoints, now)

    def restore(
        self, states: Iterable[tuple[str, str, float]], verdicts: Iterable[tuple[str, str, str, float]]
    ) -> None:
        """Take over what the last run held to be so; it stays *unknown* until probed, but keeps its since.

        What was taken out meanwhile is forgotten: put back in a year, it would be as it was since then.
        """
        states, verdicts = tuple(states), tuple(verdicts)
        subjects = {row[0] for row in states} | {row[0] for row in verdicts}
        for gone in sorted(subjects - self._places.keys()):
            self._forget(gone)
        for subject, source, verdict, since in verdicts:
            place = self._places.get(subject)
            if place is not None and source in place.fresh:
                fresh_for, role = place.fresh[source]
                # Older than its freshness: it decides nothing, and only its `since` survives.
                at = self._clock.now() - fresh_for - 1
                place.findings[source] = Finding(Verdict(verdict), at, since, role, fresh_for)
        for subject, state, since in states:
            place = self._places.get(subject)
            if place is not None and state != State.UNKNOWN:
                now = self._clock.now()
                known = (State(state), since)
                place.health = Health(State.UNKNOWN, now, now, Reason.NOT_YET_PROBED, known=known)

    def accept(self, sample: Sample) -> None:
        """Take in one observation; the picture has followed when this returns."""
        place = self._places.get(sample.subject)
        if place is None or sample.source not in place.fresh:
            self._strays.n += 1
            return
        self._samples.n += 1
        if self._references and sample.answered and sample.subject in self._references:
            self.uplink(True, sample.at)
        source = sample.source
        changed = sample.verdict is not None and self._find(place, sample, sample.verdict)
        if place.fresh[source][1] is _REACHABILITY:
            place.answered[source] = sample.answered
        if sample.fields:
            if source == place.first:
                place.fields.update(sample.fields, measured=sample.at)
            else:
                place.fields.update((f"{source}_{name}", each) for name, each in sample.fields.items())
        if changed or place.health is None:
            self._judge(place, sample.at)
        else:
            self._show(place, place.health, sample.at)

    def uplink(self, ok: bool, at: float) -> None:
        """Our own link is up or down: down, nothing is known of anything."""
        if ok == self._uplink_ok and "self/uplink" in self._picture:
            return
        self._uplink_ok = ok
        self._references = frozenset()
        self._picture.put("self/uplink", {"state": "ok" if ok else "down", "since": at})
        for place in self._places.values():
            self._judge(place, at)

    def look_again(self, endpoints: Iterable[str], now: float) -> None:
        """Ask anew for these: an expectation or a maintenance of theirs may have changed."""
        for each in endpoints:
            place = self._places.get(each)
            if place is not None:
                place.expected = self._expected(place.endpoint, now)
                self._judge(place, now)

    def stop(self) -> None:
        """Ask no more of the clock."""
        self._stale.stop()

    def _await_link(self, inventory: Inventory, now: float) -> None:
        """Know of our own link what nobody tells: it is well when a reference answers, or when there is none.

        Else an incident of the last run about it would never end.
        """
        if "self/uplink" not in self._picture:
            self._references = frozenset(inventory.references)
            if not self._references:
                self.uplink(True, now)

    def _find(self, place: _Place, sample: Sample, verdict: Verdict) -> bool:
        """Keep what a sample says; whether that can change the endpoint's state."""
        was = place.findings.get(sample.source)
        fresh_for, role = place.fresh[sample.source]
        same = was is not None and was.verdict is verdict
        since = was.since if was is not None and same else sample.at if sample.since is None else sample.since
        place.findings[sample.source] = Finding(
            verdict, sample.at, since, role, fresh_for, sample.reason, sample.detail
        )
        if not same:
            row = (sample.subject, sample.source, str(verdict), self._clock.civil(since))
            self._remember(Write(_SAVE_VERDICT, row))
        if was is None or sample.at - was.at > fresh_for:
            self._await_staleness(place, sample.at)
            return True
        return not same or was.reason is not sample.reason or was.detail != sample.detail

    def _show(self, place: _Place, health: Health, at: float) -> None:
        if place.said is not health:
            place.said, place.words = health, words(health)
        answering = True in place.answered.values()
        self._picture.put(place.key, {"at": at, "answering": answering, **place.words, **place.fields})

    def _judge(self, place: _Place, now: float) -> None:
        endpoint = place.endpoint
        parent = self._places.get(endpoint.parent) if endpoint.parent else None
        was, plainly = place.health, place.plain
        known = (place.findings, parent.plain if parent else None, self._uplink_ok, place.expected)
        maintained = self._maintained(endpoint.id, now)
        health = state_of(was, *known, maintained, now)
        place.health = health
        place.plain = state_of(None, *known, False, now).state if maintained else health.state
        self._show(place, health, now)
        if was is None or was.state is not health.state:
            self._changes.n += 1
            if health.state is not State.UNKNOWN:
                since = self._clock.civil(health.since)
                row = (endpoint.id, str(health.state), since, str(health.reason), health.detail)
                self._remember(Write(_SAVE_STATE, row))
        if place.plain is not plainly and self._inventory is not None:
            for child in self._inventory.children(endpoint.id):
                self._judge(self._places[child], now)

    def _grow_stale(self, endpoint: str, now: float) -> None:
        place = self._places.get(endpoint)
        if place is None:
            return
        if place.forget_stale(now):
            self._judge(place, now)
        self._await_staleness(place, now)

    def _await_staleness(self, place: _Place, now: float) -> None:
        at = place.stale_at(now)
        if at is not None:
            self._stale.set(place.endpoint.id, at + 0.001)

    def _drop(self, endpoint: str) -> None:
        del self._places[endpoint]
        self._stale.cancel(endpoint)
        self._picture.remove(f"endpoint/{endpoint}")
        self._picture.remove(f"about/{endpoint}")
        self._forget(endpoint)

    def _forget(self, endpoint: str) -> None:
        self._remember(Write("DELETE FROM states WHERE subject = ?", (endpoint,)))
        self._remember(Write("DELETE FROM verdicts WHERE subject = ?", (endpoint,)))


def about(endpoint: Endpoint, inventory: Inventory) -> dict[str, Any]:
    """The static side of an endpoint, as the picture shows it."""
    return {
        "name": endpoint.name,
        "kind": endpoint.kind,
        "system": endpoint.system,
        "unit": endpoint.unit,
        "site": endpoint.site,
        "parent": endpoint.parent,
        "address": endpoint.address,
        "expected": endpoint.expected,
        "critical": endpoint.critical,
        "owner": asdict(inventory.owner(endpoint.id)),
        "labels": dict(endpoint.labels),
    }


def words(health: Health) -> dict[str, Any]:
    """An endpoint's state, as the picture shows it."""
    return {
        "state": health.state.value,
        "since": health.since,
        "reason": health.reason.value,
        "detail": health.detail,
    }
