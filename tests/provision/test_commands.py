"""The commands as people meet them: what they print, with which code they end, and that no secret is in it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ioc.cli import main
from ioc.provision.commands import declared
from ioc.provision.setting import setting
from tests.provision.conftest import ADMIN, House, write_configuration

Ioc = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ioc(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ioc:
    """Runs a command in this process: its exit code, and what it printed to both streams."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv(ADMIN, raising=False)

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ioc", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        code = ended.value.code
        assert code is None or isinstance(code, int)
        return code or 0, said.out, said.err

    return run


@pytest.mark.real
def test_from_a_fresh_influxdb_to_one_that_is_verified(fresh: House, ioc: Ioc) -> None:
    at = fresh.setting
    code, out, _ = ioc("influx", "init", fresh.directory)
    assert code == 0
    assert out.splitlines()[-1] == "9 made, 2 right"
    secrets = [
        file.read_text().strip() for file in (at.admin_file, at.password_file, at.token_file, at.grafana_file)
    ]
    code, again, _ = ioc("influx", "init", fresh.directory)
    assert (code, again.splitlines()[-1]) == (0, "10 right")
    code, verified, _ = ioc("influx", "verify", fresh.directory)
    assert (code, verified.splitlines()[-1]) == (0, "0 faults in 17 checks")
    code, filled, _ = ioc("influx", "fill", fresh.directory, "--since", "2d")
    assert code == 0
    for secret in secrets:
        assert secret not in out + again + verified + filled


@pytest.mark.real
def test_a_fault_ends_verify_with_one(house: House, ioc: Ioc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ADMIN, house.admin_token)
    assert ioc("influx", "init", house.directory)[0] == 0
    monkeypatch.setenv(ADMIN, house.admin_token)
    house.admin.delete_bucket("ioc_1h")
    code, out, _ = ioc("influx", "verify", house.directory)
    assert code == 1
    assert "run ioc influx init" in out


@pytest.mark.real
def test_what_the_configuration_leaves_open_is_said_at_the_end(
    house: House, ioc: Ioc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ADMIN, house.admin_token)
    write_configuration(house.directory, house.url, house.org, token="{env: IOC_INFLUX_TOKEN}")
    code, out, _ = ioc("influx", "init", house.directory)
    assert code == 0
    assert out.splitlines()[-1].endswith("into the environment variable IOC_INFLUX_TOKEN of the service")
    (house.directory / "ioc.yaml").write_text("center: {id: t, name: T}\n")
    code, out, _ = ioc("influx", "init", house.directory, "--url", house.url, "--org", house.org)
    assert code == 0
    assert out.splitlines()[-1] == (
        f"write into the configuration: history: {{influx: {{url: {house.url}, org: {house.org}, "
        "bucket: ioc, token: {file: secrets/influx-token}}}"
    )


def test_what_is_missing_is_said(tmp_path: Path, ioc: Ioc) -> None:
    (tmp_path / "ioc.yaml").write_text("center: {id: t, name: T}\n")
    for command in (("influx", "init"), ("influx", "verify"), ("history", "migrate")):
        code, _, err = ioc(*command, tmp_path)
        assert code == 1
        assert (
            "there is no history.influx; write it with url, org, bucket, token, or name --url, --org" in err
        )
    write_configuration(tmp_path, "http://127.0.0.1:1", "o")
    code, _, err = ioc("influx", "verify", tmp_path)
    assert (code, err) == (
        1,
        f"ioc: {tmp_path}/secrets/influx-token: there is no token; run ioc influx init {tmp_path}\n",
    )
    code, _, err = ioc("influx", "fill", tmp_path, "--since", "2d")
    assert code == 1
    assert (
        f"put it into the environment variable {ADMIN}, or into {tmp_path}/secrets/influx-admin-token" in err
    )
    code, _, err = ioc("influx", "fill", tmp_path, "--since", "long")
    assert (code, err) == (1, "ioc: 'long': not a duration; write it with its units: 10s, 1m30s, 250ms\n")
    code, _, err = ioc("history", "migrate", tmp_path)
    assert code == 1
    assert "state/history.db: there is no such file; name the embedded history" in err


def test_a_faulty_section_is_told_with_its_line(tmp_path: Path, ioc: Ioc) -> None:
    (tmp_path / "ioc.yaml").write_text("center: {id: t, name: T}\nhistory:\n  influx: {url: x}\n")
    code, _, err = ioc("influx", "init", tmp_path)
    assert code == 2
    assert "ioc.yaml:3: " in err


def test_the_setting_names_buckets_and_files(tmp_path: Path) -> None:
    write_configuration(tmp_path, "http://h:8086", "o", minutes_bucket="fünf", token="{file: elsewhere/t}")
    at = setting(tmp_path, "http://other", None)
    assert (at.url, at.org, at.bucket) == ("http://other", "o", "ioc")
    assert [bucket for _, bucket in at.tiers] == ["fünf", "ioc_1h"]
    assert at.token_file == tmp_path / "elsewhere" / "t"
    assert at.embedded == tmp_path / "state" / "history.db"


def test_every_measurement_of_the_house_is_declared_once() -> None:
    names = [each.name for each in declared()]
    assert names[:3] == ["endpoint", "state", "dropped"]
    assert len(set(names)) == len(names)
    assert {"interface", "storage"} <= set(names)
