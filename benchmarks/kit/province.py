"""Flat provinces of any size: things on loopback addresses, and the configuration directory that watches them.

There are no sites and no parents, since Prometheus knows none: each thing that falls silent is an outage of its own.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ioc.demo.province import LINK, Province, Thing, save

BLOCK = 90
PORT = 14022
REFERENCES = 2
"""things that are never broken: they answer as long as our own link is up"""
WEBHOOK = "http://127.0.0.1:19099/page"


def things(count: int, speaks: str) -> list[Thing]:
    """So many things that answer; `speaks` is `banner` or `sip-udp`."""
    return [
        Thing(f"e{n}", f"Điểm cầu {n}", "room", LINK, _address(n), PORT, speaks, "th", "", critical=False)
        for n in range(count)
    ]


def roster(path: Path, all_: Sequence[Thing]) -> None:
    """Write what the responders read."""
    save(Province((), all_), path)


def directory(
    where: Path,
    all_: Sequence[Thing],
    listen: str,
    probe: Mapping[str, Any],
    rules: Sequence[Mapping[str, Any]] | None,
    history: str = "",
) -> None:
    """Write a configuration: one probe profile for all; own rules, or None for those that are shipped."""
    where.mkdir(parents=True)
    main: dict[str, Any] = {
        "center": {"id": "bench", "name": "Đo hiệu năng"},
        "listen": listen,
        "systems": {"vc": {"name": "Hội nghị truyền hình"}},
        "units": [{"id": "th", "name": "Tỉnh"}],
        "endpoints": {"csv": "endpoints.csv"},
        "references": [each.id for each in all_[:REFERENCES]],
        "probes": {"p": {"port": PORT, **probe}},
        "receivers": {"oncall": {"channel": "webhook", "url": WEBHOOK}},
    }
    if rules is not None:
        main |= {"shipped_rules": ["none"], "rules": list(rules)}
    if history:
        token = {"env": "IOC_BENCH_TOKEN"}
        main["history"] = {"influx": {"url": history, "org": "bench", "bucket": "ioc", "token": token}}
    else:
        main["history"] = {"store": "none"}
    (where / "ioc.yaml").write_text(yaml.safe_dump(main, allow_unicode=True, sort_keys=False))
    with (where / "endpoints.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("id", "name", "kind", "system", "unit", "address", "probes"))
        table.writerows((each.id, each.name, "room", "vc", "th", each.address, "p") for each in all_)


def _address(number: int) -> str:
    return f"127.{BLOCK}.{number // 250}.{number % 250 + 1}"
