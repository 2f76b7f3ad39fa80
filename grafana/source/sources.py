"""Grafana's two data sources and what is asked of them, as the provisioned files name them."""

from __future__ import annotations

from dataclasses import dataclass

from grafana_foundation_sdk.builders.prometheus import Dataquery as PromQuery
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.dashboard import DataSourceRef

HISTORY = DataSourceRef(type_val="influxdb", uid="ioc-history")
METRICS = DataSourceRef(type_val="prometheus", uid="ioc-metrics")

REFERENCES = "ABCDEFGHIJ"


@dataclass(frozen=True, slots=True)
class FluxTarget(Dataquery):
    """A query of the InfluxDB data source in its Flux mode, which the SDK has no type for."""

    query: str
    reference: str

    def to_json(self) -> dict[str, object]:
        """As Grafana's dashboards have it."""
        return {"datasource": HISTORY.to_json(), "query": self.query, "refId": self.reference}


@dataclass(frozen=True, slots=True)
class Flux(Builder[Dataquery]):
    """Flux for a panel."""

    query: str
    reference: str = "A"

    def build(self) -> Dataquery:
        """See Builder."""
        return FluxTarget(self.query, self.reference)


def prom(query: str, legend: str, reference: str = "A") -> PromQuery:
    """PromQL for a panel; `legend` names a series, with its labels as {{label}}."""
    return PromQuery().expr(query).legend_format(legend).ref_id(reference).range().datasource(METRICS)
