"""Sites and data centers: which are well, their devices by SNMP, their services by HTTP, what was not kept."""

from __future__ import annotations

from grafana_foundation_sdk.builders import bargauge, table, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from grafana.source import flux, outages, panels, states
from grafana.source.measured import ENDPOINT, MEASUREMENTS
from grafana.source.page import SITE, UNIT, annotated, page
from ioc.model import State
from ioc.schema import Measurement
from ioc.store.line import CODES

CHOSEN = ("unit", "site")
INTERFACE, STORAGE = MEASUREMENTS["interface"], MEASUREMENTS["storage"]
FULL = {75.0: panels.LOUD, 90.0: panels.BAD}
BUSY = {60.0: panels.LOUD, 85.0: panels.BAD}


def board(wall: str) -> Dashboard:
    """See grafana.source.registry."""
    about = "Các địa điểm, trung tâm dữ liệu, thiết bị mạng, máy chủ và dịch vụ ở đó."
    made = annotated(
        page("ioc-sites", "IOC · Địa điểm và trung tâm dữ liệu", about, wall, (UNIT, SITE)), CHOSEN
    )
    made.with_row(Row("Địa điểm"))
    made.with_panel(outages.now(CHOSEN)).with_panel(_sites()).with_panel(outages.out_now(CHOSEN))
    made.with_row(Row("Cổng mạng (SNMP)"))
    made.with_panel(_traffic("in_bits", "Lưu lượng nhận", "nhận")).with_panel(
        _traffic("out_bits", "Lưu lượng gửi", "gửi")
    )
    made.with_panel(_interfaces("use", "Cổng mạng bận nhất", "Phần băng thông đã dùng", BUSY))
    made.with_panel(_flaws())
    made.with_row(Row("Máy chủ và thiết bị (SNMP)"))
    made.with_panel(_device("cpu", "Bộ xử lý", "Phần thời gian bộ xử lý bận."))
    made.with_panel(_device("memory", "Bộ nhớ", "Phần bộ nhớ đã dùng."))
    made.with_panel(_storage()).with_panel(_restarts())
    made.with_row(Row("Dịch vụ (HTTP)"))
    made.with_panel(_device("first_byte", "Chờ phản hồi", "Từ lúc gửi yêu cầu đến lúc có phản hồi."))
    made.with_panel(_services())
    made.with_row(Row("Lịch sử không lưu được"))
    return made.with_panel(_dropped())


def _sites() -> table.Panel:
    wrong = states.any_of(states.WRONG, "r._value")
    query = "\n".join(
        (
            flux.DATE,
            flux.latest(CHOSEN),
            '  |> group(columns: ["site", "unit"])',
            "  |> reduce(identity: {total: 0, up: 0, wrong: 0}, fn: (r, accumulator) => ({",
            "      total: accumulator.total + 1,",
            f"      up: accumulator.up + (if r._value == {CODES[State.UP]} then 1 else 0),",
            f"      wrong: accumulator.wrong + (if {wrong} then 1 else 0),",
            "  }))",
            '  |> group() |> sort(columns: ["wrong", "total"], desc: true) |> limit(n: 200)',
        )
    )
    columns = {
        "site": "Địa điểm",
        "unit": "Đơn vị",
        "total": "Thiết bị",
        "up": "Hoạt động",
        "wrong": "Cần xử lý",
    }
    about = "Thiết bị ở mỗi địa điểm lúc này; nơi cần xử lý nhiều nhất trước, tối đa 200."
    return panels.rows("Tình trạng các địa điểm", about, query, columns=columns, width=24)


def _traffic(field: str, title: str, words: str) -> timeseries.Panel:
    """The busiest interfaces; the others would hide them."""
    query = "\n".join(
        (
            flux.averages(INTERFACE, field, CHOSEN, ["endpoint", "interface"]),
            '  |> map(fn: (r) => ({_time: r._time, _value: r._value, name: r.endpoint + " " + r.interface}))',
            '  |> group(columns: ["name"])',
        )
    )
    about = f"Lưu lượng {words} của 20 cổng mạng bận nhất ở các địa điểm đang chọn."
    return panels.graph(title, about, flux.highest(query, "name"), unit=_unit(INTERFACE, field), name="name")


def _interfaces(field: str, title: str, about: str, steps: dict[float, str]) -> bargauge.Panel:
    query = "\n".join(
        (
            flux.source(),
            flux.only(INTERFACE, [field], CHOSEN),
            '  |> last() |> group() |> sort(columns: ["_value"], desc: true) |> limit(n: 20)',
            '  |> map(fn: (r) => ({_value: r._value, name: r.endpoint + " " + r.interface}))',
            '  |> group(columns: ["name"])',
        )
    )
    unit = _unit(INTERFACE, field)
    return panels.bars(title, f"{about}; 20 cổng đầu.", query, unit=unit, name="name", steps=steps).max(100)


