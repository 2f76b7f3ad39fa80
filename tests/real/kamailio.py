"""A real Kamailio: one that answers OPTIONS itself, and a registrar that passes them on to who registered."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Literal

from tests.real import sip
from tests.real.daemon import Daemon, free_port
from tools.parts import find

CONFIG = """\
#!KAMAILIO
debug=0
log_stderror=yes
children=2
tcp_children=1
auto_aliases=no
dns=no
rev_dns=no
disable_tls=yes
listen=udp:{address}
listen=tcp:{address}

loadmodule "textops.so"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"

modparam("tm", "fr_timer", 1000)

request_route {{
    if (is_method("REGISTER")) {{
        save("location");
        exit;
    }}
    if (!is_method("OPTIONS")) {{
        sl_send_reply("405", "Method Not Allowed");
        exit;
    }}
{route}
}}
"""
ITSELF = """\
    sl_send_reply("{code}", "As Told");
"""
REGISTRAR = """\
    if ($rU == $null) {{
        sl_send_reply("200", "OK");
    }} else if (lookup("location")) {{
        t_relay();
    }} else {{
        sl_send_reply("{unregistered}", "Not Registered");
    }}
"""


class Kamailio:
    """Listens on UDP and TCP of one loopback address."""

    def __init__(
        self,
        folder: Path,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        mode: Literal["direct", "registrar"] = "direct",
        code: int = 200,
        unregistered: Literal[404, 480] = 404,
    ) -> None:
        self.host = host
        self.port = port or free_port(host)
        self.uri = f"sip:{self.address}"
        self._folder = folder
        self._mode = mode
        self._unregistered = unregistered
        self.answer_with(code)
        self.daemon = Daemon(
            [
                *(find("kamailio"), "-f", folder / "kamailio.cfg"),
                *("-DD", "-E", "-m", "16", "-M", "4", "-u", getpass.getuser()),
                *("-Y", folder, "-w", folder, "-P", folder / "kamailio.pid"),
            ],
            lambda: all(sip.answers(self.uri, (host, self.port), by) for by in ("udp", "tcp")),
            folder,
        )

    @property
    def address(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def answer_with(self, code: int) -> None:
        """What OPTIONS get from the next start on."""
        route = REGISTRAR if self._mode == "registrar" else ITSELF
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "kamailio.cfg").write_text(
            CONFIG.format(
                address=self.address, route=route.format(code=code, unregistered=self._unregistered)
            )
        )

    def register(self, user: str, contact: str, expires: int = 3600) -> None:
        """Register a user's contact; `expires=0` takes it back."""
        headers = (f"Contact: <{contact}>;expires={expires}",)
        code = sip.ask("REGISTER", f"sip:{user}@{self.address}", (self.host, self.port), headers=headers)
        assert code == 200, code

    def start(self) -> None:
        self.daemon.start()

    def stop(self) -> None:
        self.daemon.stop()
