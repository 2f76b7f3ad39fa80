"""What of other programs' lines is taken: tags listed, endpoints known, series and types bounded, times near."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.config.compiled import Allowed
from ioc.store import parse
from ioc.store.admission import FIELDS, Admission, Refusal, Terms, Why

NOW = 1_760_000_000.0
PLACES = {
    "sv-1": {"unit": "u1", "site": "s1", "system": "dc"},
    "sv-2": {"unit": "u2", "site": "s2", "system": "dc"},
}
TERMS = Terms(
    measurements={
        "cpu": Allowed(frozenset({"cpu"}), frozenset({"rack"}), "host"),
        "pump": Allowed(frozenset({"id"})),
    },
    endpoints={"server-1": "sv-1"},
    series=3,
    oldest=7 * 86_400.0,
)


def place(endpoint: str) -> Mapping[str, str]:
    return PLACES.get(endpoint, {})


@pytest.fixture
def admission() -> Admission:
    return Admission(TERMS, place)


def taken(admission: Admission, text: str) -> str:
    found = admission.admit(parse.line(text), NOW)
    assert isinstance(found, str), found
    return found


def refused(admission: Admission, text: str) -> Refusal:
    found = admission.admit(parse.line(text), NOW)
    assert isinstance(found, Refusal), found
    return found


def test_an_endpoints_place_takes_the_place_of_the_tag_that_names_it(admission: Admission) -> None:
    line = taken(admission, "cpu,cpu=cpu0,host=server-1,rack=7 usage=1.5,busy=2i,on=t 1760000000000000")
    assert (
        line == "cpu,cpu=cpu0,endpoint=sv-1,site=s1,system=dc,unit=u1 usage=1.5,busy=2i,on=t 1760000000000000"
    )
    assert taken(admission, "cpu,host=sv-2 usage=1").startswith(
        "cpu,endpoint=sv-2,site=s2,system=dc,unit=u2 usage=1.0 "
    )


def test_without_a_time_it_is_now(admission: Admission) -> None:
    assert taken(admission, "pump,id=1 flow=2") == "pump,id=1 flow=2.0 1760000000000000"


@pytest.mark.parametrize(
    ("text", "why", "what"),
    [
        ("disk f=1", Why.MEASUREMENT, "measurement 'disk' is not taken; list it under inlet.measurements"),
        (
            "pump,id=1,rack=7 f=1",
            Why.TAG,
            "tag 'rack' is not listed; keep it by inlet.measurements.pump.tags, or leave it out by inlet",
        ),
        (
            "cpu,host=other f=1",
            Why.ENDPOINT,
            "host 'other' is no endpoint; list it under inlet.endpoints with the id of one",
        ),
        (
            "cpu,host=sv-1,cpu=" + "a" * 4070 + " f=1",
            Why.TAG,
            "measurement and tags would be 4119 characters, more than 4096",
        ),
        ("cpu,cpu=cpu0 f=1", Why.ENDPOINT, "there is no tag 'host', which names the endpoint"),
        (
            "pump f=9223372036854775808u",
            Why.FIELD,
            "field 'f' is 9223372036854775808; whole numbers have 64 bits",
        ),
    ],
)
def test_what_is_refused_and_what_to_do(admission: Admission, text: str, why: Why, what: str) -> None:
    found = refused(admission, text)
    assert found.why is why
    assert found.what.startswith(what)
    assert admission.series == 0


@pytest.mark.parametrize(
    ("micros", "ok"),
    [
        (1_760_000_000_000_000 + 86_400_000_000, True),
        (1_760_000_000_000_000 + 86_400_000_001, False),
        (1_760_000_000_000_000 - 7 * 86_400_000_000, True),
        (1_760_000_000_000_000 - 7 * 86_400_000_000 - 1, False),
        (-1, False),
        (9_000_000_000_000_000, False),
    ],
)
def test_times_are_near(admission: Admission, micros: int, ok: bool) -> None:
    found = admission.admit(parse.line(f"pump f=1 {micros}"), NOW)
    assert isinstance(found, str) is ok
    if isinstance(found, Refusal):
        assert found.why is Why.TIME
        assert str(micros) in found.what


def test_series_are_bounded_and_those_let_in_go_on(admission: Admission) -> None:
    for id in range(3):
        taken(admission, f"pump,id={id} f=1")
    found = refused(admission, "pump,id=3 f=1")
    assert found.why is Why.SERIES
    assert admission.turned_away == 1
    assert found.what.startswith("this would be more than the 3 series of inlet.series")
    taken(admission, "pump,id=2 f=2")
    assert (admission.series, admission.most) == (3, 3)


def test_tags_left_out_make_no_series_however_often_they_change(admission: Admission) -> None:
    for rack in range(100):
        line = taken(admission, f"cpu,host=sv-1,rack={rack} f=1")
        assert "rack" not in line
    assert admission.series == 1
    assert len(admission._heads) <= 2 * TERMS.series


def test_an_endpoint_that_moves_makes_no_new_series(
    admission: Admission, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "unit=u1" in taken(admission, "cpu,host=sv-1 f=1")
    monkeypatch.setitem(PLACES, "sv-1", {"unit": "u9", "site": "s1", "system": "dc"})
    admission.apply(TERMS)
    assert "unit=u9" in taken(admission, "cpu,host=sv-1 f=1")
    assert admission.series == 1


def test_a_field_keeps_the_type_it_had_first(admission: Admission) -> None:
    taken(admission, "pump,id=1 f=1i")
    found = refused(admission, "pump,id=2 g=1,f=1.5")
    assert found == Refusal(Why.FIELD, "field 'f' is a number, and has been a whole number before")
    assert (
        refused(admission, "pump,id=2 f=t").what == "field 'f' is a flag, and has been a whole number before"
    )
    taken(admission, 'pump,id=2 g="of a line that was refused nothing is remembered"')
    assert admission.series == 2


def test_a_line_that_is_short_but_would_be_long_is_refused(admission: Admission) -> None:
    fields = {"f" * 100 + str(n): "x" * 600 for n in range(100)}
    came = parse.Parsed("pump", (), dict(fields), None)
    found = admission.admit(came, NOW)
    assert isinstance(found, Refusal)
    assert found.what.startswith("the line would be 70")
    taken(admission, f"pump {next(iter(fields))}=1")


def test_fields_are_bounded(admission: Admission) -> None:
    for start in range(0, FIELDS, 500):
        taken(admission, "pump " + ",".join(f"f{n}=1" for n in range(start, start + 500)))
    assert (
        refused(admission, "pump one_more=1").what == f"pump would have more than {FIELDS} different fields"
    )
    taken(admission, "pump f7=2")


def test_terms_change_with_a_reload(admission: Admission) -> None:
    taken(admission, "pump,id=1 f=1")
    admission.apply(Terms({}, {}, 3, 1.0))
    assert refused(admission, "pump,id=1 f=1").why is Why.MEASUREMENT


texts = st.text(min_size=1, max_size=8).filter(lambda text: text.isprintable() and not text.endswith("\\"))


@given(
    st.dictionaries(
        texts, st.floats(allow_nan=False, allow_infinity=False) | st.text() | st.booleans(), min_size=1
    )
)
def test_what_is_taken_reads_back_as_it_came(fields: dict[str, parse.Value]) -> None:
    came = parse.Parsed("pump", (("id", "a b,c=d"),), fields, 1_760_000_000_000_000)
    line = Admission(TERMS, place).admit(came, NOW)
    assert isinstance(line, str)
    if all(not isinstance(each, str) or each.isprintable() for each in fields.values()):
        assert parse.line(line) == came
