"""What is wrong with a receiver is told at its line, with the value and what to write instead; secrets are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from ioc.clock import Clock
from ioc.config.compiled import Config
from ioc.errors import ConfigError
from ioc.reading import read

CASES = Path(__file__).parents[2] / "cases" / "receivers"


@pytest.mark.parametrize("folder", sorted(path.name for path in CASES.iterdir()))
def test_case(folder: str) -> None:
    expected = CASES / folder / "expected.txt"
    wanted = expected.read_text("utf-8").splitlines() if expected.exists() else []
    try:
        found: Config | None = read(CASES / folder, {}, Clock())
        faults: tuple[str, ...] = ()
    except ConfigError as error:
        found, faults = None, error.faults
    assert list(faults) == wanted
    assert (found is None) == bool(wanted)


def test_no_secret_is_told() -> None:
    secret = (CASES / "bad-options" / "secret").read_text("ascii").strip()
    with pytest.raises(ConfigError) as caught:
        read(CASES / "bad-options", {}, Clock())
    assert secret not in str(caught.value)
    config = read(CASES / "sound", {}, Clock())
    assert "sig=2" not in repr(config.receivers)
