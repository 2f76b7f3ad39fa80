"""`ioc health URL`: whether a service answers, for container engines and scripts; needs no token."""

from __future__ import annotations

import urllib.error
import urllib.request

from ioc.errors import IocError

PATIENCE = 5.0
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""past any proxy that the environment names: what is asked is mostly this machine"""


def check(url: str) -> str:
    """Ask `/healthz` once: a sentence when it is well. Raises IocError when it is not, or nobody answers in time."""
    where = f"{url.rstrip('/')}/healthz"
    if not where.startswith(("http://", "https://")):
        raise IocError(f"{url!r} is no address of a service; write http://HOST:PORT or https://…")
    try:
        with _DIRECT.open(where, timeout=PATIENCE) as answer:
            status = answer.status
    except urllib.error.HTTPError as error:
        error.close()
        raise IocError(f"{where}: answered {error.code}") from None
    except (OSError, ValueError) as error:
        raise IocError(f"{where}: no answer: {getattr(error, 'reason', None) or error}") from None
    return f"{where}: answered {status}"
