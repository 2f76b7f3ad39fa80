"""Line protocol: what is written is what is read back, by a parser that follows InfluxDB's own rules."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.model import Point, Reason, Sample, State, Verdict
from ioc.store.base import Foreign, Mark
from ioc.store.line import CODES, Lines, name, prefix, stamp, value

Parsed = tuple[str, dict[str, str], dict[str, float | int | str | bool], int]


def parse(line: str) -> Parsed:
    """Read one line as InfluxDB does: a character counts only where no backslash stands before it."""
    head, rest = _cut(line, " ")
    fields_text, time = _cut_outside_strings(rest)
    measurement, *tags = _split(head, ",")
    pairs = [_cut(tag, "=") for tag in tags]
    keys = [_plain(key) for key, _ in pairs]
    assert keys == sorted(keys)
    fields = dict(_cut(pair, "=") for pair in _split_outside_strings(fields_text))
    return (
        _plain(measurement),
        {_plain(key): _plain(text) for key, text in pairs},
        {_plain(key): _typed(text) for key, text in fields.items()},
        int(time),
    )


def _split(text: str, at: str) -> list[str]:
    parts, start = [], 0
    for place, char in enumerate(text):
        if char == at and (place == 0 or text[place - 1] != "\\"):
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def _cut(text: str, at: str) -> tuple[str, str]:
    first, *rest = _split(text, at)
    return first, at.join(rest)


def _quotes(text: str) -> list[bool]:
    """For each place, whether it lies in a string: one begins right after an equals sign, and only there."""
    inside, out, skip = False, [], False
    for place, char in enumerate(text):
        out.append(inside)
        if skip:
            skip = False
        elif inside and char == "\\":
            skip = True
        elif char == '"' and (inside or _is_equals(text, place - 1)):
            inside = not inside
    return out


def _is_equals(text: str, place: int) -> bool:
    return place > 0 and text[place] == "=" and text[place - 1] != "\\"


def _cut_outside_strings(text: str) -> tuple[str, str]:
    inside = _quotes(text)
    place = max(i for i, char in enumerate(text) if char == " " and not inside[i])
    return text[:place], text[place + 1 :]


def _split_outside_strings(text: str) -> list[str]:
    inside, parts, start = _quotes(text), [], 0
    for place, char in enumerate(text):
        if char == "," and not inside[place] and text[place - 1] != "\\":
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def _plain(text: str) -> str:
    for char in ", =":
        text = text.replace("\\" + char, char)
    return text


def _typed(text: str) -> float | int | str | bool:
    if text.startswith('"'):
        return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    if text in {"t", "f"}:
        return text == "t"
    return int(text[:-1]) if text.endswith("i") else float(text)


NAMES = st.text(min_size=1, max_size=12).filter(lambda text: text.isprintable() and text[-1] != "\\")
ROUGH = st.text(alphabet=", =\\\"'aé#", min_size=1, max_size=8).filter(lambda text: text[-1] != "\\")


def tags_of(endpoint: str) -> dict[str, str]:
    return {"unit": "01", "site": "", "system": "vc"}


@given(st.sampled_from(["m", "m n", "m,n"]), st.dictionaries(NAMES | ROUGH, NAMES | ROUGH, max_size=4))
def test_tags_come_back(measurement: str, tags: dict[str, str]) -> None:
    read, pairs, fields, at = parse(f"{prefix(measurement, tags)}v=1.0 1")
    assert (read, pairs, fields, at) == (measurement, tags, {"v": 1.0}, 1)


@given(
    st.dictionaries(
        NAMES | ROUGH,
        st.floats(allow_nan=False, allow_infinity=False)
        | st.integers(-(2**63), 2**63 - 1)
        | st.booleans()
        | st.text(alphabet=st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=9),
        min_size=1,
        max_size=4,
    )
)
def test_fields_come_back_with_their_types(fields: dict[str, float | int | str | bool]) -> None:
    text = ",".join(f"{name(key)}={value(each)}" for key, each in fields.items())
    read = parse(f"m {text} 5")[2]
    assert read == fields
    assert {key: type(each) for key, each in read.items()} == {key: type(fields[key]) for key in fields}


@given(
    NAMES | ROUGH,
    NAMES | ROUGH,
    st.dictionaries(NAMES | ROUGH, st.floats() | st.integers(-9, 9), max_size=3),
    st.floats(1e9, 3e9),
)
def test_samples_come_back(endpoint: str, source: str, fields: dict[str, float], at: float) -> None:
    lines, faulty = Lines(tags_of).encode([Sample(endpoint, at, source, Verdict.OK, fields)], skew=0.25)
    held = {key: float(each) for key, each in fields.items() if math.isfinite(each)}
    assert faulty == 0
    assert len(lines) == bool(held)
    if held:
        tags = {"unit": "01", "system": "vc", "endpoint": endpoint, "source": source}
        assert parse(lines[0]) == ("endpoint", tags, held, stamp(at + 0.25))


@pytest.mark.parametrize("state", State)
def test_a_mark_is_one_line(state: State) -> None:
    lines, _ = Lines(tags_of).encode([Mark("e 1", 1_700_000_000.5, state, Reason.NO_ANSWER)], skew=0.0)
    fields = f'code={CODES[state]}i,reason="no_answer",state="{state}"'
    assert lines == [f"state,endpoint=e\\ 1,system=vc,unit=01 {fields} 1700000000500000"]


def test_every_state_has_its_own_code() -> None:
    assert sorted(CODES.values()) == list(range(len(State)))


def test_a_float_stays_a_float_whatever_its_value() -> None:
    """A field that is 3 in one line and 3i in another is a conflict of types."""
    lines, _ = Lines(tags_of).encode([Sample("e", 1.0, "s", None, {"rtt": 3, "loss": 0.0})], skew=0.0)
    assert " rtt=3,loss=0.0 " in lines[0]


@pytest.mark.parametrize("bad", ["", "a\nb", "tail\\", "\x00", "a\u2028b", "tab\there"])
def test_a_name_that_cannot_be_written_costs_only_its_own_record(bad: str) -> None:
    with pytest.raises(ValueError, match="a name must be printable, not empty"):
        name(bad)
    good = Sample("good", 1.0, "sip", Verdict.OK, {"rtt": 1.0})
    lines, faulty = Lines(tags_of).encode([Sample(bad, 1.0, "sip", Verdict.OK, {"rtt": 1.0}), good], 0.0)
    assert (len(lines), faulty) == (1, 1)


def test_a_measurement_may_not_be_a_comment() -> None:
    with pytest.raises(ValueError, match="is a comment"):
        prefix("#m", {})


def test_changed_tags_are_used_once_forgotten() -> None:
    units = {"e": "old"}
    lines = Lines(lambda endpoint: {"unit": units[endpoint]})
    sample, mark = Sample("e", 1.0, "s", None, {"rtt": 1.0}), Mark("e", 1.0, State.UP, Reason.ANSWERED)
    lines.encode([sample, mark], 0.0)
    units["e"] = "new"
    assert all("unit=old" in line for line in lines.encode([sample, mark], 0.0)[0])
    lines.forget()
    assert all("unit=new" in line for line in lines.encode([sample, mark], 0.0)[0])


def test_a_point_keeps_its_own_tags_and_its_subjects() -> None:
    lines = Lines(lambda endpoint: {"unit": "u1", "site": "s 1"} if endpoint == "sw1" else {})
    of_a_part = Point("interface", "sw1", 1.0, {"in_bits": 2.5, "up": True}, (("interface", "eth0"),))
    from_outside = Point("cpu", "", 2.0, {"usage": 3}, (("host", "a"),))
    nothing = Point("cpu", "", 2.0, {"usage": float("nan")})
    found, faulty = lines.encode([of_a_part, from_outside, nothing], skew=0.5)
    assert [parse(line) for line in found] == [
        (
            "interface",
            {"endpoint": "sw1", "interface": "eth0", "site": "s 1", "unit": "u1"},
            {"in_bits": 2.5, "up": True},
            1_500_000,
        ),
        ("cpu", {"host": "a"}, {"usage": 3}, 2_500_000),
    ]
    assert faulty == 0


def test_a_foreign_line_is_kept_as_it_is() -> None:
    foreign = Foreign('pump,id=1 note="two\nlines" 1760000000000000', 1_760_000_000.0)
    assert Lines(lambda endpoint: {}).encode([foreign], 5.0) == ([foreign.line], 0)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 10**400])
def test_a_number_that_cannot_be_held_costs_its_field_and_no_other_sample(number: float) -> None:
    made = [
        Sample("a", 1.0, "sip", Verdict.OK, {"rtt": 1.5, "loss": number}),
        Sample("b", 2.0, "sip", Verdict.OK, {"loss": number}),
        Sample("c", 3.0, "sip", Verdict.OK, {"rtt": 2.5}),
    ]
    lines, faulty = Lines(lambda endpoint: {}).encode(made, skew=0.0)
    assert faulty == 0
    assert lines == [
        "endpoint,endpoint=a,source=sip rtt=1.5 1000000",
        "endpoint,endpoint=c,source=sip rtt=2.5 3000000",
    ]


def test_an_integer_of_more_than_64_bits_is_written_as_a_float() -> None:
    lines, _ = Lines(lambda endpoint: {}).encode(
        [Sample("a", 1.0, "sip", Verdict.OK, {"n": 10**30})], skew=0.0
    )
    assert parse(lines[0])[2] == {"n": 1e30}


def test_percent_signs_stand_for_themselves() -> None:
    lines, _ = Lines(lambda endpoint: {"site": "100%s"}).encode(
        [Sample("%d", 1.0, "%(a)s", Verdict.OK, {"used%": 5.0})], skew=0.0
    )
    assert lines == ["endpoint,endpoint=%d,site=100%s,source=%(a)s used%=5.0 1000000"]


def test_no_samples_make_no_line() -> None:
    assert Lines(lambda endpoint: {}).encode([Sample("a", 1.0, "sip", Verdict.OK)], skew=0.0) == ([], 0)


def test_shapes_that_are_too_many_are_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ioc.store.line.MOST_SHAPES", 3)
    lines = Lines(lambda endpoint: {})
    for number in range(10):
        made, _ = lines.encode([Sample(f"e{number}", 1.0, "sip", Verdict.OK, {"rtt": 1.0})], skew=0.0)
        assert made == [f"endpoint,endpoint=e{number},source=sip rtt=1.0 1000000"]
        assert len(lines._shapes) <= 3
