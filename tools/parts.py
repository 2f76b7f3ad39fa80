"""Where the real third parties are on this machine, and what brings one that is not there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROGRAMS = {
    "sipp": ("sipp",),
    "kamailio": ("kamailio",),
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "prometheus": ("prometheus",),
    "promtool": ("promtool",),
    "blackbox": ("prometheus-blackbox-exporter", "blackbox_exporter"),
    "alertmanager": ("prometheus-alertmanager", "alertmanager"),
    "cc": ("cc", "gcc"),
    "ip": ("ip",),
    "ping": ("ping",),
    "exim": ("exim4", "exim"),
    "snmpd": ("snmpd",),
    "snmpget": ("snmpget",),
    "node_exporter": ("prometheus-node-exporter", "node_exporter"),
}
BUILT = {
    "influxd": (
        "InfluxDB is missing; build it once: tools/influxd, or start one:"
        " docker run -d -p 127.0.0.1:8086:8086 influxdb:2.7"
        " and set IOC_TEST_INFLUX_URL=http://127.0.0.1:8086"
    ),
    "centrifugo": "Centrifugo is missing; build it once: tools/centrifugo",
    "telegraf": "Telegraf is missing; build it once: tools/telegraf",
}
"""parts that a script here builds once, and what is said where it has not; only a benchmark runs Centrifugo"""


class PartMissing(Exception):
    """A real part is not on this machine; says the command that brings it."""


def find(part: str) -> Path:
    """The program of a part: `IOC_KAMAILIO` and the like name one, else PATH and Debian's places are searched."""
    if part in BUILT:
        return _built(part)
    places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    told = os.environ.get(f"IOC_{part.upper()}")
    for name in (told,) if told else PROGRAMS[part]:
        if found := shutil.which(name, path=places):
            return Path(found)
    if told:
        raise PartMissing(f"{part} is missing: IOC_{part.upper()}={told} is not a program")
    raise PartMissing(f"{part} is missing; install it: tools/apt-install")


def _built(part: str) -> Path:
    got = subprocess.run([ROOT / "tools" / part, "--cached"], capture_output=True, text=True, check=False)
    if got.returncode:
        raise PartMissing(BUILT[part])
    return Path(got.stdout.strip())
