"""What history holds follows from the configuration: the sources that are asked, and the fields it names."""

from __future__ import annotations

from pathlib import Path

from ioc.clock import Clock
from ioc.demo.directory import write
from ioc.demo.province import Ports, build
from ioc.holdings import kept
from ioc.reading import read


def test_the_demos_history_holds_what_its_probes_find(tmp_path: Path) -> None:
    write(tmp_path, build(1, Ports()), Ports(), "00:00-17:00", "127.0.0.1:8080", "http://127.0.0.1:9999/")
    found = kept(read(tmp_path, {}, Clock()))
    assert found.measurements.keys() >= {"endpoint", "state", "dropped", "metric", "interface"}
    endpoint = found.measurements["endpoint"]
    units = {each.name: each.unit for each in endpoint.fields}
    assert (
        units.items()
        >= {"rtt": "ms", "loss": "%", "queue": "", "disk_free": "bytes", "tls_days": "d"}.items()
    )
    assert endpoint.field("mail_queue") is None
    assert found.foreign == frozenset()
