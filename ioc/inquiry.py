"""`ioc explain` and `ioc page`: of a running service by its address, or of a configuration directory.

A directory is enough to explain: the state file is read beside whoever writes it. A test page goes the real way, so
that its service must run.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from alerts import explain as explaining
from ioc.clock import Clock
from ioc.config.compiled import Config
from ioc.legible import legible
from ioc.reading import read
from ioc.state.look import Look
from web.client import Client

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- what is listened on, and how it is reached
"""addresses that mean every address of this machine, and one of them"""


def explain(
    where: str, incident: int, person: str, language: str, token: str, environ: Mapping[str, str]
) -> list[str]:
    """An incident's decisions and deliveries in words, a line each. Raises ConfigError, IocError."""
    if is_url(where):
        query = urlencode({"person": person, "language": language})
        said = Client(where, token).ask("GET", f"/api/v1/incidents/{incident}/explain?{query}")
        told = explaining.Story(incident, said["about"], tuple(said["facts"]))
    else:
        config = read(Path(where), environ, Clock())
        told = explaining.story(Look(config.state), incident, person, language)
    return [legible(each) for each in explaining.lines(told)]


def page(where: str, to: str, by: str, token: str, environ: Mapping[str, str]) -> tuple[list[str], bool]:
    """Send a test page: a line a delivery, and whether one of them arrived. Raises ConfigError, IocError."""
    client = Client(where, token) if is_url(where) else _client(read(Path(where), environ, Clock()), token)
    made = client.ask("POST", "/api/v1/page", {"to": to, "by": by})["deliveries"]
    return [legible(_line(each)) for each in made], any(each["state"] == "told" for each in made)


def is_url(where: str) -> bool:
    """Whether a service is meant by its address, not by its directory."""
    return "://" in where


def _client(config: Config, token: str) -> Client:
    """The service of a configuration, where it listens."""
    host, port = config.listen
    host = EVERYWHERE.get(host, host)
    scheme = "https" if config.access.tls else "http"
    known = config.access.write_token
    address = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
    return Client(address, token or (known.reveal() if known else ""))


def _line(row: Mapping[str, Any]) -> str:
    whom = f"{row['person']} " if row["person"] else ""
    way = f"{row['receiver']} {row['to']}".strip()
    said = f": {row['answer']}" if row["answer"] else ""
    waits = " (still tried)" if row["state"] == "owed" else ""
    return f"#{row['id']} {whom}{way}: {row['state']}{said}{waits}"
