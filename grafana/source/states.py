"""The states as the wall shows them: words and colours by the code that history holds."""

from __future__ import annotations

from collections.abc import Mapping

from ioc.model import Reason, State
from ioc.store.line import CODES

WORDS: Mapping[State, str] = {
    State.UP: "hoạt động",
    State.DEGRADED: "suy giảm",
    State.DOWN: "mất kết nối",
    State.UNREACHABLE: "không tới được",
    State.UNKNOWN: "không rõ",
    State.MAINTENANCE: "bảo trì",
    State.OFF: "tắt",
}
"""as web/ui/src/i18n/vi.ts has them"""

COLOURS: Mapping[State, str] = {
    State.UP: "#4b5d78",
    State.DEGRADED: "#f2b134",
    State.DOWN: "#ff4d4f",
    State.UNREACHABLE: "#ff8c8a",
    State.UNKNOWN: "#a78bfa",
    State.MAINTENANCE: "#5aa2ff",
    State.OFF: "#26344a",
}
"""the wall's tokens: what is well is quiet, so that colour means that something is to be done"""

REASONS: Mapping[Reason, str] = {
    Reason.NONE: "",
    Reason.ANSWERED: "có trả lời",
    Reason.NO_ANSWER: "không trả lời",
    Reason.REFUSED: "từ chối kết nối",
    Reason.NO_ROUTE: "không có đường tới",
    Reason.CLOSED_EARLY: "ngắt giữa chừng",
    Reason.WRONG_ANSWER: "trả lời sai",
    Reason.BAD_STATUS: "báo lỗi",
    Reason.NOT_REGISTERED: "chưa đăng ký",
    Reason.PARTLY_SILENT: "chỉ trả lời một phần",
    Reason.PARENT_DOWN: "đứt đường truyền phía trước",
    Reason.OWN_LINK_DOWN: "trung tâm mất đường truyền",
    Reason.STALE: "lâu không có số liệu",
    Reason.NOT_YET_PROBED: "chưa đo",
    Reason.NOT_EXPECTED: "ngoài giờ",
    Reason.MAINTAINED: "đang bảo trì",
    Reason.LOCAL_FAULT: "lỗi phía trung tâm",
}
"""as web/ui/src/i18n/vi.ts has them"""

OUT = (State.DOWN, State.UNREACHABLE)
"""not reached"""
WRONG = (State.DEGRADED, *OUT)
"""what somebody is to do something about"""


def any_of(states: tuple[State, ...], value: str) -> str:
    """A Flux condition: the value is the code of one of these states."""
    return " or ".join(f"{value} == {CODES[state]}" for state in states)
