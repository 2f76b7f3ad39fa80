"""`GET /leaders?lang=`: one calm page for whoever leads, made to be printed: what is open, whose it is, who is on call.

Everything on it is in the picture; what has no source says so, and nothing is made up.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from ioc.errors import Refused
from web.auth import Need
from web.deps import Deps, Route

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
LANGUAGES = ("vi", "en")
SEVERITIES = ("critical", "warning", "info")
MOST = 100
"""incidents listed of a severity; further ones are counted"""
STYLE = (
    "body{font:16px/1.45 'Be Vietnam Pro','Noto Sans',system-ui,sans-serif;max-width:72rem;margin:2rem auto;"
    "padding:0 1rem;color:#17202b;background:#fff}h1{font-size:1.6rem;margin:0}"
    "h2{font-size:1.15rem;margin:1.8rem 0 .4rem}"
    "p{margin:.3rem 0}a{color:#1d4f91}.rest{color:#4a5665}table{width:100%;border-collapse:collapse}"
    "th,td{text-align:left;vertical-align:top;padding:.35rem .6rem .35rem 0;border-bottom:1px solid #c9d1da}"
    "th{font-weight:600;color:#4a5665}.nobody{font-weight:600;color:#a3161b}tr{break-inside:avoid}"
    "@media print{body{margin:0;max-width:none;font-size:11pt}nav{display:none}}"
    "@media(max-width:50rem){thead{display:none}td{display:block;border:0;padding:.1rem 0}"
    "tr{display:block;padding:.5rem 0;border-bottom:1px solid #c9d1da}}"
)
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'"

Value = Mapping[str, Any]

_VI = {
    "title": "Trang lãnh đạo", "at": "Lúc {at}", "other": "English", "lang": "en", "wall": "Màn hình điều hành",
    "critical": "Sự cố nghiêm trọng", "warning": "Cảnh báo", "info": "Thông tin", "calm": "Không có sự cố nào đang mở.",
    "what": "Sự cố", "unit": "Đơn vị", "since": "Từ", "owner": "Đầu mối phụ trách", "hands": "Người xử lý",
    "nobody": "chưa ai tiếp nhận", "silenced": "đang tắt báo hoặc bảo trì", "given": "đã giao {to}",
    "no_owner": "chưa có người phụ trách", "members": "{n} điểm cầu", "more": "và {n} sự cố khác",
    "oncall": "Đang trực", "schedule": "Lịch trực", "who": "Người trực", "phone": "Điện thoại", "until": "Đến",
    "no_schedule": "Chưa khai báo lịch trực nào.", "gap": "không có ai trực", "overdue": "Hồ sơ quá hạn theo đơn vị",
    "meetings": "Cuộc họp hôm nay", "no_source": "Chưa kết nối nguồn.",
}  # fmt: skip
_EN = {
    "title": "Leaders' page", "at": "At {at}", "other": "Tiếng Việt", "lang": "vi", "wall": "The wall",
    "critical": "Critical incidents", "warning": "Warnings", "info": "Information", "calm": "No incident is open.",
    "what": "Incident", "unit": "Unit", "since": "Since", "owner": "Owner", "hands": "In whose hands",
    "nobody": "nobody has acknowledged", "silenced": "silenced or under maintenance", "given": "given to {to}",
    "no_owner": "no owner on record", "members": "{n} endpoints", "more": "and {n} more",
    "oncall": "On call", "schedule": "Schedule", "who": "Who", "phone": "Telephone", "until": "Until",
    "no_schedule": "No schedule is configured.", "gap": "nobody is on call", "overdue": "Overdue records by unit",
    "meetings": "Today's meetings", "no_source": "No source is connected.",
}  # fmt: skip
WORDS: Mapping[str, Mapping[str, str]] = {"vi": _VI, "en": _EN}


class LeadersPage:
    """The page, made anew from the picture each time it is asked for."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def routes(self) -> list[Route]:
        """The page."""
        return [Route("GET", "/leaders", Need.READ, self._show)]

    async def _show(self, request: web.Request) -> web.StreamResponse:
        language = request.query.get("lang", "vi")
        if language not in LANGUAGES:
            raise Refused(f"lang={language[:80]!r} is not spoken; one of {', '.join(LANGUAGES)}")
        now = self._deps.clock.now()
        skew = self._deps.clock.civil(now) - now
        text = page(
            self._deps.wall.name, self._under("incident/"), self._under("oncall/"), now, skew, language
        )
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "Refresh": "60"}
        return web.Response(text=text, content_type="text/html", headers=headers)

    def _under(self, prefix: str) -> list[Value]:
        picture = self._deps.picture
        return [picture.get(key) or {} for key in picture.keys(prefix)]