def _flaws() -> timeseries.Panel:
    """Packets with errors, and those thrown away, of all interfaces of an endpoint together."""
    queries = []
    for field, words in (("errors", "lỗi"), ("discards", "bị bỏ")):
        named = (
            flux.averages(INTERFACE, field, CHOSEN, ["endpoint"], over="sum"),
            f'  |> map(fn: (r) => ({{_time: r._time, _value: r._value, name: r.endpoint + " {words}"}}))',
            '  |> group(columns: ["name"])',
        )
        queries.append(flux.highest("\n".join(named), "name"))
    about = "Gói tin lỗi hoặc bị bỏ mỗi giây, cộng các cổng của một thiết bị; 20 thiết bị nhiều nhất."
    return panels.graph("Gói lỗi và gói bị bỏ", about, *queries, unit=_unit(INTERFACE, "errors"), name="name")


def _device(field: str, title: str, about: str) -> timeseries.Panel:
    query = flux.highest(flux.averages(ENDPOINT, field, CHOSEN, ["endpoint"]), "endpoint")
    unit = _unit(ENDPOINT, field)
    return panels.graph(title, f"{about} 20 thiết bị cao nhất.", query, unit=unit, name="endpoint")


def _storage() -> table.Panel:
    query = "\n".join(
        (
            flux.newest(STORAGE, ["used", "size", "use"], CHOSEN, ["endpoint", "storage", "site"]),
            '  |> sort(columns: ["use"], desc: true) |> limit(n: 200)',
        )
    )
    columns = {
        "endpoint": "Thiết bị",
        "storage": "Ổ đĩa",
        "used": "Đã dùng",
        "size": "Dung lượng",
        "use": "Mức đầy",
        "site": "Địa điểm",
    }
    made = panels.rows("Ổ đĩa", "Ổ đĩa đầy nhất trước; tối đa 200.", query, columns=columns)
    for column in ("used", "size", "use"):
        panels.in_unit(made, column, _unit(STORAGE, column))
    return made


def _restarts() -> table.Panel:
    query = "\n".join(
        (
            flux.newest(ENDPOINT, ["uptime"], CHOSEN, ["endpoint", "unit", "site"]),
            '  |> sort(columns: ["uptime"]) |> limit(n: 50)',
        )
    )
    columns = {"endpoint": "Thiết bị", "unit": "Đơn vị", "site": "Địa điểm", "uptime": "Đã chạy"}
    made = panels.rows(
        "Khởi động gần đây", "Thiết bị vừa khởi động lại trước; tối đa 50.", query, columns=columns
    )
    return panels.in_unit(made, "uptime", _unit(ENDPOINT, "uptime"), 0)


def _services() -> table.Panel:
    query = "\n".join(
        (
            flux.newest(ENDPOINT, ["status", "rtt", "size"], CHOSEN, ["endpoint", "site", "source"]),
            "  |> filter(fn: (r) => exists r.status)",
            '  |> sort(columns: ["status", "rtt"], desc: true) |> limit(n: 200)',
        )
    )
    columns = {
        "endpoint": "Dịch vụ",
        "status": "Mã trạng thái",
        "rtt": "Thời gian",
        "size": "Kích thước",
        "source": "Cách đo",
        "site": "Địa điểm",
    }
    made = panels.rows("Dịch vụ", "Trả lời mới nhất của từng dịch vụ.", query, columns=columns)
    for column, decimals in (("status", 0), ("rtt", 0), ("size", 1)):
        unit = "none" if column == "status" else _unit(ENDPOINT, column)
        panels.in_unit(made, column, unit, decimals)
    return made


def _dropped() -> table.Panel:
    columns = {"time": "Lúc", "store": "Kho", "lines": "Dòng bỏ", "seconds": "Khoảng thời gian"}
    about = "Lịch sử phải bỏ vì hết chỗ chờ ghi: từ lúc nào, bao nhiêu dòng, của khoảng thời gian bao lâu."
    made = panels.rows("Lịch sử bị bỏ", about, flux.dropped(), columns=columns, width=24, height=6)
    return panels.in_unit(made, "seconds", "s", 0)


def _unit(measurement: Measurement, field: str) -> str:
    return panels.unit_of(flux.field_of(measurement, field))
