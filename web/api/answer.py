"""JSON answers, and the one form that every error takes."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web


def json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON answer that nobody keeps."""
    return web.Response(
        body=orjson.dumps(value),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"} | (headers or {}),
    )


def error(what: str, status: int, headers: dict[str, str] | None = None, **more: Any) -> web.Response:
    """An error: what, with the value; hint."""
    return json({"error": what} | more, status, headers)
