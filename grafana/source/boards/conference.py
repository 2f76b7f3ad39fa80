"""The video-conference network: which rooms answer, how well, and which units are worst off."""

from __future__ import annotations

from grafana_foundation_sdk.builders import stat, table, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from grafana.source import flux, outages, panels
from grafana.source.measured import ENDPOINT
from grafana.source.page import UNIT, Choice, annotated, page
from ioc.model import State
from ioc.store.line import CODES

CHOSEN = ("system", "unit")
SYSTEM = Choice("system", "Hệ thống hội nghị", asked={"source": "sip"})
"""systems that have things which speak SIP"""
P95 = "(column, tables=<-) => tables |> quantile(q: 0.95)"
READY_STEPS = {0.0: panels.BAD, 90.0: panels.LOUD, 98.0: panels.QUIET}


def board(wall: str) -> Dashboard:
    """See grafana.source.registry."""
    about = "Điểm cầu có sẵn sàng không, chất lượng đường truyền ra sao, đơn vị nào kém nhất."
    made = annotated(
        page("ioc-conference", "IOC · Hội nghị truyền hình", about, wall, (SYSTEM, UNIT)), CHOSEN
    )
    made.with_row(Row("Hiện tại"))
    made.with_panel(outages.now(CHOSEN)).with_panel(outages.out_now(CHOSEN))
    made.with_row(Row("Sẵn sàng"))
    made.with_panel(_ready_now()).with_panel(_ready()).with_panel(outages.counts(CHOSEN))
    made.with_row(Row("Chất lượng"))
    for field, title in (("rtt", "Độ trễ"), ("loss", "Tỷ lệ mất")):
        made.with_panel(_spread(field, title))
    made.with_panel(_worst("rtt", "Độ trễ cao nhất", "Thiết bị có độ trễ trung bình cao nhất; tối đa 20."))
    made.with_panel(_worst("loss", "Mất nhiều nhất", "Thiết bị có tỷ lệ mất trung bình cao nhất; tối đa 20."))
    made.with_row(Row("Đã từng có sự cố"))
    return made.with_panel(outages.troubled(CHOSEN))


def _ready() -> timeseries.Panel:
    query = "\n".join(
        (
            flux.states(CHOSEN),
            "  |> group()",
            _share(),
            '  |> group(columns: ["_time"]) |> mean() |> group() |> sort(columns: ["_time"])',
            '  |> map(fn: (r) => ({_time: r._time, _value: r._value, name: "sẵn sàng"}))',
            '  |> group(columns: ["name"])',
        )
    )
    about = "Phần trăm điểm cầu trả lời, trong số được đo và không tắt hay bảo trì."
    panel = panels.graph("Tỷ lệ sẵn sàng theo thời gian", about, query, unit="percent", name="name", width=20)
    return panel.max_data_points(150).interval("1m").max(100)


def _ready_now() -> stat.Panel:
    query = "\n".join((flux.DATE, flux.latest(CHOSEN), "  |> group()", _share(), "  |> mean()"))
    about = "Phần trăm điểm cầu trả lời lúc này, trong số được đo và không tắt hay bảo trì."
    panel = panels.number("Sẵn sàng", about, query, unit="percent", steps=READY_STEPS, height=8)
    return panel.decimals(1)


def _share() -> str:
    """Of what is measured and expected: 100 for what answers, 0 for what does not."""
    known = f"r._value <= {CODES[State.UNREACHABLE]}"
    answers = f"r._value <= {CODES[State.DEGRADED]}"
    return (
        f"  |> filter(fn: (r) => {known})\n"
        f"  |> map(fn: (r) => ({{r with _value: if {answers} then 100.0 else 0.0}}))"
    )


def _spread(field: str, title: str) -> timeseries.Panel:
    """The mean and the worst of the endpoints, over time."""
    parts = {"trung bình": ("mean", ""), "95% thấp hơn": ("mean", P95), "cao nhất": ("max", "")}
    queries = [
        f"{flux.averages(ENDPOINT, field, CHOSEN, [], fn, over)}\n"
        f'  |> set(key: "name", value: "{name}") |> group(columns: ["name"])'
        for name, (fn, over) in parts.items()
    ]
    unit = panels.unit_of(flux.field_of(ENDPOINT, field))
    about = "Trung bình, mức mà 95% thiết bị không vượt, và cao nhất của các thiết bị."
    return panels.graph(f"{title} của các điểm cầu", about, *queries, unit=unit, name="name")


def _worst(field: str, title: str, about: str) -> table.Panel:
    query = "\n".join(
        (
            flux.tiered(field, "mean") + "\n",
            flux.source(tier="tier"),
            flux.only(ENDPOINT, [field], CHOSEN, named="field"),
            '  |> mean() |> group() |> sort(columns: ["_value"], desc: true) |> limit(n: 20)',
            f'  |> rename(columns: {{_value: "{field}"}})',
            f'  |> keep(columns: ["endpoint", "{field}", "source", "unit", "site"])',
        )
    )
    words = {"rtt": "Độ trễ", "loss": "Tỷ lệ mất"}[field]
    columns = {
        "endpoint": "Thiết bị",
        field: words,
        "source": "Cách đo",
        "unit": "Đơn vị",
        "site": "Địa điểm",
    }
    made = panels.rows(title, about, query, columns=columns)
    return panels.in_unit(made, field, panels.unit_of(flux.field_of(ENDPOINT, field)))
