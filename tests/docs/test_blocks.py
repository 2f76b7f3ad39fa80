"""Every command and every configuration that the documentation shows is run or loaded.

A block says by the words after its fence what it is; one that says nothing may only be a drawing or a usage line.
A block or a command that is not known here is a failure: teach it, or say in the page what the block is.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from ioc.clock import Clock
from ioc.demo.province import Province, Thing, save
from ioc.errors import ConfigError
from ioc.reading import read
from ioc.store.sqlite import Sqlite
from tests.docs.blocks import ROOT, Block, blocks, pages
from tests.real.daemon import Daemon, free_port
from tests.real.fixtures import part
from tests.real.influx import own
from tests.service.test_access import certificate

SHELLS = ("sh", "console", "bash", "shell")
CONFIGURATIONS = ("yaml configuration", "yaml rules")
ELSEWHERE = re.compile(r"mermaid|\w+ (file|into)=\S+")
"""blocks with tests of their own: test_adding_a_source, tests/alerts/test_lifecycle"""
PROGRAMS = {
    "ioc",
    "make",
    "cp",
    "cd",
    "mkdir",
    "kill",
    "curl",
    "python",
    "pip",
    "sudo",
    "apt",
    "docker",
    "git",
}
ANSWERS = 60.0


def of(*infos: str) -> list[Block]:
    """The blocks of some kinds."""
    return [each for each in blocks() if each.info in infos]


def named(chosen: list[Block]) -> pytest.MarkDecorator:
    """A test for each block, named by its place."""
    return pytest.mark.parametrize("block", [pytest.param(each, id=str(each)) for each in chosen])


def test_every_block_is_of_a_known_kind() -> None:
    known = {*SHELLS, *CONFIGURATIONS, "python", ""}
    strange = [
        f"{each}: ```{each.info}"
        for each in blocks()
        if each.info not in known and not ELSEWHERE.fullmatch(each.info)
    ]
    assert strange == []


def test_the_blocks_are_found() -> None:
    counted = sum(page.read_text("utf-8").count("\n```") for page in pages())
    assert counted == 2 * len(blocks())
    assert of(*SHELLS)
    assert of(*CONFIGURATIONS)


# --- what is not to be run: drawings, and usage lines ---


@named(of(""))
def test_a_bare_block_is_a_drawing_or_a_usage_line(block: Block) -> None:
    first = {line.split(maxsplit=1)[0] for line in block.commands}
    if not first & PROGRAMS:
        return
    assert len(block.commands) == 1, f"{block}: commands stand in a block of ```sh"
    words = block.commands[0].split()
    shown = said(words[0], words[1], "--help")
    options = re.findall(r"--[a-z-]+", block.text)
    assert options
    for option in options:
        assert option in shown, f"{block}: {option} is not an option of {words[0]} {words[1]}"


def said(*command: str) -> str:
    """What a command of ours prints."""
    assert command[0] == "ioc"
    done = subprocess.run(
        [sys.executable, "-m", "ioc", *command[1:]],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    )
    return done.stdout


def environment() -> Mapping[str, str]:
    return {**os.environ, "COLUMNS": "160", "PYTHONPATH": str(ROOT)}


# --- configuration ---


@named(of(*CONFIGURATIONS))
def test_a_configuration_is_sound(block: Block, tmp_path: Path) -> None:
    (tmp_path / "shown.yaml").write_text(block.text, "utf-8")
    if "secrets/" in block.text:
        secrets = tmp_path / "secrets"
        secrets.mkdir()
        certificate(secrets)
        for token in re.findall(r"secrets/[\w-]+-(?:token|password)", block.text):
            (tmp_path / token).write_text(f"{token}-0123456789", "utf-8")
        for short in re.findall(r"secrets/[\w-]+-(?:pin|key)\b", block.text):
            (tmp_path / short).write_text(
                "12345678", "utf-8"
            )  # a PIN, and a password of at most 8 characters
        for url in re.findall(r"secrets/[\w-]+-url", block.text):
            (tmp_path / url).write_text("https://example.vn/hook?sig=0123456789", "utf-8")
    if not re.search(r"^center:", block.text, re.MULTILINE):
        (tmp_path / "ioc.yaml").write_text("center: {id: shown, name: Shown}\n", "utf-8")
    else:
        (tmp_path / "shown.yaml").rename(tmp_path / "ioc.yaml")
    try:
        config = read(tmp_path, {}, Clock())
    except ConfigError as error:
        pytest.fail(f"{block}: {error}")
    if block.info == "yaml rules":
        ids = re.findall(r"- id: (\S+)", block.text)
        assert ids
        assert set(ids) <= set(config.rule_sources)


EXAMPLES = sorted(each.parent for each in (ROOT / "examples").glob("*/ioc.yaml"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each.name)
def test_an_example_is_sound(example: Path, tmp_path: Path) -> None:
    where = tmp_path / "config"
    shutil.copytree(example, where)
    text = "".join(line for line in _lines(where) if not line.lstrip().startswith("#"))
    for file in re.findall(r"\{file: ([^}]+)\}", text):
        (where / file).write_text("a-secret-of-the-test-and-long-enough")
    environ = dict.fromkeys(re.findall(r"\{env: (\w+)\}", text), "another-secret-and-long-enough")
    assert read(where, environ, Clock()).inventory.endpoints


def _lines(where: Path) -> list[str]:
    return [
        line for file in where.glob("*.yaml") for line in file.read_text("utf-8").splitlines(keepends=True)
    ]


def test_the_number_of_shipped_rules_is_said_right() -> None:
    words = {11: "eleven", 12: "twelve", 13: "thirteen", 14: "fourteen", 15: "fifteen"}
    (count,) = re.findall(r"(\w+) of them ship", (ROOT / "README.md").read_text("utf-8"))
    from alerts.rules import shipped

    assert count == words[len(shipped())]


# --- commands ---


class Shell:
    """Runs the commands of one block, one after another, in a folder of its own beside the examples.

    What goes on for ever is started, asked, and stopped at the end. The default port is replaced by a free one,
    since another service may run on this machine.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.running: list[asyncio.subprocess.Process] = []
        self.influxd: Daemon | None = None
        self._known: dict[str, Callable[[list[str]], Awaitable[None]]] = {
            "make": self._make,
            "cp": self._cp,
            "ioc check": self._check,
            "ioc try": self._try,
            "ioc run": self._run,
            "ioc watch": self._watch,
            "ioc influx": self._influx,
            "ioc history": self._history,
        }
        shutil.copytree(ROOT / "examples", folder / "examples")

    async def run(self, command: str) -> None:
        """Run one command; fails when it does not do what the page says, or is not known."""
        command = command.replace("127.0.0.1:8080", f"127.0.0.1:{self.port}")
        if command.startswith("curl "):
            await self._curl(command)
            return
        words = shlex.split(command)
        treat = self._known.get(" ".join(words[:2])) or self._known.get(words[0])
        assert treat is not None, f"not known how to test: {command}"
        await treat(words)

    async def close(self) -> None:
        for process in self.running:
            if process.returncode is None:
                process.terminate()
            assert await process.wait() == 0
        if self.influxd is not None:
            await asyncio.to_thread(self.influxd.stop)

    async def _make(self, words: list[str]) -> None:
        """A target is not made, since it may be what runs this test; but it must be there, and be told of."""
        target = words[1]
        told = await asyncio.to_thread(finished, "make", "help", where=ROOT)
        assert re.search(rf"^\s*make {target} ", told, re.MULTILINE), f"no target {target}"

    async def _cp(self, words: list[str]) -> None:
        await asyncio.to_thread(finished, *words, where=self.folder)
        for each in self.folder.rglob("ioc.yaml"):
            text = each.read_text("utf-8").replace("127.0.0.1:8080", f"127.0.0.1:{self.port}")
            each.write_text(text, "utf-8")

        # nothing that a page shows is asked outside this machine
        for each in self.folder.glob("*/endpoints.csv"):
            text = each.read_text("utf-8").replace("dichvucong.example.vn", "127.0.9.1")
            each.write_text(re.sub(r"(?:192\.0\.2|198\.51\.100|203\.0\.113)\.", "127.0.8.", text), "utf-8")

    async def _curl(self, command: str) -> None:
        """Through a shell, since dates are worked out there. The acknowledged incident need not have opened yet."""
        answer = await asyncio.to_thread(
            finished, "bash", "-c", f"{command} --no-progress-meter", where=self.folder
        )
        assert '"error"' not in answer or "there is no incident" in answer, answer

    async def _check(self, words: list[str]) -> None:
        code, out = await self._finished(words)
        assert code == 0, out
        assert "fingerprint: " in out

    async def _try(self, words: list[str]) -> None:
        """Nobody answers at the addresses that `_cp` puts in."""
        code, out = await self._finished(words)
        assert code in (0, 1), out
        assert re.search(r"\d+ of \d+ endpoints answered as they should", out)

    async def _run(self, words: list[str]) -> None:
        process = await self._started(words)
        assert process.stdout is not None
        async with asyncio.timeout(ANSWERS):
            line = (await process.stdout.readline()).decode()
        assert line == f"IOC: http://127.0.0.1:{self.port}/\n"

    async def _watch(self, words: list[str]) -> None:
        """In a terminal, which it fills anew every second until Ctrl-C."""
        ours, theirs = os.openpty()
        process = await self._started(words, theirs)
        os.close(theirs)
        try:
            async with asyncio.timeout(ANSWERS):
                await asyncio.to_thread(seen, ours, "Thanh Hóa")
            process.send_signal(signal.SIGINT)
            await asyncio.to_thread(emptied, ours)  # it may be writing just now, and waits for a reader
            assert await process.wait() == 0
        finally:
            os.close(ours)
        self.running.remove(process)

    async def _influx(self, words: list[str]) -> None:
        """On a real InfluxDB that nobody has set up, which the configuration is told of as the page shows."""
        if self.influxd is None:
            part("influxd")
            self.influxd, url = own(self.folder / "influxd")
            await asyncio.to_thread(self.influxd.start)
            (shown,) = [each for each in of("yaml configuration") if each.page.name == "influxdb.md"]
            text = shown.text.replace("http://127.0.0.1:8086", url)
            (self.folder / words[3] / "history.yaml").write_text(text, "utf-8")
        code, out = await self._finished(words)
        assert code == 0, out

    async def _history(self, words: list[str]) -> None:
        """With something in the embedded history."""
        clock = Clock()
        store = Sqlite(self.folder / words[3] / "state" / "history.db", clock)
        at = int(clock.civil(clock.now()) - 86_400) * 1_000_000
        assert await store.write([f"endpoint,endpoint=e rtt=1.5 {at}"]) == 0
        await store.close()
        await self._influx(words)

    async def _started(self, words: list[str], stdout: int = subprocess.PIPE) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-u", "-m", "ioc", *words[1:]),
            cwd=self.folder,
            stdout=stdout,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment(),
            preexec_fn=_heed_interrupts,
        )
        self.running.append(process)
        return process

    async def _finished(self, words: list[str]) -> tuple[int, str]:
        process = await self._started(words)
        async with asyncio.timeout(ANSWERS):
            out, _ = await process.communicate()
        self.running.remove(process)
        return process.returncode or 0, out.decode()


