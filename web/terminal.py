"""The wall in a terminal: what a mirror holds, as rich renders it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ioc.model import State
from web.mirror import Mirror

SHOWN = 40
"""endpoints that are not up, at most; the rest is a number"""
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
        yield Text(f" MẤT LIÊN LẠC VỚI MÁY CHỦ {age(cut)}: {why} ", style="bold white on red")
    yield Text(mirror.name, style="bold")
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
    for value in sorted(found, key=lambda each: each.get("opened", 0.0)):
        word, style = SEVERITIES.get(str(value.get("severity")), (str(value.get("severity")), ""))
        taken = value.get("acknowledged") or {}
        table.add_row(
            Text(word, style=style),
            Text(str(value.get("title", ""))),
            age(now - value.get("opened", now)),
            Text(str(value.get("owner", ""))),
            Text(str(value.get("phone", ""))),
            Text(str(taken.get("by", ""))),
        )
    return table


def _troubled(mirror: Mirror, now: float) -> RenderableType:
    found = [(id, value) for id, value in mirror.under("endpoint/") if value.get("state") not in QUIET]
    if not found:
        return Text("")
    table = Table("Điểm cầu", "Trạng thái", "Từ", "Lý do", title="Không bình thường", title_justify="left")
    for id, value in sorted(found, key=lambda each: each[1].get("since", 0.0))[:SHOWN]:
        about = mirror.values.get(f"about/{id}", {})
        table.add_row(
            Text(str(about.get("name", id))),
            _word(str(value.get("state"))),
            age(now - value.get("since", now)),
            Text(f"{value.get('reason', '')} {value.get('detail', '')}".strip()),
        )
    if len(found) > SHOWN:
        table.caption = f"và {len(found) - SHOWN} điểm cầu khác"
    return table


def _word(state: str) -> Text:
    word, style = WORDS[State(state)] if state in set(State) else (state, "")
    return Text(word, style=style)


def age(seconds: float) -> str:
    """A duration as people say it."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} giây"
    if whole < 3600:
        return f"{whole // 60} phút"
    if whole < 86_400:
        return f"{whole // 3600} giờ {whole % 3600 // 60:02d} phút"
    return f"{whole // 86_400} ngày"
