"""The heap of moments against a plain dict."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ioc.timers import Heap

KEYS = st.integers(0, 9)
MOMENTS = st.integers(0, 20).map(float)


class HeapMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.heap: Heap[int] = Heap()
        self.model: dict[int, float] = {}

    @rule(key=KEYS, at=MOMENTS)
    def set(self, key: int, at: float) -> None:
        self.heap.set(key, at)
        self.model[key] = at

    @rule(key=KEYS)
    def cancel(self, key: int) -> None:
        self.heap.cancel(key)
        self.model.pop(key, None)

    @rule(now=MOMENTS)
    def due(self, now: float) -> None:
        out = self.heap.due(now)
        assert sorted(out) == sorted(key for key, at in self.model.items() if at <= now)
        moments = [self.model.pop(key) for key in out]
        assert moments == sorted(moments)

    @invariant()
    def the_heap_is_the_model(self) -> None:
        assert len(self.heap) == len(self.model)
        assert self.heap.next() == min(self.model.values(), default=None)


TestHeapMachine = HeapMachine.TestCase
TestHeapMachine.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)


def test_of_equal_moments_the_first_set_comes_first() -> None:
    heap: Heap[str] = Heap()
    for key in "cab":
        heap.set(key, 5.0)
    assert heap.due(5.0) == ["c", "a", "b"]


def test_a_key_set_back_to_an_old_moment_comes_due_once() -> None:
    heap: Heap[str] = Heap()
    for at in (5.0, 9.0, 5.0):
        heap.set("a", at)
    assert heap.due(10.0) == ["a"]
    assert heap.due(10.0) == []


def test_dead_entries_are_bounded() -> None:
    heap: Heap[int] = Heap()
    for number in range(100_000):
        heap.set(number % 10, float(number))
    assert len(heap._heap) <= 65
    assert heap.due(1e9) == list(range(10))
