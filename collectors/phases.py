"""How long the parts of a question by HTTP take, seen from outside aiohttp.

aiohttp tells when a name was looked up and when a connection is there, TLS included. When hands begin to be shaken,
which is when the TCP connection is there, is told by the TLS context: it is asked for its side of them then.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from aiohttp import TraceConfig

from ioc import schema
from ioc.clock import Clock

PHASES = (
    schema.Field("dns", "ms", "asking for the address of its name; not when it is still known"),
    schema.Field("connect", "ms", "until the TCP connection was there"),
    schema.Field("tls", "ms", "shaking hands by TLS"),
    schema.Field("first_byte", "ms", "from the request to the head of the answer"),
    schema.Field("transfer", "ms", "from the head of the answer to its end"),
)


@dataclass(slots=True)
class Phases:
    """How long each part of one question took, in ms, as its parts are seen to begin and end."""

    clock: Clock
    begun: float
    took: dict[str, float] = field(default_factory=dict)
    tls: Any = None

    def end(self, phase: str) -> None:
        """The phase that was under way ends now, and the next begins."""
        now = self.clock.now()
        self.took[phase] = self.took.get(phase, 0.0) + (now - self.begun) * 1000.0
        self.begun = now


under_way: ContextVar[Phases | None] = ContextVar("phases", default=None)
"""the phases of the question that this task asks"""


class TimedContext(ssl.SSLContext):
    """A TLS context that tells when hands begin to be shaken."""

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """Our side of TLS, as the standard library makes it."""
        tls = super().wrap_bio(*args, **kwargs)
        phases = under_way.get()
        if phases is not None:
            phases.end("connect")
            phases.tls = tls
        return tls


def summed(before: Mapping[str, float], took: Mapping[str, float]) -> dict[str, float]:
    """What the parts of a question took, those of the redirects before it too."""
    names = dict.fromkeys([*before, *took])
    return {name: before.get(name, 0.0) + took.get(name, 0.0) for name in names if name != "tls_days"}


def tracing() -> TraceConfig:
    """Tells a question's phases what aiohttp is about."""
    config = TraceConfig()

    def ending(phase: str) -> Any:
        async def end(_session: Any, context: SimpleNamespace, _params: Any) -> None:
            phases: Phases = context.trace_request_ctx
            phases.end("tls" if phase == "connect" and phases.tls is not None else phase)

        return end

    config.on_dns_resolvehost_end.append(ending("dns"))
    config.on_connection_create_end.append(ending("connect"))
    return config
