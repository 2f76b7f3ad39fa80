"""Any bytes at all as a signed body or as a dropped table: an answer or a place to lie in, and nothing raised."""

from __future__ import annotations

import asyncio
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.feed import MOST_A_BATCH, Heard
from collectors.feeds.folder import Folder, FolderOptions
from collectors.feeds.webhook import Webhook, WebhookOptions
from tests.collectors.mapping import Kept
from tests.collectors.test_feed_webhook import MAP, SECRET, request

GOOD = b'{"data": [{"ma": "1", "ngay": "2026-10-05 08:00", "chu": "A"}]}'
TABLE = '\ufeffma;ngay;chu\r\n1;05/10/2026;Trần An\r\n2;06/10/2026;"x;y"\r\n'.encode()
PIECES = [
    b"[",
    b"]",
    b"{",
    b'"ma":',
    b"null",
    b"1e999",
    b'"\\ud800"',
    b'"',
    b";",
    b",",
    b"\r\n",
    b"\xff\xfe",
    b"\x00",
    b"\xd0",
]


def broken(good: bytes) -> st.SearchStrategy[bytes]:
    """Something good with a piece of it replaced, or anything."""
    return st.binary(max_size=60) | st.builds(
        lambda at, cut, new: good[:at] + new + good[at + cut :],
        st.integers(0, len(good)),
        st.integers(0, 12),
        st.sampled_from(PIECES) | st.binary(max_size=8),
    )


@settings(max_examples=200, deadline=None)
@given(
    broken(GOOD),
    st.text(max_size=12),
    st.dictionaries(st.sampled_from(["x-timestamp", "x-signature"]), st.text(max_size=80)),
)
def test_a_request(body: bytes, key: str, headers: dict[str, str]) -> None:
    kept = Kept()
    options = WebhookOptions.model_validate({"secret": SECRET, "map": MAP, "rows": "data"})
    signed: Heard = request(body, key=key, headers=headers)
    said = asyncio.run(Webhook(options, kept.around()).hear(signed))
    assert said.status in (200, 400, 401)
    assert (said.status == 200) == bool(kept.batches)
    assert orjson.loads(said.body)
    assert all(len(batch.updates) <= MOST_A_BATCH for batch in kept.batches)


@settings(max_examples=80, deadline=None)
@given(broken(TABLE), st.sampled_from(["utf-8", "cp1258", "utf-16"]), st.sampled_from([".csv", ".xlsx"]))
def test_a_table(tmp_path_factory: pytest.TempPathFactory, data: bytes, encoding: str, ending: str) -> None:
    folder: Path = tmp_path_factory.mktemp("in")
    (folder / f"a{ending}").write_bytes(data)
    options = {"folder": str(folder), "settle": 0, "encoding": encoding, "map": MAP}
    assert asyncio.run(Folder(FolderOptions.model_validate(options), Kept().around()).look()) == 1
    lies = [where for where in ("done", "faults") if (folder / where / f"a{ending}").exists()]
    assert len(lies) == 1
    assert (lies == ["faults"]) == (folder / "faults" / f"a{ending}.txt").exists()
