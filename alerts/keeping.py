"""What whoever asked for something is told when the state file has not taken it: nobody waits for a disk for ever."""

from __future__ import annotations

import asyncio

from ioc.errors import NotCommitted, Refused

KEEP_SECONDS = 10.0
"""seconds that somebody waits who is told only what is kept"""


def demand(what: str, recorded: bool) -> None:
    """Raises Refused 503 unless what was done, and holds whatever the disk says, is recorded."""
    if not recorded:
        raise Refused(
            f"{what} holds, but the state file has not taken it: a restart may lose it;"
            " see self/ledger in the picture",
            status=503,
        )


async def kept(commit: asyncio.Future[int], hint: str) -> None:
    """Wait for a commit, which goes on when this gives up; raises Refused 503 with what to do instead."""
    try:
        async with asyncio.timeout(KEEP_SECONDS):
            await asyncio.shield(commit)
    except TimeoutError:
        what = f"not in the state file after {KEEP_SECONDS:.0f} s; {hint}"
        raise Refused(what, status=503) from None
    except NotCommitted as error:
        raise Refused(f"the state file refuses it: {error}; send it again", status=503) from None
