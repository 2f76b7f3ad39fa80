"""Whatever the files hold: a configuration or faults, nothing else."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ioc.config.load import Reading
from ioc.config.schema import Endpoint, Top

CASES = Path(__file__).parents[1] / "cases" / "config"
TEXTS = sorted(path.read_text("utf-8") for path in CASES.glob("*/ioc.yaml") if path.stat().st_size < 2_000)
COLUMNS = [*Endpoint.model_fields, "label:x", "junk", ""]
MAIN = (CASES / "sound" / "ioc.yaml").read_text("utf-8").partition("endpoints:")[0]

leaf = st.sampled_from(
    [None, True, 5, -1.5, "", "10s", "tinh", "sip", "127.0.0.1:80", "2026-01-01"]
) | st.text(max_size=5)
value = st.recursive(
    leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["id", "name", "csv", "env", "file", "influx", "token", "source", "every", "sessions", "dates", "tls"]
    ), inner, max_size=3), max_leaves=12
)  # fmt: skip
slow = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def outcome(examined: Callable[[Path], Reading], files: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, raw in files.items():
            (Path(folder) / name).write_bytes(raw)
        reading = examined(Path(folder))
    assert (reading.config is None) == bool(reading.faults)
    assert all(len(fault) < 1_000 and fault.isprintable() for fault in reading.faults)


@slow
@given(st.sampled_from(TEXTS), st.data())
def test_damaged_files(examined: Callable[[Path], Reading], text: str, data: st.DataObject) -> None:
    raw = bytearray(text.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw)))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    outcome(examined, {"ioc.yaml": bytes(raw)})


@slow
@given(st.dictionaries(st.sampled_from([*Top.model_fields, "x"]), value, max_size=6))
def test_any_shape_under_any_key(examined: Callable[[Path], Reading], tree: dict[str, object]) -> None:
    import yaml

    text = yaml.safe_dump(tree, allow_unicode=True)
    outcome(examined, {"ioc.yaml": text.encode("utf-8", "replace")})


cell = st.sampled_from(
    ["mcu", "tinh", "hoi-nghi", "sip", "sip ping", "192.0.2.1", "true", "", '"', "a b"]
) | st.text(max_size=4)


@slow
@given(st.lists(st.sampled_from(COLUMNS), max_size=10), st.lists(st.lists(cell, max_size=10), max_size=5))
def test_any_table(examined: Callable[[Path], Reading], columns: list[str], rows: list[list[str]]) -> None:
    table = "\n".join(",".join(row) for row in [columns, *rows])
    main = MAIN + "endpoints: {csv: endpoints.csv}\n"
    outcome(examined, {"ioc.yaml": main.encode(), "endpoints.csv": table.encode("utf-8", "replace")})
