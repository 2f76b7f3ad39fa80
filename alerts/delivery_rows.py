"""What is written of a delivery after it was owed, and what of it matters again after a restart."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from alerts.journal import Reader
from alerts.lateness import SUMMARY
from alerts.notification import Notification, decode, encode
from alerts.summary import MOST, Covered, covered
from ioc.duty import Contact
from ioc.state.ledger import Write

CHANNEL = "self/channel/"
"""what the subject of an incident about one of our own receivers begins with"""
LONGEST_ANSWER = 500
WORKED = 10_000
"""incidents and people of whom is known which contact worked last"""

Worked = OrderedDict[tuple[int, str], Contact]
"""by incident and person, oldest first"""


@dataclass(slots=True)
class Late:
    """What a summary covers: the first ones, and how many in all."""

    covered: list[Covered]
    count: int = 0

    def add(self, notification: Notification) -> None:
        """Cover one more."""
        self.count += 1
        if len(self.covered) < MOST:
            self.covered.append(covered(notification))

    def merge(self, other: Late) -> None:
        """Cover what another one covered."""
        self.count += other.count
        self.covered += other.covered[: MOST - len(self.covered)]

    def has(self, incident: int) -> bool:
        """Whether it speaks of an incident."""
        return any(each.incident == incident for each in self.covered)


@dataclass(frozen=True, slots=True)
class Underway:
    """What of deliveries the state file knew when the service stopped."""

    tried: Mapping[int, frozenset[Contact]]
    """by delivery owed: every contact that it or one before it went to"""
    replaced: Mapping[int, int]
    """deliveries owed that another one owed takes the place of"""
    late: Mapping[int, Late]
    """by summary owed"""
    worked: Worked
    failing: frozenset[str]
    """receivers about which an incident is open"""


def settled_row(
    notification: Notification, state: str, at: float, attempts: int, answer: str, channel: str,
    summary: int | None = None,
) -> Write:  # fmt: skip
    """What became of a delivery (told, failed, withdrawn), at a civil time."""
    return Write(
        "UPDATE deliveries SET state = ?, settled = ?, attempts = ?, answer = ?, channel = ?, summary = ? WHERE id = ?",
        (state, at, attempts, answer[:LONGEST_ANSWER], channel, summary, notification.id),
    )


def said_row(notification: Notification) -> Write:
    """What was said in the end, where that was not fixed when it was owed."""
    return Write(
        "UPDATE deliveries SET body = ?, severity = ? WHERE id = ?",
        (encode(notification), notification.severity, notification.id),
    )


def repointed_row(summary: int, other: int) -> Write:
    """That what one summary covers is told by another one."""
    return Write("UPDATE deliveries SET summary = ? WHERE summary = ?", (other, summary))


def underway(ledger: Reader) -> Underway:
    """Read what dispatch needs to go on; all is bounded by what is owed or open."""
    owed = {row[0]: row for row in ledger.read("SELECT id, instead_of FROM deliveries WHERE state = 'owed'")}
    replaced = {before: id for id, before in owed.values() if before in owed}
    late: dict[int, Late] = defaultdict(lambda: Late([]))
    for summary, body in ledger.read(_COVERED):
        if decode(body).kind != SUMMARY:
            late[summary].add(decode(body))
    failing = frozenset(root.removeprefix(CHANNEL) for (root,) in ledger.read(_FAILING, (f"{CHANNEL}%",)))
    return Underway(_tried(ledger), replaced, dict(late), _worked(ledger), failing)


def _tried(ledger: Reader) -> dict[int, frozenset[Contact]]:
    tried: dict[int, set[Contact]] = defaultdict(set)
    for id, receiver, address in ledger.read(_CHAINS):
        tried[id].add(Contact(receiver, address))
    return {id: frozenset(each) for id, each in tried.items()}


def _worked(ledger: Reader) -> Worked:
    rows = ledger.read(_WORKED, (WORKED,))
    return OrderedDict(
        ((incident, person), Contact(by, to)) for incident, person, by, to in reversed(rows)
    )  # fmt: skip


_FAILING = "SELECT root FROM incidents WHERE closed IS NULL AND root LIKE ?"
_COVERED = (
    "SELECT summary, body FROM deliveries"
    " WHERE summary IN (SELECT id FROM deliveries WHERE state = 'owed') ORDER BY id"
)
_CHAINS = (
    "WITH RECURSIVE chain (owed, receiver, address, before) AS ("
    " SELECT id, receiver, address, iif(because = 'failover', instead_of, NULL) FROM deliveries"
    " WHERE state = 'owed' AND person <> ''"
    " UNION SELECT chain.owed, d.receiver, d.address, iif(d.because = 'failover', d.instead_of, NULL)"
    " FROM chain JOIN deliveries d ON d.id = chain.before)"
    " SELECT owed, receiver, address FROM chain"
)
_WORKED = (
    "SELECT incident, person, receiver, address FROM deliveries WHERE state = 'told' AND person <> ''"
    " AND incident IN (SELECT id FROM incidents WHERE closed IS NULL) ORDER BY settled DESC LIMIT ?"
)
