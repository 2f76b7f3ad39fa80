"""The sessions with agents that are kept open: one for each host, the least used given up first."""

from __future__ import annotations

from collections import OrderedDict

from collectors.places import Place, SocketAddress
from collectors.snmp.session import Agent, Credentials
from ioc.clock import Clock
from ioc.errors import SourceError

ROOM = 2_000
"""sessions kept, each with a socket of its own"""

_Key = tuple[SocketAddress, Credentials, float]


class Agents:
    """Hands out the agent at a place; the same again for the same place, credentials and patience."""

    def __init__(self, clock: Clock, room: int = ROOM) -> None:
        self._clock = clock
        self._room = room
        self._agents: OrderedDict[_Key, Agent] = OrderedDict()

    def __len__(self) -> int:
        return len(self._agents)

    def of(self, place: Place, who: Credentials, patience: float) -> Agent:
        """The agent there; makes one when there is none yet. Raises SourceError when there is no room for it."""
        key = (place.peer, who, patience)
        agent = self._agents.get(key)
        if agent is None:
            self._make_room()
            agent = self._agents[key] = Agent(self._clock, place, who, patience)
        self._agents.move_to_end(key)
        return agent

    def close(self) -> None:
        """Give every socket back."""
        for agent in self._agents.values():
            agent.close()
        self._agents.clear()

    def _make_room(self) -> None:
        if len(self._agents) < self._room:
            return
        idle = next((key for key, agent in self._agents.items() if not agent.lock.locked()), None)
        if idle is None:
            raise SourceError(f"{self._room} agents are being asked already; ask fewer, or less often")
        self._agents.pop(idle).close()
