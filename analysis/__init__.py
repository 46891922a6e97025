"""Reconstruct what it costs to train a language model, from public facts.

The doors: `reconstruct`, `accounts`, `estimate`, `sweep`, `judge`, `evidence`, and `charts`. Each
is loaded when it is first used.
"""

from importlib import import_module
from typing import Any

__all__ = ["accounts", "charts", "estimate", "evidence", "judge", "reconstruct", "sweep"]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("analysis.data.folder").package_version()
    if name == "charts":
        return import_module("analysis.show.charts")
    if name in __all__:
        return getattr(import_module("analysis.doors"), name)
    raise AttributeError(f"module 'analysis' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
