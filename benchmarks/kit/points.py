"""What many endpoints would tell: samples as a source makes them, of a size that does not depend on the moment."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from ioc.model import Sample, Verdict

SOURCE = "sip"
_NUMBERS = 9_973
"""a prime: no endpoint gets the same number each time"""


def tags(endpoint: str) -> Mapping[str, str]:
    """An endpoint's bounded tags: 40 units, 500 sites."""
    number = int(endpoint[1:])
    return {"unit": f"u{number % 40}", "site": f"s{number % 500}", "system": "vc"}


class Points:
    """Samples of `endpoints` endpoints in turn, each with a round trip and a loss."""

    def __init__(self, endpoints: int) -> None:
        chance = random.Random(1)
        self._names = [f"e{number}" for number in range(endpoints)]
        self._rtt = [chance.lognormvariate(2.0, 0.7) for _ in range(_NUMBERS)]
        self._next = 0

    def some(self, count: int, at: float) -> Sequence[Sample]:
        """The next ones, all of one moment; no more than there are endpoints, else one would be there twice."""
        first = self._next
        self._next += count
        names, rtt = self._names, self._rtt
        return [
            Sample(
                names[number % len(names)],
                at,
                SOURCE,
                Verdict.OK,
                {"rtt": rtt[number * 7 % _NUMBERS], "loss": 0.0},
            )
            for number in range(first, first + count)
        ]
