"""Opening a state file: what is made, what is kept, and each way in which it is refused."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from tempfile import gettempdir

import pytest

from ioc.errors import StateUnusable
from ioc.state import ledger as module
from ioc.state.ledger import Ledger, Write
from ioc.state.schema import OURS, scripts
from ioc.telemetry import Telemetry


def refusal(path: Path, synchronous: str = "FULL") -> str:
    with pytest.raises(StateUnusable) as caught:
        Ledger.open(path, telemetry=Telemetry(), synchronous=synchronous)
    return str(caught.value)


async def made(path: Path) -> Path:
    ledger = Ledger.open(path, telemetry=Telemetry())
    await ledger.close()
    return path


async def test_a_new_file_is_ours_at_the_newest_version(tmp_path: Path) -> None:
    path = await made(tmp_path / "state.db")
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA user_version").fetchone() == (len(scripts()),)
    assert db.execute("PRAGMA application_id").fetchone() == (OURS,)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()


async def test_opened_again_it_holds_what_was_committed(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    first = Ledger.open(path, telemetry=Telemetry())
    await first.commit(Write("INSERT INTO verdicts VALUES ('a', 'sip', 'down', 12.5)"))
    await first.close()
    second = Ledger.open(path, telemetry=Telemetry())
    assert second.read("SELECT * FROM verdicts") == [("a", "sip", "down", 12.5)]
    await second.close()


@pytest.mark.parametrize("version", range(len(scripts())))
async def test_every_older_version_is_brought_up_to_date(tmp_path: Path, version: int) -> None:
    path = tmp_path / "state.db"
    db = sqlite3.connect(path)
    for script in scripts()[:version]:
        db.executescript(script)
    if version:
        db.executescript(f"PRAGMA application_id={OURS}; PRAGMA user_version={version}")
        db.execute("INSERT INTO states VALUES ('a', 'up', 1.0, 'answered', '')")
        db.commit()
    db.close()
    ledger = Ledger.open(path, telemetry=Telemetry())
    assert ledger.read("PRAGMA user_version") == [(len(scripts()),)]
    assert len(ledger.read("SELECT * FROM states")) == bool(version)
    await ledger.close()


def test_a_failing_migration_leaves_the_version_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = (
        "CREATE TABLE one (x) STRICT",
        "CREATE TABLE two (x INTEGER) STRICT; INSERT INTO nowhere VALUES (1)",
    )
    monkeypatch.setattr(module, "scripts", lambda _package: ("CREATE TABLE one (x INTEGER) STRICT", bad[1]))
    path = tmp_path / "state.db"
    assert "cannot bring it to schema version 2: no such table: nowhere" in refusal(path)
    db = sqlite3.connect(path)
    assert db.execute("SELECT name FROM sqlite_schema").fetchall() == [("one",)]
    assert db.execute("PRAGMA user_version").fetchone() == (1,)
    db.close()


def test_a_text_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_text("listen: 127.0.0.1:8080\n" * 100)
    assert refusal(path) == f"{path}: not an SQLite database; name another state file"
    assert path.read_text().startswith("listen")


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE theirs (x)")
    db.close()
    assert refusal(path) == f"{path}: a database of another program; name another state file"


async def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = await made(tmp_path / "state.db")
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version=9000")
    db.close()
    assert refusal(path) == (
        f"{path}: written by a newer release (schema 9000, this one knows {len(scripts())}); "
        "install that release again, or start with another state file"
    )


async def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = await made(tmp_path / "state.db")
    content = bytearray(path.read_bytes())
    content[100:4096] = b"\xa5" * 3996
    path.write_bytes(content)
    assert refusal(path).startswith(f"{path}: damaged (")


def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path}: is a directory; name a file in it, such as {tmp_path}/state.db"


def test_a_missing_directory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "none" / "state.db"
    assert refusal(path) == (
        f"{path}.lock: cannot make the lock file: No such file or directory; "
        "give this user a directory it may write to"
    )


async def test_a_file_this_user_may_not_write_is_refused(tmp_path: Path) -> None:
    path = await made(tmp_path / "state.db")
    path.chmod(0o444)
    (tmp_path / "state.db.lock").chmod(0o666)
    said = _as_nobody(path)
    assert said == (
        f"{path}: attempt to write a readonly database; "
        "this user must be able to write the file and its directory"
    )


def _as_nobody(path: Path) -> str:
    """What the refusal says in a child without root's privileges, since root may write everything."""
    for folder in path.parents:
        if folder == Path(gettempdir()):
            break
        folder.chmod(0o777)
    scripts()  # before the child loses sight of the package
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setuid(65534)
            os.write(into, refusal(path).encode())
        except pytest.fail.Exception as error:
            os.write(into, repr(error).encode())
        finally:
            os._exit(0)
    os.close(into)
    with os.fdopen(out) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said


async def test_a_second_service_is_refused_and_told_who_runs(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    ledger = Ledger.open(path, telemetry=Telemetry())
    assert refusal(path) == (
        f"{path}.lock: another running service (process {os.getpid()}) uses this state file; "
        "stop it first, or give this one its own directory"
    )
    await ledger.close()
    await made(path)


def test_a_refused_opening_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_text("no database" * 1000)
    assert refusal(path) == refusal(path)


def test_an_unknown_synchronous_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "s", "SOMETIMES").startswith("synchronous='SOMETIMES': not one of OFF, NORMAL")
