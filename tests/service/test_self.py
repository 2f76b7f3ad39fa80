"""What the service does about its own faults."""

from __future__ import annotations

from collections.abc import Callable

from tests.service.conftest import Build


async def test_a_fault_of_one_look_does_not_end_the_counting(build: Build) -> None:
    house = await build("a")
    await house.start()
    assert house.service is not None
    counts, broken = house.service._counts, list[bool]()
    count: Callable[[], None] = counts.flush

    def once() -> None:
        if not broken:
            broken.append(True)
            raise ZeroDivisionError
        count()

    counts.flush = once  # type: ignore[method-assign]
    await house.until(lambda: broken)
    await house.all_up()
    await house.until(lambda: house.see("unit/province")["counts"].get("up") == 1)
    assert (await house.metrics())["ioc_watcher_faults_total"] == 1
