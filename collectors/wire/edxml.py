"""edXML (QCVN 102:2016/BTTTT): what stands in the header of a message between document systems, read in pieces.

Only the few texts that are counted are listened to: the base64 of attachments goes through the parser and is kept
nowhere. Names are compared without prefix, namespace and case, since senders differ in all three. What an XML parser
can be made to do (entities, external files, one endless tag, depth) is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NoReturn
from xml.parsers import expat

from ioc.errors import CodecError

MOST_BYTES = 512 * 1024 * 1024
LONGEST_TAG = 64 * 1024
"""bytes of one tag, comment or instruction"""
LONGEST_TEXT = 8_192
"""characters kept of one text"""
MOST_ELEMENTS = 300_000
MOST_GROUPS = 10_000
"""recipients, hops and answers together; the 34 provinces have 3,321 communes"""
DEEPEST = 40
MOST_ATTRIBUTES = 64
PIECE = 32 * 1024
ROOTS = frozenset({"edxml", "edxmlenvelope", "envelope"})
SPELT = MappingProxyType(
    {"bussiness": "business", "bussinessdoctype": "businessdoctype", "messagestatus": "status"}
)
"""the standard's own spelling, and another's"""
BODIES = frozenset({"attachmentencoded", "edxmlbody", "attachment", "content"})
"""parts in which nothing is listened to"""
WANTED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "": frozenset({"statuscode", "timestamp", "documentid", "duedate"}),
        "messageheader": frozenset(
            {"documentid", "codenumber", "codenotation", "promulgationdate", "typename", "subject", "duedate",
             "fullname", "statuscode", "timestamp"}
        ),
        "from": frozenset({"organid", "organname"}),
        "to": frozenset({"organid"}),
        "responsefor": frozenset(
            {"organid", "documentid", "code", "codenumber", "codenotation", "promulgationdate"}
        ),
        "traceheader": frozenset({"timestamp"}),
        "business": frozenset({"businessdoctype", "documentid", "paper"}),
        "replacementinfo": frozenset({"documentid"}),
        "staffinfo": frozenset({"staff"}),
        "status": frozenset({"statuscode", "timestamp"}),
        "signature": frozenset({"x509subjectname", "x509certificate"}),
    }
)  # fmt: skip
"""the texts that are kept, by the part they stand in"""

Group = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Message:
    """What a message says: its parts by name, each as often as it stands there, with their texts.

    `secrecy` are the texts of whatever may say that it is secret.
    """

    parts: Mapping[str, tuple[Group, ...]]
    secrecy: tuple[str, ...] = ()

    def all(self, part: str) -> tuple[Group, ...]:
        """Every part of a name, in the message's order."""
        return self.parts.get(part, ())

    def text(self, part: str, name: str) -> str:
        """The first text of a name in parts of a name; empty where there is none."""
        return next((found for group in self.all(part) if (found := group.get(name, ""))), "")

    def anywhere(self, name: str, *parts: str) -> str:
        """The first text of a name in any of these parts."""
        return next((found for part in parts if (found := self.text(part, name))), "")


@dataclass(slots=True)
class _Open:
    """What is being read: the parts found so far, and those that are open now."""

    parts: dict[str, list[dict[str, str]]] = field(default_factory=lambda: {"": [{}]})
    path: list[str] = field(default_factory=list)
    anchors: list[tuple[int, str]] = field(default_factory=lambda: [(0, "")])
    """depth and name of each part that is open"""
    text: list[str] = field(default_factory=list)
    length: int = 0
    body: int = 0
    """depth at which a body began; 0 outside"""
    secrecy: list[str] = field(default_factory=list)
    elements: int = 0
    groups: int = 0


