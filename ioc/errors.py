"""Every error this service raises on purpose.

IocError
├── ConfigError         the configuration is refused; carries its faults
├── CodecError          bytes that are not the protocol they claim to be
├── NoAnswer            nothing usable came back in time
├── SourceError         the probe could not be made: our side, not theirs
├── RuleError           a rule's condition cannot be compiled or read
├── SchemaError         a measurement is declared that history must not hold
├── StateError          the state file
│   ├── StateUnusable   it cannot be opened or is not ours
│   └── NotCommitted    one write was refused
├── SpoolUnusable       what waits for a history store cannot be kept on disk
├── StoreError          a history store refused or is away; says whether for good
├── Undeliverable       a channel did not take a notification; says whether for good
└── Refused             a request that may not be done; says what to do instead
"""

from __future__ import annotations

from collections.abc import Sequence


class IocError(Exception):
    """Root of every error raised on purpose."""


class ConfigError(IocError):
    """The configuration is refused.

    `faults` are sentences of the form `file:line: what, with the value; hint`.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class CodecError(IocError):
    """Bytes that are not the protocol they claim to be."""


class NoAnswer(IocError):
    """Nothing usable came back in time; `reason` is a `model.Reason`."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason = reason
        self.detail = detail


class SourceError(IocError):
    """The probe could not be made (no route, no descriptor, no permission): says nothing about the subject."""


class RuleError(IocError):
    """A rule's condition cannot be compiled, or reads what is not there."""


class SchemaError(IocError):
    """A measurement, tag or field is declared that history must not hold."""


class StateError(IocError):
    """The state file."""


class StateUnusable(StateError):
    """The state file cannot be opened, or is not one of ours."""


class NotCommitted(StateError):
    """One write was refused by the state file; nothing of it is kept."""


class SpoolUnusable(IocError):
    """What waits for a history store cannot be kept on, or read from, our own disk."""


class StoreError(IocError):
    """A history store refused (`permanent`) or is away; `retry_after` in seconds when it said so."""

    def __init__(self, what: str, *, permanent: bool, retry_after: float | None = None) -> None:
        super().__init__(what)
        self.permanent = permanent
        self.retry_after = retry_after


class Undeliverable(IocError):
    """A channel did not take a notification; trying again is useless when `permanent`."""

    def __init__(self, what: str, *, permanent: bool, retry_after: float | None = None) -> None:
        super().__init__(what)
        self.permanent = permanent
        self.retry_after = retry_after


class Refused(IocError):
    """A request that may not be done; `status` is the HTTP status that says so.

    `code`, and what it is about, let a screen say in its own language what people meet in their daily work.
    """

    def __init__(self, what: str, *, status: int = 400, code: str = "", about: str = "") -> None:
        super().__init__(what)
        self.status = status
        self.code = code
        self.about = about
