"""Who is told and who is on call, from what was written: people, schedules, chains and routes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from zoneinfo import ZoneInfo

from ioc.config import duty_schema, people, routes
from ioc.config.compiled import Receiver
from ioc.config.directory import Directory, Piece
from ioc.config.faults import Faults
from ioc.config.known import Known
from ioc.config.schedules import Hooks, Schedules
from ioc.duty import Duty, Person, Schedule
from ioc.worktime import WorkCalendar


@dataclass(frozen=True, slots=True)
class Written:
    """The top-level keys of duty: what was written under each name, and the routes with their pieces."""

    people: Mapping[str, Piece]
    schedules: Mapping[str, Piece]
    chains: Mapping[str, Piece]
    receivers: Mapping[str, Piece]
    routes: Sequence[duty_schema.Route]
    route_pieces: Sequence[Piece]


class DutyReader:
    """Makes `Duty` of what was written; `hours` are the calendars that are sound, `told` the receivers."""

    def __init__(
        self,
        directory: Directory,
        zone: ZoneInfo | None,
        hours: Mapping[str, WorkCalendar],
        told: Mapping[str, Receiver],
        known: Known,
        hooks: Hooks,
        today: date,
        faults: Faults,
    ) -> None:
        self._directory = directory
        self._zone = zone
        self._hours = hours
        self._told = told
        self._known = known
        self._hooks = hooks
        self._today = today
        self._faults = faults

    def duty(self, written: Written) -> Duty:
        """Everything that is sound; the rest is noted as faults."""
        who = people.people(written.people, self._known, self._faults)
        chains = routes.chains(written.chains, self._known, self._faults)
        taken = routes.routes(written.routes, written.route_pieces, self._known, self._faults)
        schedules = self._schedules(written.schedules, who)
        made = Duty(MappingProxyType(who), MappingProxyType(schedules), MappingProxyType(chains), taken)
        people.check_reach(made, self._told, written.people, self._faults)
        self._check_units(written.receivers)
        return made

    def _schedules(self, pieces: Mapping[str, Piece], who: Mapping[str, Person]) -> dict[str, Schedule]:
        builder = Schedules(
            self._directory, self._zone, self._hours, who, self._known, self._hooks, self._today, self._faults
        )
        made = {id: builder.schedule(id, piece) for id, piece in pieces.items()}
        sound = {id: each for id, each in made.items() if each is not None}
        if not self._faults:  # gaps of what is wrong would only hide what is wrong
            for id, schedule in sound.items():
                builder.tell_gaps(schedule, pieces[id])
        return sound

    def _check_units(self, pieces: Mapping[str, Piece]) -> None:
        for name, receiver in self._told.items():
            if receiver.unit:
                self._known.expect("unit", receiver.unit, pieces[name].place("unit"), self._faults)
