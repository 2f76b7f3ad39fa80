"""What is wrong and what was: the panels about states that several dashboards have."""

from __future__ import annotations

from grafana_foundation_sdk.builders import stat, statetimeline, table, timeseries

from grafana.source import flux, panels, states
from grafana.source.flux import Tags
from ioc.schema import STATE
from ioc.store.line import CODES


def out_now(chosen: Tags) -> table.Panel:
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


def troubled(chosen: Tags) -> statetimeline.Panel:
    """The states over time of whatever was out within the dashboard's time; of each window the highest code."""
    about = "Tối đa 40 thiết bị mất kết nối gần đây nhất trong khoảng thời gian đang xem."
    query = "\n".join(
        (
            flux.tiered("code", "max"),
            f"out = {flux.source()}\n{flux.only(STATE, ['code'], chosen)}",
            f"  |> filter(fn: (r) => {states.any_of(states.OUT, 'r._value')})",
            '  |> last() |> group() |> sort(columns: ["_time"], desc: true) |> limit(n: 40)',
            '  |> findColumn(fn: (key) => true, column: "endpoint")\n',
            f"{flux.source(tier='tier')}\n{flux.only(STATE, ['code'], chosen, named='field')}",
            "  |> aggregateWindow(every: v.windowPeriod, fn: max, createEmpty: false)",
            "  |> filter(fn: (r) => contains(value: r.endpoint, set: out))",
            '  |> group(columns: ["endpoint"]) |> keep(columns: ["_time", "_value", "endpoint"])',
        )
    )
    panel = panels.timeline("Trạng thái thiết bị từng mất kết nối", about, query, name="endpoint")
    return panel.max_data_points(300).interval("10s")


def now(chosen: Tags) -> stat.Panel:
    """How many are in each state at the end of the dashboard's time."""
    none = ", ".join(f"{state}: 0" for state in CODES)
    each = ", ".join(
        f"{state}: accumulator.{state} + (if r._value == {code} then 1 else 0)"
        for state, code in CODES.items()
    )
    query = "\n".join(
        (
            flux.DATE,
            flux.latest(chosen),
            "  |> group()",
            f"  |> reduce(identity: {{{none}}}, fn: (r, accumulator) => ({{{each}}}))",
        )
    )
    about = "Số thiết bị ở mỗi trạng thái vào cuối khoảng thời gian đang xem."
    return panels.by_state(panels.number("Trạng thái", about, query, unit="short", width=24), str)


def _out_now(chosen: Tags) -> str:
    wrong = states.any_of(states.WRONG, "r._value")
    return "\n".join(
        (
            flux.DATE,
            f"codes = {flux.latest(chosen)} |> filter(fn: (r) => {wrong})",
            '  |> group() |> keep(columns: ["endpoint", "unit", "site", "system", "_value"])',
            '  |> rename(columns: {_value: "code"})',
            f"reasons = {flux.latest(chosen, ['reason'])}",
            '  |> group() |> keep(columns: ["endpoint", "_value"]) |> rename(columns: {_value: "reason"})',
            f"begun = {flux.runs(chosen, states.WRONG)}",
            '  |> group(columns: ["endpoint"]) |> max(column: "from") |> group()',
            "  |> map(fn: (r) => ({endpoint: r.endpoint,",
            "      lasting: float(v: int(v: v.timeRangeStop) - r.from) / 1000000000.0}))",
            'explained = join(tables: {code: codes, reason: reasons}, on: ["endpoint"])',
            'join(tables: {explained: explained, begun: begun}, on: ["endpoint"])',
            '  |> sort(columns: ["lasting"], desc: true)',
        )
    )


def counts(chosen: Tags) -> timeseries.Panel:
    """How many were in each state, over time."""
    query = "\n".join(
        (
            flux.states(chosen),
            '  |> group(columns: ["_time", "_value"]) |> count(column: "endpoint")',
            '  |> group() |> sort(columns: ["_time", "_value"])',
            '  |> pivot(rowKey: ["_time"], columnKey: ["_value"], valueColumn: "endpoint")',
        )
    )
    about = "Số thiết bị ở mỗi trạng thái theo thời gian."
    panel = panels.counts("Số thiết bị theo trạng thái", about, query, width=24)
    return panel.max_data_points(150).interval("1m")
