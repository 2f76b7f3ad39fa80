"""Tests of rules: the examples come out as they say, and each mistake is told at its line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from alerts.rehearsal import notation
from alerts.rehearsal.notation import values
from alerts.rehearsal.stage import Allowance
from alerts.rehearsal.verdict import differences
from ioc.cli import app
from ioc.clock import Clock
from ioc.errors import ConfigError
from ioc.rehearsal import rehearse, said

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples" / "rules").glob("*.test.yaml"))
CASES = sorted((ROOT / "tests" / "cases" / "rehearsal").iterdir())


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
async def test_the_examples_come_out_as_they_say(file: Path) -> None:
    outcomes = await rehearse(file, {}, Clock())
    assert outcomes
    assert [line for each in outcomes for line in each.differences] == []


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
async def test_what_is_wrong_is_said_exactly(folder: Path) -> None:
    file = folder / "test.yaml"
    try:
        told = said(Path(file.name), await rehearse(file, {}, Clock()))
    except ConfigError as error:
        told = str(error)
    assert told == (folder / "expected.txt").read_text("utf-8").rstrip("\n")


def test_the_command_ends_with_1_when_anything_differs() -> None:
    good, bad = EXAMPLES[0], ROOT / "tests" / "cases" / "rehearsal" / "differs" / "test.yaml"
    run = CliRunner().invoke(app, ["rules", "test", str(good)])
    assert (run.exit_code, run.output.splitlines()[-1][-15:]) == (0, "all as expected")
    run = CliRunner().invoke(app, ["rules", "test", str(bad), str(good)])
    assert run.exit_code == 1
    assert "FAILED  too early" in run.output


async def test_a_configuration_is_tested_with_its_endpoints_and_receivers(tmp_path: Path) -> None:
    where = os.path.relpath(ROOT / "examples" / "thanh-hoa-small", tmp_path)
    (tmp_path / "t.yaml").write_text(
        f"directory: {where}\ntests:\n  - name: n\n    expect: [{{eval_time: 1m, exp_pages: []}}]\n"
    )
    environ = dict.fromkeys(("IOC_READ_TOKEN", "IOC_WRITE_TOKEN"), "0123456789abcdef")
    assert [each.differences for each in await rehearse(tmp_path / "t.yaml", environ, Clock())] == [()]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("up x3 down", ["up", "up", "up", "down"]),
        ("7", [7.0]),
        ("-1.5", [-1.5]),
        ("1+2x3", [1.0, 3.0, 5.0, 7.0]),
        ("7x2", [7.0, 7.0, 7.0]),
        ("4-1x2 _ _x2 up", [4.0, 3.0, 2.0, None, None, None, "up"]),
    ],
)
def test_notation(text: str, read: list[str | float | None]) -> None:
    assert values(text) == read


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "there are no values"),
        ("x3", "cannot read 'x3'"),
        ("1+x3", r"cannot read '1\+x3'"),
        ("UP", "cannot read 'UP'"),
        ("1x999999", "more than 100000 values at '1x999999'"),
        ("up x999999", "more than 100000 values at 'x999999'"),
        ("_x999999", "more than 100000 values"),
    ],
)
def test_what_is_no_notation(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        values(text)


@given(st.text(alphabet="0123456789x_+-. updown", max_size=40))
def test_any_text_is_values_or_an_error(text: str) -> None:
    try:
        found = values(text)
    except ValueError:
        return
    assert 0 < len(found) <= notation.MOST


def test_pages_come_in_order_and_the_rest_in_any() -> None:
    first, second = {"kind": "opened", "at": 1.0}, {"kind": "closed", "at": 2.0}
    swapped = [{"kind": "closed"}, {"kind": "opened"}]
    assert differences("x", swapped, [first, second], ordered=False) == []
    assert differences("x", swapped, [first, second], ordered=True) == [
        "x: expected but not found: {kind: closed}",
        "x: found but not expected: {kind: closed}",
    ]


def test_only_what_is_named_is_compared_numbers_nearly() -> None:
    found = [{"a": 1.0001, "b": 2, "c": {"d": 3, "e": 4}}]
    assert differences("x", [{"a": 1, "c": {"d": 3}}], found, ordered=False) == []
    assert differences("x", [{"a": 1, "z": 0}], found, ordered=False) == [
        "x: expected but not found: {a: 1, z: 0}",
        "x: found but not expected: {a: 1.0001}",
    ]


async def test_the_example_of_the_page_comes_out_as_it_says(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "rules.md").read_text("utf-8")
    (_, block) = page.split("```yaml file=outage.test.yaml\n")
    (tmp_path / "t.yaml").write_text(block.partition("```")[0], "utf-8")
    outcomes = await rehearse(tmp_path / "t.yaml", {}, Clock())
    assert [line for each in outcomes for line in each.differences] == []


async def test_timers_that_come_due_without_end_are_counted_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ioc.rehearsal.Allowance", lambda: Allowance(50))
    file = tmp_path / "t.yaml"
    file.write_text(
        "shipped: true\nendpoints: [{id: a}]\ntests:\n  - name: n\n    expect: [{eval_time: 10d, exp_pages: []}]\n"
    )
    with pytest.raises(
        ConfigError, match=r"^t\.yaml:4: test 'n': more than 50 samples and timers in one file"
    ):
        await rehearse(file, {}, Clock())
