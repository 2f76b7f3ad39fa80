"""What people, schedules, chains and routes may name, and the words for what they name in vain."""

from __future__ import annotations

from dataclasses import dataclass

from ioc.config.faults import Faults, Place, did_you_mean

_HINTS = {
    "person": "add it under people",
    "schedule": "define it under schedules",
    "chain": "define it under chains",
    "receiver": "define it under receivers",
    "calendar": "define it under calendars",
    "unit": "add it under units",
}
_REFERENCES = ("receiver", "person", "schedule")
UNIT = "unit"


@dataclass(frozen=True, slots=True)
class Known:
    """Every id that was written, those of things with faults too; `mute` receivers reach only people."""

    person: frozenset[str]
    schedule: frozenset[str]
    chain: frozenset[str]
    receiver: frozenset[str]
    calendar: frozenset[str]
    unit: frozenset[str]
    mute: frozenset[str] = frozenset()

    def expect(self, kind: str, id: str, place: Place, faults: Faults) -> None:
        """Note a fault when there is no such thing."""
        names: frozenset[str] = getattr(self, kind)
        if id not in names:
            near = did_you_mean(id, names, _HINTS[kind])
            faults.add(f"unknown-{kind}", place, f"unknown {kind}", id, near)

    def expect_reference(self, text: str, place: Place, faults: Faults) -> None:
        """Note a fault when a text is not `unit`, `receiver:NAME`, `person:ID` or `schedule:ID`, or names nothing."""
        kind, _, id = text.partition(":")
        if kind in _REFERENCES and id:
            self.expect(kind, id, place, faults)
            if kind == "receiver" and id in self.mute:
                hint = "tell people who have it among their contacts"
                faults.add(
                    "receiver-without-address", place, "receiver with no address of its own:", id, hint
                )
        elif text != UNIT:
            hint = "write receiver:NAME, person:ID, schedule:ID or unit"
            faults.add("bad-reference", place, "not somebody to tell", text, hint)
