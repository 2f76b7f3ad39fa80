"""One endpoint: its states with their reasons, and everything that any source measures of it."""

from __future__ import annotations

from dataclasses import replace

from grafana_foundation_sdk.builders import stat, statetimeline, table, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from grafana.source import flux, panels
from grafana.source.measured import ENDPOINT, MEASUREMENTS
from grafana.source.page import ENDPOINT as CHOICE
from grafana.source.page import SITE, UNIT, annotated, page
from ioc.schema import STATE

CHOSEN = ("endpoint",)
DEVICE = {"cpu": "Bộ xử lý", "memory": "Bộ nhớ", "storage": "Ổ đĩa đầy nhất", "if_use": "Cổng mạng bận nhất"}
PHASES = {
    "dns": "phân giải tên",
    "connect": "kết nối",
    "tls": "bắt tay TLS",
    "first_byte": "chờ phản hồi",
    "transfer": "truyền",
}


def board(wall: str) -> Dashboard:
    """See grafana.source.registry."""
    about = "Trạng thái và mọi số đo của một thiết bị. Chọn đơn vị và địa điểm để rút ngắn danh sách."
    choices = (UNIT, SITE, replace(CHOICE, several=False))
    made = annotated(
        page("ioc-endpoint", "IOC · Thiết bị", about, wall, choices, f"{panels.ON_WALL}${{endpoint:raw}}"),
        CHOSEN,
    )
    made.with_row(Row("Trạng thái"))
    made.with_panel(_state()).with_panel(_history()).with_panel(_changes())
    made.with_row(Row("Đường truyền"))
    made.with_panel(_by_source("rtt", "Độ trễ", "Thời gian khứ hồi theo cách đo."))
    made.with_panel(_by_source("loss", "Tỷ lệ mất", "Số lần đo không có trả lời, theo cách đo."))
    made.with_row(Row("Thiết bị (SNMP)"))
    made.with_panel(_named("Tải của thiết bị", "Bộ xử lý, bộ nhớ, ổ đĩa và cổng mạng.", DEVICE, "percent"))
    made.with_panel(_uptime()).with_panel(_traffic("in_bits", "nhận")).with_panel(_traffic("out_bits", "gửi"))
    made.with_row(Row("Dịch vụ (HTTP)"))
    made.with_panel(_named("Các chặng của một lần gọi", "Thời gian của từng chặng.", PHASES, "ms"))
    made.with_panel(_certificate()).with_panel(_status())
    made.with_row(Row("Số đo khác"))
    return made.with_panel(_own()).with_panel(_metrics())


def _state() -> stat.Panel:
    query = f"{flux.DATE}\n{flux.latest(CHOSEN)}"
    panel = panels.number("Lúc này", "Trạng thái mới nhất.", query, unit="none", height=5)
    return panel.mappings([panels.state_words()])


def _history() -> statetimeline.Panel:
    query = "\n".join(
        (
            flux.states(CHOSEN),
            '  |> group(columns: ["endpoint"]) |> keep(columns: ["_time", "_value", "endpoint"])',
        )
    )
    panel = panels.timeline(
        "Trạng thái theo thời gian",
        "Màu như trên màn hình điều hành.",
        query,
        name="endpoint",
        width=20,
        height=5,
    )
    return panel.max_data_points(300).interval("10s")


def _changes() -> table.Panel:
    query = "\n".join(
        (
            f"reasons = {flux.source()}\n{flux.only(STATE, ['reason'], CHOSEN)}",
            '  |> group() |> keep(columns: ["_time", "_value"]) |> rename(columns: {_value: "reason"})',
            f"codes = {flux.source()}\n{flux.only(STATE, ['code'], CHOSEN)}",
            '  |> group() |> sort(columns: ["_time"]) |> duplicate(column: "_value", as: "code")',
            '  |> difference(columns: ["_value"], keepFirst: true)',
            "  |> filter(fn: (r) => not exists r._value or r._value != 0)",
            '  |> keep(columns: ["_time", "code"])',
            'join(tables: {code: codes, reason: reasons}, on: ["_time"])',
            '  |> rename(columns: {_time: "time"}) |> keep(columns: ["time", "code", "reason"])',
            '  |> sort(columns: ["time"], desc: true) |> limit(n: 200)',
        )
    )
    about = "Mỗi lần đổi trạng thái trong khoảng thời gian đang xem, mới nhất trước; tối đa 200."
    columns = {"time": "Lúc", "code": "Trạng thái", "reason": "Lý do"}
    return panels.rows("Các lần đổi trạng thái", about, query, columns=columns, width=24, height=7)


