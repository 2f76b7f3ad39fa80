"""What messages say, in both languages, at every length."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.fitting import Measure, characters, utf8, utf16
from alerts.incidents import TELLS
from alerts.notification import Notification
from alerts.rendering import BODY, MOST_LINES, body, field, heading, html, is_address, link, parts, text
from alerts.wording import ENGLISH, VIETNAMESE
from tests.alerts.channels.golden import NOTE, changed

CASES = Path(__file__).parents[1] / "cases" / "messages"
FOLDERS = sorted(path.name for path in CASES.iterdir())
MEASURES: dict[str, Measure] = {"characters": characters, "utf8": utf8, "utf16": utf16}
NASTY = st.text(
    st.one_of(st.sampled_from("<>&\"'\n\r\x00\x1b\u202e\u2066ặĐ👩\u200d🚒 "), st.characters(exclude_categories=["Cs"])),
    max_size=200,
)  # fmt: skip
NOTES = st.builds(
    lambda kind, language, said, severity: replace(
        NOTE,
        kind=kind,
        language=language,
        severity=severity,
        annotations={**NOTE.annotations, **said},
        repeat=True,
    ),
    st.sampled_from(sorted(VIETNAMESE.kinds)),
    st.sampled_from(["vi", "en", "fr"]),
    st.dictionaries(st.sampled_from([*NOTE.annotations, BODY, "acknowledged", "joined", "own"]), NASTY),
    st.sampled_from(["critical", "warning", "info", "<b>"]),
)


@pytest.mark.parametrize("folder", FOLDERS)
def test_case(folder: str) -> None:
    case = json.loads((CASES / folder / "case.json").read_text("utf-8"))
    note = changed(case["notification"])
    form = {"text": text, "html": html}[case["form"]]
    said = form(note, case["budget"], MEASURES[case["measure"]])
    assert said == (CASES / folder / "expected.txt").read_text("utf-8").removesuffix("\n")


@given(NOTES, st.integers(20, 600), st.sampled_from(list(MEASURES.values())))
def test_a_text_is_within_its_budget_and_says_something(
    note: Notification, budget: int, measure: Measure
) -> None:
    said = text(note, budget, measure)
    assert measure(said) <= budget
    assert measure(body(note, budget, measure)) <= budget


class Reader(HTMLParser):
    """Reads markup as a strict service does."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.read = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ("b", "a")
        assert [name for name, _ in attrs] == (["href"] if tag == "a" else [])
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.read += data


@given(NOTES, st.integers(40, 900))
def test_truncated_markup_is_impossible(note: Notification, budget: int) -> None:
    """Complaint 18 of the users of others: a cut tag, a refusal, nothing delivered."""
    said = html(note, budget, utf16)
    assert utf16(said) <= budget
    reader = Reader()
    reader.feed(said)
    reader.close()
    assert reader.open == []
    assert "<" not in re.sub(r"</?b>|<a href=\"[^\"<>]*\">|</a>", "", said)
    assert re.sub(r"&(amp|lt|gt|quot|#x27);", "", said).count("&") == 0


@given(NOTES)
def test_nothing_that_controls_a_screen_gets_through(note: Notification) -> None:
    for each in parts(note):
        assert not re.search(
            "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]", each.text
        )


def test_every_kind_that_is_told_has_a_heading_in_both_languages() -> None:
    for language in (VIETNAMESE, ENGLISH):
        assert {str(each) for each in TELLS} <= set(language.kinds)
    assert set(VIETNAMESE.kinds) == set(ENGLISH.kinds)


def test_the_heading_says_how_bad_it_is_and_what() -> None:
    assert heading(NOTE) == "[Nghiêm trọng] Đường truyền Xã Ặ mất kết nối"
    assert (
        heading(replace(NOTE, language="en", kind="raised"))
        == "[Critical] Worse: Đường truyền Xã Ặ mất kết nối"
    )
    assert heading(replace(NOTE, kind="closed")) == "Đã hết: Đường truyền Xã Ặ mất kết nối"
    assert heading(NOTE, 30) == "[Nghiêm trọng] Đường truyền…"


def test_a_digest_counts_the_lines_it_leaves_out() -> None:
    lines = "\n".join(f"{n}. Phòng họp Xã {n} mất kết nối" for n in range(1, 41))
    note = replace(NOTE, kind="digest", annotations={"what": "Sự cố đang mở", BODY: lines})
    shown = text(note, 300).split("\n")
    assert shown[:2] == ["Bản tin: Sự cố đang mở", "1. Phòng họp Xã 1 mất kết nối"]
    count = sum(each[0].isdigit() for each in shown)
    assert f"… và {40 - count} dòng nữa" in shown
    assert text(note, 5000).split("\n")[40] == "40. Phòng họp Xã 40 mất kết nối"
    many = replace(note, annotations={"what": "Sự cố đang mở", BODY: "một dòng\n" * (MOST_LINES + 50)})
    assert text(many, 50_000).split("\n")[MOST_LINES:][1] == "… và 50 dòng nữa"


@pytest.mark.parametrize(
    ("address", "followed"),
    [
        ("https://wall.example/#incident/41", True),
        ("http://10.0.0.1:8080/", True),
        ("javascript:alert(1)", False),
        ('https://x/"><script>', False),
        ("https://x y", False),
        ("outage#critical", False),
    ],
)
def test_only_addresses_are_followed(address: str, followed: bool) -> None:
    assert is_address(address) is followed
    assert bool(link(replace(NOTE, link=address))) is followed


def test_fields_are_what_templates_show() -> None:
    names = ("what", "owner", "ended", "incident", "members", "nothing")
    assert [field(NOTE, name) for name in names] == [
        "Đường truyền Xã Ặ mất kết nối",
        "Lê Văn Tám",
        "",
        "41",
        "4",
        "",
    ]
    assert field(changed({"annotations": {"owner": "chưa có"}}), "owner") == ""
    assert field(replace(NOTE, ended=1_790_000_100.0, language="en"), "ended") == "21:15:00 on 21/09/2026"
