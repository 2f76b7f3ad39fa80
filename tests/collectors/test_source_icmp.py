"""The ICMP source: its options by golden cases, its shell with a stand-in, and this machine pinged for real."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from gufo.ping import _fast
from pydantic import ValidationError

from collectors.base import Surroundings
from collectors.sources.icmp import Icmp, IcmpOptions
from ioc.clock import Clock
from ioc.errors import NoAnswer, SourceError
from ioc.inventory import Endpoint, Probe
from ioc.model import Reason, Sample, Verdict
from ioc.telemetry import Telemetry

CASES = Path(__file__).parents[1] / "cases" / "icmp"
FOLDERS = sorted(path.name for path in CASES.iterdir())


@pytest.mark.parametrize("folder", FOLDERS)
def test_case(folder: str) -> None:
    given = (CASES / folder / "options.json").read_text("utf-8")
    expected = json.loads((CASES / folder / "expected.json").read_text("utf-8"))
    if "error" in expected:
        with pytest.raises(ValidationError, match=expected["error"]):
            IcmpOptions.model_validate_json(given)
    else:
        assert IcmpOptions.model_validate_json(given).model_dump() == expected


def around() -> Surroundings:
    return Surroundings(Clock(), Telemetry(), random.Random(1))


async def ask(source: Icmp, address: str, within: float = 5.0) -> Sample:
    probe = Probe("icmp", 10, 1, IcmpOptions())
    by = Clock().now() + within
    try:
        return await source.gather(Endpoint("e", "e", "room", "vc", "u", address, (probe,)), probe, by)
    finally:
        await source.close()


@pytest.mark.real
@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.8.7", "::1", "0:0:0:0:0:0:0:1"])
async def test_this_machine_answers(address: str) -> None:
    sample = await ask(Icmp(around()), address)
    assert (sample.verdict, sample.reason) == (Verdict.OK, Reason.ANSWERED)
    assert 0 < sample.fields["rtt"] < 1000


async def test_where_the_kernel_forbids_it_the_hint_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise PermissionError("Operation not permitted")

    monkeypatch.setattr(_fast, "SocketWrapper", forbidden)
    with pytest.raises(
        SourceError, match=r"ICMP is forbidden here .*give the process CAP_NET_RAW, or its group"
    ):
        await ask(Icmp(around()), "127.0.0.1")


class Silent:
    """A raw socket on which nothing ever comes."""

    def __init__(self) -> None:
        import socket

        self.sock = socket.socket()

    def get_fd(self) -> int:
        return self.sock.fileno()

    def send(self, host: str, size: int) -> int:
        return 1

    def recv(self) -> None:
        return None


async def test_silence_ends_and_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = Silent()
    monkeypatch.setattr(_fast, "SocketWrapper", lambda *_: silent)
    source = Icmp(around())
    with pytest.raises(NoAnswer) as refused:
        await ask(source, "192.0.2.1", within=0.05)
    assert refused.value.reason is Reason.NO_ANSWER
    assert not source._pingers
    silent.sock.close()
