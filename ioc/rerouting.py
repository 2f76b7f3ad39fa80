"""`ioc routes test DIR NEW_DIR`: what another configuration would have told of the last days' incidents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from alerts import dryrun, journal
from alerts.oncall.schedule import on_call
from alerts.receivers import made
from alerts.routing import Directory
from ioc.clock import Clock
from ioc.config.compiled import Config
from ioc.legible import legible
from ioc.reading import read
from ioc.state.look import Look

MOST = 20_000
"""incidents that are compared: the newest"""
DAY = 86_400.0


def test(old: Path, new: Path, days: float, environ: Mapping[str, str]) -> Iterator[str]:
    """What is told differently, a line each; incidents are those of the old one's state file.

    Raises ConfigError, StateUnusable. The service may run meanwhile; nothing is told and nothing is written.
    """
    clock = Clock()
    before, after = read(old, environ, clock), read(new, environ, clock)
    since = clock.civil(clock.now()) - days * DAY
    found = journal.opened_since(Look(before.state), since, MOST)
    compared = list(dryrun.compare(found, directory(before), directory(after)))
    return (legible(each) for each in dryrun.lines(compared, days))


def directory(config: Config) -> Directory:
    """Everybody a configuration can tell, on duty as it says; channels are made and connect to nothing."""
    duty, calendars = config.duty, config.calendars

    def called(schedule: str, civil: float) -> tuple[str, ...]:
        return on_call(duty.schedules[schedule], civil, calendars)

    receivers = {name: made(each) for name, each in config.receivers.items()}
    return Directory(duty, receivers, config.inventory.units, calendars, called)
