import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.condition import Condition, Window, compile_condition
from alerts.rules import LABELS, LIVE
from ioc.errors import RuleError

LIVE_FIELDS = LIVE["endpoint"]


def condition(text: str) -> Condition:
    return compile_condition(text, LIVE_FIELDS)


def test_windows_are_lifted_into_variables() -> None:
    made = condition('avg(loss, "5m") > 3 || max( rtt , "30s" ) >= 400.0 && state == "avg(rtt, 5m)"')
    assert made.reads == {"state"}
    assert made.windows == (
        Window("loss_avg_5m", "loss", "avg", 300.0),
        Window("rtt_max_30s", "rtt", "max", 30.0),
    )
    assert made.holds({"loss_avg_5m": 4.0}) is True
    assert made.holds({"loss_avg_5m": 2.0, "rtt_max_30s": 1.0, "state": "up"}) is False


@pytest.mark.parametrize(
    ("text", "values", "holds"),
    [
        ("loss > 3", {}, None),
        ("loss > 3", {"loss": None}, None),
        ("loss > 3 || rtt > 400", {"loss": 5.0}, True),
        ("loss > 3 || rtt > 400", {"loss": 1.0}, None),
        ("loss > 3 && rtt > 400", {"loss": 1.0}, False),
        ('state == "down"', {"state": "down"}, True),
        ("!answering", {"answering": False}, True),
        ("loss > 3", {"loss": 4}, True),
    ],
)
def test_what_is_not_known_is_unknown_unless_it_does_not_matter(
    text: str, values: dict[str, object], holds: bool | None
) -> None:
    assert condition(text).holds(values) is holds


def test_a_failing_evaluation_is_unknown_and_counted() -> None:
    made = condition("rtt / loss > 1.0")
    assert made.holds({"rtt": 1.0, "loss": "x"}) is None
    assert made.errors == 1
    assert made.holds({"rtt": 1.0}) is None
    assert made.errors == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("los > 3", "unknown field 'los'"),
        ("[1, 2].all(x, x > loss)", "macro 'all'"),
        ("state.map(x, x) == state", "macro 'map'"),
        ("has(state.x)", "macro 'has'"),
        ('avg(loss, "5x") > 3', "takes a field and a span"),
        ("avg(loss) > 3", "takes a field and a span"),
        ('avg(state, "5m") > 3', "'state' is not a number"),
        ('avg(loss, "5s") > 3', "from 10s to 24h"),
        ('avg(avg(loss, "5m"), "5m") > 3', "takes a field and a span"),
        ("state.x == 1", "only plain fields"),
        ("state[0] == 1", "only plain fields"),
        ("loss * 2 > 3", "write 2.0, not 2"),
        ("loss", "neither true nor false"),
        ("loss +", "is not CEL"),
        ("", "is not CEL"),
        ("nap(loss) > 1", "unknown function 'nap'"),
        ("(" * 40 + "answering" + ")" * 40, "32 deep"),
        ("answering || " * 100 + "answering", "at most 1000"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, says: str) -> None:
    with pytest.raises(RuleError, match=says):
        condition(text)


def test_labels_are_read_by_name_and_an_absent_one_is_unknown() -> None:
    made = compile_condition('labels.role == "core" || critical', LABELS, ("labels",))
    assert made.holds({"labels": {"role": "core"}, "critical": False}) is True
    assert made.holds({"labels": {}, "critical": True}) is True
    assert made.holds({"labels": {}, "critical": False}) is None


@given(st.text(max_size=60) | st.text(alphabet='avgloss("5m") >3|&!.[]{}', max_size=60))
def test_any_text_is_a_condition_or_a_rule_error(text: str) -> None:
    try:
        made = condition(text)
    except RuleError:
        return
    assert made.holds({}) in (True, False, None)
