"""Dossiers of the national sync shape: rows of DongBoHoSoMC and CapNhatTienDoHoSoMC to records and steps, and back.

A record's `at` is the newest moment that it names as past: what was promised (NgayHenTra, NgayHenTraMoi) does not
count; where it names none, the date in the dossier's code. Only a row without a code, or an act without a moment or a
status, cannot be kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from collectors.casedates import midnight
from collectors.wire.dossierrow import (
    LONGEST_CODE,
    LONGEST_TEXT,
    RECEIVED_AHEAD,
    SHOWN,
    Reading,
    Row,
    Wrong,
    short,
)
from ioc.cases.merge import EARLIEST
from ioc.cases.model import UNKNOWN_UNIT, Case, Fault, Kind, Record, Stage, Step, Supplement, key_of
from ioc.legible import legible

MOST_SUPPLEMENTS = 32
CHANNELS: Mapping[str, str] = {"1": "direct", "2": "online", "3": "postal"}
"""HinhThuc"""
_CODE = re.compile(
    r"(?P<agency>\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2}|[A-Z]\d{2}(?:\.[0-9A-Z]{1,5})*)-(?P<date>\d{6})-\d{4,7}",
    re.ASCII,
)
"""a dossier's code by decrees 61/2018 and 118/2025"""
_PROCEDURE = re.compile(r"\d\.\d{6}(?:\.\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2})?", re.ASCII)


class Read(NamedTuple):
    """What a row says; no update where it cannot be kept."""

    update: Record | Step | None
    wrong: tuple[Wrong, ...]


class _Code(NamedTuple):
    """What is in a dossier's code; "" and None where it is not one."""

    agency: str
    day: date | None


def read_dossier(n: int, row: object, by: Reading) -> Read:
    """A row of DongBoHoSoMC, the `n`th of its request."""
    return _read(n, row, by, _dossier)


def read_progress(n: int, row: object, by: Reading) -> Read:
    """A row of CapNhatTienDoHoSoMC, the `n`th of its request."""
    return _read(n, row, by, _progress)


def row_of(case: Case, zone: ZoneInfo) -> dict[str, str] | None:
    """What TraCuuHoSo answers of a case, without names of people; None where no record told of it."""
    record = case.record
    if record is None:
        return None
    return {
        "MaHoSo": record.key.partition("/")[2],
        "MaTTHC": record.procedure,
        "TrangThaiHoSo": case.latest.status,
        "NgayTiepNhan": written(record.received, zone),
        "NgayHenTra": written(record.due, zone),
        "NgayKetThucXuLy": written(record.closed, zone),
    }


def written(moment: float | None, zone: ZoneInfo) -> str:
    """A moment as the shape writes it; "" for none."""
    return "" if moment is None else datetime.fromtimestamp(moment, zone).strftime("%Y%m%d%H%M%S")


def _read(n: int, row: object, by: Reading, of: Callable[[Row, _Code], Record | Step | None]) -> Read:
    if not isinstance(row, Mapping):
        wrong = Wrong(n, "", "data", Fault.UNREADABLE, legible(short(row))[:SHOWN], "not an object; left out")
        return Read(None, (wrong,))
    taken = Row(n, row, by)
    code = _identify(taken)
    update = of(taken, code) if taken.id else None
    return Read(update, tuple(taken.wrong))


def _identify(row: Row) -> _Code:
    """Have a row know its dossier's code."""
    code = row.text("MaHoSo", LONGEST_TEXT)
    if not code or len(code) > LONGEST_CODE:
        what = f"a code of 1 to {LONGEST_CODE} characters is needed; the row is left out"
        row.note("MaHoSo", Fault.MISSING, code, what)
        return _Code("", None)
    row.id = code
    found = _CODE.fullmatch(code)
    day = _day(found["date"]) if found else None
    if day is None:
        what = "not as decree 118/2025 says, such as H44.12-261005-0001; kept as it is"
        row.note("MaHoSo", Fault.INVALID_CODE, code, what)
    return _Code(found["agency"] if found else "", day)


