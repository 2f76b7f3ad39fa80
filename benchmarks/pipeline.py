"""Target 3: processor time of the whole service: probe, picture, rules, history, push."""

from __future__ import annotations

from typing import Any

from benchmarks.kit.load import Load, run
from benchmarks.kit.result import Result, main
from ioc.errors import IocError

PROVINCE = Load("province", 600, 10, 60)
BUSY = Load("busy", 600, 1, 40)
NATION = Load("nation", 37_800, 10, 40, settle=20)
QUICK = [Load("province", 20, 10, 2, settle=0.5), Load("busy", 20, 1, 2, settle=0.5)]
UNEQUAL = """
the responders, the screens, the webhook sink and what takes the history's lines are not counted, only the service
the history goes to a local process that answers 204 and keeps nothing; a real InfluxDB costs the service the same
the machine's other load makes processor time dearer (caches, hyperthreads): see load_before and load_after
Prometheus' figures stand in `outage` and `outage_fast`: TCP there, SIP over UDP here
""".strip().splitlines()


async def measure(quick: bool) -> Result:
    """600 endpoints by SIP every 10 s, 600 every second, 37,800 every 10 s; ten screens and the history on."""
    loads = QUICK if quick else [PROVINCE, BUSY, NATION]
    found: dict[str, Any] = {load.name: await _run(load) for load in loads}
    marginal, fixed = _split(found["province"], found["busy"])
    nation = found.get("nation", {})
    return Result(
        what="processor time of the whole service, SIP/UDP, history on, ten screens",
        ours={
            "us_per_probe_marginal": round(marginal, 1),
            "fixed_percent_of_a_core": round(fixed, 2),
            "province_percent_of_a_core": found["province"]["cpu_percent_of_a_core"],
            "nation_percent_of_a_core": nation.get("cpu_percent_of_a_core"),
            "runs": found,
        },
        targets={
            "us_per_probe_marginal": 60,
            "fixed_percent_of_a_core": 2,
            "province_percent_of_a_core": 3,
            "nation_percent_of_a_core": 25,
        },
        unequal=UNEQUAL,
        peers={},
    )


async def _run(load: Load) -> dict[str, Any]:
    """A load's figures; of one that the service does not bear, why."""
    try:
        return await run(load)
    except IocError as error:
        return {"failed": str(error)[:200]}


def _split(few: dict[str, Any], many: dict[str, Any]) -> tuple[float, float]:
    """The straight line through two loads: microseconds a probe more, and percent of a core without any."""
    rates = [each["probes"] / each["seconds"] for each in (few, many)]
    loads = [each["cpu_seconds"] / each["seconds"] for each in (few, many)]
    if rates[0] == rates[1]:
        return float("nan"), float("nan")
    slope = (loads[1] - loads[0]) / (rates[1] - rates[0])
    return 1e6 * slope, 100 * (loads[0] - slope * rates[0])


if __name__ == "__main__":
    main("pipeline", measure)
