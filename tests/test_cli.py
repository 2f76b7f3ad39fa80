"""The command line as people meet it: what it prints, and with which code it ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from ioc.cli import main
from tests.service.house import House

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "thanh-hoa-small"
SOUND = "center: {id: test, name: Thử nghiệm}\nlisten: 127.0.0.1:0\n"

Ioc = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ioc(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ioc:
    """Runs a command in this process: its exit code, and what it printed to both streams."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ioc", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        code = ended.value.code
        assert code is None or isinstance(code, int)
        return code or 0, said.out, said.err

    return run


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A sound configuration that watches nothing."""
    (tmp_path / "ioc.yaml").write_text(SOUND)
    return tmp_path


@pytest.fixture
def taken() -> Iterator[int]:
    """A port somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_help_names_every_command(ioc: Ioc) -> None:
    code, out, _ = ioc("--help")
    assert code == 0
    for command in ("run", "check", "try", "watch", "demo"):
        assert f"│ {command} " in out


@pytest.mark.parametrize("command", ["run", "check", "try", "watch", "demo"])
def test_each_command_has_help(ioc: Ioc, command: str) -> None:
    code, out, _ = ioc(command, "--help")
    assert code == 0
    assert f"ioc {command}" in out


def test_check_says_what_the_example_would_watch(ioc: Ioc) -> None:
    code, out, _ = ioc("check", EXAMPLE)
    assert code == 0
    assert "endpoints: 10" in out
    assert "receivers: truc-ca (webhook)" in out
    assert "fault" not in out.replace("default", "")


def test_check_says_every_fault_at_once(ioc: Ioc, directory: Path) -> None:
    (directory / "ioc.yaml").write_text(SOUND + "colour: red\nreferences: [nobody]\n")
    (directory / "more.yaml").write_text("probes:\n  p: {source: carrier-pigeon}\n")
    code, out, _ = ioc("check", directory)
    assert code == 2
    assert 'ioc.yaml:3: unknown key "colour"' in out
    assert 'more.yaml:2: unknown source "carrier-pigeon"' in out
    assert "ioc.yaml:4" in out
    assert "3 faults; nothing would run" in out


@pytest.mark.parametrize("command", [["run"], ["try", "sip"]])
def test_a_faulty_configuration_starts_nothing(ioc: Ioc, directory: Path, command: list[str]) -> None:
    (directory / "ioc.yaml").write_text(SOUND + "colour: red\n")
    code, out, err = ioc(command[0], directory, *command[1:])
    assert (code, out) == (2, "")
    assert 'ioc.yaml:3: unknown key "colour"' in err
    assert "1 fault; nothing was started" in err


def test_a_directory_that_is_not_there(ioc: Ioc, tmp_path: Path) -> None:
    code, out, _ = ioc("check", tmp_path / "nowhere")
    assert code == 2
    assert f"{tmp_path / 'nowhere'}: unreadable directory; no such file or directory" in out
    assert "1 fault; nothing would run" in out


@pytest.mark.parametrize(
    ("listen", "said"),
    [
        ("nonsense", "not an address with a port"),
        ("127.0.0.1:99999", "not a port from 0 to 65535"),
        ("192.0.2.1:80", "set access.read_token, or listen on 127.0.0.1"),
    ],
)
def test_an_address_that_cannot_be_listened_on(ioc: Ioc, directory: Path, listen: str, said: str) -> None:
    code, _, err = ioc("run", directory, "--listen", listen)
    assert code == 2
    assert said in err
    assert "--listen" in err


def test_a_port_that_is_taken(ioc: Ioc, directory: Path, taken: int) -> None:
    code, _, err = ioc("run", directory, "--listen", f"127.0.0.1:{taken}")
    assert code == 1
    assert f"ioc: cannot listen on 127.0.0.1:{taken}" in err
    assert "use --listen" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("/proc/nowhere/ioc.db", "cannot make this directory for the state file"),
        ("ioc.yaml/ioc.db", "cannot make this directory for the state file"),
        ("note.txt", "not an SQLite database"),
    ],
)
def test_a_state_file_that_cannot_be_used(ioc: Ioc, directory: Path, state: str, said: str) -> None:
    (directory / "note.txt").write_text("Không phải cơ sở dữ liệu. " * 100)
    (directory / "ioc.yaml").write_text(SOUND + f"state: {state}\n")
    code, _, err = ioc("run", directory)
    assert code == 1
    assert err.startswith("ioc: ")
    assert said in err
    assert "Traceback" not in err


