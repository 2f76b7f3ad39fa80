"""Documents through the feed into the real book: any order, repeats, a kill in between: the same figures."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from collectors.feed import Around, Batch
from collectors.feeds.edxml import Edxml, EdxmlOptions
from ioc.cases.book import Book as CaseBook
from tests.book.test_book import House
from tests.collectors.documents_house import NOON, Book, settled
from tests.collectors.documents_made import Letter

ORGANS = ("xa-1", "xa-2")
"""sent to as XA-1 and XA-2, which the tree of tests/book/making.py has below the province"""
Figures = Mapping[str, Mapping[str, Mapping[str, int]]]


def messages() -> list[bytes]:
    """30 documents to two communes: received, done, refused, recalled, or still waiting; a third of it said twice."""
    found = []
    for n in range(30):
        letter = Letter(f"000.00.00.H44,2026/11/24,{n}/UBND", to=ORGANS, sent=f"2026/11/24 08:{n:02}:00")
        found.append(letter.document())
        for at, code in enumerate(["01", *[["03"], ["03", "06"], ["02"], ["13"], []][n % 5]]):
            found.append(letter.status(code, f"2026/11/24 {9 + at:02}:00:00", ORGANS[n % 2]))
    return found + found[::3]


def around(house: House, book: CaseBook) -> Around:
    async def keep(batch: Batch) -> None:
        cursor = None if batch.cursor is None else ("axis", batch.cursor)
        await book.apply(batch.updates, batch.findings, cursor)

    given = Book(house.clock).around()
    return replace(
        given,
        keep=keep,
        cursor=lambda: house.file.cursor("axis"),
        unit_of=lambda scheme, code: code.lower() if code.lower() in ORGANS else None,
    )


async def figures(folder: Path, seed: int, kill: bool) -> Figures:
    """What the book shows after everything was read in one order, with or without a kill in the middle."""
    said = messages()
    random.Random(seed).shuffle(said)
    inbox = folder / "inbox"
    inbox.mkdir(parents=True)
    house, half = House(folder, NOON), len(said) // 2 if kill else len(said)
    for part, some in enumerate((said[:half], said[half:])):
        for n, data in enumerate(some):
            (inbox / f"{part}-{n}.edxml").write_bytes(data)
        book = house.open()
        options = EdxmlOptions.model_validate({"folder": str(inbox)})
        await settled(Edxml(options, around(house, book)), Book(house.clock))
        house.clock.at = NOON
        if part == 0:
            await house.kill()
    shown = dict(house.shown)
    assert await book.verify() == []
    await book.close()
    return shown


async def test_any_order_with_a_kill_gives_the_same_figures(tmp_path: Path) -> None:
    first = await figures(tmp_path / "first", 0, kill=False)
    for seed in range(1, 5):
        assert await figures(tmp_path / str(seed), seed, kill=seed % 2 == 0) == first
    of_province = first["cases/document/tinh"]
    assert of_province["now"]["open"] == 30 + 6, "the other commune's copy of each, and what nobody answered"
    day = of_province["2026-11-24"]
    assert day["received"] == 60 - 6, "a refused one was not received"
    assert (day["resolved"], day["withdrawn"]) == (12, 6)
