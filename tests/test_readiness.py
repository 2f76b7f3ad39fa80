"""Whatever of ourselves is not well is named with its reason; what is well, off or waits is not."""

import pytest

from ioc.picture import Picture, Value
from ioc.readiness import FAULT_SHOWN, PARTS, degraded


def picture(**values: Value) -> Picture:
    made = Picture("test", lambda see, error: None)
    for name, value in values.items():
        made.put(f"self/{name}", value)
    return made


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_not_well_is_named_with_its_reason(part: str) -> None:
    assert degraded(picture(**{part: {"state": "failing", "detail": "why"}}), {}, 0.0) == {part: "why"}
    assert degraded(picture(**{part: {"state": "failing"}}), {}, 0.0) == {part: "failing"}


@pytest.mark.parametrize("state", ["ok", "off", "waiting"])
def test_what_is_well_is_not_named(state: str) -> None:
    assert degraded(picture(history={"state": state}), {}, 0.0) == {}


def test_every_receiver_that_fails_is_named() -> None:
    failing = [{"receiver": "sms", "detail": "no carrier"}, {"receiver": "mail", "detail": "refused"}]
    found = degraded(picture(deliveries={"failing": failing}), {}, 0.0)
    assert found == {"deliveries": "sms: no carrier; mail: refused"}


def test_a_source_that_could_not_ask_is_named_for_a_minute() -> None:
    faults = {"icmp": (1000.0, "no permission")}
    assert degraded(picture(), faults, 1000.0 + FAULT_SHOWN - 1) == {"source icmp": "no permission"}
    assert degraded(picture(), faults, 1000.0 + FAULT_SHOWN) == {}
