"""The register: every channel is whole."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from pydantic import BaseModel

from alerts.channels import registry
from alerts.channels.base import Channel

TESTS = Path(__file__).parents[2]
CHANNELS = sorted(registry.CHANNELS.items())
SHARED = {"__init__", "base", "registry"}


def stem(name: str) -> str:
    """The file of a channel."""
    return name.replace("-", "_")


def test_every_file_of_a_channel_is_registered() -> None:
    files = {path.stem for path in Path(registry.__file__).parent.glob("*.py")} - SHARED
    assert files == {stem(name) for name in registry.CHANNELS}


@pytest.mark.parametrize(("name", "channel"), CHANNELS)
def test_a_channel_is_whole(name: str, channel: type[Channel]) -> None:
    assert channel.__module__ == f"alerts.channels.{stem(name)}"
    assert issubclass(channel.Options, BaseModel)
    assert channel.Options.model_json_schema()["additionalProperties"] is False
    assert inspect.getdoc(channel)
    assert inspect.getdoc(channel.Options)
    assert inspect.getdoc(inspect.getmodule(channel))
    assert inspect.iscoroutinefunction(channel.send)
    assert inspect.iscoroutinefunction(channel.close)


@pytest.mark.parametrize(("name", "channel"), CHANNELS)
def test_every_option_says_what_it_means(name: str, channel: type[Channel]) -> None:
    for key, field in channel.Options.model_fields.items():
        assert field.description, f"{name}: {key}"


@pytest.mark.parametrize("name", [name for name, _ in CHANNELS])
def test_a_channel_has_a_test_and_cases(name: str) -> None:
    assert any((TESTS / "alerts").rglob(f"test_{stem(name)}.py"))
    assert any(path.is_dir() for path in (TESTS / "cases" / name).iterdir())


@pytest.mark.parametrize(
    ("name", "sound", "wrong"),
    [
        ("email", "an@example.vn", "an"),
        ("telegram", "-1001", "an"),
        ("zalo-bot", "6ede9afa", "a/b"),
        ("zalo-zns", "0912000111", "113"),
        ("modem", "0912000111", "an"),
    ],
)
def test_a_contact_that_cannot_be_sent_to_is_known_before_the_night(
    name: str, sound: str, wrong: str
) -> None:
    assert registry.misaddressed(name, sound) == ""
    assert repr(wrong) in registry.misaddressed(name, wrong)


@pytest.mark.parametrize("name", ["webhook", "teams"])
def test_what_posts_to_one_place_is_no_contact(name: str) -> None:
    assert "cannot be the contact of a person" in registry.misaddressed(name, "an")
