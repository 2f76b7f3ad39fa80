"""A dossier's life in the national shape, sent in any order, with repeats: the same case, whatever was heard first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.wire.dossier import read_dossier, read_progress
from collectors.wire.dossierrow import Reading
from ioc.cases.merge import merge
from ioc.cases.model import Case, Fault, Stage
from tests.collectors.portal_house import HEARD, UNITS, ZONE, day_end, moment, stage_of

BY = Reading(
    "portal", ZONE, HEARD, UNITS.get, lambda status: stage_of("dossier", status), day_end, {"2": "online"}
)
ID = "H44.12-261005-0001"
ASKED = {"NgayBoSung": "20261005140000", "NgayHenTraTruoc": "20261007170000"}
BROUGHT = {**ASKED, "NgayTiepNhanBoSung": "20261006080000", "NgayHenTraMoi": "20261008170000"}


def row(status: str, **more: object) -> dict[str, object]:
    return {
        "MaHoSo": ID,
        "MaTTHC": "2.000815",
        "NgayTiepNhan": "20261005081500",
        "NgayHenTra": "20261007170000",
        "TrangThaiHoSo": status,
        "HinhThuc": "2",
        "DonViXuLy": "H44.12",
        **more,
    }


DONE = {"DanhSachHoSoBoSung": [BROUGHT], "NgayKetThucXuLy": "20261007100000"}
RECORDS = [
    row("1", NgayTiepNhan="", NgayHenTra=""),
    row("2"),
    row("5", DanhSachHoSoBoSung=[ASKED]),
    row("4", DanhSachHoSoBoSung=[BROUGHT]),
    row("9", **DONE),
    row("10", **DONE, NgayTra="20261007150000"),
]
ACTS = [
    {"MaHoSo": ID, "ThoiDiemXuLy": at, "TrangThai": status, "NguoiXuLy": officer}
    for at, status, officer in (
        ("20261005081500", "2", "an"),
        ("20261005140000", "5", "an"),
        ("20261006080000", "4", "binh"),
        ("20261007100000", "9", "binh"),
    )
]
LIFE: list[tuple[Any, dict[str, Any]]] = [
    *((read_dossier, each) for each in RECORDS),
    *((read_progress, each) for each in ACTS),
]


def heard(order: Sequence[int]) -> tuple[Case, list[Fault]]:
    """The case after these of LIFE, and the faults that merging found."""
    case, faults = None, list[Fault]()
    for n in order:
        read, body = LIFE[n]
        update, wrong = read(1, body, BY)
        assert update is not None and not wrong
        case, found = merge(case, update)
        faults += [each.fault for each in found]
    assert case is not None
    return case, faults


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(len(LIFE))), st.lists(st.integers(0, len(LIFE) - 1), max_size=6))
def test_any_order_with_any_repeats(order: list[int], repeats: list[int]) -> None:
    case, faults = heard([*order, *repeats])
    assert case == heard(range(len(LIFE)))[0]
    assert Fault.CONFLICT not in faults
    assert case.record is not None
    assert (case.latest.status, case.latest.stage) == ("10", Stage.DONE)
    assert case.record.closed == moment("2026-10-07 10:00")


def test_as_it_happened_nothing_is_wrong() -> None:
    assert heard(range(len(LIFE)))[1] == []


def test_a_correction_without_a_moment_is_told() -> None:
    """2 becomes 4 and nothing says when: the later one counts, as docs/portal.md tells."""
    case, found = merge(None, _record(row("2")))
    assert found == ()
    case, found = merge(case, _record(row("4")))
    assert [each.fault for each in found] == [Fault.CONFLICT]
    assert case.latest.status == "4"


def _record(body: dict[str, object]) -> Any:
    return read_dossier(1, body, BY).update
