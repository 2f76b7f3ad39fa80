"""The channel telegram: its requests and what it makes of answers, against a server with real TLS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts.bot import receipt_of
from alerts.channels.telegram import MOST, TelegramOptions, marked, plain
from alerts.fitting import utf16
from alerts.rendering import BODY
from alerts.service import Answer
from ioc.errors import Undeliverable
from tests.alerts.channels.golden import changed, check, folders


@pytest.mark.parametrize("case", folders("telegram"))
async def test_case(case: str, tmp_path: Path) -> None:
    await check("telegram", case, tmp_path)


@given(st.text(max_size=60), st.integers(0, 400))
def test_no_message_is_longer_than_telegram_takes(said: str, lines: int) -> None:
    note = changed(
        {"kind": "digest", "annotations": {BODY: "\n".join([f"{said} <&> 😀"] * lines), "what": said * 40}}
    )
    assert utf16(marked(note, "1")["text"]) <= MOST
    assert utf16(plain(note, "1")["text"]) <= MOST


KEYS = st.sampled_from(
    ["ok", "result", "error_code", "description", "parameters", "retry_after", "message_id"]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=10,
)


@given(st.dictionaries(KEYS, VALUES) | VALUES, st.integers(100, 599))
def test_any_answer_is_told_or_refused(said: Any, status: int) -> None:
    wait = None
    try:
        receipt_of(Answer(status, orjson.dumps(said)), "Telegram")
    except Undeliverable as error:
        wait = error.retry_after
    assert wait is None or 0 <= wait <= 3600


@pytest.mark.parametrize("to", ["0912", "-1001234", "@ioc_th", ""])
def test_addresses_of_chats(to: str, tmp_path: Path) -> None:
    assert TelegramOptions(token_file=tmp_path, to=to).to == to


@pytest.mark.parametrize("to", ["@", "ioc", "1/../getMe", "-"])
def test_what_is_no_chat(to: str, tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        TelegramOptions(token_file=tmp_path, to=to)
