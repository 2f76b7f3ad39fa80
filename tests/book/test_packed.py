"""Cases and updates come back from bytes as they went; names of people are never in a case's."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ioc.cases.model import Case, Update
from ioc.cases.packed import pack, pack_updates, unpack, unpack_updates
from tests.book.making import record, updates
from tests.book.test_merge import told


@settings(deadline=None)
@given(st.lists(updates(), min_size=1, max_size=8))
def test_a_case_comes_back_as_it_was(reports: list[Update]) -> None:
    case = told(reports)
    assert unpack(case.key, pack(case)) == case
    assert "Nguyễn".encode() not in pack(case)


@settings(deadline=None)
@given(st.lists(updates(), max_size=8))
def test_updates_come_back_as_they_were(reports: list[Update]) -> None:
    assert unpack_updates(pack_updates(reports)) == reports


def test_what_an_older_release_wrote_is_read() -> None:
    whole = record("2026-10-05 08:00")
    older = b'[[1791162000,"portal","xa-1","4","open",null,null,null,"","","","",[],[]],[7],[]]'
    assert unpack(whole.key, older) == Case(whole.key, whole, (7,))


def test_text_that_is_not_unicode_is_refused() -> None:
    with pytest.raises(TypeError):
        pack_updates([record("2026-10-05 08:00", officer="\ud800")])
