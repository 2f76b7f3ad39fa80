"""The reference of the configuration says what the models say."""

from __future__ import annotations

import pytest

from ioc.config import schema
from tools.configuration_reference import PAGE, main, page


def test_it_is_current() -> None:
    old = "docs/configuration.md is old: run python -m tools.configuration_reference"
    assert PAGE.read_text("utf-8") == page(), old


def test_every_key_stands_in_it_with_its_meaning() -> None:
    text = page()
    for model in (schema.Top, schema.Access, schema.Endpoint, schema.Calendar, schema.Unit, schema.Profile):
        for name, field in model.model_fields.items():
            assert f"| `{name}` |" in text
            assert field.description
            assert field.description in text


def test_check_tells_an_old_page(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["--check"]) == 0
    monkeypatch.setattr("tools.configuration_reference.INTRODUCTION", "# Another")
    assert main(["--check"]) == 1
    assert "is old" in capsys.readouterr().out