def _by_source(field: str, title: str, about: str) -> timeseries.Panel:
    unit = panels.unit_of(flux.field_of(ENDPOINT, field))
    query = flux.averages(ENDPOINT, field, CHOSEN, ["source"])
    return panels.graph(title, about, query, unit=unit, name="source")


def _named(title: str, about: str, fields: dict[str, str], unit: str) -> timeseries.Panel:
    """Several fields in one graph, each by its word."""
    queries = [
        f"{flux.averages(ENDPOINT, field, CHOSEN, [])}\n"
        f'  |> set(key: "name", value: "{words}") |> group(columns: ["name"])'
        for field, words in fields.items()
    ]
    return panels.graph(title, about, *queries, unit=unit, name="name")


def _uptime() -> timeseries.Panel:
    about = "Thời gian từ lần khởi động gần nhất; rơi về không là thiết bị đã khởi động lại."
    query = flux.averages(ENDPOINT, "uptime", CHOSEN, ["source"], "min")
    return panels.graph("Đã chạy liên tục", about, query, unit="s", name="source")


def _traffic(field: str, words: str) -> timeseries.Panel:
    query = flux.averages(MEASUREMENTS["interface"], field, CHOSEN, ["interface"])
    about = f"Lưu lượng {words} của từng cổng mạng."
    return panels.graph(f"Lưu lượng {words}", about, query, unit="bps", name="interface")


def _certificate() -> stat.Panel:
    query = f"{flux.source()}\n{flux.only(ENDPOINT, ['tls_days'], CHOSEN)}\n  |> last() |> group() |> min()"
    steps = {-1e6: panels.BAD, 7.0: panels.LOUD, 30.0: panels.QUIET}
    about = "Số ngày đến khi chứng chỉ TLS hết hạn."
    return panels.number("Chứng chỉ còn", about, query, unit="d", steps=steps, width=6, height=8).decimals(0)


def _status() -> timeseries.Panel:
    query = flux.averages(ENDPOINT, "status", CHOSEN, ["source"], "max")
    about = "Mã trạng thái HTTP cao nhất trong mỗi khoảng."
    return panels.graph("Mã trạng thái", about, query, unit="none", name="source", width=6)


def _own() -> timeseries.Panel:
    """Fields that configuration names: whatever no source declares for all."""
    declared = " and ".join(f'r._field != "{field.name}"' for field in ENDPOINT.fields)
    query = "\n".join(
        (
            flux.source(),
            f'  |> filter(fn: (r) => r._measurement == "{ENDPOINT.name}" and r.endpoint =~ /^${{endpoint:regex}}$/)',
            f"  |> filter(fn: (r) => {declared})",
            "  |> aggregateWindow(every: v.windowPeriod, fn: mean, createEmpty: false)",
            '  |> rename(columns: {_field: "field"}) |> group(columns: ["field"]) |> sort(columns: ["_time"])',
            '  |> keep(columns: ["_time", "_value", "field"])',
        )
    )
    about = "Các số đo do cấu hình đặt tên (JSON của HTTP, số liệu của Prometheus)."
    return panels.graph("Số đo do cấu hình đặt", about, query, unit="short", name="field")


def _metrics() -> timeseries.Panel:
    measured = MEASUREMENTS["metric"]
    query = "\n".join(
        (
            flux.averages(measured, "value", CHOSEN, ["metric", "label"]),
            '  |> map(fn: (r) => ({_time: r._time, _value: r._value, name: r.metric + " " + r.label}))',
            '  |> group(columns: ["name"])',
        )
    )
    about = "Số liệu của trang Prometheus mà cấu hình lưu lại, theo nhãn."
    return panels.graph("Số liệu của Prometheus", about, query, unit="short", name="name")
