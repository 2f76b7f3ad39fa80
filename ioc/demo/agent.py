"""What an SNMP agent answers: GET, GETNEXT and GETBULK over a sorted tree of names (RFC 3416, section 4.2)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from collectors.wire.snmp import NULL, Kind, Message, Oid, Tag, Value, Varbind, decode, encode

REPETITIONS_CAP = 64
ROOM = 1_400
"""bytes of an answer: what goes through every line in one piece"""
TOO_BIG, NOT_WRITABLE = 1, 17
"""error statuses (RFC 3416, section 3)"""


class Names:
    """The names that agents of one shape have, in order; they share them."""

    def __init__(self, names: Iterable[Oid]) -> None:
        self.sorted = sorted(names)
        self.known = frozenset(self.sorted)


class Tree:
    """Names, and what each holds now."""

    def __init__(self, names: Names, read: Callable[[Oid], Value]) -> None:
        self._names = names
        self._read = read

    def get(self, oid: Oid) -> Varbind:
        """What a name holds; NO_INSTANCE where there is none."""
        return oid, self._read(oid) if oid in self._names.known else Value(Tag.NO_INSTANCE)

    def after(self, oid: Oid) -> Iterator[Varbind]:
        """What follows a name, one after another, and END_OF_VIEW for ever after the last."""
        names = self._names.sorted
        for position in range(bisect_right(names, oid), len(names)):
            oid = names[position]
            yield oid, self._read(oid)
        while True:
            yield oid, Value(Tag.END_OF_VIEW)


def answer(request: bytes, community: bytes, tree: Tree) -> bytes | None:
    """The response to a request; None, which is silence, for another community or what is no request.

    Raises CodecError for bytes that are not SNMPv2c.
    """
    asked = decode(request)
    if asked.community != community or asked.kind is Kind.RESPONSE:
        return None
    if asked.kind is Kind.SET:
        return encode(_refusal(asked, NOT_WRITABLE))
    found = tuple(_found(asked, tree))
    if asked.kind is Kind.GET_BULK:
        return _as_much_as_fits(asked, found)
    response = encode(_response(asked, found))
    return response if len(response) <= ROOM else encode(_refusal(asked, TOO_BIG))


def _found(asked: Message, tree: Tree) -> Iterator[Varbind]:
    names = [oid for oid, _ in asked.varbinds]
    if asked.kind is Kind.GET:
        yield from (tree.get(oid) for oid in names)
    elif asked.kind is Kind.GET_NEXT:
        yield from (next(tree.after(oid)) for oid in names)
    else:
        once = max(asked.first, 0)
        repetitions = min(max(asked.second, 0), REPETITIONS_CAP)
        yield from (next(tree.after(oid)) for oid in names[:once])
        rows = zip(*(tree.after(oid) for oid in names[once:]), strict=True)
        for row in islice(rows, repetitions):
            yield from row
            if all(value.tag is Tag.END_OF_VIEW for _, value in row):
                return


def _as_much_as_fits(asked: Message, found: tuple[Varbind, ...]) -> bytes:
    count = len(found)
    while len(response := encode(_response(asked, found[:count]))) > ROOM and count > 1:
        count = max(count * ROOM // len(response), 1)
    return response


def _response(asked: Message, varbinds: tuple[Varbind, ...]) -> Message:
    return Message(asked.community, Kind.RESPONSE, asked.request, varbinds)


def _refusal(asked: Message, status: int) -> Message:
    echo = tuple((oid, NULL) for oid, _ in asked.varbinds) if status != TOO_BIG else ()
    return Message(asked.community, Kind.RESPONSE, asked.request, echo, status, 1 if echo else 0)
