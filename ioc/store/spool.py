"""What a store has not taken yet, on our own disk: append-only segments of checksummed records.

Every line spooled gets a number. What the store has not taken is a set of numbers, and whatever of it a reader
does not find was lost: so a torn tail, a flipped bit, a file cut short or missing costs what it held, and that
is known by number. A bound on bytes is kept by giving up the oldest segment. Everything lost becomes a mark, a
line of its own in the spool, before the number of it is forgotten.

One thread appends, another reads and takes; both may wait for the disk. Sizes and counts may be looked at from
anywhere. docs/decisions/0007-what-waits-for-a-store.md has the reasons.
"""

from __future__ import annotations

import errno
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ioc.errors import SpoolUnusable, StateUnusable
from ioc.state.lock import Lock
from ioc.store.losses import Loss, Losses
from ioc.store.position import MOST_RANGES, Position, PositionFile
from ioc.store.ranges import Range, Ranges
from ioc.store.record import Record, pack, scan, span
from ioc.store.segments import Segment, Segments, Tail

LARGEST_SEGMENT = 8 * 1024**2
FEWEST_SEGMENTS = 16
"""the part of the spool given up at once is one of so many or less"""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that were read, and the number of the first."""

    first: int
    lines: Sequence[str]

    @property
    def stop(self) -> int:
        """The number after the last line's."""
        return self.first + len(self.lines)


