"""Any bytes at all as InfluxDB's answer: windows, what is held, or StoreError; nothing else."""

from __future__ import annotations

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from ioc.errors import StoreError
from ioc.store import flux_answer

GOOD = (
    b"#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,double,string,string\r\n"
    b",result,table,_start,_time,_value,_field,endpoint\r\n"
    b",count,0,2023-11-14T22:00:00Z,2023-11-14T22:00:01.5Z,2,rtt,e1\r\n"
    b',max,0,2023-11-14T22:00:00Z,,1e3,rtt,"e,""1"\r\n\r\n'
    b",result,table,_start,_time,_value\r\n,first,0,2023-11-14T21:00:00Z,2023-11-14T22:00:00Z,1.5\r\n"
    b",final,1,2023-11-14T21:00:00Z,2023-11-14T23:00:00Z,6\r\n"
)
PIECES = [
    *(
        b",",
        b'"',
        b"\r\n",
        b"\n",
        b"\r",
        b"\x00",
        b"\xff",
        b"#datatype",
        b"result",
        b"_value",
        b"_time",
        b"error",
    ),
    *(
        b"reference",
        b"nan",
        b"inf",
        b"9" * 400,
        b"-",
        b"0000-00-00T00:00:00Z",
        b"9999-12-31T23:59:59Z",
        b"true",
    ),
]

mutated = st.builds(
    lambda at, cut, new: GOOD[:at] + new + GOOD[at + cut :],
    st.integers(0, len(GOOD)),
    st.integers(0, 60),
    st.binary(max_size=20) | st.sampled_from(PIECES),
)
made = st.lists(st.sampled_from(PIECES) | st.binary(max_size=6), max_size=60).map(b"".join)


@settings(max_examples=800, deadline=None)
@given(st.binary(max_size=400) | mutated | made)
def test_an_answer(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    with contextlib.suppress(StoreError):
        for fold in flux_answer.windows(text).folds:
            assert len(fold) == 6
    with contextlib.suppress(StoreError):
        assert all(each.field is not None for each in flux_answer.holdings(text))
