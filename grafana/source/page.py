"""What every dashboard has: its name and tags, links to the wall and to the others, variables, annotations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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
from grafana.source.sources import HISTORY
from grafana.source.states import COLOURS, OUT, WRONG, any_of
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


SYSTEM = Choice("system", "Hệ thống")
UNIT = Choice("unit", "Đơn vị")
SITE = Choice("site", "Địa điểm", ("unit",))
ENDPOINT = Choice("endpoint", "Thiết bị", ("unit", "site"))


def page(uid: str, title: str, about: str, wall: str, choices: Iterable[Choice] = ()) -> Dashboard:
    """A dashboard without panels. Its address is /d/UID."""
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
        .links([_wall(), _others()])
    )
    for choice in choices:
        made.with_variable(_variable(choice))
    return made.with_variable(_wall_address(wall))


def annotated(made: Dashboard, tags: Iterable[str]) -> Dashboard:
    """A dashboard that marks when something was lost, became worse, or came back, as far as `tags` are chosen."""
    tags = list(tags)
    return made.annotations(
        [
            _annotation("Mất kết nối", changes(tags, OUT), COLOURS[State.DOWN]),
            _annotation("Suy giảm", changes(tags, (State.DEGRADED,)), COLOURS[State.DEGRADED]),
            _annotation("Phục hồi", recoveries(tags), COLOURS[State.MAINTENANCE]),
        ]
    )


def changes(tags: Iterable[str], into: tuple[State, ...]) -> str:
    """The moments at which an endpoint's state became one of some."""
    return _moments(
        tags, f"({any_of(into, 'r.code')}) and (r.before < 0 or not ({any_of(into, 'r.before')}))"
    )


def recoveries(tags: Iterable[str]) -> str:
    """The moments at which an endpoint that needed somebody was up again."""
    return _moments(tags, f"({any_of((State.UP,), 'r.code')}) and ({any_of(WRONG, 'r.before')})")


def _moments(tags: Iterable[str], when: str) -> str:
    """The marks that are changes, and of the kind wanted: at most 500, the newest."""
    return "\n".join(
        (
            flux.source(),
            flux.only(STATE, ["code"], tags),
            '  |> duplicate(column: "_value", as: "code")',
            '  |> difference(columns: ["_value"], keepFirst: true)',
            "  |> map(fn: (r) => ({r with before: if exists r._value then r.code - r._value else -1}))",
            f"  |> filter(fn: (r) => {when})",
            '  |> group() |> sort(columns: ["_time"], desc: true) |> limit(n: 500)',
            "  |> map(fn: (r) => ({time: r._time, text: r.endpoint, tags: r.system}))",
        )
    )


@dataclass(frozen=True, slots=True)
class _Annotation(Builder[model.AnnotationQuery]):
    """An annotation from Flux: Grafana takes it from columns `time`, `text` and `tags`."""

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


def _annotation(name: str, query: str, colour: str) -> _Annotation:
    return _Annotation(name, query, colour)


def _variable(choice: Choice) -> QueryVariable:
    made = (
        QueryVariable(choice.tag)
        .label(choice.label)
        .datasource(HISTORY)
        .query(flux.values(choice.tag, choice.within))
        .refresh(model.VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(model.VariableSort.NATURAL_ASC)
        .multi(choice.several)
        .include_all(choice.several)
    )
    if choice.several:
        made.all_value(ALL).current(model.VariableOption(True, ["All"], ["$__all"]))
    return made


def _wall_address(wall: str) -> TextBoxVariable:
    return (
        TextBoxVariable("wall")
        .label("Màn hình điều hành")
        .default_value(wall)
        .hide(model.VariableHide.HIDE_VARIABLE)
    )


def _wall() -> DashboardLink:
    return (
        DashboardLink("Màn hình điều hành")
        .type(model.DashboardLinkType.LINK)
        .url("${wall:raw}")
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