class Spool:
    """An open spool of at most `size` bytes. Raises SpoolUnusable when its directory cannot be used.

    `mark` makes the line that tells of a loss; `sync` is for tests.
    """

    def __init__(
        self,
        directory: Path,
        size: int,
        mark: Callable[[Loss], str],
        sync: Callable[[int], None] = os.fdatasync,
    ) -> None:
        self.directory = directory
        self.size = size
        self._largest = min(LARGEST_SEGMENT, size // FEWEST_SEGMENTS)
        self._mark = mark
        self._sync = sync
        self._disk = threading.RLock()
        self._tail: Tail | None = None
        self._held = Ranges()
        self._latest = 0
        self._closed = False
        self.dropped = 0
        """lines given up for want of room"""
        self.damaged = 0
        """lines that were not found, or not as they were written"""
        self.written = 0
        """bytes appended"""
        self.news: deque[Loss] = deque(maxlen=1_000)
        """losses that nobody has looked at yet, for whoever shows them"""
        with self._told("opened"):
            directory.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(directory)
            try:
                self._segments = Segments(directory)
                self._position = PositionFile(directory / "position", sync)
                self._next = self._end_of_last()
                self._restore(self._position.read())
            except BaseException:
                self._lock.close()
                raise

    # --- looked at from anywhere ---

    @property
    def waiting(self) -> int:
        """Lines the store has not taken."""
        return self._owed.count

    @property
    def bytes(self) -> int:
        """Bytes of all segments."""
        return self._segments.size

    @property
    def old(self) -> int:
        """Lines the store has not taken and nobody holds."""
        return max(self._owed.count - self._held.count, 0)

    @property
    def end(self) -> int:
        """The number after the last line's."""
        return self._next

    @property
    def rubble(self) -> int:
        """Bytes read that were no record."""
        return self._segments.rubble

    @property
    def unmarked(self) -> bool:
        """Whether the next append has losses to mark."""
        return bool(self._losses.unmarked)

    @property
    def scattered(self) -> bool:
        """Whether what is owed is in so many pieces that the oldest should go first."""
        return len(self._owed) > MOST_RANGES // 2

    # --- writing ---

    def append(
        self, blocks: Sequence[Sequence[str]], lost: Loss | None = None, *, hold: bool = False
    ) -> list[Range]:
        """Keep blocks of lines until after a power cut; the numbers of each.

        With `hold` they are in the caller's hand, as if they had been read: not to be read again until released,
        and not lost with their file while the caller has them. `lost` are lines that were given up before they
        came here: they are marked with the others. Raises SpoolUnusable; then none of these blocks is kept, though
        `lost` is noted.
        """
        with self._disk, self._told("written"):
            if lost is not None:
                self._losses.add(lost, self._latest)
            self._replace_removed()
            start, due = self._next, self._losses.due()
            try:
                if due:  # a mark that is written again after a crash is then the same mark
                    self._remember(sync=True)
                ranges = [self._put(lines, span(lines), hold=hold) for lines in blocks]
                for loss in due:
                    self._put([self._mark(loss)], (loss.oldest, loss.newest), lost=loss.lines)
                if self._tail is not None:
                    self._tail.sync()
            except OSError:
                self._take_back(start)
                raise
            self._losses.marked(due)
            self._remember(sync=False)
            return ranges

    def _replace_removed(self) -> None:
        """Begin anew the files that somebody has removed while we write to them."""
        if self._tail is not None and self._tail.removed:
            self._tail.close()
            self._tail = None
        if not self._position.removed:
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        if not self._lock.path.exists():
            lock, self._lock = self._lock, _locked(self.directory)
            lock.close()
        position, self._position = self._position, PositionFile(self.directory / "position", self._sync)
        position.close()
        self._remember(sync=True)

    def _put(self, lines: Sequence[str], times: Range, *, lost: int = 0, hold: bool = False) -> Range:
        first = self._next
        data = pack(first, lines, times, lost)
        self._room(len(data)).write(data)
        self._next += len(lines)
        self._owed.add(first, self._next)
        if hold:
            self._held.add(first, self._next)
        self._latest = max(self._latest, times[1])
        self.written += len(data)
        return first, self._next

    def _room(self, size: int) -> Tail:
        """A segment to write so many bytes to, the oldest given up as far as needed."""
        if self._tail is not None and self._tail.segment.size + size > self._largest:
            self._tail.sync()
            self._tail.close()
            self._tail = None
        while (
            self._segments.size + size > self.size and (oldest := self._segments.first) is not self._current
        ):
            assert oldest is not None  # noqa: S101 -- without segments there are no bytes
            self._give_up(oldest)
        if self._tail is None:
            self._tail = Tail(self.directory, self._next, self._sync)
            self._segments.add(self._tail.segment)
        return self._tail

    @property
    def _current(self) -> Segment | None:
        return self._tail.segment if self._tail else None

    def _take_back(self, start: int) -> None:
        """After a failed write: nothing from number `start` on is owed, and the file is written no more."""
        tail, self._tail = self._tail, None
        self._owed.remove(start, self._next)
        self._held.remove(start, self._next)
        self._next += 1  # so that the next segment has another name, whatever the disk did with this one
        with suppress(OSError):
            if tail is not None:
                records = self._segments.records(tail.segment)
                tail.cut(max((each.end for each in records if each.stop <= start), default=0))
                tail.close()
                if tail.segment.size == 0:
                    self._segments.remove(tail.segment)
            self._remember(sync=False)

    # --- giving up ---

    def _give_up(self, segment: Segment) -> None:
        """Drop a whole segment, and note what of it was owed and is in nobody's hand."""
        ((_, first, stop),) = [each for each in self._segments.spans(self._next) if each[0] is segment]
        lost = self._free(first, stop)
        if lost.count:
            loss, marks = self._loss(segment, lost)
            self.dropped += lost.count - marks
            for each in lost:
                self._owed.remove(*each)
            self._lose(loss, lost.count - marks)
            self._remember(sync=True)
        self._segments.remove(segment)

    def _loss(self, segment: Segment, lost: Ranges) -> tuple[Loss, int]:
        """What is lost with some lines of a segment, and how many of them were marks that told of others."""
        told, marks = Loss(0), 0
        for record in self._segments.records(segment):
            count = sum(stop - first for first, stop in lost.within(record.first, record.stop))
            if count:
                marks += count if record.lost else 0
                told = told.with_(Loss(record.lost, record.oldest, record.newest))
        return Loss(lost.count - marks).with_(told), marks

    def _lose(self, loss: Loss, fresh: int | None = None) -> None:
        """Note a loss; so many of its lines are `fresh`, the others were told of by a mark that is lost too."""
        self._losses.add(loss, self._latest)
        self.news.append(Loss(loss.lines if fresh is None else fresh, loss.oldest, loss.newest))

    # --- reading ---

    def read(self, most: int) -> list[Block]:
        """About so many lines that are owed and in nobody's hand, oldest first; they are held until taken.

        What is owed and not found is lost, and counted. Raises SpoolUnusable when the disk does not let us read.
        """
        out: list[Block] = []
        with self._disk, self._told("read"):
            while most > 0 and (free := self._free(0, self._next)).first is not None:
                first, stop = next(iter(free))
                for block in self._find(first, stop, most):
                    self._held.add(block.first, block.stop)
                    most -= len(block.lines)
                    out.append(block)
        return out

    def _free(self, first: int, stop: int) -> Ranges:
        """What of some numbers is owed and in nobody's hand."""
        out = Ranges(self._owed.within(first, stop))
        for each in self._held:
            out.remove(*each)
        return out

    def _find(self, first: int, stop: int, most: int) -> list[Block]:
        """About `most` lines of a range that is owed, from its beginning on; what is missing on the way is lost."""
        out: list[Block] = []
        before: Record | None = None
        for record in self._segments.records_from(first):
            if record.first >= stop:
                self._missing(first, stop, before, record)
                return out
            self._missing(first, record.first, before, record)
            part = record.lines()[max(first - record.first, 0) : stop - record.first]
            out.append(Block(max(first, record.first), part))
            most -= len(part)
            first, before = record.stop, record
            if first >= stop or most <= 0:
                return out
        self._missing(first, stop, before, None)
        return out

    def _missing(self, first: int, stop: int, before: Record | None, after: Record | None) -> None:
        """Lines that are owed and not there, between two records that are."""
        count = sum(b - a for a, b in self._owed.within(first, stop))
        if not count:
            return
        self._owed.remove(first, stop)
        self.damaged += count
        since = before.newest if before else after.oldest if after else 0
        until = after.oldest if after else since
        self._lose(Loss(count, min(since, until), max(since, until)))

    def release(self, blocks: Sequence[Block]) -> None:
        """These are in nobody's hand any more; what was held when its file was given up is lost with that."""
        with self._disk:
            oldest = self._segments.first
            begin = oldest.first if oldest else self._next
            for block in blocks:
                self._held.remove(block.first, block.stop)
                lost = self._owed.within(block.first, min(block.stop, begin))
                count = sum(stop - first for first, stop in lost)
                if count:
                    self._owed.remove(lost[0][0], lost[-1][1])
                    self.dropped += count
                    self._lose(Loss(count, *span(block.lines)))

    def taken(self, ranges: Sequence[Range]) -> None:
        """The store has these lines; raises SpoolUnusable when that cannot be remembered."""
        with self._disk, self._told("written"):
            for each in ranges:
                self._held.remove(*each)
                self._owed.remove(*each)
            self._remember(sync=True)
            self._clear()

    def _clear(self) -> None:
        """Remove segments of which nothing is owed."""
        for segment, first, stop in self._segments.spans(self._next):
            if segment is not self._current and not self._owed.within(first, stop):
                self._segments.remove(segment)

    # --- opening and closing ---

    def _end_of_last(self) -> int:
        """The number after the last line there is; a last segment without a record is removed."""
        while (last := self._segments.last) is not None:
            records = [each for each in scan(last.path.read_bytes()) if isinstance(each, Record)]
            if records:
                self._latest = max(each.newest for each in records)
                return max(each.stop for each in records)
            self._segments.remove(last)
        return 0

    def _restore(self, position: Position | None) -> None:
        """Take up what is owed where the last run left it; without a position that is everything there is."""
        end = self._next
        if position is None:
            first = self._segments.first
            self._owed, self._losses = Ranges([(first.first, end)] if first else ()), Losses()
            return
        self._next = max(end, position.end)
        self._owed = Ranges(position.owed)
        self._owed.add(position.end, end)
        self._losses = Losses(position.losses, position.stamp)
        self._clear()

    def _remember(self, *, sync: bool) -> None:
        owed = list(self._owed)
        if len(owed) > MOST_RANGES:  # some is then written twice after a crash: both stores know it again
            owed = [*owed[: MOST_RANGES - 1], (owed[MOST_RANGES - 1][0], owed[-1][1])]
        losses = self._losses
        self._position.write(Position(self._next, owed, losses.unmarked, losses.stamp), sync)

    def close(self) -> None:
        """Let another process have it; what was appended stays."""
        with self._disk:
            if self._closed:
                return
            with suppress(OSError):
                self._remember(sync=True)
            self._closed = True
            if self._tail is not None:
                self._tail.close()
                self._tail = None
            self._position.close()
            self._lock.close()

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """The disk's own errors as sentences."""
        if self._closed:
            raise SpoolUnusable(f"{self.directory}: spool cannot be {what}: it is closed")
        try:
            yield
        except OSError as error:
            hint = _HINTS.get(error.errno or 0, "see to the disk, or name another directory in history.spool")
            raise SpoolUnusable(
                f"{self.directory}: spool cannot be {what}: {error.strerror}; {hint}"
            ) from error


_HINTS = {
    errno.ENOSPC: "make room on this disk, or lower history.spool.size",
    errno.EDQUOT: "make room on this disk, or lower history.spool.size",
    errno.EACCES: "give this user a directory it may write to",
    errno.EPERM: "give this user a directory it may write to",
    errno.EROFS: "the disk is mounted read-only: it may be failing",
}


def _locked(directory: Path) -> Lock:
    try:
        return Lock(directory / "spool", "spool")
    except StateUnusable as error:
        raise SpoolUnusable(str(error)) from error
