"""Anything at all to the national shape: an update or a fault of that row, an answer of the shape, nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math

from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.wire import portal
from collectors.wire.dossier import read_dossier, read_progress, written
from collectors.wire.dossierrow import Reading
from ioc.cases.merge import EARLIEST, LATEST, merge
from ioc.cases.model import Record
from ioc.cases.packed import pack_updates
from ioc.errors import CodecError
from ioc.legible import control
from tests.collectors.portal_house import HEARD, UNITS, ZONE, House, day_end, stage_of

BY = Reading(
    "portal", ZONE, HEARD, UNITS.get, lambda status: stage_of("dossier", status), day_end, {"1": "direct"}
)
DATES = st.sampled_from(
    ["", "20261005081500", "20261332000000", "20260230000000", "00000000000000", "20261005", "99991231235959"]
) | st.from_regex(r"\A[0-9]{14}\Z", fullmatch=True)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | DATES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
PAPERS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("NgayBoSung", "NgayTiepNhanBoSung", "NgayHenTraTruoc", "NgayHenTraMoi"), JSON),
)
FIELDS = (
    "MaTTHC", "ChuHoSo", "TrichYeuHoSo", "NgayTiepNhan", "NgayHenTra", "TrangThaiHoSo", "NgayTra", "HinhThuc",
    "NgayKetThucXuLy", "DonViXuLy", "NguoiXuLy", "ThoiDiemXuLy", "PhongBanXuLy", "TrangThai",
)  # fmt: skip
ROW = JSON | st.fixed_dictionaries(
    {"MaHoSo": st.sampled_from(["H44.12-261005-0001", "HS/1", "1"]) | JSON},
    optional={
        **dict.fromkeys(FIELDS, JSON),
        "DanhSachHoSoBoSung": st.lists(PAPERS | JSON, max_size=40) | JSON,
    },
)


@settings(max_examples=120, deadline=None)
@given(ROW)
def test_a_row(row: object) -> None:
    for read in (read_dossier, read_progress):
        update, wrong = read(1, row, BY)
        assert update is not None or wrong, "what is not kept is told"
        assert all(len(each.value) <= 80 and not control(each.value) for each in wrong)
        if update is not None:
            merged, _ = merge(None, update)
            assert merged.key == update.key
            assert math.isfinite(update.at) and EARLIEST <= update.at < LATEST
            pack_updates([update])
            if isinstance(update, Record):
                assert update.at <= HEARD + 32 * 86_400


@settings(max_examples=40, deadline=None)
@given(st.lists(ROW, max_size=3), st.sampled_from(portal.SERVICES))
def test_a_call(rows: list[object], service: str) -> None:
    try:
        json.dumps(rows, allow_nan=False)
    except ValueError:
        return
    answer = asyncio.run(House().call(service, rows, mahoso="H44.12-261005-0001"))
    assert answer["error_code"] in set(portal.Code)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=80) | JSON.map(lambda each: json.dumps(each).encode()))
def test_any_bytes(body: bytes) -> None:
    for read in (portal.read_call, portal.read_sign_in, portal.read_answer):
        with contextlib.suppress(CodecError):
            read(body)
    assert len(portal.sessions_in(body)) <= 16


@given(st.integers(int(EARLIEST), int(HEARD)))
def test_a_moment_is_read_as_it_was_written(at: int) -> None:
    row = {"MaHoSo": "1", "ThoiDiemXuLy": written(at, ZONE), "TrangThai": "4"}
    update, wrong = read_progress(1, row, BY)
    assert update is not None and not [each for each in wrong if each.field != "MaHoSo"]
    assert update.at == at
