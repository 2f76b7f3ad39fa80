"""Only `ioc/clock.py` reads time: names every other place that does, and fails if there is one.

Decisions take `now` as an argument, so that tests own time and a clock that jumps moves no deadline.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

READER = Path("ioc/clock.py")
READERS = frozenset(
    f"time.{name}{unit}"
    for name in ("time", "monotonic", "perf_counter", "clock_gettime", "process_time", "thread_time")
    for unit in ("", "_ns")
) | {
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
    "time.localtime",
    "time.gmtime",
}
LOOPS = ("get_running_loop", "get_event_loop", "new_event_loop")


def readings(source: str) -> Iterator[tuple[int, str]]:
    """Lines of a module that read time, each with what it reads by."""
    tree = ast.parse(source)
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update((alias.asname or alias.name, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Load):
            read = _full_name(node, names)
            if read in READERS or _is_loop_time(node):
                yield node.lineno, read


def _full_name(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_full_name(node.value, names)}.{node.attr}"
    if isinstance(node, ast.Call):
        return f"{_full_name(node.func, names)}()"
    return names.get(node.id, node.id) if isinstance(node, ast.Name) else "?"


def _is_loop_time(node: ast.expr) -> bool:
    if not (isinstance(node, ast.Attribute) and node.attr == "time"):
        return False
    owner = node.value
    if isinstance(owner, ast.Call):
        owner = owner.func
        return _last(owner) in LOOPS
    return _last(owner).lower().endswith("loop")


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def main(folders: list[str]) -> int:
    found = [
        f"{path}:{line}: {what} reads time; take `now` as an argument or ask a Clock"
        for folder in folders
        for path in sorted(Path(folder).rglob("*.py"))
        if path != READER and "node_modules" not in path.parts
        for line, what in readings(path.read_text("utf-8"))
    ]
    print("\n".join(found) or "only ioc/clock.py reads time")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
