"""The modem of the tests says what the golden transcripts say, line by line."""

from __future__ import annotations

import re
from collections import deque

import pytest

from tests.alerts.sms.modem import Talk
from tests.alerts.sms.test_port import CASES, octets

TALKS = {
    "taken": Talk(),
    "unassigned-number": Talk(outcomes=deque([1])),
    "network-out-of-order": Talk(outcomes=deque([38])),
    "invalid-number": Talk(outcomes=deque([195])),
    "no-sim": Talk(sim=False),
    "pin-needed": Talk(pin="1234"),
    "pin-entered": Talk(pin="1234"),
    "pin-last-attempts": Talk(pin="1234", attempts=2),
    "no-signal": Talk(registration=2, level=99, knows={"AT+CEREG": False}),
}
"""the modem as it is in each transcript"""


@pytest.mark.parametrize("case", TALKS)
def test_it_answers_as_the_transcript(case: str) -> None:
    talk = TALKS[case]
    lines = (CASES / case / "transcript.txt").read_text("utf-8").splitlines()
    steps = [(line[0], octets(line[2:])) for line in lines if line[0] in "><"]
    said, wanted = b"", b""
    for kind, data in steps:
        if kind == ">":
            assert spoken(said) == spoken(wanted)
            said, wanted = talk.feed(data) or b"", b""
        else:
            wanted += data
    assert spoken(said) == spoken(wanted)


def spoken(data: bytes) -> list[str]:
    """The lines, without the echo of commands and with the network's reference left out."""
    lines = [line.strip() for line in data.decode("ascii").replace("\r", "\n").split("\n")]
    return [re.sub(r"\+CMGS: \d+", "+CMGS: N", line) for line in lines if line and not line.startswith("AT")]
