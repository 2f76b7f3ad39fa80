"""A real InfluxDB that nobody has set up, and provinces with organisations of their own on one that is."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ioc.provision.commands import declared
from ioc.provision.findings import Check
from ioc.provision.initialise import initialise
from ioc.provision.setting import Setting, setting
from ioc.provision.verify import verify
from ioc.provision.wanted import Step, wanted
from tests.fakes import HandClock
from tests.provision.influxd import Admin, now
from tests.real.daemon import Daemon
from tests.real.fixtures import part
from tests.real.influx import own

ADMIN = "INFLUX_ADMIN_TOKEN"


@dataclass
class House:
    """A configuration directory that names an organisation of its own."""

    directory: Path
    url: str
    org: str
    admin_token: str = field(repr=False)

    @property
    def setting(self) -> Setting:
        return setting(self.directory, None, None)

    @property
    def admin(self) -> Admin:
        return Admin(self.url, self.org, self.admin_token)

    async def init(self, token: str | None = None) -> list[Step]:
        steps: list[Step] = []
        await initialise(
            self.setting, declared(), self.admin_token if token is None else token, ADMIN, steps.append
        )
        return steps

    async def verify(self, *, token: str = "", admin: bool = True, ahead: float = 0.0) -> dict[str, Check]:
        found: list[Check] = []
        held = self.setting.token_file.read_text().strip()
        await verify(
            self.setting,
            wanted(self.setting, declared()),
            token or held,
            self.admin_token if admin else "",
            HandClock(now(), ahead),
            found.append,
        )
        return {each.what: each for each in found}


def write_configuration(directory: Path, url: str, org: str, **more: Any) -> None:
    keys = {"url": url, "org": org, "bucket": "ioc", "token": "{file: secrets/influx-token}", **more}
    influx = ", ".join(f"{key}: {value}" for key, value in keys.items())
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "ioc.yaml").write_text(
        f"center: {{id: t, name: T}}\nhistory: {{influx: {{{influx}}}}}\n", "utf-8"
    )


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[House]:
    """A real InfluxDB that was started for the first time."""
    part("influxd")
    daemon, url = own(tmp_path / "influxd")
    with daemon:
        write_configuration(tmp_path / "conf", url, "province")
        yield House(tmp_path / "conf", url, "province", "")


@pytest.fixture(scope="module")
def operated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Daemon, str, str]]:
    """A real InfluxDB that is set up, its address, and its operator token."""
    part("influxd")
    daemon, url = own(tmp_path_factory.mktemp("influxd"))
    with daemon:
        token = secrets.token_hex(16)
        Admin(url, "first", token).set_up()
        yield daemon, url, token


@pytest.fixture
def house(operated: tuple[Daemon, str, str], tmp_path: Path) -> House:
    """A province whose organisation is not there yet."""
    _, url, token = operated
    org = f"province {secrets.token_hex(4)}"
    write_configuration(tmp_path / "conf", url, org)
    return House(tmp_path / "conf", url, org, token)


Make = Callable[..., House]
