"""The spool on a real directory: what is kept, what is lost and how that is told."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from ioc.errors import SpoolUnusable
from ioc.store import spool as module
from ioc.store.losses import Loss
from ioc.store.position import SLOT
from ioc.store.record import pack
from ioc.store.spool import Block, Spool

AT = 100
"""seconds since the epoch of line 0; a timestamp of 0 is none"""
BIG = 64 * 1024**2
ALL = 10**9


def line(number: int) -> str:
    """A line that tells its number and its time."""
    return f"endpoint,endpoint=e{number} rtt={number}.0 {(AT + number) * 1_000_000}"


def lines(first: int, stop: int) -> list[str]:
    return [line(number) for number in range(first, stop)]


def mark(loss: Loss) -> str:
    return f"dropped,store=test lines={loss.lines}i,from={loss.oldest}i,to={loss.newest}i {loss.stamp}"


def told(found: Sequence[str]) -> list[tuple[int, int, int]]:
    """Lines lost, the number of the first and of the last by each mark among lines."""
    marks = [re.search(r"lines=(\d+)i,from=(\d+)i,to=(\d+)i", each) for each in found]
    return [
        (int(each[1]), int(each[2]) // 1_000_000 - AT, int(each[3]) // 1_000_000 - AT)
        for each in marks
        if each
    ]


def numbers(found: Sequence[str]) -> list[int]:
    return [int(match[1]) for each in found if (match := re.match(r"endpoint,endpoint=e(\d+) ", each))]


Open = Callable[..., Spool]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens the spool of this test; whichever was open before is closed."""
    spools: list[Spool] = []

    def make(size: int = BIG, **more: object) -> Spool:
        for each in spools:
            each.close()
        spools.clear()
        spools.append(Spool(tmp_path / "spool", size, mark, **more))  # type: ignore[arg-type]
        return spools[0]

    yield make
    for each in spools:
        each.close()


def drain(spool: Spool, most: int = ALL) -> list[str]:
    """Everything it gives, taken."""
    out: list[str] = []
    while blocks := spool.read(most):
        out += [each for block in blocks for each in block.lines]
        spool.taken([(block.first, block.stop) for block in blocks])
    return out


def segments(spool: Spool) -> list[Path]:
    return sorted(spool.directory.glob("*.v1"))


def test_what_is_appended_is_read_in_order_and_gone_once_taken(opened: Open) -> None:
    spool = opened()
    assert spool.append([lines(0, 3), lines(3, 4)]) == [(0, 3), (3, 4)]
    assert spool.append([lines(4, 9)]) == [(4, 9)]
    assert (spool.waiting, spool.end) == (9, 9)
    blocks = spool.read(4)
    assert [(block.first, list(block.lines)) for block in blocks] == [(0, lines(0, 3)), (3, lines(3, 4))]
    assert spool.waiting == 9
    spool.taken([(0, 3), (3, 4)])
    assert spool.waiting == 5
    assert drain(spool) == lines(4, 9)
    assert (spool.waiting, spool.damaged, spool.dropped, spool.rubble) == (0, 0, 0, 0)


@pytest.mark.parametrize("gone", ["spool", "spool/*.v1", "spool/*"])
def test_what_is_appended_after_its_files_were_removed_survives_kill_9(
    opened: Open, tmp_path: Path, gone: str
) -> None:
    spool = opened()
    spool.append([lines(0, 3)])
    for each in tmp_path.glob(gone):
        shutil.rmtree(each) if each.is_dir() else each.unlink()
    spool.append([lines(3, 5)])
    for each in (spool.directory / "position", *segments(spool)):
        assert each.stat().st_nlink == 1
    shutil.copytree(spool.directory, tmp_path / "as the kill leaves it")
    left = Spool(tmp_path / "as the kill leaves it", BIG, mark)
    assert numbers(drain(left)) == [3, 4]
    assert left.damaged == 3
    left.close()
    with pytest.raises(SpoolUnusable, match="another running service"):
        Spool(spool.directory, BIG, mark)


def test_what_is_held_is_not_read_again_and_not_forgotten(opened: Open) -> None:
    spool = opened()
    spool.append([lines(0, 3)])
    assert len(spool.read(ALL)) == 1
    assert spool.read(ALL) == []
    assert drain(opened()) == lines(0, 3)


