"""Writes the list of rule templates in docs/rules.md; `--check` only says whether it is current."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from alerts.templates.registry import Parameter, RuleTemplate, templates

PAGE = Path(__file__).parents[1] / "docs" / "rules.md"
BEGIN, END = "<!-- templates: python -m tools.rule_templates -->", "<!-- end of templates -->"


def listed() -> str:
    """Every template as Markdown."""
    return "\n".join(line for each in templates().values() for line in _section(each))


def page(text: str) -> str:
    """A page with its list replaced; raises ValueError when it has no place for one."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n\n{listed()}\n{END}{after}"


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` compare it."""
    text = PAGE.read_text("utf-8")
    made = page(text)
    if "--check" in arguments:
        print("current" if made == text else "docs/rules.md is old: run python -m tools.rule_templates")
        return 0 if made == text else 1
    PAGE.write_text(made, "utf-8")
    return 0


def _section(each: RuleTemplate) -> Iterator[str]:
    yield f"### `{each.name}`\n"
    yield f"{each.what}\n"
    yield "| parameter | type | default | meaning |"
    yield "|---|---|---|---|"
    for parameter in each.parameters.values():
        yield f"| `{parameter.name}` | {_type(parameter)} | `{parameter.default}` | {parameter.what} |"
    yield ""
    yield from (f"    {key}: {text}" for key, text in each.rule.items())
    yield ""


def _type(parameter: Parameter) -> str:
    if parameter.kind == "duration":
        return "duration"
    return f"number, {parameter.least:g} to {parameter.most:g}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
