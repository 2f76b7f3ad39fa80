"""Secrets stand outside the configuration: `{env: NAME}` or `{file: PATH}`, never in plain text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr

from ioc.config.compiled import Secret
from ioc.config.directory import Piece, read_file
from ioc.config.faults import Faults

PLAIN_TEXT = "secret-in-plain-text"
"""the fault whose value is never shown"""
SHORTEST_TOKEN = 16
_MOST_BYTES = 64_000
_HINT = "write {env: NAME} or {file: PATH}"


class Secrets:
    """Finds the values; a fault never shows one."""

    def __init__(self, directory: Path, environ: Mapping[str, str], faults: Faults) -> None:
        self._directory = directory
        self._environ = environ
        self._faults = faults

    def find(self, piece: Piece, name: str) -> Secret | None:
        """The value a reference stands for; None, with the fault noted, when there is none."""
        data = piece.data
        if not isinstance(data, dict):
            self._faults.add(PLAIN_TEXT, piece.place(), f"secret in plain text in {name}", "", _HINT)
            return None
        if len(data) != 1 or not isinstance(next(iter(data.values())), str):
            self._faults.add("bad-secret", piece.place(), f"{name} is not a reference to a secret", "", _HINT)
            return None
        ((kind, where),) = data.items()
        if kind == "env":
            return self._of_environment(piece, name, where)
        if kind == "file":
            return self._of_file(piece, name, where)
        self._faults.add("unknown-key", piece.place(kind), "unknown key", kind, _HINT)
        return None

    def fill(self, options: type[BaseModel], piece: Piece) -> dict[str, Any] | None:
        """A source's or channel's options, with what only this directory knows.

        Where their model says `SecretStr`, or a mapping of them, a reference becomes its value; where it says
        `Path`, the path is taken from the directory and has to be there.
        """
        filled, sound = dict(piece.data), True
        for key, field in options.model_fields.items():
            name = field.alias or key
            if filled.get(name) is None:
                continue
            if is_secret(field.annotation) and get_origin(field.annotation) is dict:
                if isinstance(filled[name], dict):  # else it is told as any mapping that is none
                    filled[name] = self._each(piece.within(name), name)
                    sound = sound and None not in filled[name].values()
            elif is_secret(field.annotation):
                secret = self.find(piece.within(name), name)
                filled[name] = secret.reveal() if secret else None
                sound = sound and secret is not None
            elif _is(field.annotation, Path) and isinstance(filled[name], str):
                filled[name] = self._directory / filled[name]
                sound = self._is_there(filled[name], piece, name) and sound
        return filled if sound else None

    def _each(self, piece: Piece, name: str) -> dict[str, str | None]:
        """The value of each of a mapping of secrets; None for one that there is not."""
        found = {key: self.find(piece.within(key), f"{name}.{key}") for key in piece.data}
        return {key: secret.reveal() if secret else None for key, secret in found.items()}

    def _is_there(self, path: Path, piece: Piece, name: str) -> bool:
        try:
            there = path.is_file()
        except ValueError:  # a NUL in it
            there = False
        if not there:
            hint = "paths are taken from the configuration's directory"
            self._faults.add(
                "missing-file", piece.place(name), f"no file for {name}:", piece.data[name], hint
            )
        return there

    def _of_environment(self, piece: Piece, name: str, variable: str) -> Secret | None:
        value = self._environ.get(variable, "").strip()
        if value:
            return Secret(value)
        hint = "set it before the service starts"
        what = f"environment variable of {name} is empty or not set:"
        self._faults.add("missing-secret", piece.place("env"), what, variable, hint)
        return None

    def _of_file(self, piece: Piece, name: str, path: str) -> Secret | None:
        try:
            value = read_file(self._directory / path, _MOST_BYTES).decode("utf-8-sig").strip()
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else "not a text file"
            what = f"secret file of {name} cannot be read:"
            self._faults.add("missing-secret", piece.place("file"), what, path, why.lower())
            return None
        if value:
            return Secret(value)
        self._faults.add("missing-secret", piece.place("file"), f"secret file of {name} is empty:", path)
        return None


def is_secret(annotation: Any) -> bool:
    """Whether a field of this type holds a secret."""
    return _is(annotation, SecretStr)


def _is(annotation: Any, kind: type) -> bool:
    return annotation is kind or kind in get_args(annotation)
