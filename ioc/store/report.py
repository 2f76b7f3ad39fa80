"""What history says of itself: counters, and the value of `self/history`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ioc.clock import Clock
from ioc.store.base import Tell
from ioc.store.losses import Loss, Recent
from ioc.store.spool import Spool
from ioc.telemetry import Telemetry

SHOWN_EVERY = 5.0
MEASURED = 60.0
"""seconds after which a pace is worth showing"""

Numbers = Callable[[], tuple[int, Spool | None]]
"""what waits, and the spool once it is open"""


class Report:
    """Hears what happens and shows it: states at once, numbers now and then."""

    def __init__(self, clock: Clock, telemetry: Telemetry, tell: Tell, numbers: Numbers) -> None:
        self._clock = clock
        self._tell = tell
        self._numbers = numbers
        self._began = self._since = clock.now()
        self._away = self.unsafe = ""
        """why the store takes nothing, and why the spool cannot be used; empty when they do"""
        self._state = "ok"
        self._recent = Recent()
        self._replay: tuple[float, float, int] = (0.0, 0.0, 0)
        """when the last replay began, when its newest batch was taken, and its lines"""
        self._told = float("-inf")
        self._shown: dict[str, Any] = {}
        self._count(telemetry)

    # --- what happens ---

    def took(self, lines: int, refused: int, old: bool) -> None:
        """The store has taken a batch, but for some lines it refused for good."""
        self._written.n += lines - refused
        self._refused.n += refused
        if old:
            self._replayed.n += lines
            began, until, sum_ = self._replay
            now = self._clock.now()
            self._replay = (
                (began, now, sum_ + lines) if now - until < MEASURED and sum_ else (now, now, lines)
            )
        self.show()

    def store(self, why: str) -> None:
        """The store is away, or is not."""
        self._failures.n += 1 if why else 0
        self._away = why
        self._become()

    def spool(self, why: str) -> None:
        """The spool cannot be used, or can."""
        self._spool_failures.n += 1 if why else 0
        self.unsafe = why
        self._become()

    def lost(self, loss: Loss) -> None:
        """Lines were given up."""
        self.dropped.n += loss.lines
        self._recent.add(loss, self._clock.now())
        self.show(now=not self._shown.get("losing"))

    @property
    def well(self) -> bool:
        """Whether the store takes history."""
        return not self._away

    # --- what is shown ---

    def value(self) -> dict[str, Any]:
        """The value of `self/history`; bytes, civil seconds, lines and hours."""
        waiting, spool = self._numbers()
        recent = self._recent.whole(self._clock.now())
        return {
            "state": self._state,
            "since": self._since,
            "detail": "; ".join(filter(None, [_given_up(recent), self._away, self.unsafe])),
            "waiting": waiting,
            "dropped": self.dropped.n + self._refused.n + self.faulty.n,
            "written": self._written.n,
            "losing": recent.lines,
            **(self._of_spool(spool) if spool else {}),
            **({"replay_rate": rate} if (rate := self.replay_rate) else {}),
        }

    def _of_spool(self, spool: Spool) -> dict[str, Any]:
        room = max(spool.size - spool.bytes, 0)
        elapsed = self._clock.now() - self._began
        pace = spool.written / elapsed if elapsed >= MEASURED else 0.0
        hours = {"hours_left": round(room / pace / 3600, 1)} if pace else {}
        return {"spooled_bytes": spool.bytes, "room_bytes": room, **hours}

    @property
    def replay_rate(self) -> int:
        """Lines a second that the store takes, or took last, from the spool; 0 when that is not known."""
        began, until, lines = self._replay
        return round(lines / (until - began)) if until > began else 0

    def show(self, *, now: bool = False) -> None:
        """Tell the picture, but not for every batch: a screen needs the numbers now and then."""
        at = self._clock.now()
        if not now and at - self._told < SHOWN_EVERY:
            return
        value = self.value()
        if value != self._shown:
            self._told, self._shown = at, value
            self._tell(value)

    def _become(self) -> None:
        state = "away" if self._away else "failing" if self.unsafe else "ok"
        changed = state != self._state
        if changed:
            self._state, self._since = state, self._clock.now()
        self.show(now=changed)

    def _count(self, telemetry: Telemetry) -> None:
        tally, gauge = telemetry.tally, telemetry.gauge
        self._written = tally("ioc_history_written", "Lines of history the store has taken.")
        self._replayed = tally("ioc_history_replayed", "Lines given to the store from the spool.")
        self.dropped = tally(
            "ioc_history_dropped", "Records of history given up for want of room, or damaged."
        )
        self._refused = tally("ioc_history_refused", "Lines of history the store refused for good.")
        self.faulty = tally("ioc_history_faulty", "Records of history that cannot be written as lines.")
        self._failures = tally("ioc_history_failures", "Attempts to write history that failed.")
        self._spool_failures = tally("ioc_history_spool_failures", "Attempts to use the spool that failed.")
        gauge("ioc_history_waiting", "Records not in the store yet.", lambda: self._numbers()[0])
        gauge("ioc_history_ok", "1 while the store takes history.", lambda: not self._away)
        gauge("ioc_history_spool_ok", "1 while the spool can be used.", lambda: not self.unsafe)
        gauge("ioc_history_spool_bytes", "Bytes of the spool on disk.", self._bytes)
        gauge("ioc_history_replay_rate", "Lines a second of the last replay.", lambda: self.replay_rate)

    def _bytes(self) -> int:
        spool = self._numbers()[1]
        return spool.bytes if spool else 0


def _given_up(loss: Loss) -> str:
    """How much was given up, and of when."""
    if not loss.lines:
        return ""
    times = [
        datetime.fromtimestamp(each / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for each in (loss.oldest, loss.newest)
    ]
    return f"{loss.lines:,} lines given up, of {times[0]} to {times[1]}"
