"""Golden cases of the SIP codec: a datagram, and what it says or the exact error.

`answer.sip` has the lines of a response; what ends a line in it (`\n`) is CRLF on the wire. `options.json` holds
the probe's options. Beside them stands `expected.json` (verdict, reason, detail) or `error.txt`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from collectors.sources.sip import SipOptions, judge
from collectors.wire import sip
from ioc.errors import CodecError

CASES = Path(__file__).parents[1] / "cases" / "sip"
FOLDERS = sorted(path.name for path in CASES.iterdir())


@pytest.mark.parametrize("folder", FOLDERS)
def test_case(folder: str) -> None:
    case = CASES / folder
    error = case / "error.txt"
    if error.exists():
        with pytest.raises((CodecError, ValidationError)) as refused:
            _found(case)
        assert error.read_text("utf-8").strip() in str(refused.value)
        return
    verdict, reason, detail = _found(case)
    expected = json.loads((case / "expected.json").read_text("utf-8"))
    assert {"verdict": verdict, "reason": reason, "detail": detail} == expected


def _found(case: Path) -> tuple[str, str, str]:
    options = SipOptions.model_validate_json((case / "options.json").read_text("utf-8"))
    lines = (case / "answer.sip").read_bytes().replace(b"\n", b"\r\n")
    response = sip.decode(lines)
    plain = sip.plainly(lines, response.branch.removeprefix(sip.COOKIE))
    assert plain in (None, (response.status, response.line)), "the short way and the long way agree"
    return judge(response.status, response.line, options.via)


def test_there_are_cases() -> None:
    assert len(FOLDERS) >= 10
