"""What configuration is read against in these tests: plain sources, a channel, a rule compiler."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from alerts.oncall import gaps, ical
from ioc import schema
from ioc.config.load import Parts, Reading, examine
from ioc.config.schedules import Hooks
from ioc.errors import RuleError

TODAY = date(2026, 11, 24)
ENVIRON = {"IOC_READ_TOKEN": "read-0123456789abcdef", "IOC_SHORT": "abc"}
_READABLE = {"state", "kind", "loss", "down"}


class PingOptions(BaseModel):
    """A source that needs nothing."""

    size: int = Field(64, ge=64, le=1472)


class SipOptions(BaseModel):
    """A source with options of every kind."""

    model_config = ConfigDict(extra="forbid")

    port: int = Field(5060, ge=1, le=65_535)
    user: str = ""
    fields: dict[str, str] = {}
    password: SecretStr | None = None


class WebhookOptions(BaseModel):
    """A channel with a secret."""

    model_config = ConfigDict(extra="forbid")

    url: str
    token: SecretStr | None = Field(None, min_length=8)
    template: Path | None = None


def fields_of(source: str, options: BaseModel) -> tuple[schema.Field, ...]:
    """What a source measures, and what its options name with its unit."""
    own = options.fields if isinstance(options, SipOptions) else {}
    return (schema.RTT, *(schema.Field(name, unit, "own") for name, unit in own.items()))


def compile_rule(data: Mapping[str, object], numbers: Collection[str]) -> object:
    """A rule compiler that knows four variables and refuses the others, as the real one does."""
    condition = str(data.get("if", ""))
    for word in re.findall(r"[a-z_]+", condition):
        if word not in _READABLE | {*numbers}:
            raise RuleError(
                f"rule {data['id']!r}: if: unknown variable {word!r}; known are {sorted(_READABLE)}"
            )
    return (data["id"], condition)


@pytest.fixture
def parts() -> Parts:
    """Everything configurable in these tests."""
    return Parts(
        sources={"icmp": PingOptions, "sip": SipOptions},
        channels={"webhook": WebhookOptions},
        rule=compile_rule,
        shipped={"endpoint-down": ("endpoint-down", 'state == "down"')},
        fields=fields_of,
        hooks=Hooks(
            ical.read,
            gaps.gaps,
            lambda name, options: bool(getattr(options, "url", "")),
            lambda name, options: ("fills", known) if (known := getattr(options, "template", None)) else None,
        ),
        misaddressed=lambda channel, to: "" if "=" not in to else f"{to!r} is no address",
        host=lambda channel, options: urlsplit(options.url).hostname,  # type: ignore[attr-defined]
    )


@pytest.fixture
def examined(parts: Parts) -> Callable[[Path], Reading]:
    """Reads a directory with these parts, a small environment, on one day."""
    return lambda directory: examine(directory, parts, ENVIRON, TODAY)


@pytest.fixture
def written(tmp_path: Path, examined: Callable[[Path], Reading]) -> Callable[..., Reading]:
    """Reads the files given by name, `__` standing for the dot: `ioc__yaml="center: …"`."""

    def read(**files: str | bytes) -> Reading:
        for name, content in files.items():
            raw = content.encode() if isinstance(content, str) else content
            (tmp_path / name.replace("__", ".")).write_bytes(raw)
        return examined(tmp_path)

    return read
