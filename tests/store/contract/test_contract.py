"""What both stores do alike: the same lines give the same answer, to the last bit where it is not rounded twice."""

from __future__ import annotations

import pytest

from ioc.store.base import Held, NoNumbers, Series
from ioc.store.buckets import DAY, HOUR
from tests.store.contract.kept import AT, Kept, line, shown


async def test_what_was_written_is_read_in_aligned_buckets(kept: Kept) -> None:
    kept.clock.at = AT + 60.0
    await kept.write(*(line(AT + n, n / 4) for n in range(60)))
    found = await kept.read(AT + 3, AT + 58, points=7)
    assert (found.step, found.gaps) == (10.0, [])
    assert shown(found) == [
        (AT + n, 10, (n + 4.5) / 4, n / 4, (n + 9) / 4, (n + 9) / 4) for n in range(0, 60, 10)
    ]


async def test_nothing_is_an_empty_answer_and_one_gap(kept: Kept) -> None:
    assert await kept.read(AT - 60, AT, tags={"endpoint": "nobody"}) == Series(1.0, [], [(AT - 60, AT)])
    await kept.write(line(AT - 30, 1.0))
    for other in ("loss", "no_such_field"):
        assert (await kept.read(AT - 60, AT, field=other)).buckets == []
    assert (await kept.read(AT - 60, AT, measurement="other")).buckets == []
    assert (await kept.read(AT + 60, AT + 120)).gaps == []


async def test_a_stretch_without_values_is_told_as_a_gap(kept: Kept) -> None:
    kept.clock.at = AT + 300.0
    ats = [n for n in range(0, 300, 10) if not 100 <= n < 160]
    await kept.write(*(line(AT + n, 1.0) for n in ats))
    assert (await kept.read(AT, AT + 300, points=300)).gaps == [(AT + 91, AT + 160)]
    assert (await kept.read(AT, AT + 300, points=30)).gaps == [(AT + 100, AT + 160)]
    assert (await kept.read(AT, AT + 300, points=10)).gaps == [(AT + 120, AT + 150)]


async def test_tags_choose_and_what_they_leave_open_is_taken_together(kept: Kept) -> None:
    await kept.write(
        line(AT - 10, 1.0), line(AT - 9, 4.0, source="icmp"), line(AT - 8, 16.0, endpoint="e2"),
        "endpoint,endpoint=e1,site=s\\ 2\\,x\\=y,source=sip rtt=64.0 " + str((AT - 7) * 1_000_000),
    )  # fmt: skip
    span = (AT - 30, AT)
    assert shown(await kept.read(*span, points=2, tags={"endpoint": "e1", "site": "s1"})) == [
        (AT - 15, 2, 2.5, 1.0, 4.0, 4.0)
    ]
    assert shown(await kept.read(*span, points=2, tags={"source": "icmp"})) == [(AT - 15, 1, *[4.0] * 4)]
    assert shown(await kept.read(*span, points=2, tags={"site": "s 2,x=y"})) == [(AT - 15, 1, *[64.0] * 4)]
    assert shown(await kept.read(*span, points=2, tags={})) == [(AT - 15, 4, 85 / 4, 1.0, 64.0, 64.0)]
    assert shown(await kept.read(*span, points=2, tags={"endpoint": "e1", "source": "tcp"})) == []
    assert shown(await kept.read(*span, points=2, tags={"no_such_tag": "x"})) == []


@pytest.mark.parametrize(
    "hostile", ['" or true or "', "${r._value}", "\\", 'x"}) |> drop() //', "a\nb", "'", "ệ 会", "% _", "*"]
)
async def test_a_tag_value_is_nothing_but_a_value(kept: Kept, hostile: str) -> None:
    await kept.write(line(AT - 10, 1.0))
    assert (await kept.read(AT - 60, AT, tags={"endpoint": hostile})).buckets == []
    assert (await kept.read(AT - 60, AT, tags={hostile: "e1"})).buckets == []
    assert (await kept.read(AT - 60, AT, field=hostile)).buckets == []
    assert (await kept.read(AT - 60, AT, measurement=hostile)).buckets == []
    assert await kept.reader.held("endpoint", {"endpoint": hostile}, 10) == []
    assert len((await kept.read(AT - 60, AT)).buckets) == 1


