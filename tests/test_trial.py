"""What `ioc try` shows of an answer: the numbers that rules and history would get, too."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from ioc.inventory import Endpoint
from ioc.model import Reason, Sample, Verdict
from ioc.trial import Outcome, _table


def test_the_numbers_of_an_answer_are_shown() -> None:
    endpoint = Endpoint("portal", "Cổng", "service", "dvc", "u", "192.0.2.1", ())
    fields = {"rtt": 12.345, "status": 200.0, "queue": 7.0, "disk": 5.4e10}
    sample = Sample("portal", 0.0, "http", Verdict.OK, fields, True, None, Reason.ANSWERED, "200 OK")
    console = Console(width=160, record=True, file=StringIO())
    console.print(_table("http", [Outcome(endpoint, sample, "200 OK"), Outcome(endpoint, None, "silent")]))
    shown = console.export_text()
    assert "12.3 ms" in shown
    assert "status 200, queue 7, disk 5.4e+10" in shown
    assert "1 of 2 endpoints" in shown


def test_a_narrow_terminal_cuts_no_id_or_address_and_has_no_empty_column() -> None:
    endpoint = Endpoint("room-muong-lat", "Phòng", "room", "hn", "u", "192.168.100.103", ())
    console = Console(width=60, record=True, file=StringIO())
    console.print(_table("sip", [Outcome(endpoint, None, "no answer within 1 s")]))
    shown = console.export_text()
    assert "…" not in shown
    assert "numbers" not in shown
