import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from alerts.explain import _decided, lines, story
from alerts.incidents import Because, Verb
from alerts.reasons import BECAUSE, VERBS, said, why
from ioc.errors import Refused, StateUnusable
from ioc.state.look import Look
from tests.alerts.world import World


@pytest.mark.parametrize("verb", Verb)
def test_every_decision_has_words(verb: Verb) -> None:
    assert verb in VERBS


@pytest.mark.parametrize("because", Because)
def test_every_reason_has_words(because: Because) -> None:
    assert because in BECAUSE


@pytest.mark.parametrize(
    ("because", "language", "words"),
    [
        ("route night", "vi", "tuyến báo night"),
        ("route night", "en", "route night"),
        ("chain core step 2 round 1", "vi", "chuỗi core bước 2 vòng 1"),
        ("chain core step 2 round 1", "en", "chain core step 2 round 1"),
        ("told_before", "vi", "đã được báo lúc mở"),
        ("failover", "en", "the contact before did not work"),
        ("something new", "en", "something new"),
    ],
)
def test_the_reason_of_a_delivery_is_said(because: str, language: str, words: str) -> None:
    assert why(because, language) == words


def test_a_code_without_words_is_shown() -> None:
    assert said(VERBS, "teleported", "vi") == "teleported"


async def test_an_incident_is_told_from_the_state_file_while_the_service_runs(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.all()
    world.put("mcu", "down")
    await world.go(0)
    await world.engine.acknowledge(1, "An", "tôi lo")
    world.put("mcu", "up")
    await world.go(60)
    look = Look(tmp_path / "state.db")
    text = lines(story(look, 1))
    assert text[0] == "21/09 21:13:20 mở sự cố (mcu) – chưa có sự cố nào bao trùm"
    why_desk = "vì: nhận mức này, không có tuyến báo nào được khai"
    assert f"21/09 21:13:20 #1 mở sự cố → desk; {why_desk}; đã gửi 21/09 21:13:20: 200" in text
    assert any("đã nhận xử lý" in each and "An" in each for each in text)
    assert "đã gửi" in text[-1]
    about = story(look, 1, "bình", "en").about
    assert about.startswith("bình was not told: no route and no step of a chain named them. Told: desk.")
    assert "acknowledged" in about
    await world.stop()
    assert lines(story(look, 1)) == text


async def test_what_is_not_known_is_refused(tmp_path: Path) -> None:
    world = World(tmp_path)
    with pytest.raises(Refused, match="incident 5 is not known"):
        story(Look(tmp_path / "state.db"), 5)
    await world.stop()
    with pytest.raises(StateUnusable, match="there is no state file; has the service run here"):
        story(Look(tmp_path / "other.db"), 5)


def test_the_step_of_a_chain_is_said_in_the_language_of_the_rest() -> None:
    row = {"at": 0.0, "by": "", "because": "told_this_round", "verb": "stepped", "subject": "x"}
    told = _decided({**row, "note": "chain core step 2 round 1"}, "vi")
    assert told["text"].endswith("đã báo trong vòng này: chuỗi core bước 2 vòng 1")
    told = _decided({**row, "by": "Hoa", "note": "chain core step 2"}, "vi")
    assert told["text"].endswith(", Hoa: chain core step 2")


async def test_what_was_decided_stands_before_what_it_made_owed(tmp_path: Path) -> None:
    """Both are noted at one moment, which the civil clock may write a little differently."""
    world = World(tmp_path)
    world.put("mcu", "down")
    await world.go(0)
    await world.stop()
    with closing(sqlite3.connect(tmp_path / "state.db")) as file, file:
        file.execute("UPDATE deliveries SET at = at - 0.001")
    first, second = lines(story(Look(tmp_path / "state.db"), 1))
    assert ("mở sự cố (mcu)" in first, "→ desk" in second) == (True, True)
