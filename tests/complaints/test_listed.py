"""docs/complaints.md lists the twenty complaints, each with the test that is there for it."""

import re
from pathlib import Path

HERE = Path(__file__).parent
LISTED = HERE.parents[1] / "docs" / "complaints.md"


def test_each_of_the_twenty_has_its_test_and_stands_in_the_list() -> None:
    rows = re.findall(
        r"^\| (\d+) \| .* \| `(test_\d\d_\w+\.py)` \|$", LISTED.read_text("utf-8"), re.MULTILINE
    )
    assert [int(number) for number, _ in rows] == list(range(1, 21))
    assert [f"test_{int(number):02}_" for number, _ in rows] == [name[:8] for _, name in rows]
    assert {name for _, name in rows} == {each.name for each in HERE.glob("test_[0-9]*.py")}
