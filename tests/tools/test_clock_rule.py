"""The clock rule sees every way to read time, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.clock_rule import main, readings


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.time()",
        "import time as t\nt.monotonic_ns()",
        "from time import perf_counter as p\np()",
        "import time\nfield(default_factory=time.time)",
        "from datetime import datetime, UTC\ndatetime.now(UTC)",
        "import datetime\ndatetime.datetime.utcnow()",
        "from datetime import date\ndate.today()",
        "import asyncio\nasyncio.get_running_loop().time()",
        "loop.time()",
        "self._loop.time()",
    ],
)
def test_sees_a_reading(source: str) -> None:
    assert [line for line, _ in readings(source)] == [source.count("\n") + 1]


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.sleep(1)",
        "clock.now()",
        "moment.time()",
        "from datetime import datetime\ndatetime.fromtimestamp(at)",
        "now = 5\nnow",
        "sample.time",
    ],
)
def test_leaves_the_rest_alone(source: str) -> None:
    assert not list(readings(source))


def test_names_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "late.py").write_text("import time\n\nnow = time.time()\n")
    assert main([str(tmp_path)]) == 1
    assert f"{tmp_path}/late.py:3: time.time reads time" in capsys.readouterr().out


def test_holds_in_this_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    assert main(["ioc", "collectors", "alerts", "web"]) == 0
