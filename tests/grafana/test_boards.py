"""The committed dashboards are what the code makes, are what Grafana's own types hold, and hang together."""

from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.source.__main__ import FOLDER, main, stale, written
from grafana.source.page import TAG
from grafana.source.registry import BOARDS
from tests.grafana.asking import CASES, fill, load, questions
from tests.grafana.filled import cases

PROVISIONED = Path(__file__).parents[2] / "grafana" / "provisioning"


def test_they_are_current() -> None:
    assert stale(FOLDER, written()) == [], "run: make dashboards"


@pytest.mark.parametrize("name", BOARDS)
def test_grafanas_own_types_hold_it_whole(name: str) -> None:
    register_default_plugins()
    board = load(name)
    again = json.loads(json.dumps(Dashboard.from_json(board), cls=JSONEncoder))
    for ours, theirs in zip(board["annotations"]["list"], again["annotations"]["list"], strict=True):
        theirs["target"] = ours["target"]  # the SDK knows only what Grafana's own annotations ask
    assert again == board


@pytest.mark.parametrize("name", BOARDS)
def test_panels_lie_side_by_side(name: str) -> None:
    places = [each["gridPos"] for each in load(name)["panels"]]
    for one, other in combinations(places, 2):
        apart = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert apart or above, (one, other)
    assert all(each["x"] + each["w"] <= 24 for each in places)


@pytest.mark.parametrize("name", BOARDS)
def test_everything_on_it_has_words(name: str) -> None:
    board = load(name)
    panels = [each for each in board["panels"] if each["type"] != "row"]
    assert board["title"]
    assert all(each["title"] and each["description"] for each in panels)
    assert len({each["id"] for each in board["panels"]}) == len(board["panels"])
    assert len({each["title"] for each in panels}) == len(panels)


@pytest.mark.parametrize("name", BOARDS)
def test_every_variable_of_every_query_is_there(name: str) -> None:
    board = load(name)
    for question in questions(name, board):
        filled = fill(board, question.text, {each: ["x"] for each in _variables(board)})
        assert "${" not in filled


@pytest.mark.parametrize("name", BOARDS)
def test_it_leads_to_the_wall_and_to_the_others(name: str) -> None:
    wall, others = load(name)["links"]
    assert wall["url"].startswith("${wall:raw}")
    assert (others["type"], others["tags"]) == ("dashboards", [TAG])
    assert TAG in load(name)["tags"]


@pytest.mark.parametrize("name", BOARDS)
def test_links_lead_to_dashboards_that_are_there(name: str) -> None:
    text = json.dumps(load(name))
    known = {load(each)["uid"] for each in BOARDS}
    assert set(re.findall(r"/d/([\w-]+)", text)) <= known


def test_uids_are_apart() -> None:
    assert len({load(each)["uid"] for each in BOARDS}) == len(BOARDS)


def test_data_sources_are_those_that_are_provisioned() -> None:
    given = yaml.safe_load((PROVISIONED / "datasources" / "ioc.yaml").read_text("utf-8"))["datasources"]
    known = {(each["uid"], each["type"]) for each in given}
    asked = {
        (each["uid"], each["type"]) for name in BOARDS for each in _sources(load(name)) if each.get("uid")
    }
    assert asked == known


def test_secrets_are_only_named() -> None:
    given = yaml.safe_load((PROVISIONED / "datasources" / "ioc.yaml").read_text("utf-8"))["datasources"]
    assert all(value.startswith("$") for each in given for value in each.get("secureJsonData", {}).values())


def test_every_dashboard_has_a_case() -> None:
    assert {case.board for case in cases()} == set(BOARDS)
    assert all((folder / "case.yaml").is_file() for folder in CASES.iterdir())


def test_cases_name_queries_that_are_there() -> None:
    for case in cases():
        assert case.empty <= {each.name for each in questions(case.board, load(case.board))}
        assert set(case.chosen) <= _variables(load(case.board))


def test_writing_to_a_folder_with_a_wall_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "gone.json").write_text("{}")
    assert main(["--into", str(tmp_path), "--wall", "https://ioc.example"]) == 0
    assert {each.name for each in tmp_path.iterdir()} == {f"{name}.json" for name in BOARDS}
    one = json.loads((tmp_path / "overview.json").read_text("utf-8"))
    assert _variable(one, "wall")["query"] == "https://ioc.example"


def test_checking_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0
    assert main(["--check", "--into", str(tmp_path)]) == 1
    assert "make dashboards" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def _variables(board: dict[str, Any]) -> set[str]:
    return {each["name"] for each in board["templating"]["list"]}


def _variable(board: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in board["templating"]["list"] if each["name"] == name)


def _sources(value: Any) -> list[dict[str, str]]:
    """Every data source that stands anywhere."""
    if isinstance(value, list):
        return [found for each in value for found in _sources(each)]
    if not isinstance(value, dict):
        return []
    own = [value["datasource"]] if isinstance(value.get("datasource"), dict) else []
    return own + [found for each in value.values() for found in _sources(each)]
