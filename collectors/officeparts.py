"""The parts of an Office Open XML file (ECMA-376 part 2), parsed as a stream: a piece of one in memory at a time.

A document type is refused, and with it every entity; nothing outside the file is read.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import IO
from xml.parsers import expat

from ioc.errors import CodecError

PIECE = 65_536
MOST_BYTES = 4_000_000_000
"""bytes of a member, unpacked"""
LONGEST_TEXT = 32_767
"""characters of a cell, as spreadsheet programs have it"""
MOST_SILENT = 1_000_000
"""bytes in which no element begins"""
Begin = Callable[[str, Mapping[str, str]], None]
End = Callable[[str, str], None]
DAMAGED = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, EOFError,
    ValueError, OverflowError,
)  # fmt: skip
"""what zipfile raises for archives that are damaged or made to harm"""


def parse(
    archive: zipfile.ZipFile, member: str, begin: Begin, end: End | None = None, most: int = MOST_BYTES
) -> None:
    """Parse a part for what its elements say; raises CodecError."""
    for _ in parsing(archive, member, begin, end or (lambda name, text: None), most):
        pass


def parsing(
    archive: zipfile.ZipFile, member: str, begin: Begin, end: End, most: int = MOST_BYTES
) -> Iterator[None]:
    """Parse a part, a piece at each step; `begin` gets names without prefix, `end` the text within too.

    Raises CodecError.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    text: list[str] = []
    length = silent = 0

    def began(name: str, given: dict[str, str]) -> None:
        nonlocal length, silent
        text.clear()
        length = silent = 0
        begin(name.rpartition(":")[2], given)

    def ended(name: str) -> None:
        end(name.rpartition(":")[2], "".join(text))
        text.clear()

    def said(data: str) -> None:
        nonlocal length
        if length < LONGEST_TEXT:
            text.append(data[: LONGEST_TEXT - length])
        length += len(data)

    def refused(*given: object) -> None:
        raise CodecError(f"{member} has a document type, which no spreadsheet has")

    parser.StartElementHandler, parser.EndElementHandler = began, ended
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = said, refused
    try:
        with opened(archive, member, most) as file:
            while piece := file.read(PIECE):
                silent += len(piece)
                if silent > MOST_SILENT:
                    raise CodecError(f"{member} has an element of more than {MOST_SILENT:,} bytes")
                parser.Parse(piece)
                yield
            parser.Parse(b"", True)
            yield
    except expat.ExpatError as error:
        raise CodecError(f"{member} is not whole: {error}") from None


def opened(archive: zipfile.ZipFile, member: str, most: int = MOST_BYTES) -> IO[bytes]:
    """A part as a file of bytes; raises CodecError where it is missing or too large."""
    try:
        info = archive.getinfo(member)
    except KeyError:
        raise CodecError(f"{member} is missing; save the file again as .xlsx") from None
    if info.file_size > most:
        raise CodecError(f"{member} has {info.file_size:,} bytes; at most {most:,}")
    return archive.open(info)
