"""What the contract's lines are declared as."""

from __future__ import annotations

from ioc import schema

DECLARED = (schema.endpoint([schema.RTT, schema.LOSS]), schema.STATE)
