"""Golden transcripts: what is written to a modem, octet by octet, and what comes of its answers.

`>` is written, `<` is answered, `!` is done to the line, `=` is what comes of it; `pin` is the PIN that is configured.
"""

from __future__ import annotations

import asyncio
import errno
import re
from collections import deque
from pathlib import Path

import pytest

from alerts.sms import port
from alerts.sms.parts import cut
from alerts.sms.port import Port
from alerts.sms.tpdu import submit
from ioc.errors import Undeliverable

CASES = Path(__file__).parents[2] / "cases" / "modem"
FOLDERS = sorted(path.name for path in CASES.iterdir())
CONTROLS = {"CR": b"\r", "LF": b"\n", "ESC": b"\x1b", "SUB": b"\x1a", "SP": b" "}
HELLO = submit("+46708251358", cut("hellohello", 0)[0], 4 * 24 * 60)


def octets(text: str) -> bytes:
    return re.sub(rb"<([A-Z]+)>", lambda match: CONTROLS[match[1].decode()], text.encode())


class Script:
    """A line that answers as its transcript says, and fails where anything else is written."""

    def __init__(self, steps: list[tuple[str, str]]) -> None:
        self.steps = deque(steps)
        self.closed = False

    async def read(self) -> bytes:
        if not self.steps or self.steps[0][0] != "<":
            await asyncio.Event().wait()
        said = self.steps.popleft()[1]
        if said == "<EOF>":
            raise OSError(errno.EIO, "Input/output error")
        return octets(said)

    async def write(self, data: bytes) -> None:
        kind, wanted = self.steps.popleft()
        assert (kind, octets(wanted)) == (">", data)

    def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(port, "QUIET", 0.001)


@pytest.mark.parametrize("folder", FOLDERS)
async def test_transcript(folder: str) -> None:
    lines = (CASES / folder / "transcript.txt").read_text("utf-8").splitlines()
    steps = [(line[0], line[2:]) for line in lines if line[0] in "><"]
    told = {line[0]: line[2:] for line in lines if line[0] in "!="}
    pin = next((line.removeprefix("pin ") for line in lines if line.startswith("pin ")), "")
    script = Script(steps)

    async def dial() -> Script:
        return script

    outcome = await sent(Port("modem", dial, pin))
    assert outcome == told["="]
    assert not script.steps
    assert script.closed == (told.get("!") == "closed")


async def sent(modem: Port) -> str:
    try:
        return "told: " + await modem.send([HELLO], 5.0)
    except Undeliverable as error:
        return f"for {'good' if error.permanent else 'now'}: {error}"
