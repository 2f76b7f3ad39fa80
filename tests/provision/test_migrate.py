"""The embedded history in InfluxDB: every raw point, and every window, is what was written."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from ioc.errors import StoreError
from ioc.provision.cursor import Cursor, Moved, load
from ioc.provision.migrate import ATTEMPTS, TIERS, Compared, move, plan
from ioc.store import sqlite_export
from ioc.store.base import Store
from ioc.store.downsampling import DAY, HOURS, MINUTES
from ioc.store.downsampling import TIERS as LENGTHS
from ioc.store.sqlite import Sqlite
from ioc.store.sqlite_export import Export, Span
from ioc.store.sqlite_retention import Retention
from tests.fakes import HandClock
from tests.provision.conftest import ADMIN, House
from tests.provision.influxd import now
from tests.provision.numbers import Written, expected, points, there, whole, within

ROOT = Path(__file__).parents[2]
INTO = "http://x org buckets"


async def kept(
    file: Path, lines: Sequence[str], start: float, end: float, keep: Retention | None = None
) -> None:
    """Write lines into an embedded history as the days go by."""
    clock = HandClock(start)
    store = Sqlite(file, clock, keep)
    ordered = sorted(lines, key=lambda each: int(each.rpartition(" ")[2]))
    for part in range(0, len(ordered), 500):
        some = ordered[part : part + 500]
        clock.at = max(clock.at, int(some[-1].rpartition(" ")[2]) / 1e6 + 1)
        assert await store.write(some) == 0, store.last_refusal
    clock.at = end
    for _ in range(20):  # each write folds and expires a little
        await store.write([])
    await store.close()


class Taking:
    """A Store that keeps lines in a list; `troubles` are raised first."""

    def __init__(self, *troubles: StoreError) -> None:
        self.lines: list[str] = []
        self.troubles = list(troubles)

    async def write(self, lines: Sequence[str]) -> int:
        if self.troubles:
            raise self.troubles.pop(0)
        self.lines += lines
        return 0

    async def close(self) -> None: ...


async def no_pause(seconds: float) -> None:
    await asyncio.sleep(0)


def forget(tier: str, rows: int) -> None: ...


# --- reading the file part by part ---


@pytest.fixture
async def small(tmp_path: Path) -> tuple[Path, list[Written], float]:
    """Nine days of two endpoints: two days of them are kept as minutes and hours alone."""
    end = float(whole(now(), MINUTES))
    written = list(points(end - 9 * DAY, end, 600, "a", "bb"))
    file = tmp_path / "conf" / "state" / "history.db"
    await kept(file, [each.line for each in written], end - 9 * DAY, end)
    return file, written, end


@pytest.mark.parametrize("rows", [61, 200, 5_000])
async def test_parts_of_any_size_give_the_same_lines(
    small: tuple[Path, list[Written], float], rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, written, end = small
    everything = {tier: parts(file, tier, end) for tier in TIERS}
    monkeypatch.setattr(sqlite_export, "ROWS", rows)
    assert {tier: parts(file, tier, end) for tier in TIERS} == everything
    assert set(everything["raw"]) == {
        each.line for each in written if each.at >= Export(file).whole_from() and each.at < end // 60 * 60
    }
    folded_to = Export(file).folded_to()
    for tier, length in (("hours", HOURS), ("minutes", MINUTES)):
        stamps = [int(each.rpartition(" ")[2]) / 1e6 for each in everything[tier]]
        folded = {(each.endpoint, whole(each.at, length)) for each in written if each.at < folded_to}
        assert sum(at < folded_to for at in stamps) == len(folded)


def parts(file: Path, tier: str, end: float) -> list[str]:
    export = Export(file)
    spans = {
        "raw": Span(export.whole_from(), int(end)),
        "minutes": Span(0, int(end)),
        "hours": Span(0, int(end)),
    }
    lines: list[str] = []
    place = None
    left = export.rows(tier, spans[tier], None)
    while (part := export.part(tier, spans[tier], place)) is not None:
        assert export.rows(tier, spans[tier], place) == left
        left -= part.rows
        place = part.place
        lines += part.lines
    assert left == 0
    export.close()
    return lines


async def test_every_kind_of_value_is_written_as_it_was(tmp_path: Path) -> None:
    end = float(whole(now(), MINUTES))
    at = int(end - 300) * 1_000_000
    lines = [
        f'state,endpoint=e,unit=17 code=2i,reason="no_answer",state="a \\"b\\" \\\\ c" {at}',
        f"cpu,host=h\\ 1,na\\,me=x\\=y busy=t,idle=f,usage=2.5 {at}",
    ]
    await kept(tmp_path / "h.db", lines, end - DAY, end)
    export = Export(tmp_path / "h.db")
    part = export.part("raw", Span(0, int(end)), None)
    assert part is not None
    assert sorted(_sorted_fields(each) for each in part.lines) == sorted(
        _sorted_fields(each) for each in lines
    )
    assert part.held == 6
    export.close()


def _sorted_fields(line: str) -> tuple[str, ...]:
    from ioc.store import parse

    parsed = parse.line(line)
    return (parsed[0], repr(parsed[1]), repr(sorted(parsed[2].items())), repr(parsed[3]))


def test_a_file_that_is_not_there_or_not_ours_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no such file; name the embedded history"):
        Export(tmp_path / "none.db")
    (tmp_path / "noise.db").write_bytes(b"noise" * 1000)
    with pytest.raises(StoreError, match="not an SQLite database"):
        Export(tmp_path / "noise.db")


# --- the whole way, on a real InfluxDB ---


def migrate(house: House, *more: str) -> subprocess.Popen[str]:
    environ = {**os.environ, ADMIN: house.admin_token, "COLUMNS": "200", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "ioc", "history", "migrate", str(house.directory), *more],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> tuple[int, str]:
    out, _ = process.communicate(timeout=240)
    return process.returncode, out


@pytest.mark.real
async def test_everything_is_there_as_it_was(small: tuple[Path, list[Written], float], house: House) -> None:
    file, written, end = small
    assert file.parent.parent == house.directory
    await house.init()
    code, out = await asyncio.to_thread(finished, migrate(house, "--dry-run"))
    assert code == 0, out
    assert not file.with_name("history.db.migration").exists()
    code, out = await asyncio.to_thread(finished, migrate(house))
    assert code == 0, out
    assert out.count("whole") == 3
    assert house.admin_token not in out
    for tier in LENGTHS:
        made, wanted = there(house.admin, tier), expected(written, tier)
        last = whole(end, tier)
        assert within(made, 0, last) == pytest.approx(within(wanted, 0, last), rel=1e-12)
    raw = house.admin.flux(
        'from(bucket: "ioc") |> range(start: 0, stop: 1d) |> filter(fn: (r) => r._field == "rtt") |> group()'
    )
    since = Export(file).whole_from()
    assert sorted(float(row["_value"]) for row in raw) == sorted(
        each.rtt for each in written if each.at >= since
    )
    code, again = await asyncio.to_thread(finished, migrate(house))
    assert code == 0, again
    assert again.count("whole") == 3


@pytest.mark.real
async def test_killed_at_any_place_it_goes_on(tmp_path: Path, house: House) -> None:
    end = float(whole(now(), MINUTES))
    written = list(points(end - 9 * DAY, end, 60, "a", "bb"))
    file = tmp_path / "conf" / "state" / "history.db"
    await kept(file, [each.line for each in written], end - 9 * DAY, end)
    await house.init()
    cursor = file.with_name("history.db.migration")
    for tier in TIERS:
        process = migrate(house)
        while process.poll() is None and not _begun(cursor, tier):
            await asyncio.sleep(0.002)
        os.kill(process.pid, signal.SIGKILL)
        await asyncio.to_thread(finished, process)
        assert _begun(cursor, tier)
    code, out = await asyncio.to_thread(finished, migrate(house))
    assert code == 0, out
    assert out.count("whole") == 3
    for tier_ in LENGTHS:
        last = whole(end, tier_)
        assert within(there(house.admin, tier_), 0, last) == pytest.approx(
            within(expected(written, tier_), 0, last), rel=1e-12
        )


def _begun(cursor: Path, tier: str) -> bool:
    return cursor.exists() and json.loads(cursor.read_text())["moved"][tier]["place"] is not None


# --- trouble on the way ---


async def test_a_store_that_is_away_is_tried_again_and_then_left_to_the_next_run(
    small: tuple[Path, list[Written], float],
) -> None:
    file, _, end = small
    away = [StoreError("away", permanent=False) for _ in range(ATTEMPTS + 2)]
    stores = {"hours": Taking(*away[:2]), "minutes": Taking(), "raw": Taking(*away)}
    cursor = load(file, INTO, TIERS)
    with pytest.raises(StoreError, match="away"):
        await run(file, end, stores, cursor)
    assert len(away) - len(stores["raw"].troubles) == ATTEMPTS
    await run(file, end, stores, load(file, INTO, TIERS))
    whole_ = {tier: parts_of(file, tier, end) for tier in TIERS}
    assert {tier: stores[tier].lines for tier in TIERS} == whole_


async def test_wrong_settings_are_not_tried_again(small: tuple[Path, list[Written], float]) -> None:
    file, _, end = small
    wrong = Taking(StoreError("no such bucket", permanent=True))
    with pytest.raises(StoreError, match="no such bucket"):
        await run(file, end, {"hours": wrong, "minutes": Taking(), "raw": Taking()}, load(file, INTO, TIERS))
    assert wrong.lines == []


async def test_nothing_is_moved_that_influxdb_would_not_keep(tmp_path: Path) -> None:
    """An embedded history may keep raw points for longer than InfluxDB's raw bucket does."""
    end = float(whole(now(), MINUTES))
    written = list(points(end - 40 * DAY, end, 7200, "a"))
    file = tmp_path / "h.db"
    keep = Retention(60 * DAY, 90 * DAY)
    await kept(file, [each.line for each in written], end - 40 * DAY, end, keep)
    export = Export(file)
    wanted = plan(export, end, None)
    export.close()
    assert end - 30 * DAY <= wanted.raw_from <= end - 29.9 * DAY
    assert wanted.spans["minutes"].stop == wanted.spans["hours"].stop == wanted.raw_from


