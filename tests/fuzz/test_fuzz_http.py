"""Any page at all into the judge of the HTTP source, and any bytes at all over the wire: a result or NoAnswer."""

from __future__ import annotations

import asyncio
import contextlib
import math

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.sources.http import HttpOptions, Page, judge, number
from ioc.errors import NoAnswer
from ioc.model import Verdict
from tests.collectors.test_exchange import ask, served

OPTIONS = HttpOptions.model_validate(
    {
        "holds": "length(items[?state == 'ok']) > `0` || sum(items[].n) > `1`",
        "fields": {
            "a": {"path": "max(items[].n)"},
            "b": {"path": "items[0].*.n | [0]"},
            "c": {"path": "a.b[-1]"},
        },
        "lacks": "lỗi",
    }
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["1e3", "NaN"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["items", "n", "a", "b", "state"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(
    st.integers(100, 599),
    st.binary(max_size=60) | JSON.map(lambda each: repr(each).replace("'", '"').encode()),
)
def test_a_page(status: int, body: bytes) -> None:
    judged = judge(Page(status, "", "", body, False), OPTIONS)
    assert judged.verdict in (Verdict.OK, Verdict.DEGRADED)
    assert len(judged.detail) < 300
    assert all(math.isfinite(each) for each in judged.fields.values())


@given(JSON)
def test_a_number_is_finite_or_none(value: object) -> None:
    found = number(value)
    assert found is None or math.isfinite(found)


PIECES = [
    b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 C\r\n\r\n", b"HTTP/9.9 0\r\n", b"\r\n", b"\n", b"Content-Length: 3\r\n",
    b"Content-Length: -1\r\n", b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\n", b"\x1f\x8b\x08",
    b"Location: /x\r\n", b"HTTP/1.1 302 F\r\n", b"3\r\nabc\r\n", b"0\r\n\r\n", b"ffffffffffffffff\r\n", b"\x00", b"abc",
    b" folded\r\n", b": x\r\n", b"Connection: upgrade\r\nUpgrade: x\r\n", b"HTTP/1.1 101 S\r\n", b"HTTP/1.1 204 N\r\n",
]  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=6), max_size=10).map(b"".join))
def test_bytes_over_the_wire(said: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        await writer.drain()

    async def asked() -> None:
        async with served(serve) as port:
            with contextlib.suppress(NoAnswer):
                sample = await ask(scheme="http", port=port)
                assert sample.verdict is not None

    asyncio.run(asked())
