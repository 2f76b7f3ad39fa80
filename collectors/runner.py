"""The runner owns when and how: schedule, timeout, bounds, orders. Sources only ask, `findings` judges.

A wheel starts a short task a probe, or none where the source can do without; one sweep a tick tells those that are
late. A late probe is a miss, but it lives until a burst that it may have opened is over, so that a slow answer still
counts.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from collectors.base import Outcome, Quick, Source
from collectors.breaker import stretch
from collectors.confirm import GAPS, Trail
from collectors.findings import Findings
from collectors.tallies import SourceTallies, tallies
from collectors.track import Flight, Kind, Track
from ioc.clock import Clock
from ioc.errors import ConfigError, NoAnswer, SourceError
from ioc.inventory import Endpoint, Inventory, Probe
from ioc.model import Attend, Command, Emit, Reason, Sample, Verdict
from ioc.telemetry import Telemetry
from ioc.timers import Wheel

TICK = 0.05
"""seconds between two looks at the wheel"""
FIRST_SWEEP = 2.0
"""seconds within which everything is asked for the first time,"""
FIRST_RATE = 2_000
"""but no more than so many a second, since a first probe costs several times a later one"""
MOST_A_TICK = 500
"""probes sent in a tick; what else is due waits for the next. After a stall everything is due at once: answers would
wait behind the sending until they are late, look like silence, be asked for again, and that would never end"""
A_TURN = 8
"""tasks begun in one turn of the event loop: what a tick starts shares the loop with the page that an answer owes"""
RETRY = 0.2
"""seconds until what was refused for want of room is tried again: each tick would cost more than it brings"""
PAUSE = 0.02
"""seconds that an answer may wait to be read before its probe counts as missed"""
LAG = 0.5
"""seconds a tick may be late before answers that wait in the sockets are read first"""

# A member of an enum takes Python 3.11 ten times as long to look up as a name of this module.
_SCHEDULED, _FURTHER = Kind.SCHEDULED, Kind.FURTHER

Key = tuple[str, str]
"""endpoint and source"""


class Runner:
    """Asks every endpoint of an inventory by its sources and emits what is found.

    `on_uplink` is told when our own link is lost and when it is back. At most `max_in_flight` questions are
    open; what comes due beyond is counted and sent later. `faults` holds each source's latest local fault:
    when, what.
    """

    def __init__(
        self,
        clock: Clock,
        sources: Mapping[str, Source],
        emit: Emit,
        on_uplink: Callable[[bool, float], None],
        telemetry: Telemetry,
        random: random.Random,
        max_in_flight: int = 10_000,
    ) -> None:
        self.faults: dict[str, tuple[float, str]] = {}
        self._clock = clock
        self._sources = sources
        self._max = max_in_flight
        self._random = random
        self._tracks: dict[Key, Track] = {}
        self._by_endpoint: dict[str, list[Track]] = {}
        self._restored: dict[Key, tuple[Verdict, float]] = {}
        self._due: Wheel[tuple[Track, Kind, int]] = Wheel(TICK)
        self._waiting: deque[tuple[Track, Kind, int]] = deque()
        self._late: Wheel[Flight] = Wheel(TICK)
        self._flights: set[Flight] = set()
        self._ready: deque[Flight] = deque()
        self._serial = 0
        self._ticked = float("inf")
        self._timer: asyncio.TimerHandle | None = None
        self._tallies: dict[str, SourceTallies] = {name: tallies(telemetry, name) for name in sources}
        self._emit = emit
        self._not_taken = telemetry.tally("ioc_samples_not_taken", "Samples that the next part failed on")
        self._findings = Findings(
            self._emit_safely, on_uplink, self._want, self._of, self._every_track, random
        )
        telemetry.gauge(
            "ioc_probes_in_flight", "Probes that may still be answered", lambda: len(self._flights)
        )
        telemetry.gauge(
            "ioc_probes_waiting", "Probes that are due and not sent yet", lambda: len(self._waiting)
        )
        telemetry.gauge("ioc_bursts_open", "Endpoints in doubt just now", self._doubts)

    async def start(self, inventory: Inventory, ticking: bool = True) -> None:
        """Open the sources and begin; without `ticking` somebody else calls `tick`."""
        for name, source in self._sources.items():
            try:
                await source.open()
            except SourceError as error:
                self._note(name, error)
        self._ticked = self._clock.now()
        self.apply(inventory)
        if ticking:
            self._wake()

    async def stop(self) -> None:
        """Send nothing more, give up what is under way, close the sources."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        tasks = [flight.task for flight in self._flights if flight.task is not None]
        for track in self._tracks.values():
            self._findings.drop(track)
        self._ready.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._flights.clear()
        for source in self._sources.values():
            await source.close()

    def apply(self, inventory: Inventory) -> None:
        """Follow another inventory; what is known stays where the same is asked of the same address.

        Raises ConfigError, changing nothing, when a probe names a source that does not exist.
        """
        wanted = {
            (endpoint.id, probe.source): (endpoint, probe)
            for endpoint in inventory.endpoints.values()
            for probe in endpoint.probes
        }
        unknown = sorted({source for _, source in wanted} - self._sources.keys())
        if unknown:
            raise ConfigError([f"no source {name!r}; there are {sorted(self._sources)}" for name in unknown])
        now = self._clock.now()
        old, self._tracks = self._tracks, {}
        references = frozenset(inventory.references)
        new = sum(key not in old for key in wanted)
        slowest = new / FIRST_RATE
        for key, (endpoint, probe) in wanted.items():
            self._tracks[key] = self._declared(old.pop(key, None), endpoint, probe, references, now, slowest)
        for gone in old.values():
            self._findings.drop(gone)
        self._by_endpoint = {}
        for (endpoint_id, _), track in self._tracks.items():
            self._by_endpoint.setdefault(endpoint_id, []).append(track)
        self._findings.follow(inventory, now)

    def restore(self, verdicts: Mapping[Key, tuple[Verdict, float]]) -> None:
        """Take over what was known before a restart: verdict, and since when, of (endpoint, source)."""
        self._restored.update(verdicts)
        for key in verdicts:
            track = self._tracks.get(key)
            if track is not None and track.trail.verdict is None:
                self._restore(key, track)

    def forget(self, endpoint: str) -> None:
        """Know nothing of an endpoint any more; its next probes decide afresh."""
        for track in self._of(endpoint):
            self._findings.reset(track)

    def order(self, command: Command) -> None:
        """Attend to an endpoint, or look again now; one that does not exist is passed over."""
        now = self._clock.now()
        for track in self._of(command.subject):
            if isinstance(command, Attend):
                self._attend(track, command, now)
            else:
                within = max(command.by - now - 2 * TICK, TICK)
                self._launch(track, Kind.ASKED, now, min(within, track.probe.timeout))

    def tick(self, now: float) -> None:
        """Send what is due, count what is late, tell what need not wait longer."""
        lagging = now - self._ticked > LAG
        self._ticked = now
        waiting = self._waiting
        waiting.extend(self._due.due(now))
        for _ in range(min(len(waiting), MOST_A_TICK)):
            track, kind, turn = waiting.popleft()
            self._begin(track, kind, turn, now)
        if not lagging:  # else answers wait unread in the sockets: nobody is late yet
            for flight in self._late.due(now):
                self._overdue(flight, now)
        self._findings.release(now)

    def _wake(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(TICK, self._wake)
        self.tick(self._clock.now())

    def _declared(
        self,
        track: Track | None,
        endpoint: Endpoint,
        probe: Probe,
        references: frozenset[str],
        now: float,
        slowest: float,
    ) -> Track:
        if track is not None and track.same_question(endpoint, probe):
            changed = track.probe.every != probe.every
            track.endpoint, track.probe = endpoint, probe
            track.reference = track.reach and endpoint.id in references
            if changed:
                self._schedule(track, now)
            return track
        if track is not None:
            self._findings.drop(track)
        track = Track(
            endpoint,
            probe,
            self._sources[probe.source],
            self._tallies[probe.source],
            endpoint.id in references,
        )
        self._restore((endpoint.id, probe.source), track)
        self._put(track, now + track.phase * max(slowest, min(FIRST_SWEEP, probe.every)))
        return track

    def _restore(self, key: Key, track: Track) -> None:
        if key in self._restored:
            verdict, since = self._restored.pop(key)
            track.trail = track.shown = Trail(verdict, since, Reason.NONE)

    def _of(self, endpoint: str) -> Sequence[Track]:
        return self._by_endpoint.get(endpoint, ())

    def _put(self, track: Track, at: float) -> None:
        track.next_at = at
        self._due.add((track, _SCHEDULED, track.turn), at)

    def _schedule(self, track: Track, now: float) -> None:
        """Have a track's next scheduled probe come at its phase, and no other."""
        track.turn += 1
        self._put(track, _next(track, now))

    def _attend(self, track: Track, command: Attend, now: float) -> None:
        if command.every <= 0 or command.until <= now:
            track.attended_until = 0.0
            self._schedule(track, now)
            return
        already = now < track.attended_until and track.every == command.every
        track.every, track.attended_until = command.every, command.until
        if not already and track.next_at - now > command.every:
            track.turn += 1
            self._put(track, now + command.every * (0.5 + self._random.random() / 2))

    def _want(self, track: Track, kind: Kind, at: float) -> None:
        now = self._clock.now()
        if at <= now and len(self._flights) < self._max:
            self._launch(track, kind, now, track.probe.timeout)
        else:
            self._due.add((track, kind, 0), at)

    def _begin(self, track: Track, kind: Kind, turn: int, now: float) -> None:
        if not track.alive or (kind is _SCHEDULED and turn != track.turn):
            return
        if kind is _FURTHER and track.trail.settled:
            return
        if len(self._flights) >= self._max:
            track.counts.refused.n += 1
            self._due.add((track, kind, turn), now + RETRY)
            return
        if kind is _SCHEDULED:
            self._put(track, _next(track, now))
        self._launch(track, kind, now, track.probe.timeout)

    def _launch(self, track: Track, kind: Kind, now: float, timeout: float) -> None:
        self._serial = serial = self._serial + 1
        flight = Flight(track, serial, kind, now, now + timeout + track.probe.timeout + sum(GAPS))
        track.flying += 1
        self._flights.add(flight)
        self._late.add(flight, now + timeout + PAUSE)
        track.counts.probes.n += 1
        if track.quick is None or not self._begun(flight, track.quick):
            self._ready.append(flight)
            if len(self._ready) == 1:
                asyncio.get_running_loop().call_soon(self._set_off)

    def _set_off(self) -> None:
        """Begin tasks for the flights that are ready, a few each turn."""
        loop = asyncio.get_running_loop()
        for _ in range(min(len(self._ready), A_TURN)):
            flight = self._ready.popleft()
            flight.task = loop.create_task(self._fly(flight))
        if self._ready:
            loop.call_soon(self._set_off)

    def _begun(self, flight: Flight, quick: Quick) -> bool:
        """Whether a source has asked without a task, or could not."""
        track = flight.track
        try:
            return quick.begin(track.endpoint, track.probe, flight.end, partial(self._done, flight))
        except Exception as error:  # noqa: BLE001 -- as of a task, and no sooner than one would tell it
            asyncio.get_running_loop().call_soon(self._done, flight, error)
            return True

    async def _fly(self, flight: Flight) -> None:
        track = flight.track
        outcome: Outcome
        try:
            outcome = await track.source.gather(track.endpoint, track.probe, flight.end)
        except Exception as error:  # noqa: BLE001 -- a source's bug must not cost the others their probes
            outcome = error
        finally:
            flight.over = True
            self._flights.discard(flight)
        self._done(flight, outcome)

    def _done(self, flight: Flight, outcome: Outcome) -> None:
        flight.over = True
        self._flights.discard(flight)
        if isinstance(outcome, Sample):
            self._answered(flight, outcome)
        elif isinstance(outcome, NoAnswer):
            self._missed(flight, Reason(outcome.reason), outcome.detail)
        else:
            self._fault(flight, outcome)

    def _answered(self, flight: Flight, sample: Sample) -> None:
        counts = flight.track.counts
        if flight.missed:
            counts.late.n += 1
        else:
            counts.answers.n += 1
            flight.track.flying -= 1
        if flight.track.alive:
            self._findings.answered(flight, sample, self._clock.now())

    def _missed(self, flight: Flight, reason: Reason, detail: str) -> None:
        if flight.missed:
            return
        flight.missed = True
        track = flight.track
        track.flying -= 1
        track.counts.misses.n += 1
        if track.alive:
            self._findings.missed(flight, reason, detail, self._clock.now())

    def _fault(self, flight: Flight, error: Exception) -> None:
        if flight.missed:
            return
        flight.missed = True
        flight.track.flying -= 1
        self._note(flight.track.probe.source, error)
        if flight.track.alive:
            self._findings.faulted(flight, self._clock.now())

    def _note(self, source: str, error: Exception) -> None:
        counts = self._tallies[source]
        if isinstance(error, SourceError):
            counts.faults.n += 1
            self.faults[source] = (self._clock.now(), str(error))
        else:
            counts.bugs.n += 1
            self.faults[source] = (self._clock.now(), f"{type(error).__name__}: {error}")

    def _overdue(self, flight: Flight, now: float) -> None:
        if flight.over:
            return
        if flight.missed:
            if flight.task is not None:
                flight.task.cancel()
            self._flights.discard(flight)
            return
        self._late.add(flight, flight.end)
        self._missed(flight, Reason.NO_ANSWER, f"no answer within {flight.track.probe.timeout:g} s")

    def _emit_safely(self, sample: Sample) -> None:
        try:
            self._emit(sample)
        except Exception as error:  # noqa: BLE001 -- whoever takes samples must not stop the probes
            self._not_taken.n += 1
            self.faults["emit"] = (sample.at, f"{type(error).__name__}: {error}")

    def _every_track(self) -> Iterable[Track]:
        return self._tracks.values()

    def _doubts(self) -> float:
        return float(sum(track.trail.burst is not None for track in self._tracks.values()))


def _next(track: Track, now: float) -> float:
    """When a track's next scheduled probe is due: at its phase, unless its breaker spaces it out."""
    every = track.probe.every
    if now < track.attended_until:
        return track.next_after(now, min(track.every, every))
    wider = 1.0 if track.reach else stretch(track.misses)
    return now + every * wider if wider > 1.0 else track.next_after(now, every)