async def test_since_leaves_out_what_is_older(small: tuple[Path, list[Written], float]) -> None:
    file, _, end = small
    stores = {tier: Taking() for tier in TIERS}
    await run(file, end, stores, load(file, INTO, TIERS), since=end - 2 * DAY)
    assert stores["hours"].lines == stores["minutes"].lines == []
    first = min(int(each.rpartition(" ")[2]) for each in stores["raw"].lines) / 1e6
    assert end - 2 * DAY <= first < end - 2 * DAY + 2 * HOURS.seconds
    with pytest.raises(StoreError, match="begun with a later --since; remove it to move what is older, too"):
        await run(file, end, stores, load(file, INTO, TIERS))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not a cursor of ours"),
        ("[]", "not a cursor of ours"),
        ('{"version": 2}', "not a cursor of ours"),
        ('{"version": 1, "of": [1, 2], "into": "x", "moved": {}}', "of another version"),
        ('{"version": 1, "of": [1], "into": "x", "moved": {}}', "not a cursor of ours"),
    ],
)
def test_a_cursor_that_is_none_is_told(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "h.db").touch()
    (tmp_path / "h.db.migration").write_text(text)
    with pytest.raises(StoreError, match=f"{says}.*remove it to begin anew"):
        load(tmp_path / "h.db", INTO, TIERS)


