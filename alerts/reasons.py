"""The enumerated reasons of decisions and deliveries in words, in Vietnamese and English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

VERBS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "opened": ("mở sự cố", "opened"),
        "reopened": ("mở lại", "reopened"),
        "joined": ("gộp vào sự cố", "joined"),
        "raised": ("nâng mức", "raised"),
        "grew": ("lan rộng", "grew"),
        "left": ("rời sự cố", "left"),
        "closed": ("đóng sự cố", "closed"),
        "absorbed": ("gộp vào sự cố khác", "absorbed by another incident"),
        "flapping": ("chập chờn", "flapping"),
        "changed": ("đổi trạng thái khi chập chờn, không báo", "changed while flapping, not told"),
        "settled": ("hết chập chờn, lỗi còn", "flapping ended, the fault stays"),
        "held_by_parent": ("giữ lại chờ thiết bị cha", "held for its parent"),
        "noted": ("ghi nhận", "noted"),
        "untold": ("không báo ai", "nobody told"),
        "silenced": ("đang tắt báo, không báo ai", "silenced, nobody told"),
        "escalated": ("báo người tiếp theo", "escalated"),
        "passed_over": ("bỏ qua bước", "step passed over"),
        "reminder": ("nhắc lại", "reminder"),
        "acknowledged": ("đã nhận xử lý", "acknowledged"),
        "unacknowledged": ("hết hạn xác nhận", "acknowledgement ran out"),
        "assigned": ("giao việc", "assigned"),
        "commented": ("ghi chú", "comment"),
        "maintained": ("bảo trì", "maintenance"),
    }
)
"""by verb: Vietnamese, English"""

BECAUSE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "no_incident_covers_it": ("chưa có sự cố nào bao trùm", "no incident covers it"),
        "same_root": ("cùng nguyên nhân gốc", "same root cause"),
        "parent_incident": ("thiết bị cha đang có sự cố", "its parent has an incident"),
        "parent_down_without_incident": (
            "thiết bị cha mất kết nối, chưa có sự cố",
            "its parent is down and has no incident yet",
        ),
        "again_within_15_min": ("lại xảy ra trong 15 phút", "again within 15 minutes"),
        "more_severe": ("nghiêm trọng hơn", "more severe"),
        "outage_now": ("từ kém chất lượng thành mất kết nối", "poor quality has become an outage"),
        "members_grew_by_half": ("số điểm ảnh hưởng tăng một nửa", "half as many members more"),
        "alert_ended": ("một cảnh báo đã hết", "one alert ended"),
        "last_alert_ended": ("cảnh báo cuối cùng đã hết", "the last alert ended"),
        "root_ended_member_still_down": (
            "gốc đã khôi phục, điểm này vẫn lỗi",
            "the root is well, this one is still down",
        ),
        "cause_found_above": ("tìm thấy nguyên nhân ở tuyến trên", "the cause was found above"),
        "five_changes_in_30_min": ("năm lần đổi trạng thái trong 30 phút", "five changes in 30 minutes"),
        "still_flapping": ("vẫn chập chờn", "still flapping"),
        "stable_15_min": ("ổn định 15 phút", "stable for 15 minutes"),
        "nothing_to_do": ("không cần làm gì", "nothing to do"),
        "no_route": ("không tuyến báo nào khớp", "no route matches"),
        "nobody_to_tell": ("không có ai để báo", "there is nobody to tell"),
        "silence": ("đang tắt báo", "a silence is active"),
        "maintenance": ("đang bảo trì", "under maintenance"),
        "acknowledgement_expired": ("xác nhận quá hai giờ", "the acknowledgement is older than two hours"),
        "is_what_fails": ("chính kênh này đang hỏng", "this is the channel that fails"),
        "nobody_on_call": ("không có ai trực", "nobody is on call"),
        "no_receiver": ("không có nơi nhận nào nhận mức này", "no receiver takes this severity"),
        "parent_not_seen_yet": (
            "vừa khởi động, chờ xem thiết bị cha",
            "just started, waits until its parent was asked",
        ),
        "step_due": ("đến bước tiếp theo của chuỗi", "the next step of the chain is due"),
        "reminder_due": ("vẫn chưa ai nhận", "still nobody has it"),
        "acknowledgement_runs_out": ("xác nhận sắp hết hạn", "the acknowledgement runs out soon"),
        "silence_ended": ("hết tắt báo", "the silence has ended"),
        "by_hand": ("do người trực", "by hand"),
        "finds_nobody": ("bước này không tìm được ai", "the step finds nobody"),
        "out_of_hours": ("ngoài giờ của bước này", "outside the hours of the step"),
        "told_this_round": ("đã báo trong vòng này", "told in this round already"),
        "told_before": ("đã được báo lúc mở", "was told before"),
        "acknowledgement": ("đã nhận xử lý sự cố này", "acknowledged this incident"),
        "failover": ("cách liên lạc trước không được", "the contact before did not work"),
        "age": ("thay cho các tin quá hạn", "in the place of messages that came too late"),
        "digest": ("bản tin định kỳ", "digest"),
        "test": ("tin thử", "test page"),
        "severity": (
            "nhận mức này, không có tuyến báo nào được khai",
            "takes this severity, no routes are configured",
        ),
    }
)
"""by reason of a decision or a delivery: Vietnamese, English"""

STATES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "owed": ("chưa gửi được", "not delivered yet"),
        "told": ("đã gửi", "delivered"),
        "failed": ("bị từ chối", "refused"),
        "withdrawn": ("đã rút", "withdrawn"),
    }
)
"""by state of a delivery: Vietnamese, English"""


def said(words: Mapping[str, tuple[str, str]], code: str, language: str) -> str:
    """A code in words; the code itself when there are none."""
    found = words.get(code)
    return code if found is None else found[language == "en"]


def why(because: str, language: str) -> str:
    """The reason of a delivery in words: `route ID`, `chain ID step N round M` or a code."""
    kind, _, rest = because.partition(" ")
    if kind == "route" and rest:
        return f"route {rest}" if language == "en" else f"tuyến báo {rest}"
    if kind == "chain" and rest:
        said_so = f"chain {rest}" if language == "en" else f"chuỗi {rest}"
        return (
            said_so if language == "en" else said_so.replace(" step ", " bước ").replace(" round ", " vòng ")
        )
    return said(BECAUSE, because, language)
