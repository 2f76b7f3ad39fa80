"""`ioc oncall DIR`: the table that people read in a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.oncall.changes import Made, made_row
from ioc.errors import ConfigError, IocError
from ioc.oncall import oncall
from ioc.state.ledger import Ledger
from ioc.telemetry import Telemetry
from tests.alerts.oncall.test_schedule import at

IOC = """
center: {id: tinh, name: Trung tâm}
history: {store: none}
receivers: {mail: {channel: email, host: 127.0.0.1, port: 9, tls: none, from: ioc@example.vn}}
people:
  an: {name: An, phone: 0912000101, contacts: [{by: mail, to: an@example.vn}]}
  binh: {name: Bình, contacts: [{by: mail, to: binh@example.vn}]}
schedules:
  truc:
    name: Trực ca
    layers: [{turns: [[an], [binh], []], start: 2026-11-02 08:00, every: 1d}]
"""


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLUMNS", "120")
    (tmp_path / "ioc.yaml").write_text(IOC, "utf-8")
    return tmp_path


def lines(said: str) -> list[list[str]]:
    """The cells of each row."""
    rows = (line.replace("┃", "│").split("│")[1:-1] for line in said.splitlines() if line[:1] in "│┃")
    return [[cell.strip() for cell in row] for row in rows]


def test_it_shows_shifts_in_local_time_and_where_nobody_is(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    oncall(directory, "2026-11-02 12:00", 3)
    said = capsys.readouterr().out
    assert "Trực ca (truc), Asia/Ho_Chi_Minh · 1 gap" in said
    assert lines(said)[1:] == [
        ["Mon 2026-11-02 12:00", "Tue 2026-11-03 08:00", "An", "0912000101", "layer 1"],
        ["Tue 2026-11-03 08:00", "Wed 2026-11-04 08:00", "Bình", "", "layer 1"],
        ["Wed 2026-11-04 08:00", "Thu 2026-11-05 08:00", "nobody", "", ""],
        ["Thu 2026-11-05 08:00", "Thu 2026-11-05 12:00", "An", "0912000101", "layer 1"],
    ]


async def test_what_was_changed_on_screen_is_shown_beside_the_running_service(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (directory / "state").mkdir()
    ledger = Ledger.open(directory / "state" / "ioc.db", telemetry=Telemetry(), synchronous="OFF")
    start, end = at("2099-11-02T00:00"), at("2099-11-03T00:00")
    await ledger.commit(made_row(Made(1, "truc", start, end, "hai", "", start, people=("binh",))))
    oncall(directory, "2099-11-02 00:00", 1)
    assert lines(capsys.readouterr().out)[1:] == [
        ["Mon 2099-11-02 00:00", "Tue 2099-11-03 00:00", "Bình", "", "override"]
    ]
    await ledger.close()


def test_what_cannot_be_shown_is_said(directory: Path) -> None:
    with pytest.raises(IocError, match="--at '3 giờ': not a local time; write day and time"):
        oncall(directory, "3 giờ", 3)
    with pytest.raises(IocError, match="--days 0: from 1 to 366"):
        oncall(directory, None, 0)
    (directory / "ioc.yaml").write_text("center: {id: tinh, name: Trung tâm}\nhistory: {store: none}\n")
    with pytest.raises(IocError, match="no schedules"):
        oncall(directory, None, 1)
    (directory / "ioc.yaml").write_text("center: {id: tinh}\n")
    with pytest.raises(ConfigError):
        oncall(directory, None, 1)
