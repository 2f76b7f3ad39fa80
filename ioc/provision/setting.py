"""Which InfluxDB, and where its tokens go: read before there is a token, hence without the rest of a configuration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ioc.config import schema
from ioc.config.directory import Directory
from ioc.config.faults import Faults
from ioc.config.fit import fit
from ioc.errors import ConfigError, IocError
from ioc.schema import Measurement
from ioc.store.downsampling import HOURS, MINUTES, Tier, Way

SECRETS = "secrets"
BUCKET = "ioc"


@dataclass(frozen=True, slots=True)
class Setting:
    """An InfluxDB as a configuration directory names it.

    `token_file` is where the service's token goes; `token_variable` is the environment variable it is read from
    instead, or empty. `written` says whether the configuration has the section at all.
    """

    directory: Path
    url: str
    org: str
    bucket: str
    minutes_bucket: str
    hours_bucket: str
    token_file: Path
    token_variable: str
    written: bool
    embedded: Path
    """the embedded history's file, whether it is used or not"""

    @property
    def grafana_file(self) -> Path:
        """Where Grafana's token goes."""
        return self.directory / SECRETS / "influx-grafana-token"

    @property
    def admin_file(self) -> Path:
        """Where the operator token of an InfluxDB goes that is set up here."""
        return self.directory / SECRETS / "influx-admin-token"

    @property
    def password_file(self) -> Path:
        """Where the password of its first user goes."""
        return self.directory / SECRETS / "influx-admin-password"

    @property
    def tiers(self) -> Sequence[tuple[Tier, str]]:
        """Each tier with its bucket's name."""
        return ((MINUTES, self.minutes_bucket), (HOURS, self.hours_bucket))

    def ways(self, declared: Sequence[Measurement]) -> list[Way]:
        """How raw points get into each tier."""
        return [Way(self.bucket, into, tier, declared) for tier, into in self.tiers]


def setting(directory: Path, url: str | None, org: str | None) -> Setting:
    """What `history.influx` says, `url` and `org` instead of its own; raises ConfigError, IocError."""
    history = _section(directory)
    found = history.influx
    if found is None and not (url and org):
        raise IocError(
            f"{directory}: there is no history.influx; write it with url, org, bucket, token, or name --url, --org"
        )
    bucket = found.bucket if found else BUCKET
    token_file, variable = _token(directory, found)
    return Setting(
        directory=directory,
        url=url or (found.url if found else ""),
        org=org or (found.org if found else ""),
        bucket=bucket,
        minutes_bucket=(found and found.minutes_bucket) or MINUTES.bucket(bucket),
        hours_bucket=(found and found.hours_bucket) or HOURS.bucket(bucket),
        token_file=token_file,
        token_variable=variable,
        written=found is not None,
        embedded=directory / (history.embedded or schema.Embedded()).file,
    )


def _section(directory: Path) -> schema.History:
    faults = Faults()
    piece = Directory(directory, faults).top.get("history")
    section = fit(schema.History, piece, faults, "history") if piece and piece.data is not None else None
    if faults:
        raise ConfigError(faults.faults())
    return section or schema.History()


def _token(directory: Path, section: schema.Influx | None) -> tuple[Path, str]:
    """Where the service's token goes, and the environment variable it is read from."""
    match section.token if section else None:
        case {"file": str(path)}:
            return directory / path, ""
        case {"env": str(variable)}:
            return directory / SECRETS / "influx-token", variable
    return directory / SECRETS / "influx-token", ""
