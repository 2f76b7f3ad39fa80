"""Imports two libraries without their terminals, which a service never shows and which are a third of its start.

`cel` imports its own command line, and that prompt_toolkit; structlog looks for rich to colour a developer's
tracebacks. Both are used without them here; whoever imports the libraries first decides.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


def load() -> None:
    """Import them; what is left out can be imported by others afterwards."""
    with _instead("rich", None):
        importlib.import_module("structlog")
    with _instead("cel.cli", ModuleType("cel.cli")):
        importlib.import_module("cel")


@contextmanager
def _instead(name: str, module: ModuleType | None) -> Iterator[None]:
    """Whoever imports this module meanwhile gets another, or ImportError for none; nothing when it is there."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = module  # type: ignore[assignment]  # None is what the import system takes for "is not there"
    try:
        yield
    finally:
        del sys.modules[name]
