"""The signed webhook: what is taken, what is refused and why, and what is remembered after a restart."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from collectors.feed import Heard, Said
from collectors.feeds.webhook import KEPT, MOST_BYTES, MOST_KEYS, MOST_ROWS, Webhook, WebhookOptions, sign
from tests.collectors.mapping import NOW, Kept

SECRET = "0123456789abcdef-webhook"
MAP = {"kind": "dossier", "id": "ma", "unit": {"value": "H44.12"}, "received": "ngay", "applicant": "chu"}
ROW = {"ma": "1", "ngay": "2026-10-05 08:00"}


def feed(kept: Kept, **more: Any) -> Webhook:
    return Webhook(WebhookOptions.model_validate({"secret": SECRET, "map": MAP, **more}), kept.around())


def request(body: object, at: float = NOW, secret: str = SECRET, key: str = "", **changed: Any) -> Heard:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    stamp = f"{at:.0f}"
    headers = {"x-timestamp": stamp, "x-signature": sign(secret.encode(), stamp, data)}
    if key:
        headers["idempotency-key"] = key
    given = {"method": "POST", "path": "", "headers": headers | changed.pop("headers", {}), "body": data}
    return Heard(**{**given, **changed})


def told(said: Said) -> tuple[int, dict[str, Any]]:
    return said.status, json.loads(said.body)


async def test_rows_are_kept_before_the_answer() -> None:
    kept = Kept()
    status, answer = told(await feed(kept).hear(request([ROW, {**ROW, "ma": "2"}])))
    assert (status, answer) == (200, {"rows": 2, "updates": 2, "findings": 0, "first_findings": []})
    assert kept.keys == ["dossier/1", "dossier/2"]
    assert kept.updates[0].source == "mot-cua"
    assert kept.said == [("ok", "2 updates, 0 findings")]


async def test_a_bad_row_is_told_and_the_others_are_kept() -> None:
    kept = Kept()
    rows = [ROW, {"ma": "", "chu": "Trần Kín"}, {**ROW, "ma": "3", "ngay": "31/02/2026"}]
    status, answer = told(await feed(kept).hear(request(rows)))
    assert status == 200
    assert answer["first_findings"][0] == {
        "row": 2, "column": "ma", "value": "", "fault": "missing",
        "what": "a row without an id is of no case; the row is left out",
    }  # fmt: skip
    assert kept.keys == ["dossier/1", "dossier/3"]
    assert [each.fault for each in kept.findings] == ["missing", "unreadable", "missing"]
    assert "Kín" not in json.dumps(answer, ensure_ascii=False)


async def test_rows_stand_where_the_options_say() -> None:
    kept = Kept()
    body = {"meta": {}, "data": {"items": [ROW]}}
    assert (await feed(kept, rows="data.items").hear(request(body))).status == 200
    assert (await feed(kept).hear(request(ROW))).status == 200
    assert kept.keys == ["dossier/1", "dossier/1"]


@pytest.mark.parametrize(
    ("heard", "status", "code", "message"),
    [
        (request(ROW, method="GET"), 405, "method", "write POST"),
        (request(ROW, path="/x"), 404, "path", "no such address"),
        (
            request(ROW, secret="another-secret-of-16"),
            401,
            "signature",
            "not of this body, timestamp and secret",
        ),
        (request(ROW, headers={"x-signature": ""}), 401, "signature", "missing"),
        (
            request(ROW, headers={"x-signature": "sha256=" + "é" * 64}),
            401,
            "signature",
            "64 hexadecimal digits",
        ),
        (request(ROW, headers={"x-timestamp": "1e9"}), 401, "timestamp", "not seconds since 1970"),
        (request(ROW, headers={"x-timestamp": "٣"}), 401, "timestamp", "not seconds since 1970"),
        (request(ROW, headers={"x-timestamp": f"{NOW + 1:.0f}"}), 401, "signature", "not of this body"),
        (request(ROW, at=NOW - 301), 401, "window", "X-Timestamp is 301 s from our clock; at most 300"),
        (request(ROW, at=NOW + 301), 401, "window", "X-Timestamp is -301 s"),
        (request(b"\xff{"), 400, "body", "the body is not JSON"),
        (request(b"[" * 100_000), 400, "body", "the body is not JSON"),
        (request("text"), 400, "body", "'text' in the body, not a list of rows"),
        (request([ROW, 7]), 400, "row", "row 2 is 7, not an object"),
        (request([{}] * (MOST_ROWS + 1)), 413, "size", "at most 5,000 at a time"),
        (request(b" " * (MOST_BYTES + 1)), 413, "size", "post fewer rows at a time"),
        (request(ROW, key="é"), 400, "key", "visible ASCII"),
    ],
)
async def test_what_is_refused(heard: Heard, status: int, code: str, message: str) -> None:
    kept = Kept()
    answered, answer = told(await feed(kept).hear(heard))
    assert (answered, answer["error"]) == (status, code)
    assert message in answer["message"]
    assert kept.batches == []
    assert kept.telemetry.count("ioc_feed_refused", feed="mot-cua", reason=code) == 1


async def test_a_path_that_fails_on_a_body_is_told() -> None:
    status, answer = told(await feed(Kept(), rows="keys(@)").hear(request([ROW])))
    assert (status, answer["message"]) == (400, "keys(@): the JMESPath fails here (JMESPathTypeError)")


async def test_the_window_is_closed_at_its_last_second_and_follows_civil_time() -> None:
    kept = Kept()
    assert (await feed(kept).hear(request(ROW, at=NOW - 300))).status == 200
    kept.clock.ahead = 3_600.0
    assert (await feed(kept).hear(request(ROW, at=NOW))).status == 401
    assert (await feed(kept).hear(request(ROW, at=NOW + 3_600))).status == 200


async def test_a_former_secret_is_taken_too() -> None:
    one = feed(Kept(), former_secret="the-secret-before-it")
    assert (await one.hear(request(ROW, secret="the-secret-before-it"))).status == 200
    assert (await one.hear(request(ROW))).status == 200


async def test_a_request_is_taken_once_also_after_a_restart() -> None:
    kept = Kept()
    assert (await feed(kept).hear(request(ROW, key="k-1"))).status == 200
    again = Kept(kept.cursor)
    assert told(await feed(again).hear(request(ROW, key="k-1", at=NOW + 60))) == (200, {"repeat": True})
    assert again.batches == []
    status, answer = told(await feed(again).hear(request([ROW], key="k-1")))
    assert (status, answer["error"]) == (422, "key")


async def test_a_request_that_was_not_kept_is_taken_when_it_comes_again() -> None:
    kept = Kept()
    kept.refuse = True
    one = feed(kept)
    refused = await one.hear(request(ROW, key="k-1"))
    assert (refused.status, refused.headers) == (503, {"Retry-After": "5"})
    assert kept.said == [("failing", "nothing can be kept: the disk is full")]
    kept.refuse = False
    assert told(await one.hear(request(ROW, key="k-1")))[1]["updates"] == 1


async def test_a_large_request_is_kept_in_batches_and_its_key_with_the_last() -> None:
    kept = Kept()
    rows = [{**ROW, "ma": str(number)} for number in range(2_500)]
    assert (await feed(kept).hear(request(rows, key="k"))).status == 200
    assert [len(batch.updates) for batch in kept.batches] == [1_000, 1_000, 500]
    assert [batch.cursor is None for batch in kept.batches] == [True, True, False]


async def test_keys_are_bounded_and_kept_a_day() -> None:
    kept = Kept()
    one = feed(kept)
    for number in range(MOST_KEYS + 1):
        await one.hear(request(ROW, key=f"k-{number}"))
    assert len(json.loads(kept.cursor or "")) == MOST_KEYS
    assert told(await one.hear(request(ROW, key="k-1")))[1] == {"repeat": True}
    assert "repeat" not in told(await one.hear(request(ROW, key="k-0")))[1]
    kept.clock.at = NOW + KEPT + 1
    await one.hear(request(ROW, at=NOW + KEPT + 1, key="new"))
    assert len(json.loads(kept.cursor or "")) == 1


@pytest.mark.parametrize("cursor", ["", "{", "[1]", '[["a","b","c"]]', "7"])
async def test_a_cursor_of_another_form_is_none(cursor: str) -> None:
    assert (await feed(Kept(cursor)).hear(request(ROW, key="k"))).status == 200


async def test_more_at_once_than_can_be_kept_is_told_to_wait() -> None:
    kept, go = Kept(), asyncio.Event()
    around = kept.around()

    async def keep(batch: object) -> None:
        await go.wait()

    one = Webhook(WebhookOptions.model_validate({"secret": SECRET, "map": MAP}), replace(around, keep=keep))
    asked = [asyncio.ensure_future(one.hear(request(ROW, key=f"{number}"))) for number in range(17)]
    done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    assert [each.result().status for each in done] == [503]
    go.set()
    assert sorted([said.status for said in await asyncio.gather(*asked)]) == [200] * 16 + [503]
    assert (await one.hear(request(ROW))).status == 200


def test_a_short_secret_is_refused_and_not_shown() -> None:
    with pytest.raises(ValidationError, match="shorter than 16 characters") as refused:
        WebhookOptions.model_validate({"secret": "kurz-und-geheim", "map": MAP})
    assert "geheim" not in str(refused.value)
