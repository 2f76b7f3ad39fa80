"""Secrets in files: for their owner alone, whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ioc.errors import IocError
from ioc.provision import keys


def test_what_was_written_is_read(tmp_path: Path) -> None:
    file = tmp_path / "secrets" / "token"
    assert keys.read(file) == ""
    keys.write(file, "one")
    keys.write(file, "two")
    assert keys.read(file) == "two"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [each.name for each in file.parent.iterdir()] == ["token"]


def test_a_file_open_to_others_is_seen_and_closed_by_writing(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("one")
    for mode in (0o640, 0o604, 0o620):
        file.chmod(mode)
        assert keys.open_to_others(file)
    keys.write(file, "two")
    assert not keys.open_to_others(file)
    assert not keys.open_to_others(tmp_path / "none")


def test_a_link_put_in_the_way_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "token.new").symlink_to(tmp_path / "elsewhere")
    keys.write(tmp_path / "token", "one")
    assert not (tmp_path / "elsewhere").exists()
    assert not (tmp_path / "token").is_symlink()


def test_what_cannot_be_read_or_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(b"\xff\xfe")
    with pytest.raises(IocError, match="noise: cannot read this secret: not text"):
        keys.read(tmp_path / "noise")
    with pytest.raises(
        IocError, match="cannot read this secret: Is a directory; give this user the right to"
    ):
        keys.read(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(IocError, match="token: cannot write this secret: .*; make the directory writable"):
        keys.write(tmp_path / "file" / "token", "one")


def test_what_is_read_is_bounded(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        os.truncate(file.fileno(), 10**9)
    assert len(keys.read(tmp_path / "large")) <= keys.MOST
