"""A real SIPp as an endpoint that answers OPTIONS."""

from __future__ import annotations

from pathlib import Path

from tests.real import sip
from tests.real.daemon import Daemon, free_port
from tools.parts import find

SCENARIO = Path(__file__).with_name("options.xml")


class Sipp:
    """Listens on one transport of one loopback address."""

    def __init__(
        self,
        folder: Path,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        transport: sip.Transport = "udp",
        code: int = 200,
    ) -> None:
        self.host = host
        self.port = port or free_port(host)
        self.uri = f"sip:{host}:{self.port}"
        folder.mkdir(parents=True, exist_ok=True)
        scenario = folder / "options.xml"  # SIPp takes no keyword for the code of an answer
        scenario.write_text(SCENARIO.read_text().replace("CODE", str(code)))
        self.daemon = Daemon(
            [
                *(find("sipp"), "-sf", scenario, "-i", host, "-p", str(self.port)),
                *("-t", f"{transport[0]}1", "-nostdin", "-skip_rlimit", "-bind_local"),
            ],
            lambda: sip.answers(self.uri, (host, self.port), transport),
            folder,
        )

    def start(self) -> None:
        self.daemon.start()

    def stop(self) -> None:
        self.daemon.kill()  # asked to end, SIPp first waits for calls that OPTIONS never open
