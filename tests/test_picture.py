"""The picture: every reader that follows `since` ends with the same dict, however late or seldom it asks."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ioc.picture import Change, Delta, Picture, See

KEYS = st.sampled_from(["a", "b", "c", "d", "e"])
VALUES = st.fixed_dictionaries({"n": st.integers(0, 3)})


def quiet(see: See, error: Exception) -> None:
    raise AssertionError(f"{see} raised {error}")


class Reader:
    """What a screen does: keeps one offset and one dict."""

    def __init__(self) -> None:
        self.epoch, self.offset, self.held = "", 0, dict[str, Any]()

    def follow(self, picture: Picture) -> Delta:
        delta = picture.since(self.epoch, self.offset)
        if delta.full:
            self.held = {}
        self.held.update(delta.put)
        for key in delta.gone:
            self.held.pop(key, None)
        self.epoch, self.offset = delta.epoch, delta.offset
        return delta


class PictureMachine(RuleBasedStateMachine):
    """Against a plain dict, with four readers that ask when they please and keeps few tombstones."""

    @initialize(tombstones=st.integers(0, 4))
    def begin(self, tombstones: int) -> None:
        self.model: dict[str, Any] = {}
        self.picture = Picture("one", quiet, tombstones)
        self.readers = [Reader() for _ in range(4)]
        self.seen: dict[str, Any] = {}
        self.offsets = [0]
        self.picture.watch(self._see)

    def _see(self, change: Change) -> None:
        assert change.old == self.seen.get(change.key)
        if change.new is None:
            del self.seen[change.key]
        else:
            self.seen[change.key] = change.new
        self.offsets.append(change.offset)

    @rule(key=KEYS, value=VALUES)
    def put(self, key: str, value: dict[str, int]) -> None:
        changed = self.model.get(key) != value
        assert (self.picture.put(key, value) is not None) == changed
        self.model[key] = value

    @rule(key=KEYS)
    def remove(self, key: str) -> None:
        assert (self.picture.remove(key) is not None) == (key in self.model)
        self.model.pop(key, None)

    @rule(which=st.integers(0, 3))
    def follow(self, which: int) -> None:
        reader = self.readers[which]
        behind, held = reader.offset, dict(reader.held)
        delta = reader.follow(self.picture)
        assert reader.held == self.model
        if not delta.full:
            assert delta.gone.isdisjoint(delta.put)
            assert len(delta.put) + len(delta.gone) <= self.picture.offset - behind
            assert all(key in held or key not in self.model for key in delta.gone - delta.put.keys())

    @rule(which=st.integers(0, 3))
    def a_new_screen(self, which: int) -> None:
        self.readers[which] = Reader()
        assert self.readers[which].follow(self.picture).full

    @rule()
    def restart(self) -> None:
        """Another epoch whose offsets say nothing to a reader of the last one."""
        self.picture = Picture(self.picture.epoch + "+", quiet, 2)
        self.seen, self.offsets = {}, [0]
        self.picture.watch(self._see)
        for key, value in self.model.items():
            self.picture.put(key, value)

    @invariant()
    def the_picture_is_the_model(self) -> None:
        assert {key: self.picture.get(key) for key in self.picture.keys("")} == self.model
        assert len(self.picture) == len(self.model)
        assert self.seen == self.model

    @invariant()
    def every_change_has_the_next_offset(self) -> None:
        assert self.offsets == list(range(self.picture.offset + 1))


TestPictureMachine = PictureMachine.TestCase
TestPictureMachine.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)


def test_a_value_put_again_changes_nothing() -> None:
    picture = Picture("e", quiet)
    change = picture.put("a", {"x": 1, "y": 2})
    assert change == Change("a", 1, None, {"x": 1, "y": 2})
    assert picture.put("a", {"x": 1, "y": 2}) is None
    again = picture.put("a", {"x": 1, "z": 3})
    assert again is not None
    assert again.fields == frozenset({"y", "z"})
    assert picture.remove("nothing") is None


def test_a_reader_that_is_up_to_date_gets_nothing() -> None:
    picture = Picture("e", quiet)
    picture.put("a", {"x": 1})
    assert picture.since("e", 1) == Delta("e", 1, False, {}, frozenset())


def test_a_key_that_changed_often_is_sent_once() -> None:
    picture = Picture("e", quiet)
    picture.put("a", {"x": 0})
    for number in range(1, 100):
        picture.put("a", {"x": number})
        picture.put("b", {"x": number})
    assert picture.since("e", 1).put == {"a": {"x": 99}, "b": {"x": 99}}


@pytest.mark.parametrize(
    ("epoch", "offset"),
    [("e", 0), ("e", -1), ("e", 4), ("other", 2)],
    ids=["zero", "negative", "future", "epoch"],
)
def test_an_offset_that_says_nothing_gets_everything(epoch: str, offset: int) -> None:
    picture = Picture("e", quiet)
    for key in "abc":
        picture.put(key, {})
    assert picture.since(epoch, offset) == Delta("e", 3, True, {"a": {}, "b": {}, "c": {}}, frozenset())


def test_behind_the_oldest_kept_tombstone_everything_is_sent() -> None:
    picture = Picture("e", quiet, tombstones=2)
    for key in "abcd":
        picture.put(key, {})
    for key in "abc":
        picture.remove(key)
    assert picture.since("e", 5).gone == frozenset("bc")  # 5 is the removal of `a`, forgotten since
    assert not picture.since("e", 5).full
    assert picture.since("e", 4).full


def test_a_removed_key_that_returns_is_not_gone() -> None:
    picture = Picture("e", quiet)
    picture.put("a", {"x": 1})
    picture.remove("a")
    picture.put("a", {"x": 2})
    assert picture.since("e", 1) == Delta("e", 3, False, {"a": {"x": 2}}, frozenset())


def test_a_watcher_that_raises_costs_neither_the_change_nor_the_others() -> None:
    complaints: list[Exception] = []
    picture = Picture("e", lambda see, error: complaints.append(error))
    seen: list[str] = []

    def bad(change: Change) -> None:
        raise ValueError(change.key)

    picture.watch(bad)
    picture.watch(lambda change: seen.append(change.key))
    picture.put("a", {})
    assert (seen, picture.get("a"), [str(each) for each in complaints]) == (["a"], {}, ["a"])


def test_keys_by_prefix() -> None:
    picture = Picture("e", quiet)
    for key in ("endpoint/b", "site/a", "endpoint/a"):
        picture.put(key, {})
    assert list(picture.keys("endpoint/")) == ["endpoint/b", "endpoint/a"]
    assert "site/a" in picture
    assert picture.get("site/x") is None
