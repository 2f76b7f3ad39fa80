import sqlite3
from pathlib import Path

import pytest

from ioc.errors import StateUnusable
from ioc.state import look
from ioc.state.ledger import Ledger, Write
from ioc.state.look import Look
from ioc.telemetry import Telemetry


async def test_it_sees_what_is_committed_while_another_writes(tmp_path: Path) -> None:
    path = tmp_path / "sổ ?#.db"
    ledger = Ledger.open(path, telemetry=Telemetry(), synchronous="OFF")
    await ledger.commit(Write("INSERT INTO digests (unit, at) VALUES ('relay', 1.0)"))
    assert Look(path).read("SELECT unit FROM digests") == [("relay",)]
    await ledger.commit(Write("INSERT INTO digests (unit, at) VALUES ('link', 1.0)"))
    assert Look(path).read("SELECT count(*) FROM digests WHERE at = ?", (1.0,)) == [(2,)]
    await ledger.close()
    assert Look(path).read("SELECT count(*) FROM digests") == [(2,)]


async def test_it_cannot_write(tmp_path: Path) -> None:
    await Ledger.open(tmp_path / "state.db", telemetry=Telemetry()).close()
    with pytest.raises(StateUnusable, match="readonly"):
        Look(tmp_path / "state.db").read("DELETE FROM digests")


def test_what_is_no_state_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("x" * 5000)
    for name, says in (("none", "there is no state file"), ("text", "not a database")):
        with pytest.raises(StateUnusable, match=says):
            Look(tmp_path / name).read("SELECT 1 FROM sqlite_schema")


def test_a_question_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look, "MOST_STEPS", 10)
    sqlite3.connect(tmp_path / "state.db").close()
    (tmp_path / "state.db").touch()
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(StateUnusable, match="interrupted"):
        Look(tmp_path / "state.db").read(endless)
