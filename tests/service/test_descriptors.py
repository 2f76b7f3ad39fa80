"""No descriptor is left: we cannot ask, which says nothing about whom we would have asked."""

from __future__ import annotations

import resource
from pathlib import Path

from tests.service.conftest import Build


def free_descriptor(pid: int) -> int:
    """The lowest that a process has not taken."""
    taken = {int(each.name) for each in Path(f"/proc/{pid}/fd").iterdir()}
    return next(n for n in range(len(taken) + 1) if n not in taken)


async def test_without_descriptors_nothing_is_said_to_be_down(build: Build) -> None:
    house = await build("a", "b", "c")
    await house.spawn()
    await house.all_up()
    await house.get("/readyz")  # its connection stays
    usual = resource.prlimit(house.pid, resource.RLIMIT_NOFILE)
    lowest_free = min(free_descriptor(house.pid) for _ in range(100))  # some are taken by a probe just now
    resource.prlimit(house.pid, resource.RLIMIT_NOFILE, (lowest_free, usual[1]))
    await house.until(lambda: all(house.state(each) == "unknown" for each in house.things))
    assert {house.see(f"endpoint/{each}")["reason"] for each in house.things} == {"stale"}
    said = (await house.get("/readyz"))["degraded"]
    assert "limit of open files" in said["source tcp"]
    counted = await house.metrics()
    assert counted['ioc_probe_errors_total{kind="local",source="tcp"}'] > 0
    assert counted['ioc_probe_errors_total{kind="unforeseen",source="tcp"}'] == 0
    resource.prlimit(house.pid, resource.RLIMIT_NOFILE, usual)
    await house.all_up()
    assert not [*house.screen.under("incident/")]
    assert house.sink.tried == 0
    assert await house.stop() == 0