def test_a_cursor_of_another_file_or_target_is_told(tmp_path: Path) -> None:
    file = tmp_path / "h.db"
    file.touch()
    load(file, INTO, TIERS).save()
    with pytest.raises(StoreError, match="begun into http://x org buckets, not elsewhere"):
        load(file, "elsewhere", TIERS)
    (tmp_path / "other").touch()
    (tmp_path / "other").replace(file)
    with pytest.raises(StoreError, match="begun with another file"):
        load(file, INTO, TIERS)


@pytest.mark.parametrize(
    ("there_", "refused", "whole_"), [(9, 0, False), (10, 0, True), (11, 0, True), (10, 1, False)]
)
def test_what_is_whole(there_: int, refused: int, whole_: bool) -> None:
    moved = Moved(place=(1, 2, 3), since=0, lines=5, held=10, refused=refused)
    assert Compared("raw", moved, there_).whole == whole_


async def run(
    file: Path, end: float, stores: dict[str, Taking], cursor: Cursor, since: float | None = None
) -> None:
    export = Export(file)
    held: dict[str, Store] = dict(stores)
    try:
        await move(export, held, plan(export, end, since), cursor, forget, no_pause)
    finally:
        export.close()


def parts_of(file: Path, tier: str, end: float) -> list[str]:
    export = Export(file)
    lines: list[str] = []
    place = None
    while (part := export.part(tier, plan(export, end, None).spans[tier], place)) is not None:
        place = part.place
        lines += part.lines
    export.close()
    return lines
