"""Every query of every dashboard, asked of real stores that the demo has filled, gives what its panel can draw."""

from __future__ import annotations

import pytest

from tests.grafana.asking import Question
from tests.grafana.filled import Case, Filled, answer, asked

pytestmark = pytest.mark.real

EACH = [pytest.param(*each, id=f"{each[0].name}: {each[1].name}, {each[2]}") for each in asked()]


@pytest.mark.parametrize(("case", "question", "span"), EACH)
def test_it_gives_what_its_panel_draws(case: Case, question: Question, span: str, filled: Filled) -> None:
    said = answer(filled, case, question, span)
    print(f"\n{case.name}: {question.name}, {span}: {said.rows} rows")
    assert said.faults == [], said.text
    if question.name not in case.empty:
        assert said.rows, said.text
