"""Listening: the application on one port, with limits that keep slow and hostile clients from holding it."""

from __future__ import annotations

import logging
import ssl
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from ioc.telemetry import Tally

IDLE = 20.0
"""seconds in which a connection must send a whole request head, from its start or from the last answer"""
LINE_LIMIT = 4096
FIELD_LIMIT = 8190
HEADER_LIMIT = 64
LINGER = 1.0
"""seconds to read the rest of a body that is not wanted, so that the client sees the answer"""
FAREWELL = 2.0
"""seconds that running requests have to end when the service stops"""


@dataclass(frozen=True, slots=True)
class Tls:
    """Certificate and key files, PEM."""

    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """A server's context, TLS 1.2 or newer; raises OSError (ssl.SSLError) for files it cannot use."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.certificate, self.key)
        return context


class Server:
    """A listening application."""

    def __init__(self, runner: web.AppRunner, port: int) -> None:
        self._runner = runner
        self.port = port

    async def close(self) -> None:
        """Take no more, say goodbye to the screens, let running requests end."""
        await self._runner.cleanup()


class _OurFaults(logging.Filter):
    """Counts what clients send that is not HTTP; a traceback for each would let anybody fill the disk."""

    def __init__(self, malformed: Tally | None) -> None:
        super().__init__()
        self._malformed = malformed

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        theirs = isinstance(error, HttpProcessingError | web.RequestPayloadError)
        if theirs and self._malformed is not None:
            self._malformed.n += 1
        return not theirs


async def serve(
    app: web.Application,
    host: str,
    port: int,
    tls: Tls | None = None,
    idle: float = IDLE,
    malformed: Tally | None = None,
) -> Server:
    """Listen; port 0 takes a free one, which `Server.port` tells. Raises OSError when it cannot.

    `malformed` counts requests that are not HTTP.
    """
    logger = logging.Logger("aiohttp.server")  # noqa: LOG001 -- its filter must not outlive it
    logger.parent = logging.getLogger()
    logger.addFilter(_OurFaults(malformed))
    runner = web.AppRunner(
        app,
        access_log=None,
        logger=logger,
        shutdown_timeout=FAREWELL,
        keepalive_timeout=idle,
        lingering_time=LINGER,
        max_line_size=LINE_LIMIT,
        max_field_size=FIELD_LIMIT,
        max_headers=HEADER_LIMIT,
        auto_decompress=False,  # who takes packed bodies unpacks them, bounded
    )
    await runner.setup()
    try:
        context = tls.context() if tls else None
        site = web.TCPSite(runner, host, port, ssl_context=context, backlog=1024)
        await site.start()
    except BaseException:
        await runner.cleanup()
        raise
    return Server(runner, runner.addresses[0][1])
