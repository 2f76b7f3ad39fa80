"""What is taken out of a page of metrics is bounded over time, not only of one page."""

from __future__ import annotations

from collectors.metrics import LONGEST_LABEL, Known, TakeField, TakeSeries, take
from collectors.wire.exposition import Sample


def series(**given: object) -> TakeSeries:
    return TakeSeries.model_validate({"metric": "m", "labels": ["n"], **given})


def samples(*names: str) -> list[Sample]:
    return [Sample("m", {"n": name}, 1.0) for name in names]


def test_series_that_come_and_go_do_not_add_up() -> None:
    known, kept = Known(), set()
    for round_ in range(50):
        taken = take(samples(f"pod-{round_}", "steady"), {}, [series(most=3)], known, float(round_))
        kept |= {label for _, label, _ in taken.series}
        assert "steady" in {label for _, label, _ in taken.series}
    assert kept == {"pod-0", "pod-1", "steady"}


def test_a_label_that_is_no_name_is_left_out() -> None:
    names = ("ok", "x" * (LONGEST_LABEL + 1), "a\nb", "a\u202eb")
    taken = take(samples(*names), {}, [series()], Known(), 0.0)
    assert [label for _, label, _ in taken.series] == ["ok"]
    assert taken.left == 3


def test_a_sum_is_not_known_while_one_of_its_counters_is_not() -> None:
    wanted = {"all": TakeField.model_validate({"metric": "m", "as": "rate", "several": "sum"})}
    known = Known()
    assert take(samples("a"), wanted, [], known, 0.0).fields == {}
    assert take(samples("a", "new"), wanted, [], known, 10.0).fields == {}
    assert take(samples("a", "new"), wanted, [], known, 20.0).fields == {"all": 0.0}


def test_series_are_told_apart_by_the_labels_that_are_listed() -> None:
    page = [Sample("m", {"n": "a", "cpu": str(cpu)}, float(cpu)) for cpu in range(3)]
    refused = take(page, {}, [series()], Known(), 0.0)
    assert (refused.series, refused.several) == ([], ["m a (3 series)"])
    assert take(page, {}, [series(several="sum")], Known(), 0.0).series == [("m", "a", {"value": 3.0})]
    labels = [label for _, label, _ in take(page, {}, [series(labels=["cpu", "n"])], Known(), 0.0).series]
    assert labels == ["0,a", "1,a", "2,a"]