def test_what_is_appended_in_hand_is_read_once_released(opened: Open) -> None:
    spool = opened()
    spool.append([lines(0, 3), lines(3, 6)], hold=True)
    spool.append([lines(6, 9)])
    assert (spool.waiting, spool.old) == (9, 3)
    assert [block.first for block in spool.read(ALL)] == [6]
    spool.release([Block(3, lines(3, 6))])
    assert [block.first for block in spool.read(ALL)] == [3]
    spool.taken([(0, 3)])
    assert (spool.waiting, spool.old) == (6, 0)
    assert numbers(drain(opened())) == list(range(3, 9))


def test_any_text_comes_back(opened: Open) -> None:
    spool = opened()
    odd = ['m s="a\nb" 1', "m,t=tỉnh\\ Thanh v=1 2", 'm s="\x00🏛" 3']
    spool.append([odd])
    assert drain(opened()) == odd


def test_the_next_run_goes_on_where_the_last_one_ended(opened: Open) -> None:
    spool = opened()
    spool.append([lines(0, 5)])
    spool.append([lines(5, 9)])
    spool.taken([(0, 5)])
    spool = opened()
    assert spool.append([lines(9, 12)]) == [(9, 12)]
    assert drain(spool) == lines(5, 12)
    assert spool.damaged == 0


def test_live_lines_may_be_taken_before_older_ones(opened: Open) -> None:
    spool = opened()
    for number in range(6):
        spool.append([lines(number * 10, number * 10 + 10)])
    spool.taken([(50, 60)])
    spool.taken([(20, 30)])
    spool = opened()
    assert numbers(drain(spool, most=10)) == [*range(20), *range(30, 50)]
    assert spool.damaged == 0


