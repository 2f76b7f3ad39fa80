"""CSV: separators, byte-order mark, lines of rows."""

from __future__ import annotations

import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from ioc.config import table


def test_comma_or_semicolon_and_a_mark_in_front() -> None:
    for text in ("id,name\na,Tỉnh\n", "\ufeffid;name\r\na;Tỉnh\r\n", "id,name\ra,Tỉnh"):
        read = table.parse(text)
        assert read.columns == ("id", "name")
        assert [row.cells for row in read.rows] == [{"id": "a", "name": "Tỉnh"}]
        assert read.rows[0].line == 2


def test_rows_know_their_first_line_past_blank_rows_and_line_breaks() -> None:
    read = table.parse('id,name\n\na,"one\ntwo"\n , \nb,B\n')
    assert [(row.line, row.cells["id"]) for row in read.rows] == [(3, "a"), (6, "b")]
    assert read.rows[0].cells["name"] == "one\ntwo"


def test_empty_cells_are_absent() -> None:
    assert table.parse("a,b,c\n1,, \n").rows[0].cells == {"a": "1"}


cells = st.text("ab,;\"'\n é", max_size=6)


@settings(deadline=None)
@given(st.lists(st.tuples(cells, cells), max_size=8), st.sampled_from(",;"))
def test_what_was_written_is_read_back(rows: list[tuple[str, str]], delimiter: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(("left", "right"))
    writer.writerows(rows)
    read = table.parse(out.getvalue())
    assert not read.problems
    wanted = [
        {name: cell.strip() for name, cell in zip(("left", "right"), row, strict=True) if cell.strip()}
        for row in rows
        if any(cell.strip() for cell in row)
    ]
    assert [row.cells for row in read.rows] == wanted
    lines = out.getvalue().split("\n")
    for row in read.rows:
        assert 2 <= row.line <= len(lines)


@settings(deadline=None)
@given(st.text('ab,;"\n\r\t\x00', max_size=60) | st.text(max_size=60))
def test_any_text_is_rows_or_a_problem(text: str) -> None:
    read = table.parse(text)
    assert read.columns or read.problems
    for row in read.rows:
        assert set(row.cells) <= set(read.columns)
