"""The golden cases: rules with their exact error, and timelines with the incidents and pages they make."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from alerts.rules import parse_rules, shipped
from ioc.errors import RuleError
from ioc.matchers import parse_all
from tests.alerts.minded import Minded
from tests.alerts.world import START, Inbox, World

CASES = Path(__file__).parents[1] / "cases"


def folders(area: str) -> list[Any]:
    found = sorted(each for each in (CASES / area).iterdir() if each.is_dir())
    assert found
    return [pytest.param(each, id=each.name) for each in found]


def read(file: Path) -> Any:
    return yaml.safe_load(file.read_text("utf-8"))


@pytest.mark.parametrize("folder", folders("rules"))
def test_a_bad_rule_gets_its_exact_error(folder: Path) -> None:
    with pytest.raises(RuleError) as caught:
        parse_rules(read(folder / "rule.yaml"))
    assert str(caught.value) == (folder / "error.txt").read_text("utf-8").strip()


@pytest.mark.parametrize("folder", folders("incidents"))
async def test_a_timeline_makes_its_incidents_and_pages(folder: Path, tmp_path: Path) -> None:
    own = folder / "rules.yaml"
    rules = parse_rules(read(own)) if own.exists() else shipped()
    world = Minded(tmp_path, rules=rules, inbox=Inbox())
    for moment in read(folder / "timeline.yaml"):
        await world.go(START + moment.pop("at", moment.pop("until", 0)) - world.clock.at)
        for subject, value in moment.items():
            if subject in ("maintain", "silence"):
                await plan(world, subject, value)
            else:
                show(world, subject, value)
    await world.go(0)
    expected = read(folder / "expected.yaml")
    assert [page(each) for each in world.inbox.got] == expected["pages"]
    for number, fields in expected["incidents"].items():
        assert {name: relative(world.incident(number)[name]) for name in fields} == fields
    await world.stop()


async def plan(world: World, what: str, wanted: Any) -> None:
    """Begin a maintenance of a scope, or a silence, for some seconds from now."""
    end, why = world.clock.at + wanted["for"], ("thay nguồn", "Hạnh")
    if what == "maintain":
        await world.engine.maintain(wanted["scope"], wanted["id"], None, end, *why)
    else:
        await world.engine.plans.silencing.begin(parse_all(wanted["match"]), None, end, *why)


def show(world: World, subject: str, value: Any) -> None:
    fields = dict(value) if isinstance(value, dict) else {"state": value}
    if subject == "all":
        world.all(fields["state"])
    else:
        world.put(subject, **fields)


def page(each: Any) -> dict[str, Any]:
    return {
        "at": relative(each.at),
        "kind": each.kind.value if hasattr(each.kind, "value") else each.kind,
        "incident": each.incident,
        "subject": each.labels["subject"],
        "severity": str(each.severity),
        "members": each.annotations["members"],
    }


def relative(value: Any) -> Any:
    return value - START if isinstance(value, float) and value >= START else value
