"""From what became of each probe to what is told: trails moved, verdicts held back and released."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from collectors.confirm import MISSES, Answer, Trail, judge
from collectors.reach import HOLD, Reach
from collectors.track import Flight, Kind, Track
from ioc.inventory import Inventory
from ioc.model import Emit, Reason, Sample, Verdict

NARROWEST, WIDEST = 0.1, 0.25
"""seconds between the further probes of a burst"""
SPREAD = 1.0
"""seconds over which those behind a thing that comes back are asked"""
AFTERWARDS = 2.0
"""seconds over which everything is asked when our own link is back"""
TOGETHER = 10.0
"""seconds before the link's loss from which a reference's silence is part of it"""

# A member of an enum takes Python 3.11 ten times as long to look up as a name of this module.
_OK, _DOWN = Verdict.OK, Verdict.DOWN
_SCHEDULED, _FURTHER = Kind.SCHEDULED, Kind.FURTHER

Ask = Callable[[Track, Kind, float], None]


class Findings:
    """Keeps every track's trail.

    `ask(track, kind, at)` has one more probe sent; `tracks` gives those of an endpoint, `everyone` all of
    them.
    """

    def __init__(
        self,
        emit: Emit,
        on_uplink: Callable[[bool, float], None],
        ask: Ask,
        tracks: Callable[[str], Sequence[Track]],
        everyone: Callable[[], Iterable[Track]],
        random: random.Random,
    ) -> None:
        self._emit = emit
        self._on_uplink = on_uplink
        self._ask = ask
        self._tracks = tracks
        self._everyone = everyone
        self._random = random
        self._held: dict[Track, None] = {}
        self._reach: Reach | None = None

    def follow(self, inventory: Inventory, now: float) -> None:
        """Take the topology from an inventory; a lost link stays lost while it has references."""
        was_lost = self._reach.lost_since if self._reach else None
        self._reach = Reach(inventory, was_lost)
        if was_lost is not None and not self._reach.lost:
            self._ask_everyone(now)
            self._on_uplink(True, now)

    def answered(self, flight: Flight, sample: Sample, now: float) -> None:
        """A probe was answered, in time or late; the answer may still say that the endpoint is away."""
        if sample.verdict is _DOWN:
            if not flight.missed:
                self.missed(flight, sample.reason, sample.detail, now)
            return
        track, was = flight.track, flight.track.trail
        track.faults = track.misses = 0
        if sample.verdict is was.verdict is _OK and was.settled and not self._topology.lost:
            if flight.kind is not _FURTHER:  # all is well, as nearly always: nothing to judge
                self._tell(track, sample.at, True, _fields(flight, sample))
            return
        shown = track.shown
        if track.reference and self._topology.lost:
            self._regain(now)
        if track.held_until is not None and was.verdict is Verdict.DOWN:  # never told: take it back
            self._let_go(track)
            track.trail = replace(track.before, heard=now)
        answer = Answer(flight.sent, sample.verdict, sample.reason, sample.detail)
        self._judge(flight, answer, now)
        if flight.kind is not Kind.FURTHER or track.trail is not was or track.shown is not shown:
            self._tell(track, sample.at, True, _fields(flight, sample))

    def missed(self, flight: Flight, reason: Reason, detail: str, now: float) -> None:
        """A probe was not answered in time, or by an answer that says that the endpoint is away."""
        track = flight.track
        track.misses += 1
        verdict, returning = track.shown.verdict, track.returning
        if track.reference or not self._topology.lost:
            self._judge(flight, Answer(flight.sent, None, reason, detail), now)
        relapsed = returning and not track.returning
        if flight.kind is not Kind.FURTHER or track.shown.verdict is not verdict or relapsed:
            # Of what is returning a miss is no more than a doubt: it answers until a burst says otherwise.
            fields = {"loss": 100.0} if flight.kind is Kind.SCHEDULED else {}
            self._tell(track, now, track.returning, fields)

    def faulted(self, flight: Flight, now: float) -> None:
        """A probe could not be made: says nothing of the endpoint; a reference's repeatedly, of our link."""
        track = flight.track
        track.faults += 1
        if track.reach:
            self._ask_at_once(self._topology.ask(track.endpoint.id, now), now)
        if track.reference:
            self._weigh(now)

    def release(self, now: float) -> None:
        """Tell the verdicts that need not wait any longer."""
        for track in list(self._held):
            until = track.held_until
            if until is not None and (now >= until or not self._waits(track)):
                self._let_go(track)
                track.shown = track.trail
                self._tell(track, now, track.trail.verdict is not Verdict.DOWN, {})

    def reset(self, track: Track) -> None:
        """Know nothing of a track any more."""
        self._let_go(track)
        track.trail = track.shown = track.before = Trail()
        track.faults = track.misses = 0

    def drop(self, track: Track) -> None:
        """Follow a track no more."""
        track.alive = False
        self._let_go(track)

    def _judge(self, flight: Flight, answer: Answer, now: float) -> None:
        track, was = flight.track, flight.track.trail
        trail, verdict, times = judge(was, flight.token, answer, now, self._gaps(track, answer))
        if trail is was:
            return
        track.trail = trail
        if verdict is not None:
            self._confirmed(track, was, now)
        elif track.held_until is None and not self._is_lost_reference(track):
            track.shown = trail
        for at in times:
            self._ask(track, Kind.FURTHER, at)
        if not track.reach:
            return
        if trail.burst is not None and was.burst is None:
            self._ask_at_once(self._topology.ask(track.endpoint.id, now), now)
        if track.returning and was.streak is None:
            self._ask_behind(track, now)

    def _confirmed(self, track: Track, was: Trail, now: float) -> None:
        self._let_go(track)
        if track.trail.verdict is Verdict.DOWN:
            track.before = replace(was, burst=None, streak=None)
            if track.reference and (self._topology.lost or self._weigh(now)):
                return  # our own link, not theirs
        if track.reach and self._waits(track):
            track.held_until = now + HOLD
            self._held[track] = None
            return
        track.shown = track.trail

    def _waits(self, track: Track) -> bool:
        """Whether those that a verdict should wait for are themselves in doubt."""
        endpoint = track.endpoint.id
        if track.trail.verdict is Verdict.DOWN:
            return any(each.unsettled for each in self._reaching(self._topology.in_front(endpoint)))
        if track.shown.verdict is Verdict.DOWN:
            return any(each.returning for each in self._reaching(self._topology.behind(endpoint)))
        return False

    def _weigh(self, now: float) -> bool:
        since = max(
            (each.trail.since for each in self._reaching(self._topology.references) if _down(each)),
            default=now,
        )
        if not self._topology.weigh(self._silent, since):
            return False
        self._on_uplink(False, now)
        for track in list(self._held):
            self._let_go(track)
            if not track.reference:
                track.trail = track.before
        return True

    def _regain(self, now: float) -> None:
        since = self._topology.regain()
        for track in self._reaching(self._topology.references):
            if _down(track) and track.trail.since >= since - TOGETHER:
                track.trail = track.shown = replace(track.before, heard=now)
            track.faults = 0
        self._ask_everyone(now)
        self._on_uplink(True, now)

    def _ask_everyone(self, now: float) -> None:
        """After our own silence: doubts begun in it are void, and what is so now is soon known."""
        for track in self._everyone():
            if track.trail.burst is not None:
                track.trail = replace(track.trail, burst=None, heard=now)
            self._ask(track, Kind.ASKED, now + track.phase * AFTERWARDS)

    def _silent(self, endpoint: str) -> bool:
        tracks = [each for each in self._tracks(endpoint) if each.reach]
        return bool(tracks) and all(_down(each) or each.faults >= MISSES for each in tracks)

    def _ask_at_once(self, endpoints: Iterable[str], now: float) -> None:
        for track in self._reaching(endpoints):
            if track.flying == 0 and track.trail.burst is None and not _down(track):
                self._ask(track, Kind.ASKED, now)

    def _ask_behind(self, track: Track, now: float) -> None:
        for each in self._reaching(self._topology.behind(track.endpoint.id)):
            if _down(each) and each.trail.streak is None:
                self._ask(each, Kind.ASKED, now + self._random.random() * SPREAD)

    def _reaching(self, endpoints: Iterable[str]) -> Iterable[Track]:
        return (track for endpoint in endpoints for track in self._tracks(endpoint) if track.reach)

    def _gaps(self, track: Track, answer: Answer) -> Sequence[float]:
        if answer.verdict is Verdict.OK and track.trail.verdict is Verdict.OK:
            return (WIDEST,)
        middle = min(max(track.probe.timeout / 5, NARROWEST), WIDEST)
        drawn = (middle * self._random.uniform(0.8, 1.2) for _ in range(MISSES - 2))
        return tuple(min(max(gap, NARROWEST), WIDEST) for gap in drawn)

    def _let_go(self, track: Track) -> None:
        track.held_until = None
        self._held.pop(track, None)

    def _is_lost_reference(self, track: Track) -> bool:
        return track.reference and self._topology.lost

    @property
    def _topology(self) -> Reach:
        if self._reach is None:
            raise RuntimeError("no inventory is followed yet")
        return self._reach

    def _tell(self, track: Track, at: float, answered: bool, fields: dict[str, float]) -> None:
        shown = track.shown
        since = None if shown.verdict is None else shown.since
        self._emit(
            Sample(
                track.endpoint.id,
                at,
                track.probe.source,
                shown.verdict,
                fields,
                answered,
                since,
                shown.reason,
                shown.detail,
            )
        )


def _down(track: Track) -> bool:
    return track.trail.verdict is Verdict.DOWN


def _fields(flight: Flight, sample: Sample) -> dict[str, float]:
    if flight.kind is not _SCHEDULED:
        return {}
    return dict(sample.fields) if flight.missed else {**sample.fields, "loss": 0.0}