def test_files_of_which_nothing_is_owed_go(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_SEGMENT", 1_000)
    spool = opened()
    for number in range(50):
        spool.append([lines(number * 10, number * 10 + 10)])
    files = segments(spool)
    assert len(files) > 5
    spool.taken([(0, 250)])
    assert len(segments(spool)) < len(files)
    assert numbers(drain(spool)) == list(range(250, 500))
    assert len(segments(spool)) == 1
    assert spool.bytes == segments(spool)[0].stat().st_size


class TestTheBound:
    SIZE = 16_000

    def fill(self, spool: Spool, count: int) -> None:
        for number in range(count):
            spool.append([lines(number * 10, number * 10 + 10)])

    def test_the_oldest_go_are_counted_and_marked(self, opened: Open) -> None:
        spool = opened(self.SIZE)
        self.fill(spool, 500)
        assert spool.bytes <= self.SIZE
        assert spool.bytes == sum(path.stat().st_size for path in segments(spool))
        found = drain(spool)
        kept = numbers(found)
        assert spool.dropped > 1_000
        assert kept == list(range(spool.dropped, 5_000))
        marks = told(found)
        assert sum(lost for lost, _, _ in marks) == spool.dropped
        assert min(since for _, since, _ in marks) == 0
        assert max(until for _, _, until in marks) == spool.dropped - 1
        stamps = [each.rsplit(" ", 1)[1] for each in found if each.startswith("dropped")]
        assert len(set(stamps)) == len(stamps)

    def test_what_was_in_the_stores_hand_is_not_counted_as_dropped(self, opened: Open) -> None:
        spool = opened(self.SIZE)
        self.fill(spool, 2)
        hand = spool.read(5)
        assert [(block.first, block.stop) for block in hand] == [(0, 10)]
        for number in range(2, 300):
            spool.append([lines(number * 10, number * 10 + 10)])
        spool.taken([(0, 10)])
        found = drain(spool)
        assert numbers(found) == list(range(spool.dropped + 10, 3_000))
        assert sum(lost for lost, _, _ in told(found)) == spool.dropped
        assert spool.damaged == 0

    def test_what_is_let_go_after_its_file_is_dropped(self, opened: Open) -> None:
        spool = opened(self.SIZE)
        spool.append([lines(0, 10)], hold=True)
        spool.append([lines(10, 20)], hold=True)
        for number in range(2, 300):
            spool.append([lines(number * 10, number * 10 + 10)])
        before = spool.dropped
        spool.taken([(0, 10)])
        spool.release([Block(10, lines(10, 20))])
        assert spool.dropped == before + 10
        spool.append([])
        found = drain(spool)
        assert numbers(found) == list(range(spool.dropped + 10, 3_000))
        assert sum(lost for lost, _, _ in told(found)) == spool.dropped
        assert (10, 10, 19) in told(found)
        assert spool.damaged == 0

    def test_a_loss_before_the_spool_is_marked_with_the_others(self, opened: Open) -> None:
        spool = opened()
        spool.append([lines(0, 1)], Loss(7, 103_000_000, 105_000_000))
        assert told(drain(opened())) == [(7, 3, 5)]

    def test_a_smaller_bound_than_there_are_bytes_is_kept_from_the_next_write_on(self, opened: Open) -> None:
        self.fill(opened(self.SIZE), 200)
        spool = opened(self.SIZE // 2)
        spool.append([lines(2_000, 2_010)])
        assert spool.bytes <= self.SIZE // 2
        assert numbers(drain(spool))[-10:] == list(range(2_000, 2_010))


class TestDamage:
    """What is damaged costs what it held, never more, and how much that was is known."""

    def spooled(self, opened: Open, monkeypatch: pytest.MonkeyPatch, count: int = 9) -> Spool:
        monkeypatch.setattr(module, "LARGEST_SEGMENT", 250)
        spool = opened()
        for number in range(count):
            spool.append([lines(number * 2, number * 2 + 2)])
        assert len(segments(spool)) >= 4
        spool.close()
        return spool

    def check(self, spool: Spool, whole: int, gone: range) -> None:
        found = drain(spool)
        assert numbers(found) == [number for number in range(whole) if number not in gone]
        assert spool.damaged == len(gone)
        spool.append([lines(whole, whole + 1)])
        (mark,) = told(found + drain(spool))
        assert mark[0] == len(gone)
        assert mark[1] <= gone[0] <= gone[-1] <= mark[2] or gone[0] == 0 or gone[-1] == whole - 1

    @pytest.mark.parametrize("which", [0, 1, -1], ids=["first", "middle", "last"])
    def test_a_missing_file(self, opened: Open, monkeypatch: pytest.MonkeyPatch, which: int) -> None:
        files = segments(self.spooled(opened, monkeypatch))
        firsts = [*(int(path.name[:20]) for path in files), 18]
        which %= len(files)
        files[which].unlink()
        self.check(opened(), 18, range(firsts[which], firsts[which + 1]))

    def test_every_byte_of_a_record_flipped(self, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
        spool = self.spooled(opened, monkeypatch)
        directory = spool.directory
        whole = directory.with_name("whole")
        shutil.copytree(directory, whole)
        size = len(pack(2, lines(2, 4), (0, 0)))
        begin = len(pack(0, lines(0, 2), (0, 0)))
        name = segments(spool)[0].name
        for at in range(begin, begin + size):
            shutil.rmtree(directory)
            shutil.copytree(whole, directory)
            data = bytearray((directory / name).read_bytes())
            data[at] ^= 1 << at % 8
            (directory / name).write_bytes(data)
            self.check(opened(), 18, range(2, 4))

    def test_the_last_file_cut_anywhere(self, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
        spool = self.spooled(opened, monkeypatch)
        directory, name = spool.directory, segments(spool)[-1].name
        whole = directory.with_name("whole")
        shutil.copytree(directory, whole)
        first = int(name[:20])
        ends = [0]
        for number in range(first, 18, 2):
            ends.append(ends[-1] + len(pack(number, lines(number, number + 2), (0, 0))))
        for size in range(ends[-1]):
            shutil.rmtree(directory)
            shutil.copytree(whole, directory)
            os.truncate(directory / name, size)
            kept = first + 2 * sum(1 for end in ends[1:] if end <= size)
            self.check(opened(), 18, range(kept, 18))

    def test_without_its_position_everything_there_is_is_given_again(self, opened: Open) -> None:
        spool = opened()
        spool.append([lines(0, 4)])
        spool.append([lines(4, 8)])
        spool.taken([(0, 4)])
        (spool.directory / "position").unlink()
        spool = opened()
        assert numbers(drain(spool)) == list(range(8))
        assert spool.damaged == 0

    def test_any_byte_of_the_position_flipped_costs_a_repetition_at_most(self, opened: Open) -> None:
        spool = opened()
        for number in range(4):
            spool.append([lines(number * 2, number * 2 + 2)])
            spool.taken([(number * 2, number * 2 + 1)])
        spool.close()
        path = spool.directory / "position"
        whole = path.read_bytes()
        places = [*range(120), *range(SLOT, SLOT + 120), SLOT - 1, 2 * SLOT - 1]
        for at in places:
            data = bytearray(whole)
            data[at] ^= 0x10
            path.write_bytes(data)
            spool = opened()
            again = {number for block in spool.read(ALL) for number in numbers(block.lines)}
            assert {1, 3, 5, 7} <= again <= {1, 3, 5, 6, 7}
            assert spool.damaged == 0
            spool.close()

    def test_a_last_file_of_rubble_is_in_nobodys_way(self, opened: Open) -> None:
        spool = opened()
        spool.append([lines(0, 4)])
        (spool.directory / f"{4:020d}.v1").write_bytes(b"rubble")
        spool = opened()
        assert spool.append([lines(4, 6)]) == [(4, 6)]
        assert numbers(drain(spool)) == list(range(6))


class TestTrouble:
    """A disk or a directory that cannot be used is said in a sentence, and nothing half done is believed."""

    def test_two_on_one_directory(self, opened: Open) -> None:
        spool = opened()
        with pytest.raises(
            SpoolUnusable, match=f"another running service .process {os.getpid()}. uses this spool"
        ):
            Spool(spool.directory, BIG, mark)

    def test_two_processes_on_one_directory(self, opened: Open) -> None:
        spool = opened()
        program = (
            "import sys, pathlib; from ioc.store.spool import Spool\n"
            "Spool(pathlib.Path(sys.argv[1]), 1 << 20, str)"
        )
        child = subprocess.run(
            [sys.executable, "-c", program, str(spool.directory)], capture_output=True, text=True, check=False
        )
        assert child.returncode == 1
        assert "uses this spool; stop it first" in child.stderr

    def test_a_directory_of_another_version(self, opened: Open) -> None:
        spool = opened()
        spool.append([lines(0, 1)])
        (spool.directory / f"{7:020d}.v2").write_bytes(b"?")
        with pytest.raises(
            SpoolUnusable, match="another version of this service .format 2, this one has 1.; run that"
        ):
            opened()

    def test_a_directory_that_is_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(SpoolUnusable, match="spool cannot be opened: File exists"):
            Spool(tmp_path / "file", BIG, mark)

    def test_a_full_disk_keeps_nothing_half_and_is_used_again_once_it_has_room(
        self, opened: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        spool = opened()
        spool.append([lines(0, 4)])
        real = os.write
        with monkeypatch.context() as full:
            room = [10]

            def write(file: int, data: bytes) -> int:
                room[0] -= len(data)
                if room[0] < 0:
                    raise OSError(errno.ENOSPC, "No space left on device")
                return real(file, data[:10])

            full.setattr(os, "write", write)
            for _ in range(3):
                with pytest.raises(
                    SpoolUnusable, match="spool cannot be written: No space left on device; make room"
                ):
                    spool.append([lines(4, 8), lines(8, 12)], Loss(5, 1_000_000, 2_000_000))
            assert spool.waiting == 4
        assert spool.append([lines(4, 8)])
        spool = opened()
        found = drain(spool)
        assert numbers(found) == list(range(8))
        assert sum(lost for lost, _, _ in told(found)) == 15
        assert (spool.damaged, spool.dropped) == (0, 0)

    def test_what_could_not_be_synced_is_not_kept(self, opened: Open) -> None:
        fails: list[bool] = []

        def sync(file: int) -> None:
            if fails:
                raise OSError(errno.EIO, "Input/output error")

        spool = opened(sync=sync)
        spool.append([lines(0, 4)])
        fails.append(True)
        with pytest.raises(SpoolUnusable, match="Input/output error; see to the disk"):
            spool.append([lines(4, 8)])
        fails.clear()
        spool.append([lines(8, 12)])
        spool = opened()
        assert numbers(drain(spool)) == [*range(4), *range(8, 12)]
        assert spool.damaged == 0

    def test_a_file_that_cannot_be_read_now_is_not_lost(
        self, opened: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        spool = opened()
        spool.append([lines(0, 4)])
        with monkeypatch.context() as busy:

            def refuse(path: Path) -> bytes:
                raise OSError(errno.EMFILE, "Too many open files")

            busy.setattr(Path, "read_bytes", refuse)
            with pytest.raises(SpoolUnusable, match="spool cannot be read: Too many open files"):
                spool.read(ALL)
        assert numbers(drain(spool)) == list(range(4))
