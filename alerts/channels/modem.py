"""Short messages through a GSM modem: AT commands in PDU mode (3GPP TS 27.005 and 27.007)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal
from weakref import WeakValueDictionary

from pydantic import BaseModel, Field, SecretStr, field_validator

from alerts.channels.base import Receipt
from alerts.notification import Notification
from alerts.sms.numbers import e164
from alerts.sms.options import SmsOptions, minutes, number, reference
from alerts.sms.parts import cut
from alerts.sms.port import Port
from alerts.sms.tpdu import submit
from alerts.sms.wording import wording

if TYPE_CHECKING:
    from alerts.sms.line import Line

_PORTS: WeakValueDictionary[str, Port] = WeakValueDictionary()
"""every port by its device: receivers that name the same modem wait for each other"""


class ModemOptions(SmsOptions):
    """Which modem, and how to unlock its SIM."""

    device: str = Field(description="`/dev/serial/by-id/…`, or `tcp://HOST:PORT` of a serial server")
    speed: Literal[9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600] = Field(
        default=115200, description="bits a second of a serial device"
    )
    pin: SecretStr | None = Field(default=None, description="PIN of the SIM; secret, given to it once")
    timeout: float = Field(
        default=40.0, gt=0, le=60, description="seconds until the network has taken one short message"
    )

    @field_validator("device")
    @classmethod
    def _is_device(cls, device: str) -> str:
        if device.startswith("/"):
            return device
        host, _, port = device.removeprefix("tcp://").rpartition(":")
        if (
            device.startswith("tcp://")
            and host
            and port.isascii()
            and port.isdigit()
            and 0 < int(port) < 65536
        ):
            return device
        raise ValueError(f"{device!r} is neither a path like /dev/ttyUSB0 nor tcp://HOST:PORT")

    @field_validator("pin")
    @classmethod
    def _is_pin(cls, pin: SecretStr | None) -> SecretStr | None:
        if pin is not None and not (pin.get_secret_value().isascii() and pin.get_secret_value().isdigit()):
            raise ValueError("the PIN is made of digits")
        return pin


class Modem:
    """Sends each notification as one or more short messages, one after another."""

    Options: ClassVar[type[BaseModel]] = ModemOptions

    def __init__(self, options: ModemOptions) -> None:
        self._options = options
        self._port = _shared(options)

    def own_address(self) -> str:
        """The number it goes to where none is given; empty where there is none."""
        return self._options.to

    @staticmethod
    def check_address(to: str) -> None:
        """Raises ValueError for an address that nothing can be sent to."""
        e164(to)

    @staticmethod
    def host(options: ModemOptions) -> str:
        """What it talks to over a network: nothing, the air is its own."""
        return ""

    async def send(self, notification: Notification) -> Receipt:
        """Deliver; the network's references are the answer. Raises Undeliverable."""
        options = self._options
        to, valid = number(options, notification), minutes(options, notification)
        parts = cut(wording(notification, options), reference(notification))
        return Receipt(await self._port.send([submit(to, part, valid) for part in parts], options.timeout))

    async def close(self) -> None:
        """Let go of the modem; another receiver that uses it opens it again."""
        await self._port.hang_up()


def _shared(options: ModemOptions) -> Port:
    """The port of a device, the same for every receiver that names it; the newest one's speed and PIN hold."""
    dial, pin = _dialer(options), options.pin.get_secret_value() if options.pin else ""
    port = _PORTS.get(options.device)
    if port is None:
        port = _PORTS[options.device] = Port(options.device, dial, pin)
    else:
        port.adopt(dial, pin)
    return port


def _dialer(options: ModemOptions) -> Callable[[], Awaitable[Line]]:
    from alerts.sms.line import dial  # needs a system with terminals, which Windows is not

    return partial(dial, options.device, options.speed)
