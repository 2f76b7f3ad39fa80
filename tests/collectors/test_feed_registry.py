"""The register: every feed is whole."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from pydantic import BaseModel

from collectors.feed import Feed
from collectors.feeds import registry

TESTS = Path(__file__).parent
FEEDS = sorted(registry.FEEDS.items())


def test_every_file_of_a_feed_is_registered() -> None:
    files = {path.stem for path in Path(registry.__file__).parent.glob("*.py")} - {"__init__", "registry"}
    assert files == set(registry.FEEDS)


@pytest.mark.parametrize(("name", "feed"), FEEDS)
def test_a_feed_is_whole(name: str, feed: type[Feed]) -> None:
    assert feed.name == name
    assert feed.__module__ == f"collectors.feeds.{name}"
    assert issubclass(feed.Options, BaseModel)
    assert feed.Options.model_config.get("extra") == "forbid"
    assert feed.Options.model_config.get("hide_input_in_errors"), "a secret is never shown"
    assert inspect.getdoc(feed)
    assert inspect.getdoc(feed.Options)
    assert inspect.iscoroutinefunction(feed.hear)
    assert inspect.iscoroutinefunction(feed.run)


@pytest.mark.parametrize("name", [name for name, _ in FEEDS])
def test_a_feed_has_a_test(name: str) -> None:
    assert (TESTS / f"test_feed_{name}.py").is_file()


def test_options_are_those_of_the_feeds() -> None:
    assert registry.options() == {name: feed.Options for name, feed in FEEDS}
