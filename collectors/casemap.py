"""How the rows of another system say what a case is: where each field stands, and what statuses and codes mean.

A row is a mapping of names to values, whatever brought it. What this asks for is compiled once, by
`collectors.caserows.Mapper`, which makes updates of rows. docs/decisions/0022-feeds-of-cases.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, Self

import re2  # type: ignore[import-untyped]
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from collectors.casedates import USUAL, Form
from collectors.casepicks import NOTHING, DatePick, MarkPick, Pick, apart, plain
from ioc.cases.model import Kind, Stage

MOST_ENTRIES = 1_000
"""statuses, channels"""
MOST_MARKS = 32


class SupplementMap(BaseModel):
    """Papers that were asked of the applicant: in a list within the row, or in columns of the row itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: Pick | None = None
    """the list, whose members are rows again; empty: the row itself has one supplement at most"""
    asked: DatePick
    """when they were asked for"""
    brought: DatePick | None = None
    """when they were brought; none: they are waited for"""
    due_before: DatePick | None = None
    """the return date before"""
    due_after: DatePick | None = None
    """the return date given for them"""


class CaseMap(BaseModel):
    """Where each field of a case stands in a row."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    gives: Literal["record", "step", "both"] = "record"
    """what a row is: all that is so of a case, one act on it, or a record that also shows when its status began"""
    kind: Pick
    """dossier, document, petition, task or report"""
    kinds: dict[str, Kind] = Field(default={}, max_length=MOST_ENTRIES)
    """what the values of `kind` mean"""
    id: Pick
    """the id that every source knows: the dossier's code"""
    id_form: str = Field(default="", max_length=500)
    """expression (RE2) that a whole id matches; one that does not is kept, with a finding"""
    unit: Pick
    """code of the unit that handles it"""
    scheme: str = Field(default="", max_length=64)
    """which codes of units these are; empty: any"""
    receiver: Pick | None = None
    """code of the unit that took it in"""
    status: Pick | None = None
    """status, as the source writes it"""
    statuses: dict[str, Stage] = Field(default={}, max_length=MOST_ENTRIES)
    """what its statuses mean: applied, refused, open, paused, done, withdrawn, stopped"""
    at: DatePick | None = None
    """when the row became so; without it the newest moment that the row names, its due apart"""
    received: DatePick | None = None
    """when it was accepted; a date alone is its beginning"""
    due: DatePick | None = None
    """when it is to be done; a date alone is the end of its last session"""
    closed: DatePick | None = None
    """when the work on it ended"""
    procedure: Pick | None = None
    """code of the procedure"""
    officer: Pick | None = None
    """who handles it"""
    channel: Pick | None = None
    """how it came in"""
    channels: dict[str, str] = Field(default={}, max_length=MOST_ENTRIES)
    """what the values of `channel` are called here: direct, online, postal"""
    supplements: SupplementMap | None = None
    """papers asked of the applicant"""
    marks: dict[str, MarkPick] = Field(default={}, max_length=MOST_MARKS)
    """facts that are counted, by name"""
    applicant: Pick | None = None
    """whose it is; kept apart, and no longer than configured"""
    subject: Pick | None = None
    """what it is about; kept as the applicant is"""
    forms: tuple[Form, ...] = Field(default=USUAL, min_length=1, max_length=len(Form))
    """how dates are written: iso, compact, day_first, month_first, excel, epoch, epoch_ms"""
    nothing: tuple[str, ...] = Field(default=tuple(sorted(NOTHING)), max_length=64)
    """texts that say nothing, as `0001-01-01` of a table that has no date there"""

    @field_validator("kind", mode="before")
    @classmethod
    def _may_be_a_kind(cls, given: object) -> object:
        return {"value": given} if isinstance(given, str) and given in Kind.__members__.values() else given

    @field_validator("id_form")
    @classmethod
    def _is_an_expression(cls, form: str) -> str:
        options = re2.Options()
        options.log_errors = False
        try:
            re2.compile(form, options)
        except re2.error as error:
            why = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
            raise ValueError(f"{form!r} is not an expression of RE2: {why}") from None
        return form

    @field_validator("forms")
    @classmethod
    def _differ(cls, forms: tuple[Form, ...]) -> tuple[Form, ...]:
        return apart(forms)

    @field_validator("nothing", mode="before")
    @classmethod
    def _are_texts(cls, nothing: object) -> object:
        return ["", *map(plain, nothing)] if isinstance(nothing, list | tuple) else nothing

    @field_validator("kinds", "statuses", "channels", mode="before")
    @classmethod
    def _have_texts(cls, given: object) -> object:
        return {plain(code): each for code, each in given.items()} if isinstance(given, dict) else given

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.gives != "record" and (self.at is None or self.status is None):
            raise ValueError(f"gives: {self.gives} needs at and status: a step is a status from a moment on")
        if self.kind.value and self.kind.value not in {*Kind, *self.kinds}:
            raise ValueError(f"{self.kind.value!r} is not a kind; write one of {', '.join(Kind)}")
        return self

    def picks(self) -> Mapping[str, Pick]:
        """Every place that a row is read at, by the name of its field."""
        return dict(self._picks())

    def columns(self) -> frozenset[str]:
        """The columns without which a table is another than the one this was written for."""
        return frozenset(pick.column for pick in self.picks().values() if pick.column)

    def _picks(self) -> Iterator[tuple[str, Pick]]:
        for name in type(self).model_fields:
            if isinstance(pick := getattr(self, name), Pick):
                yield name, pick
        for name, mark in self.marks.items():
            yield f"marks.{name}", mark
        papers = self.supplements
        if papers is not None and papers.rows is not None:
            yield "supplements", papers.rows
        elif papers is not None:
            for name in ("asked", "brought", "due_before", "due_after"):
                if (pick := getattr(papers, name)) is not None:
                    yield f"supplements.{name}", pick
