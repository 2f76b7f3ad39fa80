"""The wall in a terminal: what a mirror holds, as rich renders it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ioc.legible import legible
from ioc.model import Reason, State
from ioc.picture import Value
from web.mirror import Mirror

SHOWN = 40
"""endpoints that are not up, at most; the rest is a number"""
LONGEST = 500
"""characters of one thing"""
OLDEST = 1e9
"""seconds; a thing is not older"""
QUIET = frozenset({State.UP.value, State.OFF.value, State.MAINTENANCE.value})
WORDS = {
    State.UP: ("hoạt động", "dim"),
    State.DEGRADED: ("suy giảm", "yellow"),
    State.DOWN: ("mất kết nối", "bold red"),
    State.UNREACHABLE: ("không tới được", "red"),
    State.UNKNOWN: ("không rõ", "magenta"),
    State.MAINTENANCE: ("bảo trì", "blue"),
    State.OFF: ("tắt", "dim"),
}
REASONS = {
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
"""as the wall says them: web/ui/src/i18n/vi.ts"""
SEVERITIES = {
    "critical": ("nghiêm trọng", "bold red"),
    "warning": ("cảnh báo", "yellow"),
    "info": ("tin", "dim"),
}


def wall(mirror: Mirror, now: float, cut: float | None, why: str) -> RenderableType:
    """The wall: `now` is the server's time, `cut` how long the link has been gone (None while it is live)."""
    return Group(*_parts(mirror, now, cut, why))


def _parts(mirror: Mirror, now: float, cut: float | None, why: str) -> Iterator[RenderableType]:
    if cut is not None:
        yield _text(f" MẤT LIÊN LẠC VỚI MÁY CHỦ {age(cut)}: {why} ", "bold white on red")
    yield _text(mirror.name, "bold")
    yield _counts(mirror)
    yield _incidents(mirror, now)
    yield _troubled(mirror, now)


def _counts(mirror: Mirror) -> Text:
    counts = Counter(str(value.get("state")) for _, value in mirror.under("endpoint/"))
    line = Text()
    for state, (word, style) in WORDS.items():
        if counts[state.value]:
            line.append(f"{word} {counts[state.value]}   ", style=style)
    return line or Text("không có điểm cầu", style="dim")


def _incidents(mirror: Mirror, now: float) -> RenderableType:
    found = [value for _, value in mirror.under("incident/") if value.get("status") == "open"]
    if not found:
        return Text("Không có sự cố.", style="dim")
    table = Table(
        "Mức", "Sự cố", "Từ", "Phụ trách", "Điện thoại", "Tiếp nhận", title="Sự cố", title_justify="left"
    )
    for value in sorted(found, key=lambda each: _number(each, "opened", now)):
        word, style = SEVERITIES.get(str(value.get("severity")), (str(value.get("severity")), ""))
        taken = value.get("acknowledged")
        table.add_row(
            _text(word, style),
            _text(value.get("title", "")),
            age(now - _number(value, "began", _number(value, "opened", now))),
            _text(value.get("owner", "")),
            _text(value.get("phone", "")),
            _text(taken.get("by", "") if isinstance(taken, dict) else ""),
        )
    return table


def _troubled(mirror: Mirror, now: float) -> RenderableType:
    found = [(id, value) for id, value in mirror.under("endpoint/") if value.get("state") not in QUIET]
    if not found:
        return Text("")
    table = Table("Điểm cầu", "Trạng thái", "Từ", "Lý do", title="Không bình thường", title_justify="left")
    for id, value in sorted(found, key=lambda each: _number(each[1], "since", now))[:SHOWN]:
        about = mirror.values.get(f"about/{id}", {})
        table.add_row(
            _text(about.get("name", id)),
            _word(str(value.get("state"))),
            age(now - _number(value, "since", now)),
            _text(_why(str(value.get("reason", "")), str(value.get("detail", "")))),
        )
    if len(found) > SHOWN:
        table.caption = f"và {len(found) - SHOWN} điểm cầu khác"
    return table


def _word(state: str) -> Text:
    word, style = WORDS[State(state)] if state in set(State) else (state, "")
    return _text(word, style)


def _why(reason: str, detail: str) -> str:
    word = REASONS[Reason(reason)] if reason in set(Reason) else reason
    return ": ".join(each for each in (word, detail) if each)


def _text(said: object, style: str = "") -> Text:
    """What a server said; it may not command the terminal."""
    return Text(legible(str(said)[:LONGEST]), style=style)


def _number(value: Value, key: str, otherwise: float) -> float:
    found = value.get(key)
    return found if isinstance(found, int | float) else otherwise


def age(seconds: float) -> str:
    """A duration as people say it."""
    whole = max(0, int(min(seconds, OLDEST)))
    if whole < 60:
        return f"{whole} giây"
    if whole < 3600:
        return f"{whole // 60} phút"
    if whole < 86_400:
        return f"{whole // 3600} giờ {whole % 3600 // 60:02d} phút"
    return f"{whole // 86_400} ngày"
