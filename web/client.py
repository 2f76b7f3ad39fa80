"""Asking a running service over its own HTTP API, for the command line."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

from ioc.errors import IocError

PATIENCE = 45.0
"""seconds for an answer; a test page is waited for"""
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""past any proxy that the environment names: what is asked is mostly this machine"""


class Client:
    """One service; an empty token goes as a page of the service's own origin does."""

    def __init__(self, url: str, token: str = "") -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise IocError(f"{url!r} is no address of a service; write http://HOST:PORT or https://…")
        self._base = url.rstrip("/")
        origin = f"{parts.scheme}://{parts.netloc}"
        self._headers = {"Authorization": f"Bearer {token}"} if token else {"Origin": origin}

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The JSON that comes back; raises IocError with what was answered, or that nobody answered."""
        headers = self._headers | ({"Content-Type": "application/json"} if body is not None else {})
        data = None if body is None else orjson.dumps(dict(body))
        where = self._base + path
        asked = urllib.request.Request(where, data, headers, method=method)  # noqa: S310 -- checked at the start
        try:
            with _DIRECT.open(asked, timeout=PATIENCE) as answer:
                raw = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                raise IocError(f"{where}: {_said(error.read(), error.code)}") from None
        except (OSError, ValueError) as error:
            raise IocError(f"{where}: no answer: {getattr(error, 'reason', None) or error}") from None
        return orjson.loads(raw) if raw else None


def _said(raw: bytes, status: int) -> str:
    try:
        return str(orjson.loads(raw)["error"])
    except (ValueError, KeyError, TypeError):
        return f"answered {status}"
