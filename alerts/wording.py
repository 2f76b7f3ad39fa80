"""The words of a message that are ours, in Vietnamese and English; what configuration wrote stays as it was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

MISSING = "chưa có"
"""what an annotation says of a thing that nobody entered"""


@dataclass(frozen=True, slots=True)
class Words:
    """One language. `kinds` begin a heading, `severities` stand before it; `more` has a place for a number."""

    kinds: Mapping[str, str]
    severities: Mapping[str, str]
    where: str
    since: str
    ended: str
    owner: str
    action: str
    acknowledged: str
    members: str
    joined: str
    runbook: str
    link: str
    note: str
    repeat: str
    unrecorded: str
    missing: str
    day: str
    more: str
    no_title: str
    lasted: str


VIETNAMESE = Words(
    kinds=MappingProxyType(
        {
            "opened": "",
            "reopened": "Tái diễn: ",
            "escalated": "Chưa ai nhận: ",
            "raised": "Nghiêm trọng hơn: ",
            "grew": "Lan rộng: ",
            "flapping": "Chập chờn: ",
            "closed": "Đã hết: ",
            "absorbed": "Gộp vào sự cố khác: ",
            "reminder": "Nhắc lại: ",
            "unacknowledged": "Hết hạn xác nhận: ",
            "summary": "Tổng hợp: ",
            "digest": "Bản tin: ",
            "test": "Tin thử: ",
        }
    ),
    severities=MappingProxyType({"critical": "Nghiêm trọng", "warning": "Cảnh báo", "info": "Thông tin"}),
    where="Ở",
    since="Từ",
    ended="Hết lúc",
    owner="Đầu mối",
    action="Việc cần làm",
    acknowledged="Đã nhận",
    members="Số điểm ảnh hưởng",
    joined="Xem sự cố số",
    runbook="Quy trình",
    link="Chi tiết",
    note="Lưu ý",
    repeat="tin này có thể đã gửi trước đó",
    unrecorded="tin gửi đi khi chưa ghi được vào sổ",
    missing=MISSING,
    day=" ngày ",
    more="… và {} dòng nữa",
    no_title="Sự cố số {}",
    lasted="kéo dài {}",
)

ENGLISH = Words(
    kinds=MappingProxyType(
        {
            "opened": "",
            "reopened": "Again: ",
            "escalated": "Nobody has it yet: ",
            "raised": "Worse: ",
            "grew": "Spreading: ",
            "flapping": "Flapping: ",
            "closed": "Over: ",
            "absorbed": "Part of another incident: ",
            "reminder": "Reminder: ",
            "unacknowledged": "Acknowledgement ran out: ",
            "summary": "Summary: ",
            "digest": "Digest: ",
            "test": "Test: ",
        }
    ),
    severities=MappingProxyType({"critical": "Critical", "warning": "Warning", "info": "Info"}),
    where="Where",
    since="Since",
    ended="Ended",
    owner="Contact",
    action="Do next",
    acknowledged="Acknowledged",
    members="Affected",
    joined="See incident",
    runbook="Runbook",
    link="Details",
    note="Note",
    repeat="this may have been sent before",
    unrecorded="sent before it could be recorded",
    missing="not on file",
    day=" on ",
    more="… and {} lines more",
    no_title="Incident {}",
    lasted="lasted {}",
)

_LANGUAGES: Mapping[str, Words] = MappingProxyType({"vi": VIETNAMESE, "en": ENGLISH})


def words(language: str) -> Words:
    """The words of a language; Vietnamese for one that there is not."""
    return _LANGUAGES.get(language, VIETNAMESE)
