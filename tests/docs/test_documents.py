"""What docs/documents.md shows is so: its configuration loads, its messages become the cases that it names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from collectors.feeds.edxml import FETCH, LIST, SECRET_ELEMENTS, SECRET_WORDS, Edxml, EdxmlOptions
from collectors.wire import documents
from ioc.cases.model import Record, Stage, Step
from tests.collectors.documents_house import Book, settled
from tests.docs.blocks import ROOT, blocks

PAGE = ROOT / "docs" / "documents.md"
TEXT = PAGE.read_text("utf-8")
SHOWN = {each.info.partition("file=")[2]: each.text for each in blocks() if each.page == PAGE}
SECRETS = ("system_id", "secret_key", "credentials")


def options(name: str) -> EdxmlOptions:
    """A feed as the page configures it; only the secrets are the test's."""
    feed: dict[str, Any] = yaml.safe_load(SHOWN[name])["feeds"]["documents"]
    assert feed.pop("feed") == "edxml"
    for secret in SECRETS:
        if secret in feed:
            assert feed[secret].keys() <= {"file", "env"}, "a reference, never the secret itself"
            feed[secret] = "hidden"
    return EdxmlOptions.model_validate(feed)


@pytest.mark.parametrize("name", sorted(name for name in SHOWN if name.endswith(".yaml")))
def test_a_configuration_loads(name: str) -> None:
    assert Edxml(options(name), Book().around()).name == "edxml"


async def test_the_messages_become_the_cases_that_the_page_names(tmp_path: Path) -> None:
    for name in ("letter.xml", "received.xml"):
        (tmp_path / name).write_text(SHOWN[name], "utf-8")
    book = Book()
    shown = options("folder.yaml").model_copy(update={"folder": tmp_path})
    await settled(Edxml(shown, book.around()), book)
    first, second = (each for each in book.updates if isinstance(each, Record))
    (step,) = (each for each in book.updates if isinstance(each, Step))
    assert f"`{first.key}`" in TEXT
    assert second.key.endswith(">H44.12.3")
    assert (first.procedure, first.channel, first.stage) == ("Công văn", "electronic", Stage.OPEN)
    assert (step.key, step.status, step.stage) == (first.key, "03", Stage.DONE)
    assert [each.value for each in book.findings] == ["H44.12.3"]


def test_the_codes_of_the_page_are_those_that_ship() -> None:
    rows = re.findall(r"^\| (\d\d(?:, \d\d)*) \|[^|]*\| ([^|]*) \|$", TEXT, re.MULTILINE)
    told = {code: means.split()[0].rstrip(";") for codes, means in rows for code in codes.split(", ")}
    told["16"] = told["03"]
    ships = documents.stages(until_done=False)
    assert told == {code: str(stage) for code, stage in ships.items() if code.isdigit()}


def test_the_defaults_of_the_page_are_those_of_the_feed() -> None:
    assert all(f"`{each}`" in TEXT for each in SECRET_ELEMENTS)
    assert all(f"*{each}*" in TEXT for each in SECRET_WORDS)
    assert LIST.partition("?")[0] in TEXT
    assert FETCH.partition("{")[0] in TEXT
