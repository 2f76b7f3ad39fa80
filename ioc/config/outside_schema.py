"""The keys for what other programs tell us, and we them (docs/outside.md)."""

from __future__ import annotations

from pydantic import Field

from ioc.config.kinds import Duration, Id, Model, SecretRef, Severity, Text, Url


class Outside(Model):
    """Alerts that Prometheus and other programs may post to `/api/v2/alerts`; without it none."""

    token: SecretRef = Field(default=None, description="who shows it may post; secret, needed")
    group_by: list[Text] = Field(
        default=["alertname", "cluster"],
        max_length=20,
        description="labels whose values, being equal, make alerts one incident; `[]`: each alert is its own",
    )
    endpoint_label: Text = Field(
        default="",
        description="label whose value, with or without `:port`, names an endpoint the alert is about",
    )
    endpoints: dict[Text, Id] = Field(
        default={}, description="endpoints' ids by what others call them, where that is not the id"
    )
    severity_label: Text = Field(default="severity", description="label that says how urgent an alert is")
    severities: dict[Text, Severity] = Field(
        default={}, description="severities by what others call them; what is not known is `warning`"
    )
    unit_label: Text = Field(default="unit", description="label that names a unit by its id")
    site_label: Text = Field(default="site", description="label that names a site by its id")
    system_label: Text = Field(default="system", description="label that names a system")
    most: int = Field(
        default=20_000,
        ge=1,
        le=100_000,
        description="most alerts that fire at once; further ones are refused",
    )


class Heartbeat(Model):
    """A sign of life that another program owes us at `/heartbeat/NAME`."""

    name: Text = Field(default="", description="name shown on screens; empty: its key")
    every: Duration = Field(description="how often it comes: 1s to 366d")
    grace: Duration = Field(default=60.0, description="how much later it may come before it is late")
    severity: Severity = Field(default="warning", description="how urgent it is when it is late")
    unit: Id | None = Field(default=None, description="id of the unit that is told")
    site: Id | None = Field(default=None, description="id of the site it stands at")
    owner: Text = Field(default="", description="person or team that answers for it")
    phone: Text = Field(default="", description="their telephone number")
    next_action: Text = Field(default="", description="what whoever is told does first")
    runbook: Text = Field(default="", description="the page of your handbook to follow")
    token: SecretRef = Field(default=None, description="who shows it may send it; secret; empty: anybody")


class Watchdog(Model):
    """Our own sign of life to a dead man's switch that somebody else runs; sent only while we are well."""

    url: Url = Field(description="address that is asked by GET")
    every: Duration = Field(default=60.0, description="how often: 1s to 366d")
    timeout: Duration = Field(
        default=10.0, description="until a call counts as failed; not more than `every`"
    )
