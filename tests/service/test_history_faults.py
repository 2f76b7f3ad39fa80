"""What may befall history through the whole service: no room for the spool, no bucket, a spool that was damaged."""

from __future__ import annotations

import asyncio
import resource
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from ioc.store.record import Record, scan
from tests.real.influx import InfluxServer
from tests.service.conftest import Build
from tests.service.counting import ACKNOWLEDGED, PATIENCE, POLLED, VOICES, Counting, monotonic, number
from tests.service.house import House
from tests.service.test_disk import Disk, SmallDisk, may_mount
from tests.service.test_one_to_n import accounted

pytestmark = pytest.mark.real

LOST = """
from(bucket: BUCKET) |> range(start: -3h)
  |> filter(fn: (r) => r._measurement == "dropped" and r._field == "lines") |> sum()
"""


@pytest.fixture
async def counting(build: Build, influxd: InfluxServer) -> AsyncIterator[Counting]:
    made = Counting(await build("counter"), influxd)
    await made.open()
    yield made
    await made.close()


class BoundSegments:
    """An ordinary directory, and a service whose files may grow no more."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def fill(self, house: House) -> None:
        largest = max(each.stat().st_size for each in self.folder.glob("spool/*.v*"))
        resource.prlimit(house.pid, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))

    def free(self, house: House) -> None:
        resource.prlimit(house.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@pytest.fixture(params=["small disk", "bound files"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    if request.param == "small disk" and may_mount(tmp_path):
        small = SmallDisk(tmp_path / "disk")
        yield small
        small.remove()
    else:
        yield BoundSegments(tmp_path / "disk")


async def history(counting: Counting, state: str) -> str:
    """The detail of history once the wall shows it in a state."""
    house = counting.house
    await house.until(lambda: house.see("self/history").get("state") == state, PATIENCE)
    return str(house.see("self/history")["detail"])


async def test_a_full_disk_takes_nothing_from_the_store(counting: Counting, disk: Disk) -> None:
    house = counting.house
    house.config["history"]["spool"]["directory"] = str(disk.folder / "spool")
    house.write()
    await house.spawn()
    await counting.count.more(2)
    disk.fill(house)
    assert f"{disk.folder / 'spool'}: spool cannot be written: " in await history(counting, "failing")
    assert "history" in (await house.get("/readyz"))["degraded"]
    await counting.count.more(3, POLLED)
    assert house.state("counter") == "up"
    disk.free(house)
    await history(counting, "ok")
    await counting.count.more(1)
    print(await accounted(counting, refusals=False))


async def test_a_bucket_deleted_under_us_is_told_and_waited_for(
    counting: Counting, influxd: InfluxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ioc.store.patience.SETTINGS_WAIT", 0.5)
    house = counting.house
    await house.start()
    await counting.count.more(2)
    await asyncio.to_thread(influxd.remove_bucket, influxd.bucket)
    deleted = monotonic()
    detail = await history(counting, "away")
    assert "404" in detail
    assert f"the bucket '{influxd.bucket}'" in detail
    assert influxd.bucket in (await house.get("/readyz"))["degraded"]["history"]
    await counting.count.more(2)
    await asyncio.to_thread(influxd.add_bucket, influxd.bucket)
    await history(counting, "ok")
    await counting.count.more(1)
    published = await counting.over()
    assert published["ioc_history_dropped_total"] == published["ioc_history_refused_total"] == 0
    for voice, gone in (await counting.missing()).items():
        assert not [each for each in gone if each.at > deleted], voice
        assert counting.count.last(voice) > len(gone)


async def test_of_a_damaged_spool_exactly_what_was_damaged_is_missing_and_told(
    counting: Counting, influxd: InfluxServer
) -> None:
    house = counting.house
    await asyncio.to_thread(influxd.stop)
    await house.spawn()
    await counting.count.more(6)
    killed = monotonic()
    assert await house.kill() == -signal.SIGKILL
    lost = damage(house.folder / "spool")
    await asyncio.to_thread(influxd.start)
    await house.spawn()
    await counting.count.more(1)
    published = await counting.over()
    assert published["ioc_history_dropped_total"] == len(lost)
    missing = await counting.missing()
    for voice in VOICES:
        wanted = {found for line in lost if (found := number(line, voice))}
        gone = {each.number for each in missing[voice]}
        unkept = {each.number for each in missing[voice] if killed - ACKNOWLEDGED < each.at <= killed}
        assert wanted <= gone, voice
        assert gone - wanted <= unkept, voice
    (row,) = await asyncio.to_thread(influxd.flux, LOST)
    assert int(row["_value"]) == len(lost)


def damage(spool: Path) -> list[str]:
    """Flip a bit in the middle of a segment and cut its last record short; the lines that stood there."""
    (segment,) = spool.glob("*.v*")
    data = bytearray(segment.read_bytes())
    records = [each for each in scan(bytes(data)) if isinstance(each, Record)]
    flipped, cut = records[len(records) // 2], records[-1]
    assert flipped is not cut
    data[(flipped.at + flipped.end) // 2] ^= 0x10
    segment.write_bytes(data[: cut.end - 5])
    return flipped.lines() + cut.lines()
