"""A real snmpd of Net-SNMP, with a community, a v3 user, and a subtree whose values the test chooses."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.real.daemon import Daemon, free_port
from tools.parts import find

COMMUNITY = "thanh-hoa"
USER, AUTH_PASSWORD, PRIVACY_PASSWORD = "giamsat", "mat-khau-ky-1", "mat-khau-ma-2"
CONFIG = """\
agentaddress udp:{host}:{port}
rocommunity {community} 127.0.0.0/8
createUser {user} {auth} "{auth_password}" {privacy} "{privacy_password}"
rouser {user} priv
{engine}
sysLocation phong may chu
includeAllDisks
"""
CHOSEN = "pass_persist -p 10 {under} {python} -u {script} {values} {under}\n"
SCRIPT = '''\
"""Answers snmpd's pass_persist protocol out of a file of {name: [type, value]}, read anew for each question."""
import json, sys

path, under = sys.argv[1:]

def number(name):
    return tuple(map(int, name.strip(".").split(".")))

for line in sys.stdin:
    word = line.strip()
    if word == "PING":
        print("PONG")
        continue
    if not word:
        break
    asked = number(sys.stdin.readline())
    values = {number(name): value for name, value in json.load(open(path)).items() if name.startswith(under[1:])}
    if word == "getnext":
        asked = min((name for name in values if name > asked), default=None)
    if asked not in values:
        print("NONE")
        continue
    type_, value = values[asked]
    print("." + ".".join(map(str, asked)), type_, value, sep="\\n")
'''


class Snmpd:
    """Listens on UDP of one loopback address; `under` are the subtrees that `choose` fills, without a leading dot.

    With an empty `engine` it is another engine at each start; else the same, with one more boot.
    """

    def __init__(
        self,
        folder: Path,
        host: str = "127.0.0.1",
        *,
        auth: str = "SHA-256",
        privacy: str = "AES",
        engine: str = "may-chu",
        under: tuple[str, ...] = (),
    ) -> None:
        self.host = host
        self.port = free_port(host)
        self._values = folder / "values.json"
        folder.mkdir(parents=True, exist_ok=True)
        script = folder / "chosen.py"
        script.write_text(SCRIPT)
        self.choose({})
        config = CONFIG.format(
            host=host,
            port=self.port,
            engine=f"engineID {engine}" if engine else "",
            community=COMMUNITY,
            user=USER,
            auth=auth,
            auth_password=AUTH_PASSWORD,
            privacy=privacy,
            privacy_password=PRIVACY_PASSWORD,
        )
        for each in under:
            config += CHOSEN.format(
                under=f".{each}", python=sys.executable, script=script, values=self._values
            )
        (folder / "snmpd.conf").write_text(config)
        self.daemon = Daemon(
            [
                *(
                    "env",
                    f"SNMP_PERSISTENT_DIR={folder / 'state'}",
                    f"SNMPCONFPATH={folder}:{folder / 'state'}",
                    "MIBS=",
                    find("snmpd"),
                ),
                *("-f", "-Lo", "-p", folder / "snmpd.pid"),
            ],
            self._answers,
            folder,
        )

    def choose(self, values: Mapping[str, tuple[str, object]]) -> None:
        """What the chosen subtrees hold from now on: type (`counter64`, `gauge`, `string`, …) and value by name."""
        whole = self._values.with_suffix(".new")
        whole.write_text(json.dumps(values))
        whole.replace(self._values)

    def ask(self, *oids: str) -> dict[str, str]:
        """What Net-SNMP's own client reads: plain values by name, text without quotes."""
        told = _client("snmpget", "-Oqnt", self.host, self.port, *oids)
        return _pairs(told)

    def column(self, oid: str) -> dict[str, str]:
        """What Net-SNMP's own client reads below a name, by index."""
        told = _client("snmpbulkwalk", "-Oqnt", self.host, self.port, oid)
        return {name.removeprefix(f"{oid}."): value for name, value in _pairs(told).items()}

    def start(self) -> None:
        self.daemon.start()

    def stop(self) -> None:
        self.daemon.stop()

    def _answers(self) -> bool:
        try:
            return bool(self.ask("1.3.6.1.2.1.1.3.0"))
        except subprocess.SubprocessError:
            return False


def _pairs(told: str) -> dict[str, str]:
    pairs = (line.split(" ", 1) for line in told.splitlines())
    return {name.lstrip("."): value.strip('"') for name, value in pairs}


def _client(program: str, style: str, host: str, port: int, *oids: str) -> str:
    how = ("-v2c", "-c", COMMUNITY, style, "-t", "1", "-r", "1", f"{host}:{port}")
    command = [str(find("snmpget").with_name(program)), *how, *oids]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout
