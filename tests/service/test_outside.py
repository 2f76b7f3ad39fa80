"""A real Prometheus posts its alerts into the service; a script its heartbeat; a kill in between loses neither."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.real.alerting import AlertingPrometheus
from tests.service.conftest import Build
from tests.service.house import House

TOKEN = "outside-0123456789abcdef"


async def house_with(build: Build, **more: Any) -> House:
    house = await build("a")
    (house.folder / "config").mkdir(exist_ok=True)
    (house.folder / "config" / "token").write_text(TOKEN)
    house.config["outside"] = {"token": {"file": "token"}, "severities": {"page": "critical"}, **more}
    house.config["heartbeats"] = {"backup": {"name": "Sao lưu", "every": "24h", "grace": "1h"}}
    house.write()
    return house


async def post(house: House, *alerts: Any) -> int:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with house.http.post(f"{house.url}/api/v2/alerts", json=alerts, headers=headers) as answer:
        return answer.status


@pytest.fixture
async def prometheus(tmp_path: Path) -> AsyncIterator[AlertingPrometheus]:
    found = AlertingPrometheus(tmp_path / "prometheus")
    yield found
    await asyncio.to_thread(found.stop)


@pytest.mark.real
async def test_a_real_prometheus_posts_what_fires_and_what_ends(
    build: Build, prometheus: AlertingPrometheus
) -> None:
    house = await house_with(build)
    await house.start()
    await asyncio.to_thread(prometheus.start, house.url, TOKEN)
    page = (
        await house.until(lambda: [each for each in house.sink.pages if each.notes["what"] == "Kho ảnh đầy"])
    )[0]
    shown = (await house.until(lambda: [each for each in house.incidents() if each["rule"] == "DiskFull"]))[0]
    assert shown["severity"] == "critical"
    assert shown["next_action"] == "Xóa ảnh cũ"
    assert shown["runbook"] == "http://wiki.example/disk"
    assert page.notes["source"].startswith("http://")
    await asyncio.to_thread(prometheus.resolve)
    await house.until(lambda: [each for each in house.sink.pages if each.status == "resolved"])
    assert [each.kind for each in house.sink.pages] == ["opened", "closed"]


async def test_what_was_answered_with_success_survives_a_kill(build: Build) -> None:
    house = await house_with(build)
    await house.spawn()
    assert await post(house, {"labels": {"alertname": "Cháy", "severity": "page"}}) == 200
    await house.kill()
    await house.spawn()
    shown = await house.until(house.incidents)
    assert [(each["rule"], each["severity"]) for each in shown] == [("Cháy", "critical")]
    await house.until(lambda: house.sink.pages)
    ended = {"labels": {"alertname": "Cháy", "severity": "page"}, "endsAt": "2026-01-01T00:00:00Z"}
    assert await post(house, ended) == 200
    await house.until(lambda: [each for each in house.sink.pages if each.status == "resolved"])


async def test_a_heartbeat_is_kept_and_shown(build: Build) -> None:
    house = await house_with(build)
    await house.start()
    await house.until(lambda: house.see("heartbeat/backup").get("state") == "waiting")
    status, said = await house.ask("POST", "/heartbeat/backup")
    assert (status, said["name"]) == (200, "backup")
    await house.until(lambda: house.see("heartbeat/backup").get("state") == "ok")
    assert (await house.ask("GET", "/heartbeat/nothing"))[0] == 404


async def test_a_reload_takes_it_all_over(build: Build) -> None:
    house = await house_with(build)
    await house.start()
    assert await post(house, {"labels": {"alertname": "A"}}) == 200
    outside = house.config.pop("outside")
    house.config["heartbeats"] = {"relay": {"every": "1m"}}
    house.write()
    assert (await house.ask("POST", "/-/reload"))[0] == 200
    assert await post(house, {"labels": {"alertname": "B"}}) == 404
    await house.until(lambda: house.see("heartbeat/relay") and not house.see("heartbeat/backup"))
    house.config["outside"] = outside
    house.write()
    assert (await house.ask("POST", "/-/reload"))[0] == 200
    assert await post(house, {"labels": {"alertname": "B"}}) == 200
    await house.until(lambda: len(house.incidents()) == 2)


async def test_a_switch_that_does_not_answer_degrades_us_and_a_full_house_too(build: Build) -> None:
    house = await house_with(build, most=1)
    house.config["watchdog"] = {"url": "http://127.0.0.1:9/ping", "every": "1h", "timeout": "1s"}
    house.write()
    await house.start()
    await house.until(lambda: house.see("self/watchdog").get("state") == "failing")
    assert await post(house, {"labels": {"alertname": "A"}}) == 200
    assert await post(house, {"labels": {"alertname": "B"}}) == 400
    degraded = (await house.get("/readyz"))["degraded"]
    assert degraded["watchdog"].startswith("ClientConnectorError")
    assert degraded["outside"] == "no more than 1 alerts of others fire at once"
