"""The requests of docs/portal.md, sent to the feed, are answered as the page shows."""

from __future__ import annotations

import json
from typing import Any

import yaml

from collectors.feeds.national import NationalOptions
from collectors.wire.portal import Code
from ioc.cases.model import Record, Step, Supplement
from tests.collectors.portal_house import PASSWORD, House, moment
from tests.docs.blocks import ROOT, blocks

PAGE = ROOT / "docs" / "portal.md"
SHOWN = {each.info.partition("file=")[2]: each.text for each in blocks() if each.page == PAGE}
PLACEHOLDER = "q7k0…"


def house() -> House:
    """The feed as the page configures it; only the password is the test's."""
    feed = yaml.safe_load(SHOWN["feeds.yaml"])["feeds"]["portal"]
    assert (feed.pop("feed"), feed.pop("password")) == ("national", {"file": "secrets/portal-password"})
    NationalOptions.model_validate({**feed, "password": PASSWORD})
    return House(feed)


async def sent(to: House, name: str, session: str = "") -> Any:
    said = await to.post("/feeds/portal/mapi/g", SHOWN[name].replace(PLACEHOLDER, session).encode())
    assert said.status == 200
    return json.loads(said.body)


async def signed_in(to: House) -> str:
    said = json.loads((await to.post("/feeds/portal/mapi/login", SHOWN["sign-in.json"].encode())).body)
    assert {**said, "session": PLACEHOLDER} == json.loads(SHOWN["session.json"])
    return str(said["session"])


async def test_the_requests_are_answered_as_shown() -> None:
    portal = house()
    session = await signed_in(portal)
    assert await sent(portal, "dossiers.json", session) == json.loads(SHOWN["answer.json"])
    assert await sent(portal, "acts.json", session) == {"error_code": "00", "message": "1 kept"}


async def test_what_is_kept_is_what_the_page_says() -> None:
    portal = house()
    session = await signed_in(portal)
    for name in ("dossiers.json", "acts.json"):
        await sent(portal, name, session)
    first, second, act = portal.desk.updates
    assert isinstance(first, Record) and isinstance(second, Record) and isinstance(act, Step)
    assert first.supplements == (
        Supplement(
            moment("2026-10-06 10:00"),
            moment("2026-10-07 14:00"),
            moment("2026-10-09 17:00"),
            moment("2026-10-12 17:00"),
        ),
    )
    assert (second.unit, second.due, second.channel) == ("xa-tan-lap", None, "direct")
    assert (act.stage, act.officer, act.at) == ("done", "Trần Thị Bình", moment("2026-10-08 09:30"))


def test_every_code_of_an_answer_is_explained() -> None:
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(("| 0", '| "'))]
    assert all(any(f'"{code}"' in row.split("|")[1] for row in rows) for code in Code)
