"""The embedded store beside a model that keeps every value: whatever is written when, both tell the same."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ioc.store.base import Bucket, Query
from ioc.store.sqlite_reading import Reading
from ioc.store.sqlite_retention import Retention
from ioc.store.sqlite_schema import connect, connect_to_read
from ioc.store.sqlite_writing import Writing

AT = 1_699_999_200
KEEP = Retention(raw=86_400.0)
NAMES = st.sampled_from(["a", "b"])
AGES = st.integers(0, 3 * 3600) | st.integers(0, 90) | st.sampled_from([0, 59, 60, 61, 3599, 3600])
VALUES = st.integers(-8, 8).map(float)
"""exact in every sum, so that the order of adding tells nothing"""


class Stored(RuleBasedStateMachine):
    """Writes, repeats, comes late, restarts and moves the clock; asks at every tier after each step."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.now = float(AT)
        self.values: dict[tuple[str, int], float] = {}
        self.file = self.folder / "history.db"
        self.writing = Writing(connect(self.file), KEEP)
        self.reading = Reading(connect_to_read(self.file), KEEP)

    @rule(written=st.lists(st.tuples(NAMES, AGES, VALUES), min_size=1, max_size=12))
    def write(self, written: list[tuple[str, int, float]]) -> None:
        lines = []
        for name, age, value in written:
            at = int(self.now) - age
            self.values[name, at] = value
            lines.append(f"m,endpoint={name} v={value!r} {at * 1_000_000}")
        assert self.writing.write(lines, self.now) == []

    @rule(seconds=st.sampled_from([0.5, 10.0, 60.0, 3_600.0, 4 * 3_600.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def restart(self) -> None:
        self.writing.close()
        self.writing = Writing(connect(self.file), KEEP)

    @invariant()
    def every_tier_tells_what_the_model_tells(self) -> None:
        if not hasattr(self, "values"):
            return
        stop = self.now + 1
        for points, tags in ((8, {"endpoint": "a"}), (200, {}), (1_800, {"endpoint": "b"})):
            query = Query("m", "v", tags, stop - 4 * 3_600, stop, points)
            found = self.reading.read(query, self.now, lambda: False)
            step = int(found.step)
            first = int(query.start // step * step)
            expected = self._expected(tags.get("endpoint"), first, step, stop)
            assert [_told(each, tags) for each in found.buckets] == [_told(each, tags) for each in expected]

    def _expected(self, name: str | None, first: int, step: int, stop: float) -> list[Bucket]:
        last = int(-(-stop // step) * step)
        every = sorted((at, key, value) for (key, at), value in self.values.items() if name in (None, key))
        out = []
        for start in range(first, last, step):
            inside = [value for at, _, value in every if start <= at < start + step]
            if inside:
                mean = sum(inside) / len(inside)
                out.append(Bucket(float(start), len(inside), mean, min(inside), max(inside), inside[-1]))
        return out

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.writing.close()
            self.reading.close()
            shutil.rmtree(self.folder)


def _told(bucket: Bucket, tags: Mapping[str, str]) -> Bucket:
    """Of several series together a roll-up does not know which was last within its minute or hour."""
    return bucket if tags else replace(bucket, last=0.0)


TestStored = Stored.TestCase
TestStored.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
