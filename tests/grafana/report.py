"""`python -m tests.grafana.report`: each panel, annotation and variable with the rows that its query returned."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.grafana.filled import answer, asked, demo


def main() -> None:
    """Fill the stores, ask everything, and print it."""
    table = Table("dashboard", "query", "time shown", "rows", "ms", "fault", title="Grafana's queries")
    with tempfile.TemporaryDirectory() as folder, demo(Path(folder)) as filled:
        for case, question, span in asked():
            began = time.perf_counter()
            said = answer(filled, case, question, span)
            took = (time.perf_counter() - began) * 1000
            table.add_row(
                case.name, question.name, span, str(said.rows), f"{took:.0f}", "; ".join(said.faults)
            )
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
