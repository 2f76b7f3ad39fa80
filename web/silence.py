"""`ioc silence URL`: begin, list, extend and end silences from a shell, over the service's own HTTP API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from ioc.errors import IocError
from ioc.legible import legible
from web.client import Client


class Service:
    """A service as this command asks it; raises IocError with what it answered."""

    def __init__(self, url: str, token: str = "") -> None:
        self._client = Client(url, token)

    def begin(self, matchers: str, lasts: str, by: str, reason: str) -> str:
        """Silence what the matchers hold of for a duration from now; a sentence of what is silenced."""
        given = {"--match": matchers, "--for": lasts, "--by": by, "--reason": reason}
        if missing := [option for option, value in given.items() if not value.strip()]:
            raise IocError(f"a silence needs {', '.join(missing)}, too")
        said = self._ask("POST", "", {"matchers": matchers, "for": lasts, "by": by, "reason": reason})
        return f"silence {said['id']}: {said['text']}"

    def extend(self, id: str, lasts: str, by: str) -> str:
        """Have one end so long from now."""
        self._ask("POST", f"/{quote(id, safe='')}/extend", {"for": lasts, "by": by})
        return f"silence {id} ends in {lasts}"

    def expire(self, id: str, by: str) -> str:
        """End one now."""
        self._ask("DELETE", f"/{quote(id, safe='')}", {"by": by})
        return f"silence {id} is over"

    def list(self) -> Iterator[str]:
        """A line for each that is active or pending."""
        said = self._ask("GET", "")
        alive = [each for each in said["silences"] if each["state"] != "expired"]
        for each in alive:
            yield legible(line(each, said["now"]))
        if not alive:
            yield "no silence is active or pending"

    def _ask(self, method: str, path: str, body: Mapping[str, str] | None = None) -> Any:
        return self._client.ask(method, "/api/v1/silences" + path, body)


def line(silence: Mapping[str, Any], now: float) -> str:
    """One silence in words."""
    active = silence["state"] == "active"
    when = f"ends in {span(silence['end'] - now)}" if active else f"begins in {span(silence['start'] - now)}"
    return f"{silence['id']}  {silence['state']}, {when}  {silence['text']}  {silence['by']}: {silence['reason']}"


def span(seconds: float) -> str:
    """A time from now, to the minute: 45m, 2h05m, 3d04h."""
    minutes = max(0, round(seconds / 60))
    if minutes < 60:
        return f"{minutes}m"
    if minutes < 1440:
        return f"{minutes // 60}h{minutes % 60:02}m"
    return f"{minutes // 1440}d{minutes % 1440 // 60:02}h"
