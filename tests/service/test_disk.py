"""A disk that is full: people are told all the same, it is said that nothing was recorded, and made good later."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.service.conftest import Build
from tests.service.house import House

SIZE = 4 * 2**20


class Disk(Protocol):
    """Where the state file is, and how it is filled."""

    folder: Path

    def fill(self, house: House) -> None:
        """Have it take nothing more."""

    def free(self, house: House) -> None:
        """Have it take writes again."""


class SmallDisk:
    """A file system of its own in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder], check=True, capture_output=True
        )
        self._ballast = folder / "ballast"

    def fill(self, house: House) -> None:
        with self._ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError:
                return

    def free(self, house: House) -> None:
        self._ballast.unlink()

    def remove(self) -> None:
        subprocess.run(["umount", "-l", self.folder], check=False, capture_output=True)


class BoundFiles:
    """An ordinary directory whose files may grow no more: what anybody may do to a process of theirs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def fill(self, house: House) -> None:
        largest = max(each.stat().st_size for each in self.folder.iterdir())
        resource.prlimit(house.pid, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))

    def free(self, house: House) -> None:
        resource.prlimit(house.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def remove(self) -> None:
        pass


@pytest.fixture(params=["small disk", "bound files"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    made: SmallDisk | BoundFiles
    if request.param == "small disk" and may_mount(tmp_path):
        made = SmallDisk(tmp_path / "disk")
    else:
        made = BoundFiles(tmp_path / "disk")
    yield made
    made.remove()


def may_mount(folder: Path) -> bool:
    """Whether we may mount: only root may, and not in every container; the other way then runs twice."""
    if os.geteuid() != 0:
        return False
    probe = folder / "probe"
    probe.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", probe], check=False, capture_output=True)
    if done.returncode == 0:
        subprocess.run(["umount", "-l", probe], check=True)
    return done.returncode == 0


async def test_a_full_disk_withholds_no_page(build: Build, disk: Disk) -> None:
    house = await build()
    house.config["state"] = str(disk.folder / "ioc.db")
    house.config["shipped_rules"] = ["ledger-failing"]
    house.write()
    await house.spawn()
    await house.all_up()
    disk.fill(house)
    await house.things["a"].fall()
    await house.until(lambda: house.state("a") == "down")
    began = house.screen.values["endpoint/a"]["since"]
    page = (await house.until(lambda: house.sink.of("a")))[0]
    assert page.notes["unrecorded"] == "chưa ghi sổ"
    incident = await house.until(lambda: house.incident("a"))
    assert incident["unrecorded"]
    assert incident["opened"] - began < 4
    ledger = await house.until(
        lambda: house.see("self/ledger").get("state") == "failing" and house.see("self/ledger")
    )
    assert ledger["detail"]
    assert "ledger" in (await house.get("/readyz"))["degraded"]
    own = (await house.until(lambda: house.sink.of("self/ledger")))[0]
    assert own.notes["unrecorded"] == "chưa ghi sổ"
    assert house.state("b") == "up"

    disk.free(house)
    await house.until(lambda: house.see("self/ledger")["state"] == "ok")
    await house.until(lambda: house.sink.of("self/ledger", "resolved"))
    await house.until(lambda: not house.incident("a")["unrecorded"])
    await house.until(lambda: house.told("a") == "told")
    assert len(house.sink.of("a")) == 1
    assert await house.stop() == 0
    with sqlite3.connect(disk.folder / "ioc.db") as db:
        kept = db.execute("SELECT incident, state FROM deliveries WHERE kind = 'opened'").fetchall()
        roots = {root for (root,) in db.execute("SELECT root FROM incidents")}
    db.close()
    assert sorted(kept) == sorted([(page.incident, "told"), (own.incident, "told")])
    assert roots == {"a", "self/ledger"}


async def test_it_stops_when_told_though_the_disk_is_full(build: Build, disk: Disk) -> None:
    house = await build("a")
    house.config["state"] = str(disk.folder / "ioc.db")
    house.write()
    await house.spawn()
    await house.all_up()
    disk.fill(house)
    await house.things["a"].fall()
    await house.until(lambda: house.see("self/ledger").get("state") == "failing")
    assert await house.stop() == 0
