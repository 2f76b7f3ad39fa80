"""This service's own health, from its /metrics: does it probe in time, tell in time, and keep everything."""

from __future__ import annotations

from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from grafana.source import panels
from grafana.source.page import page
from grafana.source.sources import REFERENCES, prom

ANY = {1.0: panels.BAD}
SOME = {1.0: panels.LOUD}


def board(wall: str) -> Dashboard:
    """See grafana.source.registry."""
    about = "Dịch vụ giám sát tự đo mình: đo có kịp không, báo có kịp không, có mất gì không."
    made = page("ioc-service", "IOC · Sức khỏe dịch vụ", about, wall)
    made.with_row(Row("Lúc này"))
    made.with_panel(_ok("up", "Dịch vụ", "Prometheus đọc được /metrics.", 'up{job="ioc"}'))
    made.with_panel(_ok("ledger", "Tệp trạng thái", "Sổ nhận ghi.", "ioc_ledger_ok"))
    made.with_panel(_ok("history", "Lịch sử", "Kho lịch sử nhận ghi.", "ioc_history_ok"))
    made.with_panel(_now("Thiết bị", "Số thiết bị đang giám sát.", "ioc_endpoints", {}))
    made.with_panel(_now("Sự cố đang mở", "Số sự cố chưa đóng.", "ioc_incidents_open", SOME))
    made.with_panel(_now("Thông báo còn nợ", "Thông báo chưa gửi được.", "ioc_deliveries_owed", SOME))
    made.with_row(Row("Đo"))
    made.with_panel(_rates("Số lần đo", "Số lần đo mỗi giây, theo cách đo.", "ioc_probes_total", "source"))
    made.with_panel(_unanswered()).with_panel(_queue())
    made.with_panel(
        _rates("Lỗi khi đo", "Lần đo không thực hiện được.", "ioc_probe_errors_total", "source", "kind")
    )
    made.with_row(Row("Báo"))
    made.with_panel(_alerts())
    made.with_panel(_rates("Thông báo", "Thông báo đã gửi và thất bại.", "ioc_deliveries_total", "result"))
    made.with_panel(_screens())
    made.with_panel(_rates("Trả lời HTTP", "Trả lời mỗi giây, theo loại.", "ioc_web_answers_total", "status"))
    made.with_row(Row("Lưu"))
    made.with_panel(_history()).with_panel(_lost()).with_panel(_waiting()).with_panel(_spool())
    made.with_panel(_ledger()).with_panel(_log())
    made.with_row(Row("Tiến trình"))
    return made.with_panel(_memory()).with_panel(_processor()).with_panel(_files()).with_panel(_faults())


def _ok(name: str, title: str, about: str, query: str) -> stat.Panel:
    panel = panels.number(
        title, about, prom(query, name), unit="none", steps={0.0: panels.BAD, 1.0: panels.QUIET}
    )
    return panel.mappings([panels.yes_no()])


def _now(title: str, about: str, query: str, steps: dict[float, str]) -> stat.Panel:
    return panels.number(title, about, prom(query, title), unit="short", steps=steps)


def _rates(title: str, about: str, metric: str, *labels: str) -> timeseries.Panel:
    """What a counter grows by a second, for each value of its labels."""
    query = f"sum by ({', '.join(labels)}) (rate({metric}[$__rate_interval]))"
    legend = " ".join(f"{{{{{label}}}}}" for label in labels)
    return panels.graph(title, about, prom(query, legend), unit="cps")


def _unanswered() -> timeseries.Panel:
    query = (
        "100 * sum by (source) (rate(ioc_probe_misses_total[$__rate_interval]))"
        " / (sum by (source) (rate(ioc_probes_total[$__rate_interval])) > 0)"
    )
    about = "Phần trăm lần đo không có trả lời kịp, theo cách đo."
    return panels.graph("Không trả lời", about, prom(query, "{{source}}"), unit="percent")


def _queue() -> timeseries.Panel:
    about = "Lần đo còn chờ gửi, đang chờ trả lời, và thiết bị đang được xác nhận."
    return _gauges(
        "Hàng đợi đo",
        about,
        {
            "ioc_probes_waiting": "chờ gửi",
            "ioc_probes_in_flight": "chờ trả lời",
            "ioc_bursts_open": "đang xác nhận",
        },
    )