async def test_late_and_repeated_lines_count_once(kept: Kept) -> None:
    minutes = [line(AT + n, float(n % 8)) for n in range(0, 7200, 10)]
    kept.clock.at = AT + 7200.0
    await kept.write(*minutes[::2])
    kept.clock.at = AT + 7800.0
    await kept.write(*minutes[100:], line(AT + 7700, 1.0))
    await kept.write(*reversed(minutes), *minutes[:50])
    await kept.fold(AT, AT + 7200)
    for points, step in ((720, 10), (120, 60), (24, 300), (2, 3600)):
        found = await kept.read(AT, AT + 7200, points=points)
        assert found.step == step
        assert shown(found) == expected(range(0, 7200, 10), step)


def expected(offsets: range, step: int) -> list[tuple[float, int, float, float, float, float]]:
    """Buckets of a value that is its offset modulo eight."""
    out = []
    for start in range(0, offsets.stop, step):
        values = [float(n % 8) for n in offsets if start <= n < start + step]
        if values:
            mean = sum(values) / len(values)
            out.append((float(AT + start), len(values), mean, min(values), max(values), values[-1]))
    return out


async def test_the_same_moment_written_again_is_replaced_and_its_other_fields_stay(kept: Kept) -> None:
    await kept.write(line(AT - 10, 1.0, more=",loss=50.0"))
    await kept.write(line(AT - 10, 8.0))
    await kept.write(line(AT - 10, 8.0, more=',note="x"'), line(AT - 10, 9.0))
    assert shown(await kept.read(AT - 10, AT - 9)) == [(AT - 10, 1, *[9.0] * 4)]
    assert shown(await kept.read(AT - 10, AT - 9, field="loss")) == [(AT - 10, 1, *[50.0] * 4)]


async def test_a_bad_line_is_refused_alone(kept: Kept) -> None:
    bad = "endpoint,endpoint=e1 rtt=nonsense 1"
    good = [line(AT - n, float(n)) for n in range(1, 40)]
    assert await kept.store.write([*good[:20], bad, *good[20:], "junk"]) == 2
    assert sum(each.count for each in (await kept.read(AT - 40, AT)).buckets) == 39


async def test_a_field_of_another_type_is_refused_alone(kept: Kept) -> None:
    await kept.write(line(AT - 10, 1.0))
    wrong = line(AT - 9, 2.0).replace("rtt=2.0", "rtt=2i")
    text = line(AT - 8, 2.0).replace("rtt=2.0", 'rtt="two"')
    assert await kept.store.write([wrong, text, line(AT - 7, 4.0)]) == 2
    assert [each[1:3] for each in shown(await kept.read(AT - 60, AT, points=2))] == [(2, 2.5)]


async def test_states_have_a_code_to_draw_and_texts_to_read(kept: Kept) -> None:
    head = "state,endpoint=e1,unit=u1"
    for n, (code, state) in enumerate([(0, "up"), (2, "down"), (0, "up")]):
        await kept.write(
            f'{head} code={code}i,reason="a \\"b\\"",state="{state}",flag=t {(AT - 90 + n) * 1_000_000}'
        )
    found = await kept.read(AT - 90, AT - 80, field="code", measurement="state")
    assert [each[-1] for each in shown(found)] == [0.0, 2.0, 0.0]
    for without in ("state", "flag"):
        with pytest.raises(NoNumbers, match="no numbers to draw"):
            await kept.read(AT - 90, AT - 80, field=without, measurement="state")


async def test_what_a_store_holds_can_be_listed(kept: Kept) -> None:
    await kept.write(
        line(AT - 20, 1.0), line(AT - 10, 3.5, more=",loss=0.0"), line(AT - 15, 2.0, source="icmp"),
        line(AT - 9, 7.0, endpoint="e2"),
    )  # fmt: skip
    tags = {"endpoint": "e1", "site": "s1", "system": "vc", "unit": "u1"}
    found = await kept.reader.held("endpoint", {"endpoint": "e1"}, 10)
    assert sorted(found, key=lambda each: (each.tags["source"], each.field)) == [
        Held(tags | {"source": "icmp"}, "rtt", AT - 15, 2.0),
        Held(tags | {"source": "sip"}, "loss", AT - 10, 0.0),
        Held(tags | {"source": "sip"}, "rtt", AT - 10, 3.5),
    ]
    assert len(await kept.reader.held("endpoint", {}, 2)) == 2
    assert await kept.reader.held("endpoint", {"endpoint": "nobody"}, 10) == []