class Reader:
    """Takes a message in pieces of any size; `secrecy` are the names, in lower case, of what may say it is secret."""

    def __init__(self, secrecy: frozenset[str] = frozenset(), most: int = MOST_BYTES) -> None:
        self._secrecy, self._most, self._fed = secrecy, most, 0
        self._open = _Open()
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = False
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._declared
        self._parser.EntityDeclHandler = self._declared
        self._parser.ExternalEntityRefHandler = self._declared

    def feed(self, data: bytes) -> None:
        """Take the next bytes; raises CodecError, after which nothing more may be fed."""
        for begin in range(0, len(data), PIECE):
            piece = data[begin : begin + PIECE]
            self._fed += len(piece)
            if self._fed > self._most:
                raise CodecError(f"is longer than {self._most:,} bytes")
            self._parse(piece, False)
            if self._fed - self._parser.CurrentByteIndex > LONGEST_TAG + PIECE:
                self._refuse(f"has a tag or comment of more than {LONGEST_TAG:,} bytes")

    def end(self) -> Message:
        """The message, once all of it was fed; raises CodecError where it ends early."""
        self._parse(b"", True)
        found = self._open
        return Message({name: tuple(groups) for name, groups in found.parts.items()}, tuple(found.secrecy))

    def _parse(self, data: bytes, last: bool) -> None:
        try:
            self._parser.Parse(data, last)
        except expat.ExpatError as error:
            what = expat.ErrorString(error.code) or "not well-formed"
            raise CodecError(f"line {error.lineno}, column {error.offset + 1}: is not XML: {what}") from None
        except (ValueError, LookupError) as error:
            raise CodecError(f"is in an encoding that is not read: {error}; write UTF-8") from None

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        here, name = self._open, _name(tag)
        here.elements += 1
        here.path.append(name)
        self._check(name, attributes)
        if here.body:
            return
        if name in BODIES:
            here.body = len(here.path)
        elif name in WANTED:
            self._group(name)
        else:
            here.text.clear()
            here.length = 0
            self._parser.CharacterDataHandler = self._said if self._listens(name) else None

    def _group(self, name: str) -> None:
        here = self._open
        here.groups += 1
        if here.groups > MOST_GROUPS:
            self._refuse(f"has more than {MOST_GROUPS:,} recipients, hops and answers together")
        here.anchors.append((len(here.path), name))
        here.parts.setdefault(name, []).append({})
        self._parser.CharacterDataHandler = None

    def _listens(self, name: str) -> bool:
        return name in WANTED[self._open.anchors[-1][1]] or name in self._secrecy

    def _said(self, text: str) -> None:
        here = self._open
        if here.length < LONGEST_TEXT:
            here.text.append(text[: LONGEST_TEXT - here.length])
            here.length += len(text)

    def _end(self, _: str) -> None:
        here = self._open
        depth, name = len(here.path), here.path.pop()
        if here.body:
            here.body = 0 if here.body == depth else here.body
            return
        if here.anchors[-1] == (depth, name):
            here.anchors.pop()
        elif self._parser.CharacterDataHandler is not None:
            self._keep(name, " ".join("".join(here.text).split()))
        self._parser.CharacterDataHandler = None

    def _keep(self, name: str, text: str) -> None:
        here = self._open
        part = here.anchors[-1][1]
        if name in self._secrecy and text and len(here.secrecy) < MOST_ATTRIBUTES:
            here.secrecy.append(text)
        if name in WANTED[part]:
            here.parts[part][-1].setdefault(name, text)

    def _check(self, name: str, attributes: Mapping[str, str]) -> None:
        here = self._open
        if len(here.path) == 1 and name not in ROOTS:
            self._refuse(f"is <{name[:40]}>, not edXML")
        if len(here.path) > DEEPEST:
            self._refuse(f"is more than {DEEPEST} elements deep")
        if here.elements > MOST_ELEMENTS:
            self._refuse(f"has more than {MOST_ELEMENTS:,} elements")
        if len(attributes) > MOST_ATTRIBUTES:
            self._refuse(f"has more than {MOST_ATTRIBUTES} attributes in one tag")

    def _declared(self, *_: object) -> NoReturn:
        self._refuse("declares a document type or an entity, which no edXML message needs")

    def _refuse(self, what: str) -> NoReturn:
        raise CodecError(f"line {self._parser.CurrentLineNumber}: {what}")


def _name(tag: str) -> str:
    """A tag's name without prefix and case."""
    name = tag.rpartition(":")[2].lower()
    return SPELT.get(name, name)
