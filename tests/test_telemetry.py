"""Counters and the log: what is shown, what is hidden, what is held back."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from ioc.telemetry import EVENTS, LONGEST, MINUTE, REPEATS, Telemetry, clean, render, setup_logging
from tests.fakes import HandClock


def busy() -> Telemetry:
    telemetry = Telemetry()
    telemetry.tally("ioc_probes", "Probes sent.", source="sip").n += 3
    telemetry.tally("ioc_probes", "Probes sent.", source="icmp").n += 1
    telemetry.tally("ioc_reloads", "Configurations taken.").n += 1
    telemetry.gauge("ioc_endpoints", "Endpoints watched.", lambda: 600)
    telemetry.gauge("ioc_queue_seconds", 'Age of the oldest, with "quotes" and \\.', lambda: 0.5, part="a\nb")
    return telemetry


def test_the_same_name_and_labels_are_one_counter() -> None:
    telemetry = Telemetry()
    telemetry.tally("ioc_x", "X.", a="1", b="2").n += 1
    telemetry.tally("ioc_x", "X.", b="2", a="1").n += 1
    assert telemetry.count("ioc_x", a="1", b="2") == 2
    assert telemetry.count("ioc_x", a="1") == 0
    assert telemetry.count("ioc_y") == 0


def test_a_scrape_shows_every_counter_and_gauge() -> None:
    families = {each.name: each for each in text_string_to_metric_families(busy().exposition().decode())}
    probes = {sample.labels["source"]: sample.value for sample in families["ioc_probes"].samples}
    assert probes == {"sip": 3.0, "icmp": 1.0}
    assert families["ioc_probes"].type == "counter"
    assert families["ioc_endpoints"].samples[0].value == 600.0
    assert families["ioc_queue_seconds"].samples[0].labels == {"part": "a\nb"}


def test_a_gauge_is_read_when_scraped_and_can_be_replaced() -> None:
    telemetry, numbers = Telemetry(), [1.0]
    telemetry.gauge("ioc_g", "G.", lambda: numbers[0])
    numbers[0] = 2.0
    assert b"ioc_g 2.0" in telemetry.exposition()
    telemetry.gauge("ioc_g", "G.", lambda: 3.0)
    assert b"ioc_g 3.0" in telemetry.exposition()


@pytest.mark.real
def test_promtool_finds_nothing_to_say() -> None:
    promtool = shutil.which("promtool")
    assert promtool, "promtool is not installed: apt-get install prometheus"
    found = subprocess.run(
        [promtool, "check", "metrics"], input=busy().exposition(), capture_output=True, check=False
    )
    assert (found.returncode, found.stdout + found.stderr) == (0, b"")


@pytest.fixture
def clock() -> HandClock:
    return HandClock(1_700_000_000.25, ahead=3600.0)


@pytest.fixture
def telemetry() -> Telemetry:
    return Telemetry()


@pytest.fixture
def out(clock: HandClock, telemetry: Telemetry) -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    setup_logging(stream, "info", clock, telemetry)
    yield stream
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def entries(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_is_json_with_civil_time(out: io.StringIO) -> None:
    structlog.get_logger("ioc").info("started", endpoints=600, name="Thanh Hóa")
    assert entries(out) == [
        {
            "at": "2023-11-14T23:13:20.250+00:00",
            "logger": "ioc",
            "level": "info",
            "event": "started",
            "endpoints": 600,
            "name": "Thanh Hóa",
        }
    ]
    assert "Thanh Hóa" in out.getvalue()


def test_below_the_level_nothing_is_written(out: io.StringIO) -> None:
    structlog.get_logger().debug("detail")
    assert out.getvalue() == ""


@pytest.mark.parametrize(
    "key", ["token", "write_token", "Authorization", "password", "client_secret", "cookie"]
)
def test_values_named_like_secrets_are_hidden_at_any_depth(out: io.StringIO, key: str) -> None:
    structlog.get_logger().info(
        "x", **{key: "hunter22"}, headers={key: "hunter22"}, many=[{key: ["hunter22"]}]
    )
    assert "hunter22" not in out.getvalue()


@pytest.mark.parametrize(
    "text", ["http://user:hunter22@db:8086/x", "Authorization: Token hunter22", "bearer? Bearer hunter22=="]
)
def test_secrets_inside_text_are_hidden(out: io.StringIO, text: str) -> None:
    structlog.get_logger().info(text, detail=text)
    assert "hunter22" not in out.getvalue()


def test_text_from_outside_cannot_begin_a_line_or_move_the_cursor(out: io.StringIO) -> None:
    structlog.get_logger().info(
        "bad answer", said='200 OK\r\n{"level":"info"}\x1b[2J\x9b1A\u2028\u202e', **{"a\nb": 1}
    )
    text = out.getvalue()
    assert text.count("\n") == 1
    assert text[:-1].isprintable()
    assert entries(out)[0]["said"] == '200 OK\\r\\n{"level":"info"}\\x1b[2J\\x9b1A\\u2028\\u202e'


def test_long_values_are_cut_in_the_middle(out: io.StringIO) -> None:
    structlog.get_logger().info("big", body="a" * 100_000 + "z")
    body = entries(out)[0]["body"]
    assert len(body) == LONGEST + 1
    assert body.endswith("z")


def test_an_exception_is_told_with_its_trace_in_one_line(out: io.StringIO) -> None:
    try:
        raise ValueError("odd\nthing")
    except ValueError:
        structlog.get_logger().exception("failed")
    assert out.getvalue().count("\n") == 1
    assert "ValueError: odd\\nthing" in entries(out)[0]["exception"]


def test_an_event_that_repeats_is_held_and_the_number_told(
    out: io.StringIO, clock: HandClock, telemetry: Telemetry
) -> None:
    log = structlog.get_logger()
    for number in range(REPEATS + 5):
        log.warning("stray packet", number=number)
    log.warning("another")
    assert len(entries(out)) == REPEATS + 1
    assert telemetry.count("ioc_log_held") == 5
    clock.at += MINUTE
    log.warning("stray packet")
    log.warning("stray packet")
    assert [entry.get("held") for entry in entries(out)[-2:]] == [5, None]


def test_the_memory_of_events_is_bounded(out: io.StringIO) -> None:
    for number in range(EVENTS + 10):
        structlog.get_logger().info(f"event {number}")
    assert len(entries(out)) == EVENTS + 10
    for _ in range(REPEATS + 1):
        structlog.get_logger().info(f"event {EVENTS}")
    assert len(entries(out)) == EVENTS + 10 + REPEATS - 1


async def test_the_libraries_logs_come_the_same_way(out: io.StringIO) -> None:
    logging.getLogger("aiohttp.server").error("Error handling %s", "request\nx")
    logging.getLogger("aiohttp.server").debug("noise")
    asyncio.get_running_loop().call_exception_handler({"message": "task died"})
    found = [(entry["logger"], entry["level"], entry["event"]) for entry in entries(out)]
    assert found == [
        ("aiohttp.server", "error", "Error handling request\\nx"),
        ("asyncio", "error", "task died"),
    ]


def test_a_warning_is_a_log_line(out: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        logging.captureWarnings(capture=False)
    assert entries(out)[0]["logger"] == "py.warnings"


def test_a_stream_that_is_gone_costs_the_line_only(out: io.StringIO, telemetry: Telemetry) -> None:
    out.close()
    structlog.get_logger().info("nobody hears")
    assert telemetry.count("ioc_log_lost") == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=4))
def test_whatever_is_logged_is_one_printable_line_of_json(entry: dict[str, Any]) -> None:
    line = render(None, "info", clean(None, "info", entry))
    assert line.isprintable()
    assert isinstance(json.loads(line), dict)
