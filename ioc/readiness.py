"""What degrades this service: whoever is away does, and only we ourselves could unready it."""

from __future__ import annotations

from collections.abc import Mapping

from ioc.picture import Picture

PARTS = ("history", "inlet", "ledger", "uplink", "config", "clock", "duty", "outside", "watchdog")
"""our own keys of the picture whose state says whether they are well"""
WELL = ("ok", "off", "waiting")
FAULT_SHOWN = 60.0
"""seconds for which a source that could not ask degrades us"""


def degraded(picture: Picture, faults: Mapping[str, tuple[float, str]], now: float) -> dict[str, str]:
    """What is not well, and why; `faults` has of each source when (steady) it could not ask, and what hindered it."""
    found: dict[str, str] = {}
    for part in PARTS:
        value = picture.get(f"self/{part}")
        if value is not None and value["state"] not in WELL:
            found[part] = str(value.get("detail") or value["state"])
    failing = (picture.get("self/deliveries") or {}).get("failing", ())
    if failing:
        found["deliveries"] = "; ".join(f"{each['receiver']}: {each['detail']}" for each in failing)
    found |= {f"source {source}": what for source, (at, what) in faults.items() if now - at < FAULT_SHOWN}
    return found