def _day(digits: str) -> date | None:
    try:
        return date(2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    except ValueError:
        return None


def _dossier(row: Row, code: _Code) -> Record:
    by = row.by
    received, due = row.past("NgayTiepNhan", ahead=RECEIVED_AHEAD), row.promised("NgayHenTra")
    ended, returned = row.past("NgayKetThucXuLy", received), row.past("NgayTra", received)
    closed = returned if ended is None else ended
    status, stage = _status(row, "TrangThaiHoSo", closed)
    supplements = _supplements(row, received)
    _order(row, received, due, closed, "NgayTra" if ended is None else "NgayKetThucXuLy")
    if received is None and stage not in (Stage.APPLIED, Stage.REFUSED) and not row.value("NgayTiepNhan"):
        row.note("NgayTiepNhan", Fault.MISSING, "", "empty, though the dossier was accepted")
    papers = [moment for each in supplements for moment in (each.asked, each.brought)]
    named = [each for each in (received, ended, returned, *papers) if each is not None]
    return Record(
        key=key_of(Kind.DOSSIER, row.id),
        at=max(named, default=EARLIEST if code.day is None else midnight(code.day, by.zone)),
        source=by.source,
        unit=_unit(row, code.agency),
        status=status,
        stage=stage,
        received=received,
        due=due,
        closed=closed,
        receiver=(by.unit_of(code.agency) if code.agency else None) or "",
        procedure=_procedure(row),
        channel=_channel(row),
        supplements=supplements,
        applicant=row.text("ChuHoSo", LONGEST_TEXT),
        subject=row.text("TrichYeuHoSo", LONGEST_TEXT),
    )


def _progress(row: Row, code: _Code) -> Step | None:
    at, status = row.past("ThoiDiemXuLy"), row.text("TrangThai")
    if at is None and not row.value("ThoiDiemXuLy"):
        row.note("ThoiDiemXuLy", Fault.MISSING, "", "an act needs its moment; the row is left out")
    if not status:
        row.note("TrangThai", Fault.MISSING, "", "an act needs the status it led to; the row is left out")
    if at is None or not status:
        return None
    status, stage = _status(row, "TrangThai", None)
    room = row.text("PhongBanXuLy", LONGEST_TEXT)
    unit = (row.by.unit_of(room) if room else None) or ""
    return Step(key_of(Kind.DOSSIER, row.id), at, row.by.source, status, stage, row.text("NguoiXuLy"), unit)


def _status(row: Row, field: str, closed: float | None) -> tuple[str, Stage]:
    """As it came, and what it means; one that nobody knows is open, or done where the row says when it ended."""
    status = row.text(field)
    stage = row.by.stage_of(status) if status else None
    if stage is None:
        row.note(field, Fault.UNKNOWN_STATUS, status, "nobody knows what this status means")
        stage = Stage.OPEN if closed is None else Stage.DONE
    return status, stage


def _unit(row: Row, agency: str) -> str:
    """Whoever handles it; where the row names nobody, the agency in its code."""
    named = row.text("DonViXuLy", LONGEST_TEXT)
    field, code = ("DonViXuLy", named) if named else ("MaHoSo", agency)
    found = row.by.unit_of(code) if code else None
    if found is None:
        row.note(field, Fault.UNKNOWN_UNIT, code, "no unit has this code or name; write it into `units`")
    return found or UNKNOWN_UNIT


def _procedure(row: Row) -> str:
    code = row.text("MaTTHC")
    if not _PROCEDURE.fullmatch(code):
        row.note(
            "MaTTHC", Fault.INVALID_CODE, code, "not a procedure's code, such as 2.000815; kept as it is"
        )
    return code


def _channel(row: Row) -> str:
    code, channels = row.text("HinhThuc"), row.by.channels
    if code and code not in channels:
        row.note("HinhThuc", Fault.INVALID_CODE, code, f"expected {', '.join(channels)}; left out")
    return channels.get(code, "")


def _order(row: Row, received: float | None, due: float | None, closed: float | None, closing: str) -> None:
    """Note what comes before the dossier was received; merging finds the same, and it is one finding."""
    if received is None:
        return
    if due is not None and due < received:
        value = row.value("NgayHenTra")
        row.note("NgayHenTra", Fault.DUE_BEFORE_RECEIVED, value, "before NgayTiepNhan", f"{due:.0f}")
    if closed is not None and closed < received:
        value = row.value(closing)
        row.note(closing, Fault.CLOSED_BEFORE_RECEIVED, value, "before NgayTiepNhan", f"{closed:.0f}")


def _supplements(row: Row, received: float | None) -> tuple[Supplement, ...]:
    field = "DanhSachHoSoBoSung"
    given = row.value(field) or []
    if not isinstance(given, list):
        row.note(field, Fault.UNREADABLE, given, "not a list; left out")
        return ()
    first = max(len(given) - MOST_SUPPLEMENTS, 0)
    if first:
        what = f"{len(given)} of them; the last {MOST_SUPPLEMENTS} are kept"
        row.note(field, Fault.TOO_MANY_STEPS, given, what)
    found = {_supplement(row, n, each, received) for n, each in enumerate(given[first:], first)}
    return tuple(sorted((each for each in found if each is not None), key=_placed))


def _placed(supplement: Supplement) -> tuple[float, ...]:
    """Where one stands among others, whatever the order they came in."""
    return tuple(-1.0 if each is None else each for each in supplement)


def _supplement(row: Row, n: int, given: object, received: float | None) -> Supplement | None:
    if not isinstance(given, Mapping):
        row.note(f"DanhSachHoSoBoSung[{n}]", Fault.UNREADABLE, given, "not an object; left out")
        return None
    papers = row.within("DanhSachHoSoBoSung", n, given)
    asked = papers.past("NgayBoSung", received)
    brought = papers.past("NgayTiepNhanBoSung", asked)
    if asked is None:
        if not papers.says("NgayBoSung"):
            papers.note("NgayBoSung", Fault.MISSING, "when were they asked for?")
        asked = received if brought is None else brought
    elif brought is not None and brought < asked:
        papers.note("NgayTiepNhanBoSung", Fault.BROUGHT_BEFORE_ASKED, "before NgayBoSung", f"{brought:.0f}")
    before, after = papers.promised("NgayHenTraTruoc"), papers.promised("NgayHenTraMoi")
    return None if asked is None else Supplement(asked, brought, before, after)
