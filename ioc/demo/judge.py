"""The judgement of a run: the fault script's log joined with the sink's. Pure.

- A fault is *alerted* by the first page whose root is one of its roots, from its scheduled moment until it
  was healed; its latency counts from the scheduled moment. Without one it is *missed*.
- Every other page that wakes somebody is a *false alarm*: of a thing without a fault, after the fault, or
  once more for the same fault.
- A fault is *resolved* when its incident is told to be over after the fault was; told before, it is a false
  recovery.
- A fault that began too late for a page to be due before the run's end is *undecided*.
- An incident that opened without a fault and paged nobody is a false alarm too, unless its root is silenced.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil, inf
from typing import Any

from ioc.demo.pages import FIRING, RESOLVED, Page

SILENCED = "silenced"
"""the kind of a disturbance that opens an incident and pages nobody"""
SLACK = 1.0
"""seconds between the moment of a page's decision and its arrival"""


@dataclass(frozen=True, slots=True)
class Injected:
    """A fault as it was done; `start` is scheduled, `healed` None while it lasts. Monotonic seconds."""

    id: str
    kind: str
    target: str
    roots: frozenset[str]
    start: float
    due: float
    """when a page is due at the latest"""
    healed: float | None = None

    def covers(self, root: str, at: float) -> bool:
        """Whether a page of a root at a moment may be this fault's."""
        return root in self.roots and self.start <= at and (self.healed is None or at <= self.healed + SLACK)


@dataclass(slots=True)
class Verdict:
    """What became of one fault."""

    fault: Injected
    page: Page | None = None
    resolved_at: float | None = None


@dataclass(slots=True)
class Judgement:
    """What became of a whole run."""

    verdicts: list[Verdict] = field(default_factory=list)
    false_pages: list[str] = field(default_factory=list)
    false_incidents: list[str] = field(default_factory=list)
    false_recoveries: list[str] = field(default_factory=list)
    disturbances: Counter[str] = field(default_factory=Counter)
    pages: int = 0
    end: float = inf

    @property
    def missed(self) -> list[Injected]:
        """The faults nobody was told of."""
        return [each.fault for each in self.verdicts if each.page is None and self._decided(each.fault)]

    @property
    def undecided(self) -> list[Injected]:
        """The faults that a page was not due for yet when the run ended."""
        return [each.fault for each in self.verdicts if each.page is None and not self._decided(each.fault)]

    @property
    def good(self) -> bool:
        """Nothing missed, nothing false."""
        return not (self.missed or self.false_pages or self.false_incidents or self.false_recoveries)

    def _decided(self, fault: Injected) -> bool:
        return fault.healed is not None or fault.due <= self.end


def injected(lines: Iterable[Mapping[str, Any]]) -> tuple[list[Injected], Counter[str]]:
    """The faults of a script's log in order, and how many disturbances of each kind began."""
    faults: dict[str, Injected] = {}
    disturbances: Counter[str] = Counter()
    for line in lines:
        if line["what"] == "begin" and line["fault"]:
            faults[line["id"]] = _begun(line)
        elif line["what"] == "begin":
            disturbances[line["kind"]] += 1
        elif line["what"] == "end" and line["fault"]:
            faults[line["id"]] = replace(faults[line["id"]], healed=line["done"])
    return list(faults.values()), disturbances