def _alerts() -> timeseries.Panel:
    about = "Cảnh báo đang kích hoạt và sự cố đang mở."
    return _gauges(
        "Cảnh báo và sự cố", about, {"ioc_alerts_firing": "cảnh báo", "ioc_incidents_open": "sự cố"}
    )


def _screens() -> timeseries.Panel:
    about = "Màn hình đang kết nối."
    return _gauges("Màn hình", about, {"ioc_push_screens": "màn hình"})


def _history() -> timeseries.Panel:
    about = "Dòng lịch sử kho đã nhận mỗi giây."
    query = prom("rate(ioc_history_written_total[$__rate_interval])", "đã ghi")
    return panels.graph("Ghi lịch sử", about, query, unit="cps")


def _waiting() -> timeseries.Panel:
    about = "Dòng lịch sử chưa vào kho, và dòng đang được ghi bù từ đĩa mỗi giây."
    named = {
        "ioc_history_waiting": "chờ ghi",
        "rate(ioc_history_replayed_total[$__rate_interval])": "ghi bù mỗi giây",
    }
    return _gauges("Lịch sử chờ ghi", about, named)


def _spool() -> timeseries.Panel:
    about = "Dung lượng lịch sử đang chờ trên đĩa của dịch vụ."
    return panels.graph("Bộ đệm trên đĩa", about, prom("ioc_history_spool_bytes", "bộ đệm"), unit="bytes")


def _lost() -> timeseries.Panel:
    about = "Những gì bị bỏ: hết chỗ, kho từ chối, không ghi được thành dòng, không kịp nhận."
    return _gauges(
        "Bị bỏ",
        about,
        {
            "ioc_history_dropped_total": "lịch sử bị bỏ",
            "ioc_history_refused_total": "kho từ chối",
            "ioc_samples_not_taken_total": "mẫu không nhận",
            "sum(ioc_datagrams_lost_total)": "gói UDP tràn",
        },
    )


def _ledger() -> timeseries.Panel:
    about = "Giao dịch ghi vào tệp trạng thái mỗi giây, mỗi giao dịch một lần fsync."
    query = prom("rate(ioc_ledger_transactions_total[$__rate_interval])", "giao dịch")
    return panels.graph("Sổ trạng thái", about, query, unit="cps")


def _log() -> timeseries.Panel:
    about = "Dòng nhật ký bị giữ lại vì lặp quá nhiều, và không ghi được."
    return _gauges(
        "Nhật ký", about, {"ioc_log_held_total": "giữ lại", "ioc_log_lost_total": "không ghi được"}
    )


def _memory() -> timeseries.Panel:
    about = "Bộ nhớ thường trú của tiến trình."
    return panels.graph(
        "Bộ nhớ", about, prom('process_resident_memory_bytes{job="ioc"}', "thường trú"), unit="bytes"
    )


def _processor() -> timeseries.Panel:
    about = "Phần của một nhân mà tiến trình dùng."
    query = prom('100 * rate(process_cpu_seconds_total{job="ioc"}[$__rate_interval])', "bộ xử lý")
    return panels.graph("Bộ xử lý", about, query, unit="percent")


def _files() -> timeseries.Panel:
    about = "Tệp và kết nối đang mở, và mức tối đa."
    return _gauges(
        "Tệp đang mở",
        about,
        {'process_open_fds{job="ioc"}': "đang mở", 'process_max_fds{job="ioc"}': "tối đa"},
    )


def _faults() -> timeseries.Panel:
    about = "Lỗi bên trong dịch vụ; bình thường là không."
    return _gauges(
        "Lỗi bên trong",
        about,
        {
            "ioc_watcher_faults_total": "bên trong",
            "ioc_rule_errors": "quy tắc",
            "ioc_web_errors_total": "HTTP",
            "ioc_ledger_retries_total": "đĩa",
        },
    )


def _gauges(title: str, about: str, named: dict[str, str]) -> timeseries.Panel:
    asked = [prom(query, words, ref) for (query, words), ref in zip(named.items(), REFERENCES, strict=False)]
    return panels.graph(title, about, *asked, unit="short")
