"""Golden cases of the map of rows: `map.yaml`, `rows.json`, and what each row says, or the fault of the map."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from collectors.casemap import CaseMap
from collectors.caserows import Mapper, findings
from ioc.cases.merge import merge
from ioc.cases.model import Fault
from tests.collectors.mapping import CASES, KNOWN, NOW, mapper, shown

AREA = CASES / "casemap"
FOLDERS = sorted(path.name for path in AREA.iterdir())


def _read(folder: str) -> list[dict[str, Any]]:
    """What each row of a case says."""
    rows = json.loads((AREA / folder / "rows.json").read_text("utf-8"))
    ready = mapper(AREA / folder)
    found = [ready.row_to(row, number, NOW) for number, row in enumerate(rows, 1)]
    return [
        {
            "updates": [shown(each) for each in mapped.updates],
            "faults": [f"{each.fault}: {each}" for each in mapped.faults],
        }
        for mapped in found
    ]


@pytest.mark.parametrize("folder", FOLDERS)
def test_case(folder: str) -> None:
    error = AREA / folder / "error.txt"
    if error.exists():
        with pytest.raises(ValidationError) as refused:
            mapper(AREA / folder)
        assert error.read_text("utf-8").strip() in str(refused.value)
        return
    expected = json.loads((AREA / folder / "expected.json").read_text("utf-8"))
    assert json.loads(json.dumps(_read(folder))) == expected


def test_there_are_cases() -> None:
    assert len(FOLDERS) >= 12


def _map(**more: Any) -> Mapper:
    given = {"kind": "dossier", "id": "id", "unit": "unit", "received": "received", **more}
    return Mapper(CaseMap.model_validate(given), "portal", KNOWN)


GOOD = {"id": "1", "unit": "H44.12", "received": "2026-10-05 08:00"}


def test_a_finding_of_a_case_names_no_row_so_that_it_is_one_whenever_the_row_comes() -> None:
    ready = _map()
    first, again = (ready.row_to({**GOOD, "received": "mai"}, number, NOW) for number in (3, 70))
    assert list(findings(first, "portal")) == list(findings(again, "portal"))
    assert next(iter(findings(first, "portal"))).value.startswith(
        'received: "mai": not a date as expected; write 2026'
    )


def test_a_finding_of_no_case_names_its_row() -> None:
    (found,) = findings(_map().row_to({**GOOD, "id": " "}, 3, NOW), "portal")
    assert (found.key, found.fault) == ("", Fault.MISSING)
    assert found.value == 'row 3, id: "": a row without an id is of no case; the row is left out'


def test_no_finding_shows_an_applicant() -> None:
    mapped = _map(applicant="who").row_to({**GOOD, "who": "Trần Văn Kín" * 200}, 1, NOW)
    assert len(mapped.faults) == 1
    assert "Kín" not in str(mapped.faults[0])


def test_what_is_more_than_a_day_ahead_is_not_the_moment_of_a_record() -> None:
    ready = _map(at={"column": "at", "forms": ["epoch"]})
    for ahead, taken in ((86_400, True), (86_401, False)):
        mapped = ready.row_to({**GOOD, "at": NOW + ahead}, 1, NOW)
        assert (mapped.updates[0].at == NOW + ahead) is taken
        assert (mapped.faults == ()) is taken


def test_a_due_beyond_the_calendar_is_a_fault_of_its_field() -> None:
    def day_end(day: date) -> float:
        raise ValueError("year 2099: working time is counted to 2098")

    ready = Mapper(_map(due="due").how, "portal", replace(KNOWN, day_end=day_end))
    mapped = ready.row_to({**GOOD, "due": "2099-01-05"}, 1, NOW)
    assert [str(each) for each in mapped.faults] == [
        'row 1, due: "2099-01-05": year 2099: working time is counted to 2098'
    ]
    assert len(mapped.updates) == 1


def test_columns_are_compared_composed_and_without_double_spaces() -> None:
    decomposed = "Ma\u0303  ho\u0302\u0300 so\u031b"
    assert _map(id=decomposed).how.columns() == {"Mã hồ sơ", "unit", "received"}


def test_a_row_is_read_in_some_ten_microseconds() -> None:
    ready = _map(due="due", status="status", officer="officer", procedure="procedure")
    row = {**GOOD, "due": "19/10/2026", "status": "4", "officer": "Lê Thị Ngọc", "procedure": "2.000815"}
    begin = time.process_time()
    for number in range(2_000):
        ready.row_to(row, number, NOW)
    assert time.process_time() - begin < 2.0  # a year of 300,000 dossiers in five minutes at the worst


def test_a_corrected_row_wins_over_one_whose_dates_could_not_be_read() -> None:
    ready = _map(due="due")
    wrong, right = ({**GOOD, "received": each} for each in ("31/02/2026 08:00", "02/03/2026 08:00"))
    updates = [update for row in (wrong, right) for update in ready.row_to(row, 1, NOW).updates]
    for order in (updates, updates[::-1]):
        case = None
        for update in order:
            case, _ = merge(case, update)
        assert case is not None
        assert case.record == updates[1]


def test_a_step_comes_only_with_its_own_moment() -> None:
    ready = _map(gives="both", at="at", status="status")
    given = {**GOOD, "status": "9"}
    dated, undated = (ready.row_to({**given, "at": each}, 1, NOW) for each in ("2026-10-06 08:00", "mai"))
    assert [type(each).__name__ for each in dated.updates] == ["Record", "Step"]
    assert [type(each).__name__ for each in undated.updates] == ["Record"]
