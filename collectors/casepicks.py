"""Where in a row a field stands: a column, a JMESPath, or the same value in every row.

A row is a mapping of names to values: of a spreadsheet's columns, a table's, or of a JSON object.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from collectors.casedates import Form, written
from collectors.expressions import LONGEST_EXPRESSION, compiled, searched

Row = Mapping[str, Any]
Get = Callable[[Row], object]

LONGEST_NAME = 200
NOTHING = frozenset({"", "-", "null", "NULL", "None", "N/A", "#N/A"})
"""texts that say nothing"""
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Pick(BaseModel):
    """Where a field is taken from: one of `column`, `path`, `value`. A plain text is a column."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str = Field(default="", max_length=LONGEST_NAME)
    """name of the column, or of the member of a JSON object"""
    path: str = Field(default="", max_length=LONGEST_EXPRESSION)
    """JMESPath expression over the row"""
    value: str = Field(default="", max_length=LONGEST_NAME)
    """what it is in every row"""

    @model_validator(mode="before")
    @classmethod
    def _may_be_a_column(cls, given: object) -> object:
        return {"column": given} if isinstance(given, str) else given

    @field_validator("column")
    @classmethod
    def _is_composed(cls, column: str) -> str:
        return column_name(column)

    @field_validator("path")
    @classmethod
    def _is_jmespath(cls, path: str) -> str:
        if path:
            compiled(path)
        return path

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if sum(map(bool, (self.column, self.path, self.value))) != 1:
            raise ValueError("write a column's name, or one of {column: …}, {path: …}, {value: …}")
        return self

    @property
    def name(self) -> str:
        """How a finding names it."""
        return self.column or self.path or "value"

    def getter(self) -> Get:
        """What takes it out of a row; None where the row has none."""
        if self.column:
            column = self.column
            return lambda row: row.get(column)
        if self.path:
            path = self.path
            return lambda row: searched(path, row)
        value = self.value
        return lambda row: value


class DatePick(Pick):
    """Where a date is taken from, and how it is written there."""

    forms: tuple[Form, ...] = Field(default=(), max_length=len(Form))
    """how it is written, where that is not as the map's `forms` say"""

    @field_validator("forms")
    @classmethod
    def _differ(cls, forms: tuple[Form, ...]) -> tuple[Form, ...]:
        return apart(forms)


class MarkPick(Pick):
    """Where a fact that is counted is taken from, and which values say that it is so."""

    when: tuple[str, ...] = Field(default=("1", "true", "x", "có"), min_length=1, max_length=32)
    """values that say so, in any case"""

    @field_validator("when", mode="before")
    @classmethod
    def _are_texts(cls, when: object) -> object:
        return [plain(each) for each in when] if isinstance(when, list | tuple) else when

    @field_validator("when")
    @classmethod
    def _are_folded(cls, when: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(each.casefold() for each in when)


def apart(forms: tuple[Form, ...]) -> tuple[Form, ...]:
    """Forms of which no two read one text as different dates; raises ValueError."""
    if Form.DAY_FIRST in forms and Form.MONTH_FIRST in forms:
        raise ValueError("day_first and month_first together: 05/10/2026 could be either; keep one")
    return forms


def column_name(text: str) -> str:
    """A column's name as it is compared: composed, without white space around and with single spaces within."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def plain(value: object) -> str:
    """A value of a row as text, composed and without what controls a terminal; empty for none.

    Raises ValueError for a value that is no text: an object or a list.
    """
    if isinstance(value, str):
        text = value if value.isascii() else unicodedata.normalize("NFC", value)
        if not text.isprintable():
            text = _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text)
        return text.strip()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return written(value)
    if isinstance(value, Mapping | list | tuple):
        raise ValueError("an object or a list where a text is expected; take its member by a JMESPath")
    return str(value)
