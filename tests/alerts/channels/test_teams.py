"""The channel teams: its requests and what it makes of answers, against a server with real TLS."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from alerts.channels.teams import MOST, Teams, TeamsOptions, message
from alerts.rendering import BODY
from tests.alerts.channels.golden import changed, check, folders


@pytest.mark.parametrize("case", folders("teams"))
async def test_case(case: str, tmp_path: Path) -> None:
    await check("teams", case, tmp_path)


@given(st.text(max_size=50), st.integers(0, 400), st.sampled_from(["opened", "digest", "closed"]))
def test_a_card_is_within_what_teams_takes(said: str, lines: int, kind: str) -> None:
    note = changed(
        {"kind": kind, "annotations": {BODY: "\n".join([f'{said} ế\\"' * 4] * lines), "own": said * 20}}
    )
    assert len(orjson.dumps(message(note))) <= MOST


def test_the_address_is_a_secret() -> None:
    options = TeamsOptions(url=SecretStr("https://prod.example/workflows/1?sig=secret"))
    assert "secret" not in repr(options)
    assert Teams(options).own_address() == "prod.example"


def test_an_address_without_tls_is_refused_and_not_shown() -> None:
    with pytest.raises(ValidationError, match="begins with https") as caught:
        TeamsOptions(url=SecretStr("http://prod.example/?sig=secret"))
    assert "sig=secret" not in str(caught.value)
