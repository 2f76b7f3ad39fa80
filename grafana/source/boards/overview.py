"""The whole province at a glance: states by system and unit, what is out now, loss and round trips."""

from __future__ import annotations

from grafana_foundation_sdk.builders import bargauge, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from grafana.source import flux, outages, panels, states
from grafana.source.measured import ENDPOINT
from grafana.source.page import SYSTEM, UNIT, annotated, page

CHOSEN = ("system", "unit")
LOSS_STEPS = {1.0: panels.LOUD, 5.0: panels.BAD}


def board(wall: str) -> Dashboard:
    """See grafana.source.registry."""
    about = "Tình trạng toàn tỉnh theo hệ thống và đơn vị."
    made = annotated(page("ioc-overview", "IOC · Toàn cảnh", about, wall, (SYSTEM, UNIT)), CHOSEN)
    made.with_row(Row("Hiện tại"))
    made.with_panel(outages.now(CHOSEN)).with_panel(outages.out_now(CHOSEN)).with_panel(
        _out_by("system")
    ).with_panel(_out_by("unit"))
    made.with_row(Row("Diễn biến"))
    made.with_panel(outages.counts(CHOSEN))
    made.with_panel(_measured("loss", "Tỷ lệ mất theo hệ thống", "Trung bình số lần đo không có trả lời."))
    made.with_panel(_measured("rtt", "Độ trễ theo hệ thống", "Trung bình thời gian khứ hồi của các lần đo."))
    made.with_panel(_by_unit())
    made.with_row(Row("Đã từng có sự cố"))
    return made.with_panel(outages.troubled(CHOSEN))


def _out_by(tag: str) -> bargauge.Panel:
    words = {"system": "hệ thống", "unit": "đơn vị"}[tag]
    query = "\n".join(
        (
            flux.DATE,
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
