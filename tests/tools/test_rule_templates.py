"""The list of rule templates in docs/rules.md is the one that ships."""

from __future__ import annotations

import pytest

from alerts.templates.registry import templates
from tools.rule_templates import PAGE, listed, main, page


def test_the_page_is_current() -> None:
    assert main(["--check"]) == 0
    assert all(f"### `{name}`" in listed() for name in templates())


def test_a_page_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="no <!-- templates"):
        page("# Rules\n")
    assert page(PAGE.read_text("utf-8")) == PAGE.read_text("utf-8")
