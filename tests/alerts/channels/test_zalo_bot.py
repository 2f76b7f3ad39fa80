"""The channel zalo-bot: its requests and what it makes of answers, against a server with real TLS."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.bot import receipt_of
from alerts.channels import zalo_zns
from alerts.channels.zalo_bot import MOST, message
from alerts.fitting import utf16
from alerts.rendering import BODY
from alerts.service import Answer
from ioc.errors import Undeliverable
from tests.alerts.channels.golden import changed, check, folders

KEYS = st.sampled_from(
    [
        "ok",
        "result",
        "error",
        "error_code",
        "description",
        "message",
        "message_id",
        "data",
        "msg_id",
        "access_token",
    ]
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


@pytest.mark.parametrize("case", folders("zalo-bot"))
async def test_case(case: str, tmp_path: Path) -> None:
    await check("zalo-bot", case, tmp_path)


@given(st.text(max_size=60), st.integers(0, 400))
def test_no_message_is_longer_than_zalo_takes(said: str, lines: int) -> None:
    note = changed(
        {"kind": "digest", "annotations": {BODY: "\n".join([f"{said} 😀"] * lines), "what": said * 40}}
    )
    assert 1 <= utf16(message(note, "1")["text"]) <= MOST


@pytest.mark.parametrize("judge", [partial(receipt_of, service="Zalo"), zalo_zns.judge, zalo_zns.tokens])
@given(said=st.dictionaries(KEYS, VALUES) | VALUES, status=st.integers(100, 599))
def test_any_answer_is_told_or_refused(judge: Any, said: Any, status: int) -> None:
    try:
        assert judge(Answer(status, orjson.dumps(said)))
    except Undeliverable as error:
        told = str(error)
    else:
        told = "taken"
    assert len(told) < 400
