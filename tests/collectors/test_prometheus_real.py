"""The exporter source against a real node exporter: what it takes is what the page says."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from collectors.wire.exposition import Page
from tests.collectors.test_source_prometheus import Asking, options
from tests.real.node_exporter import NodeExporter

pytestmark = pytest.mark.real


def fetched(url: str) -> str:
    with urllib.request.urlopen(url) as response:
        return str(response.read().decode())


def told(text: str) -> dict[tuple[str, str], float]:
    """Every sample of a page as prometheus-client reads it."""
    return {
        (each.name, json.dumps(each.labels, sort_keys=True)): float(each.value)
        for family in text_string_to_metric_families(text)
        for each in family.samples
    }


async def test_every_line_is_read_as_the_library_reads_it(node_exporter: NodeExporter) -> None:
    text = await asyncio.to_thread(fetched, node_exporter.url)
    known = told(text)
    page = Page({name for name, _ in known})
    page.feed(text.encode())
    page.close()
    read = {(each.metric, json.dumps(dict(each.labels), sort_keys=True)): each.value for each in page.samples}
    assert len(read) > 100
    assert repr(read) == repr(known)  # NaN is not itself
    assert (page.bad, page.left) == (0, 0)


async def test_numbers_and_series_of_this_machine(node_exporter: NodeExporter) -> None:
    asking = Asking()
    given = options(
        node_exporter.port,
        fields={
            "memory": {"metric": "node_memory_MemTotal_bytes", "unit": "bytes"},
            "load": {"metric": "node_load1"},
            "idle": {
                "metric": "node_cpu_seconds_total",
                "where": {"mode": "idle"},
                "as": "rate",
                "several": "sum",
            },
        },
        history=[{"metric": "node_cpu_seconds_total", "labels": ["cpu", "mode"], "as": "rate"}],
    )
    first = await asking.ask(given)
    assert (first["verdict"], first["fields"].keys()) == ("ok", {"size", "memory", "load"})
    asking.clock.at += 10
    second: dict[str, Any] = await asking.ask(given)
    await asking.source.close()
    known = told(await asyncio.to_thread(fetched, node_exporter.url))
    assert second["fields"]["memory"] == known[("node_memory_MemTotal_bytes", "{}")]
    assert 0 <= second["fields"]["idle"] < 1000
    labels = {tags["label"] for tags, _ in second["points"]}
    assert {"0,idle", "0,user"} <= labels
    assert all(values["rate"] >= 0 for _, values in second["points"])


async def test_an_exporter_that_starts_again(node_exporter: NodeExporter) -> None:
    asking = Asking()
    given = options(
        node_exporter.port,
        fields={"cpu": {"metric": "process_cpu_seconds_total", "as": "rate"}},
    )
    for _ in range(20):
        await asking.ask(given)
        asking.clock.at += 1
    await asyncio.to_thread(node_exporter.stop)
    assert (await asking.ask(given))["no_answer"] == "refused"
    await asyncio.to_thread(node_exporter.start)
    found = await asking.ask(given)
    await asking.source.close()
    assert found["verdict"] == "ok"
    assert found["fields"].get("cpu", 0.0) >= 0.0