def _heed_interrupts() -> None:
    """Whoever runs the tests in the background may have had Ctrl-C ignored, which a child would inherit."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def finished(*command: str, where: Path) -> str:
    """What a command that ends prints."""
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def seen(terminal: int, text: str) -> None:
    """Read a terminal until a text stands on it; raises OSError when its program ends before."""
    shown = b""
    while text.encode() not in shown:
        shown += os.read(terminal, 65536)


def emptied(terminal: int) -> None:
    """Read a terminal until its program has ended."""
    with suppress(OSError):
        while os.read(terminal, 65536):
            pass


@named(of(*SHELLS))
async def test_commands_do_what_they_say(block: Block, tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    assert block.commands
    for command in block.commands:
        await shell.run(command)
    await shell.close()


async def test_a_command_that_is_not_known_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="not known how to test: rm -rf /"):
        await Shell(tmp_path).run("rm -rf /")


# --- Python ---


@named(of("python"))
async def test_python_runs(block: Block, tmp_path: Path) -> None:
    """With what the page says is there: the parts named in its remarks, and a roster of the things it names."""
    held: dict[str, object] = {}
    for module in re.findall(r"# (ioc\.[\w.]+)", block.text):
        exec(f"from {module} import *", held)
    exec("from ioc.demo.truth import Manner, Mode", held)
    things = [
        Thing("r-h07", "r", "router", "link", "127.77.200.1", free_port(), "banner"),
        Thing("vc-h01", "a", "room", "r-h07", "127.77.200.2", free_port(), "sip-udp"),
        Thing("vc-h02", "b", "room", "r-h07", "127.77.200.3", free_port(), "sip-udp"),
    ]
    held |= {"logs": tmp_path, "roster": tmp_path / "roster", "socket": tmp_path / "socket"}
    save(Province((), tuple(things)), tmp_path / "roster")
    code = compile(block.text, str(block), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    outcome = eval(code, held)
    if inspect.isawaitable(outcome):
        await outcome
    if "responders" in held:
        await held["responders"].close()  # type: ignore[attr-defined]
        await held["child"].stop()  # type: ignore[attr-defined]
