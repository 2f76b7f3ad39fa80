"""JMESPath expressions of the configuration (https://jmespath.org/specification.html), each compiled once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

LONGEST_EXPRESSION = 300


@lru_cache(maxsize=4_096)
def compiled(expression: str) -> Any:
    """An expression to be searched with; raises ValueError for what is none."""
    if len(expression) > LONGEST_EXPRESSION:
        raise ValueError(
            f"a JMESPath expression of {len(expression)} characters; at most {LONGEST_EXPRESSION}"
        )
    try:
        return jmespath.compile(expression)
    except (JMESPathError, RecursionError) as error:
        first = str(error).partition("\n")[0] or type(error).__name__
        raise ValueError(f"{expression!r} is not JMESPath: {first}") from None


def searched(expression: str, data: object) -> Any:
    """What an expression finds; raises ValueError where it fails on what it is asked of."""
    try:
        return compiled(expression).search(data)
    except (JMESPathError, RecursionError, TypeError, ValueError, ArithmeticError) as error:
        # its own words would tell values, which may be names of people
        raise ValueError(f"the JMESPath fails here ({type(error).__name__})") from None
