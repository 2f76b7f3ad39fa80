"""The whole province at a glance: states by system and unit, what is out now, loss and round trips."""

from __future__ import annotations

from grafana_foundation_sdk.builders import bargauge, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from grafana.source import flux, panels, states
from grafana.source.measured import ENDPOINT
from grafana.source.page import SYSTEM, UNIT, annotated, page
from ioc.schema import STATE
from ioc.store.line import CODES

CHOSEN = ("system", "unit")
LOSS_STEPS = {1.0: panels.LOUD, 5.0: panels.BAD}


def board(wall: str) -> Dashboard:
    """See grafana.source.registry."""
    about = "Tình trạng toàn tỉnh theo hệ thống và đơn vị."
    made = annotated(page("ioc-overview", "IOC · Toàn cảnh", about, wall, (SYSTEM, UNIT)), CHOSEN)
    made.with_row(Row("Hiện tại"))
    made.with_panel(_now()).with_panel(out_now(CHOSEN)).with_panel(_out_by("system")).with_panel(
        _out_by("unit")
    )
    made.with_row(Row("Diễn biến"))
    made.with_panel(_counts())
    made.with_panel(_measured("loss", "Tỷ lệ mất theo hệ thống", "Trung bình số lần đo không có trả lời."))
    made.with_panel(_measured("rtt", "Độ trễ theo hệ thống", "Trung bình thời gian khứ hồi của các lần đo."))
    made.with_panel(_by_unit())
    made.with_row(Row("Đã từng có sự cố"))
    return made.with_panel(troubled(CHOSEN))


def out_now(chosen: tuple[str, ...]) -> table.Panel:
    """A table of what is wrong at the end of the dashboard's time, and for how long."""
    about = (
        "Thiết bị suy giảm, mất kết nối hoặc không tới được, và đã bao lâu trong khoảng thời gian đang xem."
    )
    columns = {
        "endpoint": "Thiết bị",
        "code": "Trạng thái",
        "reason": "Lý do",
        "lasting": "Đã kéo dài",
        "unit": "Đơn vị",
        "site": "Địa điểm",
        "system": "Hệ thống",
    }
    made = panels.rows("Đang có sự cố", about, _out_now(chosen), columns=columns, width=24)
    return panels.in_unit(made, "lasting", "s", 0)


def troubled(chosen: tuple[str, ...]) -> statetimeline.Panel:
    """The states over time of whatever was out within the dashboard's time."""
    about = "Tối đa 40 thiết bị mất kết nối gần đây nhất trong khoảng thời gian đang xem."
    query = "\n".join(
        (
            f"marks = {flux.source()}\n{flux.only(STATE, ['code'], chosen)}",
            f"out = marks\n  |> filter(fn: (r) => {states.any_of(states.OUT, 'r._value')})",
            '  |> last() |> group() |> sort(columns: ["_time"], desc: true) |> limit(n: 40)',
            '  |> findColumn(fn: (key) => true, column: "endpoint")',
            "marks\n  |> filter(fn: (r) => contains(value: r.endpoint, set: out))",
            '  |> group(columns: ["endpoint"])',
            "  |> aggregateWindow(every: v.windowPeriod, fn: max, createEmpty: false)",
            '  |> keep(columns: ["_time", "_value", "endpoint"])',
        )
    )
    return panels.timeline("Trạng thái thiết bị từng mất kết nối", about, query, name="endpoint")


def _now() -> stat.Panel:
    none = ", ".join(f"{state}: 0" for state in CODES)
    each = ", ".join(
        f"{state}: accumulator.{state} + (if r._value == {code} then 1 else 0)"
        for state, code in CODES.items()
    )
    query = "\n".join(
        (
            flux.latest(CHOSEN),
            "  |> group()",
            f"  |> reduce(identity: {{{none}}}, fn: (r, accumulator) => ({{{each}}}))",
        )
    )
    about = "Số thiết bị ở mỗi trạng thái vào cuối khoảng thời gian đang xem."
    return panels.by_state(panels.number("Trạng thái", about, query, unit="short", width=24), str)


def _out_now(chosen: tuple[str, ...]) -> str:
    wrong = states.any_of(states.WRONG, "r._value")
    return "\n".join(
        (
            f"codes = {flux.source()}\n{flux.only(STATE, ['code'], chosen)}",
            f'  |> stateDuration(fn: (r) => {wrong}, column: "lasting", unit: 1s)',
            f"  |> last() |> filter(fn: (r) => {wrong})",
            '  |> group() |> rename(columns: {_value: "code"})',
            f"reasons = {flux.source()}\n{flux.only(STATE, ['reason'], chosen)}",
            '  |> last() |> group() |> rename(columns: {_value: "reason"})',
            '  |> keep(columns: ["endpoint", "reason"])',
            'join(tables: {code: codes, reason: reasons}, on: ["endpoint"])',
            '  |> keep(columns: ["endpoint", "code", "reason", "lasting", "unit", "site", "system"])',
            '  |> sort(columns: ["lasting"], desc: true)',
        )
    )


def _out_by(tag: str) -> bargauge.Panel:
    words = {"system": "hệ thống", "unit": "đơn vị"}[tag]
    query = "\n".join(
        (
            flux.latest(CHOSEN),
            f"  |> map(fn: (r) => ({{r with _value: if {states.any_of(states.WRONG, 'r._value')} then 1 else 0}}))",
            f'  |> group(columns: ["{tag}"]) |> sum()',
            '  |> group() |> sort(columns: ["_value"], desc: true) |> limit(n: 20)',
            f'  |> group(columns: ["{tag}"])',
        )
    )
    about = f"Số thiết bị cần xử lý theo {words}; tối đa 20."
    return panels.bars(
        f"Cần xử lý theo {words}", about, query, unit="short", name=tag, steps={1.0: panels.BAD}
    )


def _counts() -> timeseries.Panel:
    query = "\n".join(
        (
            flux.states(CHOSEN),
            '  |> group(columns: ["_time", "_value"]) |> count(column: "endpoint")',
            '  |> group() |> sort(columns: ["_time", "_value"])',
            '  |> pivot(rowKey: ["_time"], columnKey: ["_value"], valueColumn: "endpoint")',
        )
    )
    about = "Số thiết bị ở mỗi trạng thái theo thời gian."
    panel = panels.counts("Số thiết bị theo trạng thái", about, query, width=24)
    return panel.max_data_points(150).interval("1m")


def _measured(field: str, title: str, about: str) -> timeseries.Panel:
    unit = panels.unit_of(flux.field_of(ENDPOINT, field))
    return panels.graph(
        title, about, flux.averages(ENDPOINT, field, CHOSEN, ["system"]), unit=unit, name="system"
    )


def _by_unit() -> bargauge.Panel:
    query = "\n".join(
        (
            flux.source(),
            flux.only(ENDPOINT, ["loss"], CHOSEN),
            '  |> mean() |> group(columns: ["unit"]) |> mean()',
            '  |> group() |> sort(columns: ["_value"], desc: true) |> limit(n: 20) |> group(columns: ["unit"])',
        )
    )
    about = "Trung bình tỷ lệ mất trong khoảng thời gian đang xem; 20 đơn vị cao nhất."
    return panels.bars(
        "Tỷ lệ mất cao nhất theo đơn vị",
        about,
        query,
        unit="percent",
        name="unit",
        steps=LOSS_STEPS,
        width=24,
    )
