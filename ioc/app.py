"""The wires: builds every part of the service and hands each its neighbours as plain callables."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import structlog

from alerts.channels.base import Receiver
from alerts.clerk import Clerk
from alerts.engine import Engine
from alerts.oncall.roster import Roster
from alerts.presses import Presses
from alerts.receivers import made
from alerts.recurrences import Almanac
from alerts.rules import Rule
from alerts.shiftlog import ShiftLog
from alerts.visitors import Visitors
from collectors import registry as sources
from collectors.base import Surroundings
from collectors.runner import Runner
from ioc import history
from ioc.civiltime import CivilTime
from ioc.clock import Clock
from ioc.config.compiled import Config
from ioc.config.diff import changes, in_force
from ioc.config.scalars import loopback
from ioc.counts import Counts
from ioc.errors import ConfigError, StateUnusable
from ioc.expectation import Expectation
from ioc.holdings import kept
from ioc.intake import Intake
from ioc.model import Sample, Verdict
from ioc.picture import Picture, See
from ioc.readiness import degraded
from ioc.reading import read, today
from ioc.state.ledger import Ledger, Write
from ioc.state.look import Look
from ioc.store.admission import Admission
from ioc.store.base import Nowhere
from ioc.store.inlet import Inlet, terms
from ioc.telemetry import Telemetry
from web.app import build
from web.auth import Access
from web.deps import Deps, Door, Readiness, Wall
from web.serve import Server, Tls, serve

log = structlog.get_logger("ioc")

FLUSH_EVERY = 0.25
"""seconds between two puts of the counters"""
STATIC = Path(__file__).parent.parent / "web" / "ui" / "dist"


class Service:
    """One running service: build it with a configuration on an event loop, `start` it, `stop` it.

    Raises StateUnusable when the state file cannot be used. `synchronous` is the state file's.
    """

    def __init__(
        self,
        config: Config,
        clock: Clock,
        telemetry: Telemetry,
        environ: Mapping[str, str],
        *,
        listen: str | None = None,
        synchronous: str = "FULL",
    ) -> None:
        self.config = config
        self._clock = clock
        self._environ = environ
        self._listen = listen
        self._telemetry = telemetry
        self._faults = self._telemetry.tally(
            "ioc_watcher_faults", "Errors inside what watches the picture or ourselves."
        )
        self._picture = Picture(secrets.token_hex(8), self._complain)
        _make_folder(config.state.parent)
        self._ledger = Ledger.open(config.state, telemetry=self._telemetry, synchronous=synchronous)
        self._ledger.on_trouble = self._ledger_trouble
        self._receivers: dict[str, Receiver] = {}
        self._kept = history.build(config, self._tags, clock, telemetry, self._show_history)
        self._history = self._kept.keeper if self._kept else None
        self._inlet = self._open_inlet()
        self._counts = Counts(self._picture)
        self._civil = CivilTime(
            clock, self._picture, lambda: today(clock), self._follow_clock, self._turn_day
        )  # fmt: skip
        self._roster = Roster(clock, self._picture, self._ledger)
        around = Surroundings(clock, self._telemetry, random.Random())
        if self._history is not None:
            around = replace(around, record=self._history.write)
        asked = sources.build(around)
        self._runner = Runner(clock, asked, self._emit, self._uplink, self._telemetry, random.Random())
        self._engine = Engine(
            clock, self._picture, self._ledger, config.inventory, _rules(config), self._told(config),
            self._runner.order, self._telemetry, link=config.public_url, on_maintenance=self._maintained,
            duty=config.duty, calendars=config.calendars,
        )  # fmt: skip
        self._engine.on_call = lambda schedule, civil: self._roster.on_call(schedule, civil - clock.skew())
        self._roster.on_change = self._engine.duty_changed
        self._clerk = Clerk(
            clock, Look(config.state), self._engine.dispatch, lambda: self.config.duty.people,
            lambda: self._receivers, self._roster.called,
        )  # fmt: skip
        self._shift = ShiftLog(
            clock, self._picture, self._ledger.commit, Look(config.state), lambda: self.config.duty.schedules
        )
        self._visitors = Visitors(
            clock, self._picture, self._engine, self._ledger, config.others, config.inventory, telemetry
        )
        self._presses = Presses(
            clock, self._picture, self._ledger, self._engine.acknowledge, lambda: self.config.duty.people,
            self._engine.dispatch.hears, telemetry,
        )  # fmt: skip
        self._expectation = Expectation(clock, self._look_again)
        self._intake = Intake(
            clock, self._picture, {name: each.role for name, each in asked.items()}, self._expectation.expected,
            self._engine.is_maintained, self._remember, self._telemetry,
        )  # fmt: skip
        self._server: Server | None = None
        self._reloading = asyncio.Lock()
        self._ticker: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Begin to watch and to listen; the port it listens on. Raises OSError when it cannot listen."""
        config = self.config
        malformed = self._telemetry.tally("ioc_web_malformed", "Requests that were not HTTP.")
        self._server = await serve(self._web(), *config.listen, tls=_tls(config), malformed=malformed)
        self._picture.put("self/config", {"state": "ok", "at": self._clock.now(), "faults": []})
        self._restore()
        if self._history is not None:
            self._picture.watch(self._history.see)
        else:
            self._show_history(Nowhere().describe())
        self._ticker = asyncio.create_task(self._tick(), name="counters")
        await self._runner.start(config.inventory)
        if self._history is not None:
            self._history.start()  # after the first probes: a store's client takes a second to load
        log.info("watching", endpoints=len(config.inventory.endpoints), port=self._server.port)
        return self._server.port

    async def stop(self) -> None:
        """End everything, in the order in which it flows: what was observed is still written and told."""
        await self._runner.stop()
        if self._ticker is not None:
            self._ticker.cancel()
        self._expectation.stop()
        self._roster.stop()
        self._intake.stop()
        await self._presses.close()
        await self._visitors.close()
        await self._engine.close()
        if self._history is not None:
            await self._history.close()
        if self._server is not None:
            await self._server.close()
        if self._kept is not None:
            await self._kept.reader.close()
        await self._ledger.close()

    # --- what the HTTP API may ask for ---

    async def acknowledge(self, incident: int, by: str, note: str, seen: float | None = None) -> None:
        """See web.deps.Desk."""
        await self._engine.acknowledge(incident, by, note, seen)

    async def assign(self, incident: int, to: str, by: str) -> None:
        """See web.deps.Desk."""
        await self._engine.assign(incident, to, by)

    async def comment(self, incident: int, text: str, by: str) -> None:
        """See web.deps.Desk."""
        await self._engine.comment(incident, text, by)

    async def close_incident(self, incident: int, reason: str, by: str) -> None:
        """See web.deps.Desk."""
        await self._engine.close_incident(incident, reason, by)

    async def maintain(
        self, kind: str, id: str, start: float | None, end: float, reason: str, by: str
    ) -> str:
        """See web.deps.Desk."""
        return str(await self._engine.maintain(kind, id, start, end, reason, by))

    async def end_maintenance(self, id: str, by: str) -> None:
        """See web.deps.Desk."""
        await self._engine.end_maintenance(id, by)

    async def reload(self) -> Sequence[str]:
        """Read the configuration again: what changed; a bad one raises ConfigError and the old one goes on."""
        async with self._reloading:
            return await self._reload()

    async def _reload(self) -> Sequence[str]:
        try:
            fresh = await asyncio.to_thread(
                read, self.config.directory, self._environ, self._clock, self._listen
            )
        except ConfigError as error:
            shown = {"state": "refused", "at": self._clock.now(), "faults": list(error.faults[:50])}
            self._picture.put("self/config", shown)
            log.error("configuration refused", faults=len(error.faults))
            raise
        told = changes(self.config, fresh)
        self._adopt(fresh)
        self._picture.put("self/config", {"state": "ok", "at": self._clock.now(), "faults": []})
        log.info("configuration reloaded", changes=list(told))
        return told

    def readiness(self) -> Readiness:
        """How this service is: whoever is away degrades it, only we ourselves can unready it."""
        found = degraded(self._picture, self._runner.faults, self._clock.now())
        return Readiness(self._server is not None, found)

    # --- the flows ---

    def _emit(self, sample: Sample) -> None:
        self._intake.accept(sample)
        if self._history is not None:
            self._history.add(sample)

    def _uplink(self, ok: bool, at: float) -> None:
        self._intake.uplink(ok, at)

    def _remember(self, write: Write) -> None:
        # What of a state is not in the file after a crash is seen again by the first probe.
        self._ledger.commit(write).add_done_callback(_look_at)

    def _maintained(self, endpoints: Iterable[str]) -> None:
        self._look_again(endpoints, self._clock.now())

    def _look_again(self, endpoints: Iterable[str], now: float) -> None:
        self._intake.look_again(endpoints, now)

    def _ledger_trouble(self, ok: bool, detail: str) -> None:
        self._engine.ledger_trouble(ok, detail)

    def _complain(self, see: See, error: Exception) -> None:
        self._faults.n += 1
        log.error("a watcher raised", watcher=repr(see), error=repr(error))

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_EVERY)
            for look in (self._civil.look, self._look_at_inlet, self._counts.flush):
                try:
                    look()
                except Exception as error:  # noqa: BLE001 -- one fault must not end the counters for good
                    self._faults.n += 1
                    log.error("a look at ourselves raised", look=look.__qualname__, error=repr(error))

    def _follow_clock(self) -> None:
        """Calendars go by civil time: who is expected may be otherwise at once."""
        self._expectation.rearm()
        self._roster.rearm()
        self._look_again(self.config.inventory.endpoints, self._clock.now())

    def _turn_day(self) -> None:
        """Units begin and end with a day."""
        self._counts.apply(self.config.inventory, self.config.systems, self._civil.day)
        self._engine.turn_day()

    def _look_at_inlet(self) -> None:
        if self._inlet is not None:
            self._picture.put("self/inlet", self._inlet.describe())

    # --- configuration ---

    def _restore(self) -> None:
        """Take over what the last run knew, before anything new is seen."""
        config = self.config
        self._expectation.apply(config.inventory, config.calendars)
        self._roster.restore(config.duty, config.calendars, _severities(config))
        self._engine.plans.recurring.almanac = _almanac(config)
        self._engine.restore()
        self._visitors.restore()
        self._presses.apply(self._receivers)
        self._picture.watch(self._engine.on_change)
        verdicts = self._ledger.read("SELECT subject, source, verdict, since FROM verdicts")
        states = self._ledger.read("SELECT subject, state, since FROM states")
        self._intake.apply(config.inventory)
        self._intake.restore(states, verdicts)
        self._runner.restore(
            {(subject, source): (Verdict(verdict), since) for subject, source, verdict, since in verdicts}
        )
        self._counts.apply(config.inventory, config.systems, self._civil.day)
        self._show_sites(config)

    def _adopt(self, fresh: Config) -> None:
        told = self._told(fresh)
        self.config = config = in_force(self.config, fresh)
        self._roster.apply(config.duty, config.calendars, _severities(config))
        self._engine.apply(config.inventory, _rules(config), told, config.duty, config.calendars)
        self._engine.plans.recurring.apply(_almanac(config))
        self._visitors.apply(config.others, config.inventory)
        self._presses.apply(told)
        self._expectation.apply(config.inventory, config.calendars)
        self._intake.apply(config.inventory)
        self._counts.apply(config.inventory, config.systems, self._civil.day)
        self._show_sites(config)
        self._runner.apply(config.inventory)
        if self._history is not None:
            self._history.retag()
        if self._inlet is not None and (taken := terms(config)):
            self._inlet.admission.apply(taken)

    def _show_sites(self, config: Config) -> None:
        wanted = {f"site/{site.id}": site for site in config.inventory.sites.values()}
        for gone in [key for key in self._picture.keys("site/") if key not in wanted]:
            self._picture.remove(gone)
        for key, site in wanted.items():
            where = {"unit": site.unit, "lat": site.latitude, "lon": site.longitude}
            self._picture.put(key, {"name": site.name, **where, "owner": asdict(site.owner)})

    def _told(self, config: Config) -> dict[str, Receiver]:
        """Whom incidents are told, each with its channel; one that was not changed keeps its own."""
        known = self.config.receivers
        self._receivers = {
            name: self._receivers[name] if name in self._receivers and known.get(name) == each else made(each)
            for name, each in config.receivers.items()
        }
        return self._receivers

    def _open_inlet(self) -> Inlet | None:
        """Where other programs may write; None where nothing of theirs is taken, or nothing is kept."""
        taken = terms(self.config)
        if taken is None or self._history is None:
            return None
        return Inlet(Admission(taken, self._tags), self._history, self._clock, self._telemetry)

    def _door(self) -> Door | None:
        """The inlet as it is reached over HTTP."""
        if self._inlet is None or self.config.inlet is None:
            return None
        return Door(self.config.inlet.token.reveal(), self._inlet.admission, self._inlet.keep)

    def _show_history(self, value: Mapping[str, Any]) -> None:
        self._picture.put("self/history", value)

    def _tags(self, endpoint: str) -> Mapping[str, str]:
        here = self.config.inventory.endpoints.get(endpoint)
        return {"unit": here.unit, "site": here.site, "system": here.system} if here else {}

    def _web(self) -> Any:
        config = self.config
        access = Access(
            read_token=config.access.read_token.reveal() if config.access.read_token else "",
            write_token=config.access.write_token.reveal() if config.access.write_token else "",
            origins=config.access.origins,
            public_url=config.public_url,
            loopback=loopback(config.listen[0]),
        )
        viewing = config.wall.viewing
        wall = Wall(config.center.name, viewing.distance_m, viewing.screen_height_m, config.wall.languages)
        return build(
            Deps(
                self._clock, self._picture, self._telemetry, self, STATIC, access, wall, door=self._door(),
                history=self._kept.reader if self._kept else None, kept=lambda: kept(self.config),
                rota=self._roster, paging=self._clerk, shift=self._shift, silencing=self._engine.plans.silencing,
                recurring=self._engine.plans.recurring,
                visitors=self._visitors,
            )
        )  # fmt: skip


def _make_folder(folder: Path) -> None:
    """The state file's directory; raises StateUnusable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StateUnusable(
            f"{folder}: cannot make this directory for the state file: {error.strerror}; "
            f"name another under state:, or give this user one it may write to"
        ) from error


def _almanac(config: Config) -> Almanac:
    return Almanac(config.center.zone, config.calendars)


def _rules(config: Config) -> list[Rule]:
    return [rule for rule in config.rules if isinstance(rule, Rule)]


def _severities(config: Config) -> dict[str, frozenset[str]]:
    """Which severities each receiver takes."""
    return {name: each.severities for name, each in config.receivers.items()}


def _tls(config: Config) -> Tls | None:
    tls = config.access.tls
    return Tls(tls.certificate, tls.key) if tls else None


def _look_at(future: asyncio.Future[int]) -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        log.warning("a state was not written", error=str(error))
