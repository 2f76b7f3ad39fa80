"""The kinds of panel that the dashboards are made of, each with the settings it always has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, Self, TypeVar

from grafana_foundation_sdk.builders import bargauge, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.builders.common import (
    ReduceDataOptions,
    StackingConfig,
    VizLegendOptions,
    VizTooltipOptions,
)
from grafana_foundation_sdk.builders.dashboard import DashboardLink, FieldColor, ThresholdsConfig
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as model

from grafana.source.sources import REFERENCES, Flux
from grafana.source.states import COLOURS, REASONS, WORDS
from ioc.model import State
from ioc.schema import Field
from ioc.store.line import CODES

UNITS: Mapping[str, str] = {
    "": "short",
    "%": "percent",
    "ms": "ms",
    "s": "s",
    "d": "d",
    "days": "d",
    "bit/s": "bps",
    "bytes": "bytes",
    "B": "bytes",
    "1/s": "cps",
    "/s": "cps",
    "packets/s": "pps",
    "°C": "celsius",
}
"""a field's unit as Grafana names it"""

QUIET, GOOD, LOUD, BAD = (COLOURS[each] for each in (State.UP, State.MAINTENANCE, State.DEGRADED, State.DOWN))

ON_WALL = "${wall:raw}/#endpoint/"
"""where the wall shows an endpoint whose id follows"""

Target = str | Builder[Dataquery]
"""Flux as text, or what the SDK builds for another data source"""


class Panel(Protocol):
    """What every kind of panel is told alike."""

    def build(self) -> model.Panel: ...
    def title(self, title: str) -> Self: ...
    def description(self, description: str) -> Self: ...
    def span(self, w: int) -> Self: ...
    def height(self, h: int) -> Self: ...
    def targets(self, targets: list[Builder[Dataquery]]) -> Self: ...
    def unit(self, unit: str) -> Self: ...
    def no_value(self, no_value: str) -> Self: ...


class Overridable(Protocol):
    """What has settings for single columns."""

    def override_by_name(self, name: str, properties: list[model.DynamicConfigValue]) -> Self: ...


P = TypeVar("P", bound=Panel)
Q = TypeVar("Q", bound=Overridable)


def unit_of(field: Field) -> str:
    """Grafana's name of a field's unit; raises KeyError for one that stands in no table yet."""
    return UNITS[field.unit]


def graph(
    title: str, about: str, *targets: Target, unit: str, name: str = "", width: int = 12, height: int = 8
) -> timeseries.Panel:
    """Lines over time; `name` is the tag that tells the series apart, or empty when the query names them."""
    panel = (
        _common(timeseries.Panel(), title, about, targets, unit, width, height)
        .line_width(1.5)
        .fill_opacity(8)
        .show_points(common.VisibilityMode.NEVER)
        .axis_soft_min(0)
        .legend(_legend())
        .tooltip(VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING))
    )
    return panel.display_name(_labels(name)) if name else panel


def stacked(panel: timeseries.Panel) -> timeseries.Panel:
    """Areas on top of one another instead of lines."""
    return panel.fill_opacity(70).line_width(0).stacking(StackingConfig().mode(common.StackingMode.NORMAL))


def counts(title: str, about: str, *targets: Target, width: int = 12, height: int = 8) -> timeseries.Panel:
    """How many are in each state over time; the query has a column for each code."""
    panel = stacked(graph(title, about, *targets, unit="short", width=width, height=height)).decimals(0)
    return by_state(panel, lambda state: str(CODES[state]))


def by_state(panel: Q, column: Callable[[State], str]) -> Q:
    """A panel whose columns are states, named and coloured; `column` says what a state's is called."""
    for state in CODES:
        colour = {"mode": "fixed", "fixedColor": COLOURS[state]}
        panel.override_by_name(
            column(state),
            [
                model.DynamicConfigValue("displayName", WORDS[state]),
                model.DynamicConfigValue("color", colour),
            ],
        )
    return panel


def number(
    title: str,
    about: str,
    *targets: Target,
    unit: str,
    steps: Mapping[float, str] | None = None,
    width: int = 4,
    height: int = 4,
) -> stat.Panel:
    """One figure, coloured by the thresholds it has passed."""
    return (
        _common(stat.Panel(), title, about, targets, unit, width, height)
        .reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))
        .graph_mode(common.BigValueGraphMode.NONE)
        .color_mode(common.BigValueColorMode.VALUE)
        .thresholds(_thresholds(steps or {}))
    )


