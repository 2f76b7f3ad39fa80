"""Centrifugo, as `benchmarks/peers/centrifugo.json` says: what its screens say first, and its start."""

from __future__ import annotations

import aiohttp
import orjson

from benchmarks.kit.publisher import CHANNEL
from benchmarks.kit.stand import Stand
from benchmarks.kit.systems import PEERS, until
from ioc.demo.child import allow_descriptors
from ioc.demo.children import Child
from tools.parts import find

CONFIGURATION = PEERS / "centrifugo.json"
PORT: int = orjson.loads(CONFIGURATION.read_bytes())["port"]
GREETING = ("/connection/uni_websocket", orjson.dumps({"subs": {CHANNEL: {}}}).decode())
"""where a screen connects, and the text by which it subscribes"""


async def start(stand: Stand, screens: int) -> Child:
    """Start it for so many screens and return once it answers; raises PartMissing when it is not on this machine."""
    program = find("centrifugo")
    allow_descriptors(screens + 512)
    child = await stand.child("centrifugo", program, f"--config={CONFIGURATION}")
    stand.drain(child)
    async with aiohttp.ClientSession() as session:
        await until(session, f"http://127.0.0.1:{PORT}/health", lambda body: True)
    return child
