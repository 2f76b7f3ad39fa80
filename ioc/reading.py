"""Reading a configuration directory with the sources, channels and rules there are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from alerts.channels.registry import CHANNELS, addressed, claim, host, misaddressed
from alerts.oncall import gaps, ical
from alerts.rules import parse_rule, shipped
from collectors import registry as sources
from ioc.clock import Clock
from ioc.config.check import Report, report
from ioc.config.compiled import Config
from ioc.config.load import Parts, load
from ioc.config.schedules import Hooks
from ioc.history import capacity


def parts() -> Parts:
    """What configuration may name."""
    return Parts(
        sources=sources.options(),
        channels={name: channel.Options for name, channel in CHANNELS.items()},
        rule=parse_rule,
        shipped={rule.id: rule for rule in shipped()},
        fields=sources.fields,
        hooks=Hooks(ical=ical.read, gaps=gaps.gaps, addressed=addressed, claim=claim),
        host=host,
        misaddressed=misaddressed,
    )


def today(clock: Clock) -> date:
    """The civil date, in UTC: units change at midnight, and a few hours late harm nobody."""
    return datetime.fromtimestamp(clock.civil(clock.now()), UTC).date()


def read(directory: Path, environ: Mapping[str, str], clock: Clock, listen: str | None = None) -> Config:
    """A configuration directory, compiled; `listen` overrides its own. Raises ConfigError with every fault."""
    known = parts()
    return load(
        directory,
        sources=known.sources,
        channels=known.channels,
        rule=known.rule,
        shipped=known.shipped,
        fields=known.fields,
        hooks=known.hooks,
        host=known.host,
        misaddressed=known.misaddressed,
        environ=environ,
        today=today(clock),
        listen=listen,
    )


def check(directory: Path, environ: Mapping[str, str], clock: Clock) -> Report:
    """What `ioc check` says of a directory."""
    return report(directory, parts(), environ, today(clock), spool=capacity)
