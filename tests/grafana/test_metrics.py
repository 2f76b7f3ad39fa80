"""What a running service with every source says at /metrics is as Prometheus' own linter wants it."""

from __future__ import annotations

import subprocess

import pytest

from collectors.registry import SOURCES
from tests.grafana.filled import Filled
from tools.parts import find

pytestmark = pytest.mark.real


def test_promtool_finds_no_fault(filled: Filled) -> None:
    checked = subprocess.run(
        [find("promtool"), "check", "metrics"],
        input=filled.metrics,
        capture_output=True,
        check=False,
        text=True,
        timeout=30,
    )
    assert (checked.stdout, checked.stderr, checked.returncode) == ("", "", 0)


def test_every_source_is_in_it(filled: Filled) -> None:
    assert all(f'ioc_probes_total{{source="{name}"}}' in filled.metrics for name in SOURCES)
    assert "process_resident_memory_bytes" in filled.metrics
