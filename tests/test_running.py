"""A service as a process: what its signals ask for."""

import asyncio

from ioc.running import Reloads


async def test_signals_in_quick_succession_are_one_reload_under_way_and_one_more() -> None:
    begun: list[int] = []
    gate = asyncio.Event()

    async def reload() -> None:
        begun.append(len(begun))
        await gate.wait()

    reloads = Reloads(reload)
    for _ in range(20):
        reloads.ask()
        await asyncio.sleep(0)
    assert begun == [0]
    gate.set()
    for _ in range(5):
        await asyncio.sleep(0)
    assert begun == [0, 1]
    reloads.ask()
    await asyncio.sleep(0)
    assert begun == [0, 1, 2]