def page(
    name: str, incidents: Iterable[Value], schedules: Iterable[Value], now: float, skew: float, language: str
) -> str:
    """The whole page as HTML; times in the values and `now` are steady, `skew` makes them civil."""
    words = WORDS[language]
    still = [each for each in incidents if each.get("status") == "open" and not each.get("joined")]
    still.sort(key=lambda each: (bool(each.get("silenced")), each.get("began", each["opened"])))
    graded = [(each, [one for one in still if one["severity"] == each]) for each in SEVERITIES]
    other = f"<a href='leaders?lang={words['lang']}' lang='{words['lang']}'>{words['other']}</a>"
    body = [
        f"<nav><p><a href='./'>{words['wall']}</a> · {other}</p></nav>",
        f"<header><h1>{words['title']}</h1><p>{escape(name)}</p>",
        f"<p class='rest'>{words['at'].format(at=_moment(now + skew, '/%Y'))}</p></header>",
        *(_incidents(severity, found, skew, words) for severity, found in graded if found),
        *([] if still else [f"<p>{words['calm']}</p>"]),
        _on_call(schedules, skew, words),
        *(
            f"<h2>{words[each]}</h2><p class='rest'>{words['no_source']}</p>"
            for each in ("overdue", "meetings")
        ),
    ]
    head = (
        f"<meta charset='utf-8'><meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{words['title']}</title><style>{STYLE}</style>"
    )
    return f"<!doctype html><html lang='{language}'><head>{head}</head><body><main>{''.join(body)}</main></body></html>"


def _incidents(severity: str, found: Sequence[Value], skew: float, words: Mapping[str, str]) -> str:
    rows = [_row(each, skew, words) for each in found[:MOST]]
    more = len(found) - MOST
    rest = f"<p class='rest'>{words['more'].format(n=more)}</p>" if more > 0 else ""
    columns = ("what", "unit", "since", "owner", "hands")
    return f"<h2>{words[severity]}: {len(found)}</h2>{_table([words[each] for each in columns], rows)}{rest}"


def _row(incident: Value, skew: float, words: Mapping[str, str]) -> list[str]:
    members = incident.get("members", 0)
    reach = f" ({words['members'].format(n=members)})" if members > 1 else ""
    owner = " · ".join(filter(None, (incident.get("owner"), _whole(incident.get("phone", "")))))
    return [
        escape(f"{incident['title']}{reach}"),
        escape(incident.get("unit_name") or incident.get("unit", "")),
        _moment(incident.get("began", incident["opened"]) + skew),
        escape(owner or words["no_owner"]),
        _hands(incident, words),
    ]


def _hands(incident: Value, words: Mapping[str, str]) -> str:
    """Who has it; nobody stands out, unless it is silenced."""
    taken, given = incident.get("acknowledged"), incident.get("assigned")
    if taken:
        note = f": {taken['note']}" if taken["note"] else ""
        return escape(f"{taken['by']}{note}")
    if incident.get("silenced"):
        return words["silenced"]
    if given:
        return escape(words["given"].format(to=given))
    return f"<span class='nobody'>{words['nobody']}</span>"


def _on_call(schedules: Iterable[Value], skew: float, words: Mapping[str, str]) -> str:
    rows = [
        [escape(each["name"]), *person, _until(each["until"], skew)]
        for each in sorted(schedules, key=lambda each: str(each["name"]))
        for person in _people(each, words)
    ]
    columns = [words[each] for each in ("schedule", "who", "phone", "until")]
    said = _table(columns, rows) if rows else f"<p class='rest'>{words['no_schedule']}</p>"
    return f"<h2>{words['oncall']}</h2>{said}"


def _people(schedule: Value, words: Mapping[str, str]) -> list[tuple[str, str]]:
    found = [(escape(each["name"]), escape(_whole(each["phone"]))) for each in schedule["people"]]
    return found or [(f"<span class='nobody'>{words['gap']}</span>", "")]


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of cells that are HTML already."""
    head = "".join(f"<th scope='col'>{each}</th>" for each in columns)
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"


def _until(steady: float | None, skew: float) -> str:
    """A handover is set to a whole minute: what clocks differ by must not make it the minute before."""
    return "" if steady is None else _moment(round((steady + skew) / 60) * 60)


def _moment(civil: float, year: str = "") -> str:
    return _whole(datetime.fromtimestamp(civil, ZONE).strftime(f"%H:%M %d/%m{year}"))


def _whole(text: str) -> str:
    """The same text, never broken between two lines."""
    return text.replace(" ", "\u00a0")
