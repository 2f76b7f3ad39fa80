"""The reader of metric pages: prometheus-client writes and reads the same, and lines of every kind."""

from __future__ import annotations

import math
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from collectors.wire.exposition import LONGEST_LINE, MOST_SAMPLES, Page, Sample
from ioc.errors import CodecError


def openmetrics(registry: CollectorRegistry) -> bytes:
    written: bytes = generate_openmetrics(registry)  # type: ignore[no-untyped-call]
    return written


def read(page: bytes, *wanted: str, pieces: int = 1 << 20) -> Page:
    found = Page(wanted)
    for at in range(0, len(page), pieces):
        found.feed(page[at : at + pieces])
    found.close()
    return found


LABEL_VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.floats()


@given(
    st.lists(st.tuples(LABEL_VALUES, VALUES), max_size=8, unique_by=lambda each: each[0]), st.integers(1, 64)
)
def test_what_the_library_writes_is_read(series: list[tuple[str, float]], pieces: int) -> None:
    registry = CollectorRegistry()
    gauge = Gauge("depth", "đo\nsâu \\", ["where", "zone"], registry=registry)
    Counter("depth_more", "another that begins alike", registry=registry).inc()
    for label, value in series:
        gauge.labels(label, 'a"b').set(value)
    for page in (generate_latest(registry), openmetrics(registry)):
        found = read(page, "depth", pieces=pieces)
        wanted = [Sample("depth", {"where": label, "zone": 'a"b'}, value) for label, value in series]
        assert sorted(map(repr, found.samples)) == sorted(map(repr, wanted))
        assert (found.bad, found.left) == (0, 0)


def test_histograms_and_exemplars() -> None:
    registry = CollectorRegistry()
    histogram = Histogram("took", "seconds", buckets=(0.1, 1.0), registry=registry)
    histogram.observe(0.05, {"trace": 'x"}'})
    page = openmetrics(registry)
    found = read(page, "took_bucket", "took_sum", "took_count")
    assert found.ended
    assert {(each.metric, each.labels.get("le", "")): each.value for each in found.samples} == {
        ("took_bucket", "0.1"): 1.0,
        ("took_bucket", "1.0"): 1.0,
        ("took_bucket", "+Inf"): 1.0,
        ("took_sum", ""): 0.05,
        ("took_count", ""): 1.0,
    }
    assert b"# {" in page


LINES = st.text(st.sampled_from('a{}="\\,# \t_:1.e+-NIinf' + string.ascii_letters[:3]), max_size=40)


@given(LINES)
def test_a_line_that_the_library_refuses_is_at_most_read_more_strictly(rest: str) -> None:
    """Where both read a line they read the same; ours may refuse more, and never raises."""
    line = f"a{rest}"
    found = read(line.encode(), "a")
    try:
        families = list(text_string_to_metric_families(line))
    except (ValueError, KeyError, IndexError):
        return
    theirs = [each for family in families for each in family.samples if each.name == "a"]
    if found.samples and theirs:
        (mine,), (other,) = found.samples, theirs
        assert dict(mine.labels) == other.labels
        assert mine.value == other.value or (math.isnan(mine.value) and math.isnan(other.value))


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (b"a 1", 1.0),
        (b"a\t 1e3 \t", 1000.0),
        (b"a 1 1700000000000", 1.0),
        (b"a +Inf", math.inf),
        (b"a{}1", 1.0),
        (b'a{x="1",} 2\r', 2.0),
        (b'a 5 # {t="1"} 1 1', 5.0),
        (b"a 1_0", None),
        (b"a", None),
        (b"a{", None),
        (b'a{x="\\"} 1', None),
        (b'a{x="1" y="2"} 1', None),
        (b'a{x="1",x="2"} 1', None),
        (b'a{x="\xff"} 1', None),
        (b"a one", None),
        (b"a 1 2 3", None),
    ],
)
def test_a_line(line: bytes, value: float | None) -> None:
    found = read(line, "a")
    assert [each.value for each in found.samples] == ([] if value is None else [value])
    assert found.bad == (value is None)


def test_other_metrics_are_not_looked_at() -> None:
    found = read(b"ab 1\nab broken{\na_1 2\n# HELP a a\n# TYPE a gauge\na 3\n", "a")
    assert [each.value for each in found.samples] == [3.0]
    assert (found.bad, found.lines) == (0, 6)


def test_the_samples_of_a_page_are_bounded() -> None:
    found = read(b"a 1\n" * (MOST_SAMPLES + 7), "a")
    assert (len(found.samples), found.left) == (MOST_SAMPLES, 7)


def test_a_line_is_bounded() -> None:
    page = Page(("a",))
    page.feed(b"x" * LONGEST_LINE)
    with pytest.raises(CodecError, match="a line of more than"):
        page.feed(b"x")


@given(st.binary(max_size=200), st.integers(1, 50))
def test_any_bytes_are_a_page(page: bytes, pieces: int) -> None:
    found = read(b"a" + page + b"\na 1\n", "a", pieces=pieces)
    assert found.samples[-1] == Sample("a", {}, 1.0)
