"""The channel zalo-zns: its requests and what it makes of answers, against a server with real TLS."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.zalo_zns import Parameter, ZaloZns, ZaloZnsOptions, filled, phone
from ioc.errors import Undeliverable
from tests.alerts.channels.golden import NOTE, Played, changed, check, folders, read, serving
from tests.alerts.channels.golden import options as filled_in


@pytest.mark.parametrize("case", folders("zalo-zns"))
async def test_case(case: str, tmp_path: Path) -> None:
    await check("zalo-zns", case, tmp_path)


async def sent(
    options: dict[str, Any], exchanges: list[dict[str, Any]], folder: Path, times: int
) -> list[str]:
    """The answers to a page told several times at once."""
    async with serving(Played(exchanges), folder) as (api, ca):
        channel = ZaloZns(ZaloZnsOptions(**filled_in(options, api, ca, folder)))
        try:
            return [each.answer for each in await asyncio.gather(*[channel.send(NOTE) for _ in range(times)])]
        finally:
            await channel.close()


OPTIONS = read("zalo-zns", "opened", "options.json")
TOKEN, SENT = read("zalo-zns", "opened", "exchanges.json")


async def test_the_next_refresh_token_is_kept_for_the_next_start(tmp_path: Path) -> None:
    await sent(OPTIONS, [TOKEN, SENT], tmp_path, 1)
    assert (tmp_path / "refresh_token_file").read_text("ascii") == "refresh-2\n"
    assert (tmp_path / "refresh_token_file").stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "refresh_token_file.new").exists()


async def test_many_at_once_renew_the_token_once(tmp_path: Path) -> None:
    assert await sent(OPTIONS, [TOKEN, SENT, SENT, SENT, SENT], tmp_path, 4) == ["message z1"] * 4


async def test_a_token_that_cannot_be_kept_is_told_and_the_page_goes_out(tmp_path: Path) -> None:
    (tmp_path / "refresh_token_file.new").mkdir()
    (answer,) = await sent(OPTIONS, [TOKEN, SENT], tmp_path, 1)
    assert answer.startswith("message z1; refresh_token_file ")
    assert answer.endswith("cannot be written: Is a directory; the token in it is used up")


@pytest.mark.parametrize(
    "number", ["0912000111", "+84912000111", "84912000111", "(091) 200-0111", "0237 3852 345"]
)
def test_vietnamese_numbers(number: str) -> None:
    assert phone(number) in ("84912000111", "842373852345")


@pytest.mark.parametrize(
    "number", ["", "113", "+1 202 555 0101", "0912", "09120001112233", "0012000111", "an"]
)
def test_what_is_no_vietnamese_number(number: str) -> None:
    with pytest.raises(Undeliverable) as caught:
        phone(number)
    assert caught.value.permanent


@given(st.text(max_size=100), st.integers(1, 60), st.sampled_from(["text", "number", "time", "date"]))
def test_a_parameter_is_never_empty_nor_too_long(said: str, most: int, type: Any) -> None:
    note = changed({"annotations": {"next_action": said}})
    value = filled(Parameter(shows="next_action", type=type, most=most, missing="-"), note)
    assert 1 <= len(value) <= most
