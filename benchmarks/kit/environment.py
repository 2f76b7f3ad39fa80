"""The InfluxDB that a benchmark's processes write to, as their environment names it; a peer's file names the same."""

from __future__ import annotations

import os

from ioc.store.influx import Address

_NAMES = ("IOC_BENCH_URL", "IOC_BENCH_ORG", "IOC_BENCH_BUCKET", "IOC_BENCH_TOKEN")


def name_influx(url: str, org: str, bucket: str, token: str) -> None:
    """Tell the processes that are started from now on."""
    os.environ.update(zip(_NAMES, (url, org, bucket, token), strict=True))


def influx() -> Address:
    """What this process was told; raises KeyError when it was told nothing."""
    url, org, bucket, token = (os.environ[each] for each in _NAMES)
    return Address(url, org, bucket, token)
