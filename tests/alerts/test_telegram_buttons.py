"""What buttons ask of Telegram's Bot API and what is made of its answers, against a server with real TLS.

A case is a folder with `call.json` (the method and what it is given), `exchanges.json` (each request that must come,
and what is answered) and `result.json` (what it gives, or the error and whether it is for good).
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.telegram import TelegramOptions
from alerts.press import Press
from alerts.telegram_buttons import TelegramButtons, linked, pressable, read
from ioc.errors import Undeliverable
from tests.alerts.channels import golden
from tests.alerts.channels.golden import Played, changed, folders, serving

AREA = "telegram-buttons"
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False)
    | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "from", "message", "chat", "data", "username"]), inner, max_size=6
        )
    ),
    max_leaves=12,
)


async def called(buttons: TelegramButtons, call: dict[str, Any]) -> Any:
    """What a case's call gives."""
    match call.pop("method"):
        case "updates":
            return [asdict(each) for each in await buttons.updates(call["after"])]
        case "answer":
            return await buttons.answer(Press(**call["press"]), call["text"], call["alert"])
        case "take_away":
            return await buttons.take_away(call["chat"], call["message"], changed(call["notification"]))
    raise AssertionError("a case names no method of ours")


@pytest.mark.parametrize("case", folders(AREA))
async def test_case(case: str, tmp_path: Path) -> None:
    server = Played(golden.read(AREA, case, "exchanges.json"))
    (tmp_path / "token").write_text("123:abc\n", "ascii")
    async with serving(server, tmp_path) as (api, ca):
        buttons = TelegramButtons(TelegramOptions(token_file=tmp_path / "token", api=api, ca=ca))
        try:
            result: Any = {"gave": await called(buttons, golden.read(AREA, case, "call.json"))}
        except Undeliverable as error:
            result = {"error": str(error), "permanent": error.permanent, "retry_after": error.retry_after}
        finally:
            await buttons.close()
    assert server.asked == [each["request"] for each in server.exchanges]
    assert result == golden.read(AREA, case, "result.json")


@given(VALUES, st.integers(0, 2**53))
def test_any_update_is_a_press_or_none_or_an_answer_that_may_pass(query: Any, number: int) -> None:
    found = read(orjson.loads(orjson.dumps({"update_id": number, "callback_query": query})))
    assert found.number == number
    assert found.press is None or isinstance(found.press.data, str)


@given(VALUES)
def test_what_has_no_number_cannot_be_confirmed(update: Any) -> None:
    with pytest.raises(Undeliverable) as caught:
        read(update)
    assert not caught.value.permanent


@given(st.integers(0, 10**18 - 1), st.sampled_from(["vi", "en", "fr"]))
def test_what_a_button_carries_is_within_telegrams_bound(number: int, language: str) -> None:
    (button,), *_ = pressable(changed({"id": number, "language": language}))["inline_keyboard"]
    assert 1 <= len(button["callback_data"].encode()) <= 64


def test_without_an_address_no_link_is_left() -> None:
    assert linked(changed({"link": ""})) == {"inline_keyboard": []}
