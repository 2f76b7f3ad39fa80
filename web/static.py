"""The packaged front end: a map of known files, held in memory, plain and gzipped.

Only what is in the map is served, so no path can lead out of the folder.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from web.auth import Need
from web.deps import Route

HASHED = "/assets/"
"""where the build puts files that carry a hash of their content in their name"""
INDEX = "/index.html"
MISSING = """<!doctype html><html lang="vi"><meta charset="utf-8"><title>Chưa có giao diện</title>
<h1>Chưa có giao diện / The wall is not built</h1>
<p>Không có tệp nào trong <code>web/ui/dist</code>.
Hãy chạy <code>make wall</code> rồi khởi động lại dịch vụ.</p>
<p>There is nothing in <code>web/ui/dist</code>.
Run <code>make wall</code> and start the service again.</p></html>
"""


@dataclass(frozen=True, slots=True)
class File:
    """One file as it is sent; `packed` is empty when gzip does not make it smaller."""

    body: bytes
    packed: bytes
    kind: str
    lasting: bool
    """its address changes with its content"""


@dataclass(frozen=True, slots=True)
class Site:
    """The front end: its files by address, and the id of this build (empty when there is none)."""

    files: dict[str, File]
    build: str


def load(folder: Path) -> Site:
    """Read every file below a folder, following no link out of it; an empty site when there is none."""
    root = folder.resolve()
    found: dict[str, File] = {}
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")) if root.is_dir() else ():
        if not path.is_file() or not path.resolve().is_relative_to(root):
            continue
        address = "/" + path.relative_to(root).as_posix()
        body = path.read_bytes()
        digest.update(f"{address}\0{len(body)}\0".encode() + body)
        found[address] = _file(address, body)
    return Site(found, digest.hexdigest()[:16] if INDEX in found else "")


def routes(site: Site) -> list[Route]:
    """An address for each file, and `/`. The files say nothing about the province, so they need no token."""
    each = [Route("GET", address, Need.NOTHING, _Served(file)) for address, file in site.files.items()]
    index = site.files.get(INDEX)
    return [*each, Route("GET", "/", Need.READ, _Served(index) if index else _missing)]


class _Served:
    """Answers with one file."""

    __slots__ = ("_file",)

    def __init__(self, file: File) -> None:
        self._file = file

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        file = self._file
        headers = {
            "Content-Type": file.kind,
            "Cache-Control": "public, max-age=31536000, immutable" if file.lasting else "no-cache",
            "Vary": "Accept-Encoding",
        }
        if file.packed and "gzip" in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=file.packed, headers=headers | {"Content-Encoding": "gzip"})
        return web.Response(body=file.body, headers=headers)


async def _missing(request: web.Request) -> web.StreamResponse:
    return web.Response(
        status=503, text=MISSING, content_type="text/html", headers={"Cache-Control": "no-store"}
    )


def _file(address: str, body: bytes) -> File:
    kind = mimetypes.guess_type(address)[0] or "application/octet-stream"
    if kind.startswith("text/") or kind.endswith(("javascript", "json")):
        kind += "; charset=utf-8"
    packed = gzip.compress(body, 9, mtime=0)
    return File(body, packed if len(packed) < len(body) else b"", kind, address.startswith(HASHED))
