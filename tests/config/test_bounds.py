"""What is too much: files, rows, faults; and that a whole ministry's worth is not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ioc.config import table, yaml
from ioc.config.compiled import Secret
from ioc.config.faults import MOST_FAULTS
from ioc.config.load import Reading

CENTER = "center: {id: tinh, name: Trung tâm}\n"
SOUND = Path(__file__).parents[1] / "cases" / "config" / "sound" / "ioc.yaml"


def test_file_too_big(written: Callable[..., Reading]) -> None:
    reading = written(ioc__yaml=CENTER + "#" * yaml.MOST_BYTES)
    assert reading.faults == (
        'ioc.yaml: file of more than 4 MB "ioc.yaml"; keep long lists in CSV files, and split them',
    )


def test_what_is_not_a_file_is_not_waited_for(tmp_path: Path, written: Callable[..., Reading]) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "endless.csv").symlink_to("/dev/zero")
    (tmp_path / "round.yaml").symlink_to(tmp_path / "round.yaml")
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "token")
    access = "access: {read_token: {file: token}}\nunits: {csv: endless.csv}\n"
    assert set(written(ioc__yaml=CENTER + access).faults) == {
        'folder.yaml: unreadable file "folder.yaml"; is a directory',
        'pipe.yaml: unreadable file "pipe.yaml"; not a regular file',
        'round.yaml: unreadable file "round.yaml"; too many levels of symbolic links',
        'ioc.yaml:3: unreadable file "endless.csv"; not a regular file',
        'ioc.yaml:2: secret file of read_token cannot be read: "token"; not a regular file',
    }


def test_a_token_file_with_a_mark_in_front(written: Callable[..., Reading], tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"\xef\xbb\xbf0123456789abcdef\r\n")
    reading = written(ioc__yaml=CENTER + "access: {read_token: {file: token}}\n")
    assert reading.config is not None
    assert reading.config.access.read_token == Secret("0123456789abcdef")


def test_too_many_files(tmp_path: Path, written: Callable[..., Reading]) -> None:
    for number in range(101):
        (tmp_path / f"more-{number:03}.yaml").write_text("")
    assert written(ioc__yaml=CENTER).faults == ("more-099.yaml: more than 100 YAML files",)


def test_too_many_rows(monkeypatch: pytest.MonkeyPatch, written: Callable[..., Reading]) -> None:
    monkeypatch.setattr(table, "MOST_ROWS", 2)
    reading = written(ioc__yaml=CENTER + "units: {csv: units.csv}\n", units__csv="id,name\na,A\nb,B\nc,C\n")
    assert reading.faults == ("units.csv:4: more than 2 rows",)


def test_too_many_columns(written: Callable[..., Reading]) -> None:
    header = "id,name," + ",".join(f"label{number}" for number in range(100_000))
    reading = written(ioc__yaml=CENTER + "units: {csv: units.csv}\n", units__csv=header + "\n")
    assert "units.csv:1: header of 100002 columns; at most 200 are read" in reading.faults


def test_faults_are_listed_up_to_a_bound_and_the_rest_counted(written: Callable[..., Reading]) -> None:
    rows = "".join(f"u{number},U,nobody\n" for number in range(MOST_FAULTS + 7))
    reading = written(ioc__yaml=CENTER + "units: {csv: units.csv}\n", units__csv="id,name,parent\n" + rows)
    assert len(reading.faults) == MOST_FAULTS + 1
    assert reading.faults[-1] == "and 7 more faults; the first 500 found are listed"
    assert reading.config is None


def test_forty_thousand_endpoints(tmp_path: Path, examined: Callable[[Path], Reading]) -> None:
    shutil.copy(SOUND, tmp_path)
    text = SOUND.read_text("utf-8").partition("endpoints:")[0]
    (tmp_path / "ioc.yaml").write_text(text + "endpoints: {csv: endpoints.csv}\n", "utf-8")
    rows = (
        f"e{n},Điểm cầu {n},room,hoi-nghi,tinh,10.{n >> 16}.{n >> 8 & 255}.{n & 255},sip ping,HDX\n"
        for n in range(40_000)
    )
    header = "id,name,kind,system,unit,address,probes,label:model\n"
    (tmp_path / "endpoints.csv").write_text(header + "".join(rows), "utf-8")
    reading = examined(tmp_path)
    assert reading.faults == ()
    assert reading.config is not None
    endpoints = reading.config.inventory.endpoints
    assert len(endpoints) == 40_000
    assert endpoints["e39999"].address == "10.0.156.63"
    assert endpoints["e1"].probes is endpoints["e2"].probes