def test_a_log_level_that_is_none(ioc: Ioc, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_LOG", "loud")
    code, _, err = ioc("run", directory)
    assert (code, err) == (
        1,
        "ioc: IOC_LOG='loud' is not a level; write one of debug, info, warning, error, critical\n",
    )


def test_watch_says_what_is_wrong(ioc: Ioc, tmp_path: Path) -> None:
    code, out, _ = ioc("watch", "http://127.0.0.1:1", "--once")
    assert code == 1
    assert "không kết nối được http://127.0.0.1:1" in out
    code, _, err = ioc("watch", "http://127.0.0.1:1", "--token-file", tmp_path / "nowhere")
    assert code == 1
    assert "No such file or directory" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sip"], "ioc: no endpoint is asked by sip\n"),
        (
            ["gopher"],
            "ioc: source 'gopher' does not exist; there are http, icmp, prometheus, sip, snmp, tcp\n",
        ),
        (["tcp", "--endpoint", "nobody"], "ioc: none of nobody is asked by tcp; see `probes` of endpoints\n"),
    ],
)
def test_try_has_nobody_to_ask(ioc: Ioc, directory: Path, arguments: list[str], said: str) -> None:
    room = "{id: room, name: R, kind: room, system: vc, unit: u, address: 127.0.0.1, probes: [open]}"
    (directory / "more.yaml").write_text(
        f"systems: {{vc: {{name: V}}}}\nunits: [{{id: u, name: U}}]\nendpoints: [{room}]\n"
        "probes: {open: {source: tcp, port: 9}}\n"
    )
    code, _, err = ioc("try", directory, *arguments)
    assert (code, err) == (1, said)


# --- as processes, beside a service that runs ---


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A house with two things that answer and one that does not."""
    made = House(tmp_path, "one", "two", "silent")
    await made.open()
    await made.things["silent"].fall()
    yield made
    await made.close()


async def said_by(*arguments: object) -> tuple[int, str, str]:
    """What a command says, run as a process: code, output, errors."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ioc", *map(str, arguments)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "COLUMNS": "160"},
    )
    async with asyncio.timeout(30):
        out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_a_second_service_on_the_same_state_is_refused(house: House) -> None:
    await house.spawn()
    code, out, err = await said_by("run", house.folder / "config")
    assert (code, out) == (1, "")
    assert f"another running service (process {house.pid}) uses this state file; stop it first" in err
    assert "Traceback" not in err
    await house.until(lambda: house.state("one") == "up")
    code, out, err = await said_by("watch", house.url, "--once")
    assert code == 0, err
    assert "Trung tâm thử nghiệm" in out
    assert await house.stop() == 0


async def test_try_asks_each_once_and_says_what_came_back(house: House) -> None:
    directory = house.folder / "config"
    code, out, err = await said_by("try", directory, "tcp")
    assert code == 1, err
    assert "2 of 3 endpoints answered as they should" in out
    silent = next(line for line in out.splitlines() if "silent" in line)
    assert "no answer" in silent
    assert "refused" in silent
    assert sum(" ms " in line for line in out.splitlines()) == 2
    code, out, _ = await said_by("try", directory, "tcp", "--endpoint", "one", "--endpoint", "two")
    assert code == 0
    assert "2 of 2 endpoints" in out


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
async def test_it_ends_in_order_when_told_to(house: House, how: signal.Signals) -> None:
    await house.spawn()
    await house.until(lambda: house.state("one") == "up")
    house.signal(how)
    assert await house.stop() == 0
    lines = (house.folder / "log").read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["watching"]


async def test_a_signal_right_after_the_start_ends_it_too(house: House) -> None:
    await house.spawn()
    house.signal(signal.SIGHUP)
    assert await house.stop() == 0
