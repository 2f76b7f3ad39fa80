"""The keys of a file of tests of rules (docs/rules.md)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from ioc.config.kinds import Duration, Id, LabelName, Model, Moment, Text

STATES = ("up", "degraded", "down", "unreachable", "unknown", "maintenance", "off")


class Thing(Model):
    """An endpoint of the tests."""

    id: Id = Field(description="id")
    name: Text = Field(default="", description="name in messages; empty: its id")
    kind: Id = Field(default="room", description="what it is")
    system: Id = Field(default="vc", description="system it belongs to")
    unit: Id = Field(default="unit", description="unit it belongs to")
    site: Text = Field(default="", description="site it stands at")
    parent: Text = Field(default="", description="endpoint it is behind")
    critical: bool = Field(default=False, description="whether owner and phone must be known")
    labels: dict[LabelName, Text] = Field(default={}, description="what rules may read")


class Series(Model):
    """What is found of one subject over time: its state, or one number of it."""

    endpoint: Text | None = Field(default=None, description="id of an endpoint")
    own: Text | None = Field(
        default=None, alias="self", description="a part of the service: uplink, ledger, history, …"
    )
    field: LabelName = Field(
        default="state", description="`state`, or a number that rules read: loss, rtt, …"
    )
    values: Text | None = Field(default=None, max_length=20_000, description="one value each `interval`")
    at: dict[Text, Any] | None = Field(default=None, description="values at times of their own")


class Act(Model):
    """What somebody does."""

    at: Duration = Field(description="when, from the start of the test")
    by: Text = Field(default="tester", description="who")
    acknowledge: Text | None = Field(default=None, description="subject whose open incident is taken in hand")
    note: Text = Field(default="", description="what is said with it")
    maintain: dict[Literal["endpoint", "site", "unit"], Text] | None = Field(
        default=None, description="what is maintained, as `{endpoint: ID}`"
    )
    silence: list[Text] | None = Field(default=None, description="matchers of what nobody is told of")
    lasts: Duration = Field(default=3600.0, description="how long maintenance or a silence lasts")


class Check(Model):
    """What is so at a time; a key that is left out is not looked at."""

    eval_time: Duration = Field(description="when, from the start of the test")
    exp_alerts: list[dict[Text, Any]] | None = Field(
        default=None, description="every alert that is pending, firing or recovering: `rule subject phase`"
    )
    exp_incidents: list[dict[Text, Any]] | None = Field(
        default=None, description="every open incident, by any of its keys: `root severity members …`"
    )
    exp_pages: list[dict[Text, Any]] | None = Field(
        default=None, description="everything told since the last moment: `at kind root severity to person`"
    )


class Story(Model):
    """One story and what must come of it."""

    name: Text = Field(description="what it shows")
    interval: Duration = Field(default=10.0, gt=0, description="between two values of a series")
    start: Moment | None = Field(default=None, description="local time at which it begins")
    input_series: list[Series] = Field(default=[], max_length=1_000, description="what is found")
    acts: list[Act] = Field(default=[], max_length=1_000, description="what people do")
    expect: list[Check] = Field(min_length=1, max_length=1_000, description="what must be so")


class File(Model):
    """A file of tests."""

    rule_files: list[Text] = Field(default=[], max_length=50, description="files of rules, from this file")
    directory: Text | None = Field(
        default=None, description="a configuration whose rules, endpoints, routes and calendars are tested"
    )
    shipped: bool = Field(default=False, description="whether the shipped rules are tested too")
    rules: list[dict[str, Any]] = Field(default=[], max_length=1_000, description="rules, written here")
    endpoints: list[Thing] = Field(
        default=[], max_length=10_000, description="what there is, without `directory`"
    )
    tests: list[Story] = Field(min_length=1, max_length=1_000, description="the tests")
