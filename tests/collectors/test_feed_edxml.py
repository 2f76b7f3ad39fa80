"""The feed `edxml` on a folder that others write into, and what it may be told."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from collectors.feed import Heard
from collectors.feeds.edxml import Edxml, EdxmlOptions
from ioc.cases.model import Fault, Stage
from tests.collectors.documents_house import Book, boxed, letter, names, settled
from tests.collectors.documents_made import Letter


async def test_whole_files_are_read_and_put_away(tmp_path: Path) -> None:
    (tmp_path / "1.edxml").write_bytes(letter(1).document())
    (tmp_path / "2.edxml").write_bytes(letter(1).status("03"))
    book = Book()
    assert await settled(boxed(tmp_path, book), book) == 0.0, "there may be more at once"
    assert [(each.stage, each.unit) for each in book.updates] == [
        (Stage.OPEN, "viet-tri"),
        (Stage.DONE, "viet-tri"),
    ]
    assert names(tmp_path) == {"done"}
    assert names(tmp_path / "done") == {"1.edxml", "2.edxml"}
    assert book.said[-1] == ("ok", "")
    assert book.count("messages") == 2


async def test_a_file_that_is_still_written_waits(tmp_path: Path) -> None:
    book, path, data = Book(), tmp_path / "1.edxml", letter(1).document()
    feed = boxed(tmp_path, book)
    for end in range(100, len(data), 100):
        path.write_bytes(data[:end])
        os.utime(path, ns=(end, end))
        assert await feed.turn() == 30.0
        book.clock.at += 4
    path.write_bytes(data)
    (tmp_path / "2.edxml.part").write_bytes(data[:50])
    (tmp_path / ".3.edxml").write_bytes(data[:50])
    assert book.batches == []
    await settled(feed, book)
    assert len(book.updates) == 1
    assert book.findings == []
    assert names(tmp_path) == {"2.edxml.part", ".3.edxml", "done"}


async def test_what_cannot_be_read_lies_in_faults_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "cut.edxml").write_bytes(letter(1).document()[:300])
    (tmp_path / "bomb.edxml").write_bytes(b'<!DOCTYPE a [<!ENTITY b "b">]><edXML>&b;</edXML>')
    (tmp_path / "good.edxml").write_bytes(letter(2).document())
    book = Book()
    await settled(boxed(tmp_path, book), book)
    assert len(book.updates) == 1, "the rest goes on"
    assert {(each.key, each.fault) for each in book.findings} == {
        ("document/cut.edxml", Fault.UNREADABLE),
        ("document/bomb.edxml", Fault.UNREADABLE),
    }
    assert names(tmp_path / "faults") == {"cut.edxml", "cut.edxml.txt", "bomb.edxml", "bomb.edxml.txt"}
    note = (tmp_path / "faults" / "bomb.edxml.txt").read_text("utf-8")
    assert note == (
        "bomb.edxml: line 1: declares a document type or an entity, which no edXML message needs\n"
    )
    assert book.count("unreadable") == 2


async def test_names_of_files_need_not_be_text(tmp_path: Path) -> None:
    for name, data in [(b"t\xd8nh.xml", letter(1).document()), (b"s\xff\n.xml", b"<html/>")]:
        (tmp_path / os.fsdecode(name)).write_bytes(data)
    book = Book()
    await settled(boxed(tmp_path, book), book)
    assert book.said[-1] == ("ok", "")
    assert [each.key for each in book.findings] == ["document/s .xml"]
    (note,) = (tmp_path / "faults").glob("*.txt")
    assert note.read_text("utf-8") == "s\\udcff .xml: line 1: is <html>, not edXML\n"
    (read,) = (tmp_path / "done").iterdir()
    read.rename(tmp_path / read.name)
    await settled(boxed(tmp_path, book), book)
    assert len(book.updates) == 1, "the cursor knows it"


async def test_nothing_of_a_secret_document_is_kept(tmp_path: Path) -> None:
    (tmp_path / "s.edxml").write_bytes(Letter(priority="Mật").document())
    book = Book()
    await settled(boxed(tmp_path, book, remove=True), book)
    assert (book.updates, book.findings, book.count("secret")) == ([], [], 1)
    assert names(tmp_path) == set(), "removed, where the site wants that"
    assert "101/UBND-VP" not in repr(book.batches)


async def test_a_refused_commit_leaves_the_files_to_be_read_again(tmp_path: Path) -> None:
    (tmp_path / "1.edxml").write_bytes(letter(1).document())
    book = Book(refuses=True)
    feed = boxed(tmp_path, book)
    assert await settled(feed, book) == 30.0
    assert book.said[-1] == ("failing", "the disk is full")
    assert await feed.turn() == 60.0, "less and less often"
    assert names(tmp_path) == {"1.edxml"}
    book.refuses = False
    assert await feed.turn() == 0.0
    assert len(book.updates) == 1
    assert names(tmp_path / "done") == {"1.edxml"}


async def test_a_kill_between_the_commit_and_the_move_reads_nothing_twice(tmp_path: Path) -> None:
    (tmp_path / "1.edxml").write_bytes(letter(1).document())
    book = Book()
    await settled(boxed(tmp_path, book), book)
    (tmp_path / "done" / "1.edxml").rename(tmp_path / "1.edxml")
    await settled(boxed(tmp_path, book), book)
    assert len(book.updates) == 1
    assert names(tmp_path / "done") == {"1.edxml"}
    assert names(tmp_path) == {"done"}


async def test_a_document_to_every_commune_is_kept_in_batches(tmp_path: Path) -> None:
    many = Letter(to=[f"H44.{n}" for n in range(3_321)])
    (tmp_path / "1.edxml").write_bytes(many.document())
    book = Book()
    await settled(boxed(tmp_path, book), book)
    assert len(book.updates) == 3_321
    assert [batch.cursor is None for batch in book.batches] == [True, True, True, False]
    assert len(book.findings) == 3_321


async def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    book = Book()
    await boxed(tmp_path / "none", book).turn()
    assert book.said == [
        ("failing", f"{tmp_path}/none: No such file or directory; the folder must exist and be ours to read")
    ]


async def test_what_cannot_be_put_away_is_not_read_again(tmp_path: Path) -> None:
    (tmp_path / "1.edxml").write_bytes(letter(1).document())
    (tmp_path / "done").write_text("a file where the folder should be")
    book = Book()
    feed = boxed(tmp_path, book)
    await settled(feed, book)
    assert book.said[-1][0] == "failing"
    assert "1.edxml cannot be put into done: " in book.said[-1][1]
    book.clock.at += 60
    await feed.turn()
    assert sum(update.key.endswith(">000.00.12.H44") for update in book.updates) == 1


# --- options and the server's half


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "needs either folder or url, one of them"),
        ({"folder": "/a", "url": "http://h"}, "needs either folder or url, one of them"),
        ({"folder": "a/b"}, "'a/b' is not an absolute path"),
        ({"url": "ftp://h"}, "'ftp://h' is not an http or https address"),
        ({"url": "http://me@h"}, "the address carries a name, a query or a fragment"),
        ({"url": "http://h"}, "url needs system_id and secret_key"),
        ({"folder": "/a", "fetch": "v1"}, "'v1' is not a path; begin with /"),
        (
            {"folder": "/a", "fetch": "/v1/{no}"},
            "'/v1/{no}' has the field 'no'; known are from, id, kind, page, size, to",
        ),
        ({"folder": "/a", "login": "/v1/login"}, "login and credentials belong together"),
    ],
)
def test_options_that_cannot_be(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        EdxmlOptions.model_validate(given)
    assert says in str(refused.value)


async def test_nobody_posts_here(tmp_path: Path) -> None:
    said = await boxed(tmp_path, Book()).hear(Heard("POST", "", {}, b""))
    assert said.status == 404


async def test_it_looks_until_it_is_cancelled(tmp_path: Path) -> None:
    book, looked = Book(), asyncio.Event()
    (tmp_path / "1.edxml").write_bytes(letter(1).document())

    async def rest(seconds: float) -> None:
        book.clock.at += seconds
        if book.batches:
            looked.set()
        await asyncio.sleep(0)

    feed = Edxml(EdxmlOptions.model_validate({"folder": str(tmp_path)}), book.around(), rest)
    task = asyncio.create_task(feed.run())
    await looked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert book.said[0] == ("waiting", "")
    assert len(book.updates) == 1
