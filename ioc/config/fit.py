"""Fitting what was written to a model, each misfit a fault at its own line in our own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ioc.config.directory import Piece
from ioc.config.faults import Faults, Place, did_you_mean, listed
from ioc.config.secrets import PLAIN_TEXT, is_secret

M = TypeVar("M", bound=BaseModel)

_TYPES = {
    "string": ("text", "put it in quotes"),
    "int": ("a whole number", "write digits only"),
    "float": ("a number", "write it with digits: 12.5"),
    "bool": ("true or false", "write true or false"),
    "list": ("a list", "write [a, b] or one `- item` a line"),
    "dict": ("a mapping", "write `key: value` lines"),
    "model": ("a mapping", "write `key: value` lines"),
}


def fit(model: type[M], piece: Piece, faults: Faults, name: str, also: Sequence[str] = ()) -> M | None:
    """The model of a piece, or None with its faults noted.

    `name` says what it is, as `endpoint`; `also` are keys that belong there too and were taken out before.
    """
    data = piece.data
    if not isinstance(data, Mapping):
        _wrong_type(piece.place(), name, "dict", data, faults)
        return None
    known = _unknown_keys(model, piece, faults, also)
    try:
        fitted = model.model_validate(data)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            _note(model, piece, each, faults, also)
        return None
    return fitted if known else None


def _unknown_keys(model: type[BaseModel], piece: Piece, faults: Faults, also: Sequence[str]) -> bool:
    """Whether every key is known; models that forbid the others say so themselves."""
    if model.model_config.get("extra") in ("forbid", "allow"):
        return True
    keys = _keys(model)
    strange = [key for key in piece.data if key not in keys]
    for key in strange:
        _unknown_key(piece.place(key), key, [*also, *keys], faults)
    return not strange


def _unknown_key(place: Place, key: object, keys: Sequence[str], faults: Faults) -> None:
    hint = did_you_mean(str(key), keys, f"known keys: {listed(keys)}")
    faults.add("unknown-key", place, "unknown key", key, hint)


def _note(
    model: type[BaseModel], piece: Piece, error: ErrorDetails, faults: Faults, also: Sequence[str]
) -> None:
    loc, kind, context = error["loc"], error["type"], error.get("ctx", {})
    place, key, here = piece.place(*loc), _label(loc), _model_at(model, loc)
    value = "" if _holds_secret(here, loc) else _shown(error["input"])
    if kind == "extra_forbidden":
        _unknown_key(place, loc[-1], [*(also if here is model else ()), *_keys(here)], faults)
    elif kind == "missing":
        faults.add("missing-key", place, "missing key", key, _purpose(here, loc))
    elif "what" in context:
        shown = "" if kind == PLAIN_TEXT else value
        faults.add(kind, place, f"{key}: {context['what']}", shown, str(context["hint"]))
    elif (base := kind.split("_")[0]) in _TYPES and kind.endswith(("_type", "_parsing", "_from_float")):
        _wrong_type(place, key, base, "" if _holds_secret(here, loc) else error["input"], faults)
    elif kind in ("literal_error", "enum"):
        faults.add("unknown-value", place, f"{key} cannot be", value, f"one of {context.get('expected', '')}")
    elif kind in ("too_short", "string_too_short") and context.get("min_length") == 1:
        faults.add("bad-value", place, f"{key} must not be empty")
    else:
        what = f"{key} cannot be" if key else "these keys do not go together"
        faults.add("bad-value", place, what, value, _lowered(error["msg"]))


def _wrong_type(place: Place, name: str, base: str, value: object, faults: Faults) -> None:
    what, hint = _TYPES[base]
    if isinstance(value, str | int | float) and value != "":
        faults.add("wrong-type", place, f"{name} must be {what}, not", _shown(value), hint)
    else:
        faults.add("wrong-type", place, f"{name} must be {what}, not {_kind(value)}", "", hint)


def _lowered(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def _label(loc: Sequence[str | int]) -> str:
    return ".".join(str(part) for part in loc if part != "[key]")


def _shown(value: object) -> str:
    """A scalar as it was written; a mapping may hold a secret and helps nobody in one line."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else ""


def _kind(value: object) -> str:
    kinds = {dict: "a mapping", list: "a list", type(None): "nothing", str: "empty"}
    return kinds.get(type(value), "this")


def _holds_secret(model: type[BaseModel] | None, loc: Sequence[str | int]) -> bool:
    field = model.model_fields.get(str(loc[-1])) if model and loc else None
    return field is not None and is_secret(field.annotation)


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
