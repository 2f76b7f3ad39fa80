"""The SIP source against a real Kamailio and a real SIPp."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from typing import Literal

import pytest

from collectors.base import Surroundings
from collectors.sources.sip import Sip, SipOptions
from ioc.clock import Clock
from ioc.errors import NoAnswer
from ioc.inventory import Endpoint, Probe
from ioc.model import Reason, Sample, Verdict
from ioc.telemetry import Telemetry
from tests.real.kamailio import Kamailio
from tests.real.sipp import Sipp

pytestmark = pytest.mark.real
Transport = Literal["udp", "tcp"]


class Asking:
    def __init__(self) -> None:
        self.clock = Clock()
        self.source = Sip(Surroundings(self.clock, Telemetry(), random.Random(5)))

    async def ask(self, address: str, options: SipOptions, within: float = 3.0) -> Sample:
        probe = Probe("sip", 10, 1, options)
        endpoint = Endpoint("e", "e", "room", "vc", "u", address, (probe,))
        return await self.source.gather(endpoint, probe, self.clock.now() + within)


@pytest.fixture
async def asking() -> AsyncIterator[Asking]:
    asking = Asking()
    yield asking
    await asking.source.close()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_kamailio_well_unavailable_and_stopped(
    asking: Asking, kamailio: Callable[..., Kamailio], transport: Transport
) -> None:
    server = kamailio("127.0.0.7", code=200)
    options = SipOptions(port=server.port, transport=transport)
    sample = await asking.ask(server.host, options)
    assert (sample.verdict, sample.detail) == (Verdict.OK, "SIP 200 As Told")
    assert 0 < sample.fields["rtt"] < 1000
    server.stop()
    with pytest.raises(NoAnswer) as refused:
        await asking.ask(server.host, options, within=0.5)
    assert refused.value.reason in (Reason.NO_ANSWER, Reason.REFUSED)
    server.answer_with(503)
    server.start()
    sample = await asking.ask(server.host, options)
    assert (sample.verdict, sample.reason) == (Verdict.DEGRADED, Reason.BAD_STATUS)


@pytest.mark.parametrize("unregistered", [404, 480])
async def test_a_registrar_tells_who_is_registered_and_answers(
    asking: Asking, kamailio: Callable[..., Kamailio], sipp: Callable[..., Sipp], unregistered: int
) -> None:
    server = kamailio(mode="registrar", unregistered=unregistered)
    room = sipp()
    options = SipOptions(via="registrar", registrar=f"{server.host}:{server.port}")
    address = f"room@{server.address}"
    sample = await asking.ask(address, options)
    assert (sample.verdict, sample.reason) == (Verdict.DOWN, Reason.NOT_REGISTERED)
    server.register("room", f"sip:room@{room.host}:{room.port}")
    assert (await asking.ask(address, options)).verdict is Verdict.OK
    room.stop()
    sample = await asking.ask(address, options, within=5.0)
    assert (sample.verdict, sample.detail[:7]) == (Verdict.DOWN, "SIP 408")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("code", [200, 486])
async def test_sipp(asking: Asking, sipp: Callable[..., Sipp], transport: Transport, code: int) -> None:
    room = sipp("127.0.0.8", transport=transport, code=code)
    sample = await asking.ask(room.host, SipOptions(port=room.port, transport=transport))
    assert (sample.verdict, sample.detail[:7]) == (Verdict.OK, f"SIP {code}")