def bars(
    title: str,
    about: str,
    *targets: Target,
    unit: str,
    name: str,
    steps: Mapping[float, str] | None = None,
    width: int = 12,
    height: int = 8,
) -> bargauge.Panel:
    """A bar for each value of a tag."""
    return (
        _common(bargauge.Panel(), title, about, targets, unit, width, height)
        .reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))
        .orientation(common.VizOrientation.HORIZONTAL)
        .display_mode(common.BarGaugeDisplayMode.BASIC)
        .display_name(_labels(name))
        .min(0)
        .thresholds(_thresholds(steps or {}))
    )


def timeline(
    title: str, about: str, *targets: Target, name: str, width: int = 24, height: int = 10
) -> statetimeline.Panel:
    """States over time, a row for each value of a tag."""
    return (
        _common(statetimeline.Panel(), title, about, targets, "none", width, height)
        .mappings([state_words()])
        .color_scheme(FieldColor().mode(model.FieldColorModeId.FIXED))
        .display_name(_labels(name))
        .show_value(common.VisibilityMode.NEVER)
        .merge_values(True)
        .line_width(0)
        .fill_opacity(90)
        .row_height(0.85)
        .legend(_legend())
    )


def rows(
    title: str, about: str, *targets: Target, columns: Mapping[str, str], width: int = 12, height: int = 9
) -> table.Panel:
    """A table; `columns` says what each column of the query is called on the screen."""
    panel = _common(table.Panel(), title, about, targets, "short", width, height).show_header(True)
    panel.align(common.FieldTextAlignment.AUTO).inspect(False)
    for column, words in columns.items():
        panel.override_by_name(column, [model.DynamicConfigValue("displayName", words), *_cells(column)])
    return panel


def in_unit(panel: table.Panel, column: str, unit: str, decimals: int = 1) -> table.Panel:
    """A table of which one column has a unit of its own."""
    return panel.override_by_name(
        column, [model.DynamicConfigValue("unit", unit), model.DynamicConfigValue("decimals", decimals)]
    )


def state_words() -> model.ValueMap:
    """The codes of states, as words and colours."""
    return model.ValueMap(
        {
            str(code): model.ValueMappingResult(text=WORDS[state], color=COLOURS[state], index=code)
            for state, code in CODES.items()
        }
    )


def yes_no() -> model.ValueMap:
    """One and nothing, in words."""
    return model.ValueMap(
        {
            "1": model.ValueMappingResult(text="tốt", color=QUIET, index=0),
            "0": model.ValueMappingResult(text="hỏng", color=BAD, index=1),
        }
    )


def _cells(column: str) -> list[model.DynamicConfigValue]:
    """What a column always has, by its name."""
    if column == "code":
        coloured = {"type": "color-text"}
        return [
            model.DynamicConfigValue("mappings", [state_words()]),
            model.DynamicConfigValue("custom.cellOptions", coloured),
        ]
    if column == "reason":
        words = {
            str(reason): model.ValueMappingResult(text=text, index=index)
            for index, (reason, text) in enumerate(REASONS.items())
        }
        return [model.DynamicConfigValue("mappings", [model.ValueMap(words)])]
    if column == "endpoint":
        link = DashboardLink("Mở thiết bị").url(
            "/d/ioc-endpoint?var-endpoint=${__value.raw}&${__url_time_range}"
        )
        return [model.DynamicConfigValue("links", [link.build()])]
    return []


def _common(
    panel: P, title: str, about: str, targets: Iterable[Target], unit: str, width: int, height: int
) -> P:
    built: list[Builder[Dataquery]] = [
        Flux(target, reference) if isinstance(target, str) else target
        for reference, target in zip(REFERENCES, targets, strict=False)
    ]
    return (
        panel.title(title)
        .description(about)
        .targets(built)
        .unit(unit)
        .no_value("không có số liệu")
        .span(width)
        .height(height)
    )


def _labels(tag: str) -> str:
    return f"${{__field.labels.{tag}}}"


def _legend() -> VizLegendOptions:
    return (
        VizLegendOptions()
        .show_legend(True)
        .display_mode(common.LegendDisplayMode.LIST)
        .placement(common.LegendPlacement.BOTTOM)
    )


def _thresholds(steps: Mapping[float, str]) -> ThresholdsConfig:
    made = [model.Threshold(value=None, color=QUIET)]
    made += [model.Threshold(value=value, color=colour) for value, colour in steps.items()]
    return ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(made)
