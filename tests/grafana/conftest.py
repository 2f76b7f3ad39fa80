"""Stores that the demo has filled once for all dashboards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.grafana.filled import Filled, demo
from tests.real.fixtures import part


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """See tests.grafana.filled.demo."""
    for each in ("influxd", "prometheus", "snmpd"):
        part(each)
    with demo(tmp_path_factory.mktemp("demo")) as found:
        yield found
