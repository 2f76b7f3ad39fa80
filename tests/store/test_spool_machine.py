"""The spool against a model, on a real directory: appended, read, taken, dropped, closed, killed, and the power cut.

After a power cut a file is what was synced of it, and any part of what was written since. Nothing that `append`
has returned for may be missing unless a mark tells of it; nothing that was not appended may appear.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ioc.store.losses import Loss
from ioc.store.position import SLOT
from ioc.store.spool import Block, Spool

SIZE = 8_192
MEMORY = Path("/dev/shm")
"""a file system without a disk, where a real sync takes no time"""
BLOCKS = st.lists(st.integers(1, 6), min_size=1, max_size=8)


class PowerCut(Exception):
    """No power any more."""


def mark(loss: Loss) -> str:
    return f"dropped lines={loss.lines}i {loss.stamp}"


class Disk:
    """What of each file would be there after a power cut."""

    def __init__(self) -> None:
        self.kept: dict[Path, bytes] = {}
        self.left: int | None = None
        """syncs until the power is cut"""

    def sync(self, file: int) -> None:
        """fsync, of which one never returns."""
        if self.left is not None:
            if self.left == 0:
                raise PowerCut
            self.left -= 1
        path = Path(f"/proc/self/fd/{file}").readlink()
        self.kept[path] = path.read_bytes()

    def lose(self, directory: Path, part: float) -> None:
        """Put files back to what is kept of them, and a part of what was appended since."""
        self.left = None
        for path in directory.iterdir():
            now, kept = path.read_bytes(), self.kept.get(path, b"")
            if path.name == "position":
                slots = [slice(0, SLOT), slice(SLOT, 2 * SLOT)]
                cut = [kept[each] if len(kept) == 2 * SLOT else now[each] for each in slots]
                path.write_bytes(b"".join(cut))
            elif path.suffix == ".v1":
                rest = now[len(kept) :]
                path.write_bytes(kept + rest[: round(len(rest) * part)])


class Machine(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.disk = Disk()
        self.count = 0
        self.kept: set[int] = set()
        """numbers whose append returned"""
        self.unsure: set[int] = set()
        """numbers whose append was cut short"""
        self.delivered: set[int] = set()
        self.marks: dict[int, int] = {}
        """lines lost, by the mark's timestamp: the same mark twice is one point in history"""
        self.hand: list[Block] = []
        self.spool = self.opened()

    def opened(self) -> Spool:
        return Spool(self.folder / "spool", SIZE, mark, self.disk.sync)

    def lines(self, sizes: list[int]) -> list[list[str]]:
        out = []
        for size in sizes:
            numbers = range(self.count, self.count + size)
            out.append([f"m,e={number} v=1.0 {(number + 1) * 1_000}" for number in numbers])
            self.count += size
        return out

    @rule(sizes=BLOCKS)
    def append(self, sizes: list[int]) -> None:
        before = self.count
        blocks = self.lines(sizes)
        self.spool.append(blocks)
        self.kept |= set(range(before, self.count))

    @rule(sizes=BLOCKS, taken=st.booleans())
    def append_live(self, sizes: list[int], taken: bool) -> None:
        """What the feeder has from memory: taken before what is older, or let go."""
        before = self.count
        blocks = self.lines(sizes)
        ranges = self.spool.append(blocks, hold=True)
        self.kept |= set(range(before, self.count))
        if taken:
            self.spool.taken(ranges)
            self.deliver([line for block in blocks for line in block])
        else:
            pairs = zip(ranges, blocks, strict=True)
            self.spool.release([Block(first, block) for (first, _), block in pairs])

    @rule(lines=st.integers(1, 5))
    def lose_before(self, lines: int) -> None:
        """Lines that memory had no room for: their numbers are never appended."""
        numbers = range(self.count, self.count + lines)
        self.count += lines
        self.kept |= set(numbers)
        self.spool.append([], Loss(lines, 1, 2))

    @precondition(lambda self: not self.hand)
    @rule(most=st.integers(1, 40))
    def read(self, most: int) -> None:
        self.hand = self.spool.read(most)

    @precondition(lambda self: self.hand)
    @rule()
    def take(self) -> None:
        self.deliver([line for block in self.hand for line in block.lines])
        self.spool.taken([(block.first, block.stop) for block in self.hand])
        self.hand = []

    @rule()
    def close_and_open(self) -> None:
        self.spool.close()
        self.hand = []
        self.spool = self.opened()

    @rule()
    def kill(self) -> None:
        self.drop_files()
        self.spool = self.opened()

    @rule(sizes=BLOCKS, syncs=st.integers(0, 3), part=st.floats(0, 1))
    def cut_the_power(self, sizes: list[int], syncs: int, part: float) -> None:
        before = self.count
        self.disk.left = syncs
        try:
            self.spool.append(self.lines(sizes))
        except PowerCut:
            self.unsure |= set(range(before, self.count))
        else:
            self.kept |= set(range(before, self.count))
        self.drop_files()
        self.disk.lose(self.folder / "spool", part)
        self.spool = self.opened()

    def drop_files(self) -> None:
        """What the kernel does when a process is gone."""
        self.hand = []
        if self.spool._tail is not None:
            self.spool._tail.close()
        self.spool._position.close()
        self.spool._lock.close()

    def deliver(self, lines: list[str]) -> None:
        for line in lines:
            if found := re.match(r"m,e=(\d+) ", line):
                self.delivered.add(int(found[1]))
            else:
                told = re.fullmatch(r"dropped lines=(\d+)i (\d+)", line)
                assert told
                stamp, lost = int(told[2]), int(told[1])
                assert self.marks.setdefault(stamp, lost) == lost
        assert self.delivered <= self.kept | self.unsure

    @invariant()
    def is_bounded(self) -> None:
        if hasattr(self, "spool"):
            assert self.spool.bytes <= SIZE
            assert self.spool.bytes == sum(path.stat().st_size for path in self.spool.directory.glob("*.v1"))

    def teardown(self) -> None:
        if not hasattr(self, "spool"):
            return
        self.close_and_open()
        for _ in range(200):
            if self.spool.unmarked:
                self.spool.append([])
            blocks = self.spool.read(1_000)
            if not blocks and not self.spool.unmarked:
                break
            self.deliver([line for block in blocks for line in block.lines])
            self.spool.taken([(block.first, block.stop) for block in blocks])
        assert self.spool.waiting == 0
        self.spool.close()
        shutil.rmtree(self.folder)
        missing, told = len(self.kept - self.delivered), sum(self.marks.values())
        assert missing <= told <= missing + len(self.unsure), (missing, told, len(self.unsure))


Machine.TestCase.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
TestSpool = Machine.TestCase
