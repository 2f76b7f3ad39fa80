"""Fitting what was written to a model, each misfit a fault at its own line in our own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ioc.config.directory import Piece
from ioc.config.faults import Faults, did_you_mean, listed

M = TypeVar("M", bound=BaseModel)

_TYPES = {
    "string": ("text", "put it in quotes"),
    "int": ("a whole number", "write digits only"),
    "float": ("a number", "write digits only"),
    "bool": ("true or false", "write true or false"),
    "list": ("a list", "write [a, b] or one `- item` a line"),
    "dict": ("a mapping", "write `key: value` lines"),
    "model": ("a mapping", "write `key: value` lines"),
}


def fit(model: type[M], piece: Piece, faults: Faults, name: str) -> M | None:
    """The model of a piece, or None with its faults noted; `name` says what it is, as `endpoint`."""
    data = piece.data
    if not isinstance(data, Mapping):
        faults.add(
            "wrong-type", piece.place(), f"{name} must be a mapping, not", _shown(data), _TYPES["dict"][1]
        )
        return None
    known = _unknown_keys(model, piece, faults)
    try:
        fitted = model.model_validate(data)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            _note(model, piece, each, faults, name)
        return None
    return fitted if known else None


def _unknown_keys(model: type[BaseModel], piece: Piece, faults: Faults) -> bool:
    """Whether every key is known; models that forbid the others say so themselves."""
    if model.model_config.get("extra") in ("forbid", "allow"):
        return True
    strange = [key for key in piece.data if key not in _keys(model)]
    for key in strange:
        hint = did_you_mean(str(key), _keys(model), f"known keys: {listed(_keys(model))}")
        faults.add("unknown-key", piece.place(key), "unknown key", key, hint)
    return not strange


def _note(model: type[BaseModel], piece: Piece, error: ErrorDetails, faults: Faults, name: str) -> None:
    loc, kind = error["loc"], error["type"]
    place = piece.place(*loc)
    key = _label(loc)
    if kind == "extra_forbidden":
        keys = _keys(_model_at(model, loc))
        hint = did_you_mean(str(loc[-1]), keys, f"known keys: {listed(keys)}")
        faults.add("unknown-key", place, "unknown key", loc[-1], hint)
    elif kind == "missing":
        faults.add("missing-key", place, f"{name} without the key", key, _purpose(_model_at(model, loc), loc))
    elif "what" in (context := error.get("ctx", {})):
        what = f"{context['what']} in {key}" if key else str(context["what"])
        faults.add(kind, place, what, _shown(error["input"]), str(context["hint"]))
    else:
        id, what, said = _in_our_words(error)
        faults.add(id, place, f"{key or name} {what}".strip(), _shown(error["input"]), said)


def _in_our_words(error: ErrorDetails) -> tuple[str, str, str]:
    """A fault's id, what is wrong and the hint, of one of pydantic's own errors."""
    kind, context = error["type"], error.get("ctx", {})
    base = kind.split("_")[0]
    if base in _TYPES and kind.endswith(("_type", "_parsing", "_from_float")):
        what, hint = _TYPES[base]
        return "wrong-type", f"must be {what}, not", hint
    if kind in ("literal_error", "enum"):
        return "unknown-value", "cannot be", f"one of {context.get('expected', '')}"
    if kind in ("too_short", "string_too_short"):
        return "bad-value", "must not be empty", ""
    return "bad-value", "cannot be", _lowered(error["msg"])


def _lowered(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def _label(loc: Sequence[str | int]) -> str:
    return ".".join(str(part) for part in loc if part != "[key]")


def _shown(value: object) -> str:
    """A value as it was written, as far as that helps; never a mapping: it may hold a secret."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else f"a {_kind(value)}"


def _kind(value: object) -> str:
    return {dict: "mapping", list: "list", type(None): "nothing"}.get(type(value), "value")


def _keys(model: type[BaseModel] | None) -> list[str]:
    if model is None:
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_at(model: type[BaseModel], loc: Sequence[str | int]) -> type[BaseModel] | None:
    """The model whose key the last part of `loc` is."""
    here: type[BaseModel] | None = model
    for part in loc[:-1]:
        field = here.model_fields.get(str(part)) if here else None
        if field is not None:
            here = _inner(field.annotation)
    return here


def _inner(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_inner, get_args(annotation))), None)


def _purpose(model: type[BaseModel] | None, loc: Sequence[str | int]) -> str:
    field = model.model_fields.get(str(loc[-1])) if model else None
    return (field.description or "") if field else ""
