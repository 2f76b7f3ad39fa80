"""What the terminal of `ioc demo` shows: living on a terminal, plain lines anywhere else."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ioc.demo.pages import Page

LAST_PAGES = 8
MOST_FAULTS = 14


@dataclass(slots=True)
class View:
    """Everything the terminal may show. `now` and all moments are monotonic; `start` is the script's."""

    url: str
    start: float
    span: float | None
    names: Mapping[str, str]
    now: float = 0.0
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    faults: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """what lasts now, by the script's id"""
    disturbances: int = 0
    injected: int = 0
    texts: int = 0
    """short messages that a gateway took"""
    lacking: Sequence[str] = ()
    """why the run can not be a whole judgement"""
    pages: deque[Page] = field(default_factory=lambda: deque(maxlen=LAST_PAGES))

    @property
    def elapsed(self) -> float:
        """Seconds since the script's start."""
        return max(self.now - self.start, 0.0)

    def follow(self, script: list[dict[str, Any]], pages: list[Page]) -> list[str]:
        """Take in what is new in the logs; the lines that tell it."""
        told = [line for each in script if (line := self._follow(each))]
        self.pages.extend(pages)
        return told + [_page_line(each, self.start) for each in pages]

    def _follow(self, line: Mapping[str, Any]) -> str:
        if line["what"] == "plan":
            self.lacking = line["lacking"]
            return _lacking_line(self.lacking)
        if line["what"] not in ("begin", "end"):
            return ""
        if not line["fault"]:
            self.disturbances += line["what"] == "begin"
            return ""
        if line["what"] == "begin":
            self.injected += 1
            self.faults[line["id"]] = line
        else:
            self.faults.pop(line["id"], None)
        verb = "fault " if line["what"] == "begin" else "healed"
        return f"{line['at'] - self.start:7.1f} s  {verb}  {line['kind']:13} {self.name(line['target'])}"

    def name(self, thing: str) -> str:
        """A thing's name, or what stands for it."""
        return self.names.get(thing, "our own link")


class Display(Protocol):
    """Where a view is shown."""

    def show(self, view: View, news: list[str]) -> None:
        """Show how things are, and what is new."""

    def close(self) -> None:
        """Show no more."""


class Lines:
    """Plain lines, one for each thing that happened."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._greeted = False

    def show(self, view: View, news: list[str]) -> None:
        """Print what is new."""
        if not self._greeted:
            self._greeted = True
            self._console.print(_heading(view), highlight=False)
        for each in news:
            self._console.print(each, highlight=False, markup=False, soft_wrap=True)

    def close(self) -> None:
        """Nothing to give back."""


class Screen:
    """A living screen."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False, transient=False)
        self._live.start()

    def show(self, view: View, news: list[str]) -> None:
        """Draw everything anew."""
        parts = (_heading(view), _counts(view), _faults(view), _pages(view))
        self._live.update(Group(*parts), refresh=True)

    def close(self) -> None:
        """Leave the last picture standing."""
        self._live.stop()


def display(console: Console) -> Display:
    """A living screen on a terminal, lines elsewhere."""
    return Screen(console) if console.is_terminal else Lines(console)


def _heading(view: View) -> Text:
    until = "" if view.span is None else f" of {view.span:.0f} s"
    return Text.assemble(
        ("The wall: ", "dim"),
        (view.url, "bold underline"),
        (f"   {view.elapsed:.0f} s{until}   Ctrl-C ends it", "dim"),
    )


def _counts(view: View) -> Text:
    lines = [
        f"{system}: " + ", ".join(f"{count} {state}" for state, count in counts.items() if count)
        for system, counts in sorted(view.counts.items(), reverse=True)
    ]
    if view.lacking:
        lines.append(_lacking_line(view.lacking))
    lines.append(
        f"{view.injected} faults so far, {view.disturbances} disturbances that must page nobody, "
        f"{view.texts} short messages sent"
    )
    return Text("\n".join(lines))


def _faults(view: View) -> Table:
    table = Table("fault", "since", "where", title="Broken now (by the fault script)", title_justify="left")
    lasting = sorted(view.faults.values(), key=lambda each: each["at"], reverse=True)
    for each in lasting[:MOST_FAULTS]:
        table.add_row(each["kind"], f"{view.now - each['at']:.0f} s", view.name(each["target"]))
    if not lasting:
        table.add_row("none", "", "all is well")
    return table


def _pages(view: View) -> Table:
    table = Table("at", "", "incident", "what", title="Last pages (by the webhook)", title_justify="left")
    for each in reversed(view.pages):
        style = "red" if each.wakes else "green"
        table.add_row(
            f"{each.at - view.start:.0f} s", Text(each.status, style), each.incident, Text(each.title)
        )
    if not view.pages:
        table.add_row("", "none", "", "nobody was woken")
    return table


def _lacking_line(lacking: Sequence[str]) -> str:
    if not lacking:
        return ""
    return f"This run is too short for a whole judgement ({'; '.join(lacking)}); --duration 180 is enough."


def _page_line(page: Page, start: float) -> str:
    again = " (repeat)" if page.repeat else ""
    what = f"{page.status}{again} {page.severity} #{page.incident} {page.title}"
    return f"{page.at - start:7.1f} s  page    {what}"
