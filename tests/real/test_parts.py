"""Each real third party starts, answers, stops, and starts again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.real import sip
from tests.real.daemon import Daemon, free_port, http_ok
from tests.real.fixtures import part
from tests.real.influx import InfluxServer
from tests.real.kamailio import Kamailio
from tests.real.node_exporter import NodeExporter
from tests.real.sipp import Sipp
from tools import parts

pytestmark = pytest.mark.real
BOTH: tuple[sip.Transport, ...] = ("udp", "tcp")


def test_influxd_keeps_what_was_written_over_a_stop(influxd: InfluxServer) -> None:
    influxd.write("probe,site=a rtt=1.5 1\nprobe,site=a rtt=2.5 2")
    query = "from(bucket: BUCKET) |> range(start: 0) |> mean()"
    assert [row["_value"] for row in influxd.flux(query)] == ["2"]
    influxd.stop()
    assert not http_ok(f"{influxd.url}/health")()
    influxd.start()
    assert [row["_value"] for row in influxd.flux(query)] == ["2"]


def test_an_influx_lent_by_address_can_be_cut_off(
    influxd: InfluxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IOC_TEST_INFLUX_URL", influxd.url)
    monkeypatch.setenv("IOC_TEST_INFLUX_TOKEN", influxd.token)
    monkeypatch.setenv("IOC_TEST_INFLUX_ORG", influxd.org)
    lent = InfluxServer(tmp_path)
    lent.start()
    lent.write("probe rtt=1.5 1")
    lent.stop()
    assert not http_ok(f"{lent.url}/health")()
    assert http_ok(f"{influxd.url}/health")()
    lent.start()
    assert len(lent.flux("from(bucket: BUCKET) |> range(start: 0)")) == 1
    lent.stop()


def test_node_exporter_shows_its_page_after_a_stop_too(node_exporter: NodeExporter) -> None:
    assert http_ok(node_exporter.url)()
    node_exporter.stop()
    assert not http_ok(node_exporter.url)()
    node_exporter.start()
    assert http_ok(node_exporter.url)()


@pytest.mark.parametrize("transport", BOTH)
def test_kamailio_answers_with_the_code_it_was_told(
    kamailio: Callable[..., Kamailio], transport: sip.Transport
) -> None:
    server = kamailio("127.0.0.7", code=200)
    at = (server.host, server.port)
    assert sip.ask("OPTIONS", server.uri, at, transport) == 200
    server.stop()
    assert not sip.answers(server.uri, at, transport)
    server.answer_with(503)
    server.start()
    assert sip.ask("OPTIONS", server.uri, at, transport) == 503


@pytest.mark.parametrize("unregistered", [404, 480])
def test_kamailio_as_registrar_knows_who_is_registered(
    kamailio: Callable[..., Kamailio], sipp: Callable[..., Sipp], unregistered: int
) -> None:
    server = kamailio(mode="registrar", unregistered=unregistered)
    room = sipp()
    at, uri = (server.host, server.port), f"sip:room@{server.address}"
    assert sip.ask("OPTIONS", uri, at) == unregistered
    server.register("room", f"sip:room@{room.host}:{room.port}")
    assert sip.ask("OPTIONS", uri, at) == 200
    room.stop()
    assert sip.ask("OPTIONS", uri, at, timeout=5) == 408
    server.register("room", f"sip:room@{room.host}:{room.port}", expires=0)
    assert sip.ask("OPTIONS", uri, at) == unregistered


@pytest.mark.parametrize("transport", BOTH)
@pytest.mark.parametrize("code", [200, 486])
def test_sipp_answers_with_the_code_it_was_told(
    sipp: Callable[..., Sipp], transport: sip.Transport, code: int
) -> None:
    endpoint = sipp("127.0.0.8", transport=transport, code=code)
    at = (endpoint.host, endpoint.port)
    for _ in range(3):
        assert sip.ask("OPTIONS", endpoint.uri, at, transport) == code
    endpoint.stop()
    assert not sip.answers(endpoint.uri, at, transport)
    endpoint.start()
    assert sip.ask("OPTIONS", endpoint.uri, at, transport) == code


async def test_chromium_shows_a_page(browser: Browser) -> None:
    page = await browser.new_page()
    await page.set_content("<h1>Hội nghị truyền hình: Ặ</h1>")
    assert await page.inner_text("h1") == "Hội nghị truyền hình: Ặ"
    assert len(await page.screenshot()) > 1000


def test_prometheus_starts_ready_and_stops(tmp_path: Path) -> None:
    program = part("prometheus")
    (tmp_path / "prometheus.yml").write_text("global: {scrape_interval: 10s}\n")
    at = f"127.0.0.1:{free_port()}"
    command = [program, f"--config.file={tmp_path}/prometheus.yml", f"--web.listen-address={at}"]
    daemon = Daemon(
        [*command, f"--storage.tsdb.path={tmp_path}/data"], http_ok(f"http://{at}/-/ready"), tmp_path
    )
    with daemon:
        assert daemon.running
    assert not http_ok(f"http://{at}/-/ready")()


def test_blackbox_exporter_starts_ready_and_stops(tmp_path: Path) -> None:
    program = part("blackbox")
    (tmp_path / "blackbox.yml").write_text("modules: {tcp: {prober: tcp, timeout: 1s}}\n")
    at = f"127.0.0.1:{free_port()}"
    command = [program, f"--config.file={tmp_path}/blackbox.yml", f"--web.listen-address={at}"]
    with Daemon(command, http_ok(f"http://{at}/-/healthy"), tmp_path):
        assert http_ok(f"http://{at}/probe?module=tcp&target={at}")()
    assert not http_ok(f"http://{at}/-/healthy")()


def test_alertmanager_starts_ready_and_stops(tmp_path: Path) -> None:
    program = part("alertmanager")
    (tmp_path / "alertmanager.yml").write_text(
        json.dumps({"route": {"receiver": "r"}, "receivers": [{"name": "r"}]})
    )
    at = f"127.0.0.1:{free_port()}"
    command = [
        *(program, f"--config.file={tmp_path}/alertmanager.yml", f"--storage.path={tmp_path}/data"),
        *(f"--web.listen-address={at}", "--cluster.listen-address="),
    ]
    with Daemon(command, http_ok(f"http://{at}/-/ready"), tmp_path):
        assert http_ok(f"http://{at}/api/v2/status")()
    assert not http_ok(f"http://{at}/-/ready")()


def test_every_part_is_on_this_machine() -> None:
    for name in parts.PROGRAMS:
        assert part(name).is_file()


def test_a_missing_part_names_the_command_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(parts.PROGRAMS, "sipp", ("no-such-program",))
    with pytest.raises(parts.PartMissing, match=r"^sipp is missing; install it: tools/apt-install$"):
        parts.find("sipp")
    monkeypatch.setenv("IOC_SIPP", "/no/such/sipp")
    with pytest.raises(
        parts.PartMissing, match=r"^sipp is missing: IOC_SIPP=/no/such/sipp is not a program$"
    ):
        parts.find("sipp")


def test_a_daemon_that_goes_away_leaves_its_last_words(tmp_path: Path) -> None:
    daemon = Daemon(["/bin/sh", "-c", "echo no such luck; exit 3"], lambda: False, tmp_path)
    with pytest.raises(RuntimeError, match=r"went away:\nno such luck"):
        daemon.start()
