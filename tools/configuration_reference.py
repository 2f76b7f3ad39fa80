"""Writes docs/configuration.md from the models that read a configuration; `--check` only says whether it is current."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
import types
from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from alerts.channels.registry import CHANNELS
from alerts.condition import AGGREGATES, FUNCTIONS
from alerts.rules import LABELS, LIVE, PLACEHOLDERS, shipped
from alerts.rules import _Written as RuleModel
from collectors.registry import options as source_options
from ioc.config import directory, duty_schema, faults, kinds, outside_schema, schema, table, yaml
from ioc.config.scalars import sized, written
from ioc.config.secrets import SHORTEST_TOKEN

PAGE = Path(__file__).parents[1] / "docs" / "configuration.md"

INTRODUCTION = f"""\
# Configuration, key by key

<!-- Written by tools/configuration_reference.py from the models in ioc/config; change those. -->

A configuration is a directory. It holds `{directory.MAIN}` and may hold more `*.yaml` files; their top-level keys are
put together, and a key in two files is a fault. Long lists stand in CSV files. `examples/thanh-hoa-small` is a complete
one to copy; `ioc check DIR` says every fault at once as `file:line: what "value"; what to do`.

- **YAML** is read by the core schema of YAML 1.2: `off`, `no` and `12:30` are text. A number with a leading `0` or `+`
  is text, so telephone numbers need no quotes. Files are UTF-8, at most {yaml.MOST_BYTES // 1_000_000} MB and
  {yaml.MOST_NODES:,} values each, {directory.MOST_FILES} files, {yaml.MOST_DEPTH} levels deep.
- **CSV** is UTF-8 with `,` or `;` between cells and the keys as its column names; at most {table.MOST_ROWS:,} rows and
  {table.MOST_BYTES // 1_000_000} MB. An empty cell is a key that is not there.
- **Durations** are written with their unit: `250ms`, `10s`, `1m30s`, `2h`, `1d`.
- **Sizes** are written with their unit, in powers of 1024: `512KiB`, `64MiB`, `1GiB`.
- **Secrets** are never in plain text: `{{env: NAME}}` or `{{file: PATH}}`, the path from the directory. A token has
  {SHORTEST_TOKEN} characters or more.
- **Ids** are 1 to 64 of `A-Z a-z 0-9 . _ -`, a letter or digit first. They never change; names do.
- At most {faults.MOST_FAULTS} faults are listed, the rest are counted.

What a running service takes over by a reload (SIGHUP or `POST /-/reload`) is everything but `center`, `listen`,
`public_url`, `access`, `state`, `history`, `inlet.token` and `wall`: those take a restart, and a reload's answer
and log say so.
"""

RULE_NOTES = {
    "on": "`endpoint`: judged for each endpoint; `self`: for the parts of this service",
    "where": "condition on what does not change: which subjects it is about; empty: all",
    "if_": 'condition on what is so now, with windows as `avg(loss, "5m")`',
    "for_": "how long the condition holds before it fires",
    "keep_firing_for": "how long it stays after the condition has ended",
    "severity": "how urgent it is; `info` tells nobody",
    "title": "the sentence that is shown, with placeholders as `{name}`",
    "annotations": "further sentences",
    "next_action": "what whoever is told does first",
    "runbook": "the page of your handbook to follow, an address or a name; shown as written",
    "enabled": "`false` takes it out",
}
"""meanings of the rules' keys, where their model does not say them itself"""


def _readable() -> str:
    """What conditions and sentences may name, and the rules that ship."""

    def named(names: Iterable[str]) -> str:
        return ", ".join(f"`{name}`" for name in names)

    windows = (
        f'A window is {named(sorted(AGGREGATES))} of a number, as `avg(loss, "5m")`, 10 s to 24 h long. '
        f"Functions: {named(sorted(FUNCTIONS))}. What is not known makes a condition *unknown*, which changes nothing."
    )
    ships = (
        f"The rules that ship stand in `alerts/shipped.yaml`: {named(rule.id for rule in shipped())}. They go by an "
        "endpoint's `kind`: `mcu`, `core`, `core-link`, `registrar` and `gatekeeper` page at once, `uplink` and "
        "whatever is `critical` as critical after 30 s, the rest as a warning."
    )
    reads = [f"`if` of a rule on `{on}` reads {named(live)}." for on, live in LIVE.items()]
    reads[0] += (
        " Besides it reads every number that the sources of your probe profiles find, those under `fields` too: by "
        "its own name where the source is the endpoint's first, as `SOURCE_NAME` (`http_first_byte`) where it is a "
        "further one."
    )
    where = f"`where` reads {named([*LABELS, 'labels.NAME'])}."
    return "\n\n".join(
        [where, *reads, windows, f"Placeholders: {named(sorted(PLACEHOLDERS))}, and those numbers.", ships]
    )


BELOW: tuple[tuple[str, type[BaseModel], str], ...] = (
    ("`center`", schema.Center, ""),
    ("`access`", schema.Access, ""),
    ("`access.tls`", schema.Tls, ""),
    ("`history`", schema.History, ""),
    ("`history.influx`", schema.Influx, ""),
    ("`history.embedded`", schema.Embedded, ""),
    ("`history.spool`", schema.Spool, ""),
    ("`inlet`", schema.Inlet, "[telegraf.md](telegraf.md) shows both sides."),
    ("`inlet.measurements.NAME`", schema.InletMeasurement, ""),
    ("`wall`", schema.Wall, ""),
    ("`wall.viewing`", schema.Viewing, ""),
    ("`calendars.NAME`", schema.Calendar, ""),
    ("`systems.ID`", schema.System, ""),
    ("`units`, each", schema.Unit, "A list, or `{csv: FILE}`."),
    ("`sites`, each", schema.Site, "A list, or `{csv: FILE}`."),
    ("`probes.NAME`", schema.Profile, ""),
    ("`endpoints`, each", schema.Endpoint, "A list, or `{csv: FILE}`."),
    ("`rules`, each", RuleModel, f"Conditions are CEL; `critical` rules need `next_action`. {_readable()}"),
    ("`receivers.NAME`", schema.Receiver, ""),
    (
        "`people.ID`",
        duty_schema.Person,
        "[oncall.md](oncall.md) shows people, schedules, chains and routes at work.",
    ),
    ("`people.ID.contacts`, each", duty_schema.Contact, ""),
    ("`schedules.ID`", duty_schema.Schedule, ""),
    ("`schedules.ID.layers`, each", duty_schema.Layer, ""),
    ("`while` of a layer, `cover` of a schedule", duty_schema.While, ""),
    ("`schedules.ID.overrides`, each", duty_schema.Override, ""),
    ("`schedules.ID.swaps`, each", duty_schema.Swap, ""),
    ("`chains.ID`", duty_schema.Chain, ""),
    ("`chains.ID.steps`, each", duty_schema.Step, ""),
    ("`routes`, each", duty_schema.Route, ""),
    ("`outside`", outside_schema.Outside, "[outside.md](outside.md) shows both sides."),
    ("`heartbeats.NAME`", outside_schema.Heartbeat, ""),
    ("`watchdog`", outside_schema.Watchdog, ""),
)


NAMED = (
    "Duration",
    "Size",
    "Day",
    "Session",
    "Window",
    "Moment",
    "Address",
    "Url",
    "Origin",
    "Id",
    "LabelName",
)
SPELLED = {
    "Day": "date",
    "Session": "`HH:MM-HH:MM`",
    "Window": "`HH:MM-HH:MM`",
    "Moment": "local time",
    "LabelName": "label",
}
"""kinds of values with a name of their own, and how a reader calls them where it is another"""


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION, "## Top level\n", *_table(schema.Top)]
    for title, model, note in BELOW:
        parts += _section(f"## {title}", model, note)
    for name, model in sorted(source_options().items()):
        parts += _section(f"## `probes.NAME` with `source: {name}`", model, "")
        for key, inner in _within(model):
            parts += _section(f"### `{key}` of `source: {name}`, each", inner, "")
    for name, channel in sorted(CHANNELS.items()):
        parts += _section(f"## `receivers.NAME` with `channel: {name}`", channel.Options, "")
    return "\n".join(parts) + "\n"


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` compare it."""
    text = page()
    if "--check" in arguments:
        current = PAGE.exists() and PAGE.read_text("utf-8") == text
        print(
            "current"
            if current
            else "docs/configuration.md is old: run python -m tools.configuration_reference"
        )
        return 0 if current else 1
    PAGE.write_text(text, "utf-8")
    return 0


def _within(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """The keys of a model that hold lists or mappings of models."""
    for name, field in model.model_fields.items():
        for inner in get_args(field.annotation):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield field.alias or name, inner


def _section(title: str, model: type[BaseModel], note: str) -> Iterator[str]:
    yield f"\n{title}\n"
    about = inspect.cleandoc(model.__doc__ or "")
    yield " ".join(filter(None, [about.replace("\n", " "), note])) + "\n"
    yield from _table(model)


def _table(model: type[BaseModel]) -> Iterator[str]:
    notes = _notes_below_fields(model)
    yield "| key | type | default | meaning |"
    yield "|---|---|---|---|"
    own = model.__annotations__
    for name, field in sorted(model.model_fields.items(), key=lambda item: item[0] not in own):
        meaning = (
            (field.description or notes.get(name) or (RULE_NOTES.get(name, "") if model is RuleModel else ""))
            .replace("|", "\\|")
            .replace("\n", " ")
        )
        yield f"| `{field.alias or name}` | {_type(field)} | {_default(field)} | {meaning} |"


def _type(field: FieldInfo) -> str:
    return (_named(field.annotation, field.metadata) + _bounds(field)).replace("|", "\\|")


def _named(annotation: Any, metadata: list[Any] | None = None) -> str:
    """What to write, as a reader calls it."""
    for name in NAMED:
        alias = getattr(kinds, name)
        if annotation == alias or (metadata and get_args(alias)[1] in metadata):
            return SPELLED.get(name, name.lower())
    if annotation is SecretStr or (annotation is kinds.SecretRef and metadata is not None):
        return "secret"
    if annotation is float and any(isinstance(each, BeforeValidator) for each in metadata or ()):
        return "duration"
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _named(inner[0])
    if origin is Literal:
        return ", ".join(f"`{each}`" for each in inner)
    if origin in (Union, types.UnionType):
        return " or ".join(_named(each) for each in inner if each is not type(None))
    if origin is list:
        return f"list of {_named(inner[0])}"
    if origin is dict:
        return f"mapping of {_named(inner[0])} to {_named(inner[1])}"
    return _plain(annotation)


def _plain(annotation: Any) -> str:
    if annotation is schema.CsvFile:
        return "`{csv: FILE}`"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "mapping"
    names = {
        str: "text",
        int: "whole number",
        float: "number",
        bool: "`true` or `false`",
        Path: "path",
        Any: "any",
    }
    return names.get(annotation, str(getattr(annotation, "__name__", annotation)))


def _bounds(field: FieldInfo) -> str:
    signs = (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<"))
    found = [
        f"{sign} {getattr(each, name)}"
        for each in field.metadata
        for name, sign in signs
        if getattr(each, name, None) is not None
    ]
    return f", {', '.join(found)}" if found else ""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    if _is_duration(field):
        return f"`{written(value)}`"
    if _named(field.annotation, field.metadata) == "size":
        return f"`{sized(value)}`"
    if value is PydanticUndefined or value is None or value in ("", [], {}):
        return ""
    if isinstance(value, BaseModel):
        return "as below"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
    return f"`{shown.value if isinstance(shown, Enum) else shown}`"


def _is_duration(field: FieldInfo) -> bool:
    return _named(field.annotation, field.metadata) == "duration"


def _notes_below_fields(model: type[BaseModel]) -> dict[str, str]:
    """The strings that stand under a model's fields, for models that document them so."""
    notes: dict[str, str] = {}
    for each in reversed(model.__mro__):
        if issubclass(each, BaseModel) and each is not BaseModel:
            notes |= _notes_of(each)
    return notes


def _notes_of(model: type[BaseModel]) -> dict[str, str]:
    (klass,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    notes: dict[str, str] = {}
    last = ""
    for each in getattr(klass, "body", []):
        if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant) and last:
            notes[last] = inspect.cleandoc(str(each.value.value))
        last = each.target.id if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name) else ""
    return notes


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