async def test_a_listing_keeps_types(kept: Kept) -> None:
    await kept.write(f'state,endpoint=e1 code=2i,state="down",flag=t {(AT - 5) * 1_000_000}')
    found = {each.field: each.last for each in await kept.reader.held("state", {"endpoint": "e1"}, 10)}
    assert found == {"code": 2, "state": "down", "flag": True}
    assert {type(each) for each in found.values()} == {int, str, bool}


async def test_a_year_is_answered_by_roll_ups(kept: Kept) -> None:
    """One value an hour for a year; the clock goes with it, so that upkeep happens as it would."""
    hours = 365 * 24
    for first in range(0, hours, 24 * 5):
        kept.clock.at = AT + (first + 24 * 5) * HOUR + 60.0
        await kept.write(*(line(AT + n * HOUR + 60, float(n % 32)) for n in range(first, first + 24 * 5)))
    await kept.fold(AT, AT + hours * HOUR)
    now = kept.clock.at
    found = await kept.read(now - 365 * DAY, now, points=600)
    assert found.step == DAY
    assert len(found.buckets) in (365, 366)
    full = [each for each in found.buckets if each.count == 24]
    assert len(full) >= 364
    for each in full:
        first = int(each.at - AT) // HOUR
        values = [float(n % 32) for n in range(first, first + 24) if n >= 0]
        assert each.mean == pytest.approx(sum(values) / 24, rel=1e-12)
        assert (each.least, each.most, each.last) == (min(values), max(values), values[-1])
    assert found.gaps == []


async def test_there_are_never_more_buckets_than_points(kept: Kept) -> None:
    kept.clock.at = AT + 3600.0
    await kept.write(*(line(AT + n, 1.0) for n in range(3600)))
    for points in (2, 7, 100, 2000):
        for start, stop in ((AT + 0.4, AT + 3600), (AT + 59.9, AT + 61), (AT - DAY, AT + DAY)):
            found = await kept.read(start, stop, points=points)
            assert 1 <= len(found.buckets) <= points


async def test_both_stores_answer_alike_to_the_last_bit(both: tuple[Kept, Kept]) -> None:
    """Numbers that no sum holds exactly, an hour of them, at steps that raw history answers in both."""
    lines = [
        line(AT + n * 9.7, 20 + (n * 7919 % 1000) / 999, more=f",loss={n % 3 * 33.3}") for n in range(371)
    ]
    for each in both:
        each.clock.at = AT + 3600.0
        await each.write(*lines)
    for field in ("rtt", "loss"):
        for points in (2000, 600, 240, 120, 61):
            ours, influx = [await each.read(AT + 5.5, AT + 3599, points, field) for each in both]
            assert ours == influx


async def test_both_stores_roll_ups_answer_alike(both: tuple[Kept, Kept]) -> None:
    """A mean that was rounded once on its way may differ in its last bit: far below a pixel's value."""
    lines = [line(AT + n * 10, 20 + (n * 7919 % 1000) / 999) for n in range(6 * 360)]
    for each in both:
        each.clock.at = AT + 6 * HOUR + 60.0
        await each.write(*lines)
        await each.fold(AT, AT + 6 * HOUR)
    for points, step in ((73, 300), (36, 600), (7, 3600), (3, 2 * HOUR)):
        ours, influx = [await each.read(AT, AT + 6 * HOUR, points) for each in both]
        assert ours.step == influx.step == step
        assert ours.gaps == influx.gaps
        for left, right in zip(shown(ours), shown(influx), strict=True):
            assert left[:2] + left[3:] == right[:2] + right[3:]
            assert left[2] == pytest.approx(right[2], rel=1e-12)