def silenced(lines: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The things that are broken and silenced: their incidents are shown and wake nobody."""
    return frozenset(line["target"] for line in lines if line["what"] == "begin" and line["kind"] == SILENCED)


def _begun(line: Mapping[str, Any]) -> Injected:
    return Injected(
        line["id"], line["kind"], line["target"], frozenset(line["roots"]), line["at"], line["due"]
    )


def judge(
    script: Sequence[Mapping[str, Any]],
    pages: Sequence[Page],
    incidents: Sequence[Mapping[str, Any]] = (),
    end: float = inf,
) -> Judgement:
    """Join a script's log with the pages in order of arrival, and the incidents the service holds at the end.

    An incident has `id`, `root` and `opened`; that and `end` are monotonic.
    """
    faults, disturbances = injected(script)
    quiet = silenced(script)
    found = Judgement([Verdict(each) for each in faults], disturbances=disturbances, end=end)
    by_incident: dict[str, Verdict] = {}
    paged: set[str] = set()
    for page in pages:
        # a repeat whose first did not arrive is what wakes somebody
        if page.wakes or (page.status == FIRING and page.incident not in paged):
            found.pages += 1
            _open(found, by_incident, page)
        elif page.status == RESOLVED:
            _close(found, by_incident.get(page.incident), page)
        paged.add(page.incident)
    for each in incidents:
        expected = each["root"] in quiet or any(f.covers(each["root"], each["opened"]) for f in faults)
        if str(each["id"]) not in paged and not expected:
            found.false_incidents.append(f"incident {each['id']} of {each['root']}: no fault there")
    return found


def _open(found: Judgement, by_incident: dict[str, Verdict], page: Page) -> None:
    mine = next((each for each in found.verdicts if each.fault.covers(page.root, page.at)), None)
    if mine is None:
        found.false_pages.append(f"{_named(page)}: {_why_false(found, page)}")
    elif mine.page is not None:
        found.false_pages.append(f"{_named(page)}: once more for {mine.fault.id}")
    else:
        mine.page = page
        by_incident[page.incident] = mine


def _why_false(found: Judgement, page: Page) -> str:
    """The nearest explanation of a page that no fault covers."""
    for each in found.verdicts:
        if page.root in each.fault.roots:
            if page.at < each.fault.start:
                return f"before {each.fault.id} began"
            return f"{page.at - (each.fault.healed or page.at):.1f} s after {each.fault.id} was healed"
    return "no fault there"


def _close(found: Judgement, mine: Verdict | None, page: Page) -> None:
    if mine is None or mine.resolved_at is not None:
        return
    if mine.fault.healed is None or page.at < mine.fault.healed:
        found.false_recoveries.append(f"{_named(page)}: {mine.fault.id} still lasts")
        return
    mine.resolved_at = page.at


def _named(page: Page) -> str:
    return f"{page.rule} of {page.root} (incident {page.incident})"


def report(found: Judgement) -> dict[str, Any]:
    """The figures of a judgement, for the report's file."""
    return {
        "injected": len(found.verdicts),
        "alerted": sum(each.page is not None for each in found.verdicts),
        "resolved": sum(each.resolved_at is not None for each in found.verdicts),
        "missed": len(found.missed),
        "undecided": len(found.undecided),
        "false_alarms": len(found.false_pages) + len(found.false_incidents),
        "false_pages": len(found.false_pages),
        "false_incidents": len(found.false_incidents),
        "false_recoveries": len(found.false_recoveries),
        "pages": found.pages,
        "latency_s": _latency(found.verdicts),
        "by_kind": _by_kind(found.verdicts),
        "disturbances": {"total": found.disturbances.total(), **dict(sorted(found.disturbances.items()))},
        "details": {
            "missed": [f"{each.id}: {each.kind} of {each.target}" for each in found.missed],
            "false_pages": found.false_pages,
            "false_incidents": found.false_incidents,
            "false_recoveries": found.false_recoveries,
        },
    }


def _by_kind(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    kinds = sorted({each.fault.kind for each in verdicts})
    grouped = {kind: [each for each in verdicts if each.fault.kind == kind] for kind in kinds}
    return {
        kind: {
            "injected": len(mine),
            "alerted": sum(each.page is not None for each in mine),
            "resolved": sum(each.resolved_at is not None for each in mine),
            "latency_s": _latency(mine),
        }
        for kind, mine in grouped.items()
    }


def _latency(verdicts: Iterable[Verdict]) -> dict[str, float | None]:
    """From the scheduled fault to the page's arrival, nearest rank; a missed one has none."""
    taken = sorted(each.page.at - each.fault.start for each in verdicts if each.page is not None)
    return {"p50": _rank(taken, 0.5), "p95": _rank(taken, 0.95), "max": _rank(taken, 1.0)}


def _rank(ordered: Sequence[float], share: float) -> float | None:
    return round(ordered[max(ceil(share * len(ordered)), 1) - 1], 3) if ordered else None
