"""Everything that other programs tell us and we them, in one place for whoever wires the service."""

from __future__ import annotations

from alerts.engine import Engine
from alerts.pulse import Pulses
from alerts.reception import Ledger, Reception
from alerts.watchdog import Watchdog
from ioc.clock import Clock
from ioc.errors import Refused
from ioc.inventory import Inventory
from ioc.others import Others, Terms
from ioc.picture import Picture
from ioc.telemetry import Telemetry


class Visitors:
    """Alerts posted to us, heartbeats owed us, and our own sign of life. Call `restore()` after the engine's."""

    def __init__(
        self, clock: Clock, picture: Picture, engine: Engine, ledger: Ledger, others: Others, inventory: Inventory,
        telemetry: Telemetry,
    ) -> None:  # fmt: skip
        self._alerts = others.alerts
        around = (clock, picture, engine, ledger)
        self._reception = Reception(*around, others.alerts or Terms(), inventory, telemetry)
        self._pulses = Pulses(*around, others.heartbeats, inventory, telemetry)
        self._watchdog = Watchdog(clock, picture, ledger, others.switch, telemetry)
        engine.afresh += [self._reception.rows, self._pulses.rows]

    def restore(self) -> None:
        """Take over what the last run knew, and begin."""
        self._reception.restore()
        self._pulses.restore()
        self._watchdog.start()

    def apply(self, others: Others, inventory: Inventory) -> None:
        """Take over a new configuration; alerts that fire go on until they end or their leases run out."""
        self._alerts = others.alerts
        self._reception.apply(others.alerts or Terms(), inventory)
        self._pulses.apply(others.heartbeats, inventory)
        self._watchdog.apply(others.switch)

    async def close(self) -> None:
        """End."""
        self._reception.close()
        self._pulses.close()
        await self._watchdog.close()

    def token(self) -> str:
        """What whoever posts alerts must show. Raises Refused 404 when none are taken."""
        if self._alerts is None:
            raise Refused("alerts of other programs are not taken; configure outside", status=404)
        return self._alerts.token

    async def take(self, body: bytes) -> list[str]:
        """See Reception."""
        return await self._reception.take(body)

    async def beat(self, name: str, token: str) -> float:
        """See Pulses."""
        return await self._pulses.beat(name, token)
