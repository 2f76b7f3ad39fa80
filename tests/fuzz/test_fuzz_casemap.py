"""Rows of any values at all into the map of rows: updates that the book takes, or faults; nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.casedates import Form, moment_of
from collectors.casemap import CaseMap
from collectors.caserows import Mapper, findings
from ioc.cases.merge import EARLIEST, LATEST
from ioc.cases.packed import pack_updates, unpack_updates
from ioc.legible import control
from tests.book.making import HANOI
from tests.collectors.mapping import KNOWN, NOW

COLUMNS = ("kind", "id", "unit", "status", "at", "received", "due", "closed", "papers", "mark", "who")
MAP = CaseMap.model_validate(
    {
        **{name: name for name in COLUMNS if name not in ("papers", "mark", "who")},
        "gives": "both",
        "forms": [form for form in Form if form is not Form.MONTH_FIRST],
        "supplements": {
            "rows": "papers",
            "asked": "received",
            "brought": "closed",
            "due_after": {"path": "due.x"},
        },
        "marks": {"signed": {"path": "mark.signed"}},
        "applicant": "who",
    }
)
READY = Mapper(MAP, "portal", KNOWN)

words = st.sampled_from(
    [
        "dossier",
        "task",
        "H44.12",
        "4",
        "9",
        "05/10/2026",
        "20261005080000",
        "2026-10-05T08:00+25:99",
        "-",
        "1791162000",
    ]
)
scalars = (
    words | st.text(max_size=30) | st.integers() | st.floats() | st.booleans() | st.none()
    | st.dates() | st.datetimes() | st.datetimes(timezones=st.just(UTC))
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.sampled_from(COLUMNS), each, max_size=3),
    max_leaves=6,
)
rows = st.dictionaries(st.sampled_from(COLUMNS), values, max_size=len(COLUMNS))


@settings(max_examples=100, deadline=None)
@given(rows)
def test_a_row(row: dict[str, Any]) -> None:
    mapped = READY.row_to(row, 1, NOW)
    assert list(unpack_updates(pack_updates(mapped.updates))) == list(mapped.updates)
    assert mapped.updates or mapped.faults
    for update in mapped.updates:
        assert EARLIEST <= update.at <= NOW + 86_400
    for finding in findings(mapped, "portal"):
        finding.value.encode()
        assert not control(finding.value)
        assert len(finding.value) < 600


@settings(max_examples=300, deadline=None)
@given(scalars, st.sampled_from(Form))
def test_a_date(value: object, form: Form) -> None:
    try:
        found = moment_of(value, (form,), HANOI)
    except ValueError:
        return
    assert not isinstance(found, datetime)
    assert isinstance(found, date) or EARLIEST <= found < LATEST


@settings(max_examples=200, deadline=None)
@given(st.integers(int(EARLIEST) + 86_400, int(LATEST) - 86_400))
def test_every_form_says_the_same_moment(moment: int) -> None:
    local = datetime.fromtimestamp(moment, HANOI).replace(tzinfo=None)
    written = {
        Form.ISO: local.isoformat(),
        Form.COMPACT: local.strftime("%Y%m%d%H%M%S"),
        Form.DAY_FIRST: local.strftime("%d/%m/%Y %H:%M:%S"),
        Form.MONTH_FIRST: local.strftime("%m/%d/%Y %H:%M:%S"),
        Form.EPOCH_MS: f"{moment:010d}000",
    }
    for form, text in written.items():
        assert moment_of(text, (form,), HANOI) == moment
