"""What docs/cases-feeds.md shows is so: its maps read rows, its requests are answered, its file has those faults."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from collectors.casemap import CaseMap
from collectors.caserows import Mapper
from collectors.feed import Heard
from collectors.feeds.folder import Folder, FolderOptions
from collectors.feeds.rest import Rest, RestOptions
from collectors.feeds.webhook import Webhook, WebhookOptions
from tests.collectors.mapping import KNOWN, NOW, Kept, shown
from tests.docs.blocks import ROOT, blocks

PAGE = ROOT / "docs" / "cases-feeds.md"
SHOWN = {
    each.info.partition("file=")[2]: each.text
    for each in blocks()
    if each.page == PAGE and "file=" in each.info
}
SECRET = "mot-bi-mat-cua-tinh"


def options(name: str, feed: str, *secrets: str) -> dict[str, Any]:
    """A feed's options as the page has them; only secrets are the test's."""
    (found,) = yaml.safe_load(SHOWN[name])["feeds"].values()
    assert found.pop("feed") == feed
    for secret in secrets:
        assert found[secret].keys() == {"file"}, "a reference, never the secret itself"
        found[secret] = SECRET
    return dict(found)


def test_the_map_reads_the_row() -> None:
    ready = Mapper(CaseMap.model_validate(yaml.safe_load(SHOWN["map.yaml"])["map"]), "mot-cua", KNOWN)
    mapped = ready.row_to(json.loads(SHOWN["row.json"]), 1, NOW)
    assert mapped.faults == ()
    assert [shown(each) for each in mapped.updates] == [
        {
            "is": "record", "key": "dossier/H44.12-261005-0001", "at": "2026-10-07 09:30:00", "source": "mot-cua",
            "unit": "xa-1", "receiver": "tinh", "status": "CHO_BO_SUNG", "stage": "paused",
            "received": "2026-10-05 08:00:00", "due": "2026-10-19 17:00:00", "procedure": "2.000815",
            "officer": "Lê Thị Ngọc", "channel": "online", "marks": ("signed_agency",), "applicant": "Trần An",
            "subject": "Cấp lại giấy chứng nhận",
            "supplements": [{"asked": "2026-10-07 09:30:00", "due_after": "2026-10-21 17:00:00"}],
        }
    ]  # fmt: skip


async def test_a_request_signed_as_shown_is_answered_as_shown() -> None:
    signing: dict[str, Any] = {}
    exec(SHOWN["sign.py"], signing)
    kept, body = Kept(), SHOWN["webhook.json"].encode()
    feed = Webhook(WebhookOptions.model_validate(options("webhook.yaml", "webhook", "secret")), kept.around())
    headers = {
        name.lower(): value for name, value in signing["headers"](SECRET, int(NOW), body, "lan-1").items()
    }
    said = await feed.hear(Heard("POST", "", headers, body))
    assert (said.status, json.loads(said.body)) == (200, json.loads(SHOWN["webhook-answer.json"]))
    assert json.loads((await feed.hear(Heard("POST", "", headers, body))).body) == {"repeat": True}
    assert kept.keys == ["petition/PA-1", "petition/PA-2"]


def test_the_rest_feed_loads() -> None:
    feed = Rest(RestOptions.model_validate(options("rest.yaml", "rest", "login_body")), Kept().around())
    assert feed.name == "rest"


async def test_the_file_has_the_faults_shown(tmp_path: Path) -> None:
    how = {**options("folder.yaml", "folder"), "folder": str(tmp_path), "settle": 0}
    kept = Kept()
    (tmp_path / "tháng-10.csv").write_text(SHOWN["tháng-10.csv"], "utf-8")
    assert await Folder(FolderOptions.model_validate(how), kept.around()).look() == 1
    assert kept.keys == ["report/BC-1", "report/BC-2", "report/BC-3"]
    listed = (tmp_path / "done" / "tháng-10.csv.faults.csv").read_text("utf-8-sig")
    assert listed.splitlines() == SHOWN["tháng-10.csv.faults.csv"].splitlines()
