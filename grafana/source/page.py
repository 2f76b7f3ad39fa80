"""What every dashboard has: its name and tags, links to the wall and to the others, variables, annotations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from grafana_foundation_sdk.builders.dashboard import (
    AnnotationQuery,
    Dashboard,
    DashboardLink,
    QueryVariable,
    TextBoxVariable,
)
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as model

from grafana.source import flux
from grafana.source.measured import ENDPOINT as ENDPOINTS
from grafana.source.sources import HISTORY
from grafana.source.states import COLOURS, OUT
from ioc.model import State
from ioc.schema import STATE

WALL = "http://127.0.0.1:8080"
"""where the wall is, unless told otherwise"""

TAG = "ioc"
ALL = ".*"
"""what stands for "all" in a regular expression"""


@dataclass(frozen=True, slots=True)
class Choice:
    """A variable whose choices are the values of a tag, of what the variables `within` leave."""

    tag: str
    label: str
    within: tuple[str, ...] = ()
    several: bool = True
    asked: Mapping[str, str] = field(default_factory=dict)
    """only of what is asked so: tags of the measurement of sources, with their values"""


SYSTEM = Choice("system", "Hệ thống")
UNIT = Choice("unit", "Đơn vị")
SITE = Choice("site", "Địa điểm", ("unit",))
ENDPOINT = Choice("endpoint", "Thiết bị", ("unit", "site"))


def page(
    uid: str, title: str, about: str, wall: str, choices: Iterable[Choice] = (), there: str = "${wall:raw}"
) -> Dashboard:
    """A dashboard without panels, at /d/UID; `there` is what of the wall it leads to."""
    made = (
        Dashboard(title)
        .uid(uid)
        .description(about)
        .tags([TAG])
        .readonly()
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .time("now-6h", "now")
        .timezone("browser")
        .refresh("1m")
        .week_start("monday")
        .version(1)
        .annotations([])
        .links([_wall(there), _others()])
    )
    for choice in choices:
        made.with_variable(_variable(choice))
    return made.with_variable(_wall_address(wall))


def annotated(made: Dashboard, tags: Iterable[str]) -> Dashboard:
    """A dashboard that marks from when to when something was lost or degraded, as far as `tags` are chosen."""
    tags = list(tags)
    return made.annotations(
        [
            _Annotation("Mất kết nối", spells(tags, OUT), COLOURS[State.DOWN]),
            _Annotation("Suy giảm", spells(tags, (State.DEGRADED,)), COLOURS[State.DEGRADED]),
        ]
    )


def spells(tags: Iterable[str], states: tuple[State, ...]) -> str:
    """From when to when an endpoint was in one of some states: the newest 500; `timeEnd` is its last mark then."""
    return "\n".join(
        (
            flux.DATE,
            flux.runs(tags, states),
            "  |> filter(fn: (r) => r.from >= int(v: v.timeRangeStart))",
            '  |> sort(columns: ["from"], desc: true) |> limit(n: 500)',
            "  |> map(fn: (r) => ({time: time(v: r.from), timeEnd: time(v: r.to), text: r.endpoint, tags: r.system}))",
        )
    )


@dataclass(frozen=True, slots=True)
class _Annotation(Builder[model.AnnotationQuery]):
    """An annotation from Flux: Grafana takes it from columns `time`, `timeEnd`, `text` and `tags`."""

    name: str
    query: str
    colour: str

    def build(self) -> model.AnnotationQuery:
        """See Builder."""
        query = AnnotationQuery().name(self.name).datasource(HISTORY).enable(True).icon_color(self.colour)
        made = query.build()
        made.target = _Target(self.query)
        return made


class _Target(model.AnnotationTarget):
    """What the annotation asks, which the SDK knows only for Grafana's own annotations."""

    def __init__(self, query: str) -> None:
        super().__init__()
        self.query = query

    def to_json(self) -> dict[str, object]:
        """As Grafana's dashboards have it."""
        return {"query": self.query, "refId": "Anno"}


def _variable(choice: Choice) -> QueryVariable:
    made = (
        QueryVariable(choice.tag)
        .label(choice.label)
        .datasource(HISTORY)
        .query(_values(choice))
        .refresh(model.VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(model.VariableSort.NATURAL_ASC)
        .multi(choice.several)
        .include_all(choice.several)
    )
    if choice.several:
        made.all_value(ALL).current(model.VariableOption(True, ["All"], ["$__all"]))
    return made


def _values(choice: Choice) -> str:
    tags = {**dict.fromkeys(choice.within, ""), **choice.asked}
    return flux.values(choice.tag, tags, ENDPOINTS if choice.asked else STATE)


def _wall_address(wall: str) -> TextBoxVariable:
    return (
        TextBoxVariable("wall")
        .label("Màn hình điều hành")
        .default_value(wall)
        .hide(model.VariableHide.HIDE_VARIABLE)
    )


def _wall(there: str) -> DashboardLink:
    return (
        DashboardLink("Màn hình điều hành")
        .type(model.DashboardLinkType.LINK)
        .url(there)
        .icon("dashboard")
        .tooltip("Mở màn hình điều hành")
        .target_blank(True)
    )


def _others() -> DashboardLink:
    return (
        DashboardLink("Bảng khác")
        .type(model.DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(True)
        .keep_time(True)
        .include_vars(False)
    )
