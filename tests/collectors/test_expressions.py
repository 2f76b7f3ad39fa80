"""One way to compile and ask a JMESPath expression: what fails inside it is a ValueError that shows no value."""

import math

import pytest

from collectors.expressions import LONGEST_EXPRESSION, compiled, searched


@pytest.mark.parametrize(
    ("expression", "data"),
    [
        ("ceil(so)", {"so": math.inf}),  # OverflowError
        ("ceil(so)", {"so": math.nan}),  # ValueError of Python's own
        ("ceil(so)", {"so": "Nguyễn Văn An"}),
        ("max(so)", {"so": [1, "hai"]}),
    ],
)
def test_what_fails_on_the_data_is_said_without_it(expression: str, data: object) -> None:
    with pytest.raises(ValueError, match=r"^the JMESPath fails here \(\w+\)$"):
        searched(expression, data)


def test_what_is_no_expression_is_refused_with_its_first_line() -> None:
    with pytest.raises(ValueError, match="'a\\[' is not JMESPath: ") as caught:
        compiled("a[")
    assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match=f"at most {LONGEST_EXPRESSION}"):
        compiled("a" * (LONGEST_EXPRESSION + 1))
