"""Complaint 18, "Truncated Telegram HTML → 400 → nothing delivered": alertmanager#2923, grafana#89393, #48812."""

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import rendering
from alerts.fitting import utf16
from tests.alerts.channels.golden import NOTE, check

TEXT = st.text(st.sampled_from("<>&\"'ặ👨‍👩‍👧 abc/\n"), max_size=300)


class Balanced(HTMLParser):
    """Refuses markup that Telegram would answer with 400: a tag left open, closed twice, or cut."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        assert not set(data) & set("<>&")


@settings(max_examples=200, deadline=None)
@given(TEXT, TEXT, TEXT, st.integers(0, 600))
def test_whatever_it_says_and_however_little_room_there_is_the_markup_is_whole(
    title: str, owner: str, action: str, budget: int
) -> None:
    said = dict(NOTE.annotations) | {"what": title, "summary": title, "owner": owner, "next_action": action}
    message = rendering.html(replace(NOTE, annotations=said), budget, utf16)
    assert utf16(message) <= budget
    parser = Balanced()
    parser.feed(message)
    parser.close()
    assert parser.open == []


async def test_markup_that_is_refused_all_the_same_is_sent_once_more_as_plain_text(tmp_path: Path) -> None:
    await check("telegram", "markup-refused", tmp_path)
