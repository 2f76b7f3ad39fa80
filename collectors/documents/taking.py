"""What was read of edXML messages and is not committed yet; counts what was taken, left out and not understood."""

from __future__ import annotations

from collectors.feed import MOST_A_BATCH, Around, Batch
from collectors.wire import documents, edxml
from collectors.wire.documents import Reading
from collectors.wire.edxml import Message, Reader
from ioc.cases.model import Fault, Finding, Kind, Update, key_of
from ioc.legible import stripped

SHOWN = 200
NAMED = 120


class Taking:
    """Collects updates and findings of messages until they are committed; `secrecy` are names of elements."""

    def __init__(
        self, around: Around, reading: Reading, secrecy: frozenset[str], most: int = edxml.MOST_BYTES
    ) -> None:
        self._around, self._reading, self._secrecy, self._most = around, reading, secrecy, most
        self._updates: list[Update] = []
        self._findings: list[Finding] = []
        tally, feed = around.telemetry.tally, around.id
        self._taken = tally("ioc_feed_messages", "messages taken by a feed", feed=feed)
        self._secret = tally("ioc_feed_secret", "secret documents, nothing of which is kept", feed=feed)
        self._unread = tally("ioc_feed_unreadable", "messages that could not be read", feed=feed)

    @property
    def full(self) -> bool:
        """Whether there is enough for a commit."""
        return len(self._updates) >= MOST_A_BATCH or len(self._findings) >= MOST_A_BATCH

    def reader(self) -> Reader:
        """A reader for one message."""
        return Reader(self._secrecy, self._most)

    def add(self, message: Message) -> None:
        """Take what a message says; raises CodecError where it says nothing that can be used."""
        told = documents.told(message, self._reading)
        self._updates += told.updates
        self._findings += told.findings
        self._secret.n += told.secret
        self._taken.n += 1

    def unreadable(self, name: str, what: str) -> None:
        """Note a message that cannot be read, by the name that people find it under."""
        key = key_of(Kind.DOCUMENT, stripped(name)[:NAMED])
        self._findings.append(Finding(key, Fault.UNREADABLE, self._around.id, stripped(what)[:SHOWN]))
        self._unread.n += 1

    def nameless(self, count: int) -> None:
        """Count messages that are listed without a name, so that nobody can ask for them."""
        self._unread.n += count

    async def commit(self, cursor: str | None) -> None:
        """Have it kept, the cursor with the last of it; raises NotCommitted, after which all is to be read again."""
        updates, findings = self._updates, self._findings
        self.forget()
        most = max(len(updates), len(findings), 1)
        for begin in range(0, most, MOST_A_BATCH):
            end = begin + MOST_A_BATCH
            last = cursor if end >= most else None
            await self._around.keep(Batch(updates[begin:end], findings[begin:end], last))

    def forget(self) -> None:
        """Let go of what was not committed."""
        self._updates, self._findings = [], []
