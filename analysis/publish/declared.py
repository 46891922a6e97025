"""What a notebook declares in its parameter cell, and a text as the value that is asked for."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.data.folder import read_bytes
from analysis.data.mistakes import InputError, did_you_mean

# what literal_eval and float raise for a text that is no value
NOT_LITERAL = (ValueError, SyntaxError, TypeError, OverflowError, MemoryError, RecursionError)
KINDS = {kind.__name__: kind for kind in (bool, int, float, str, list, tuple, dict)}
LANGUAGE = "python"


@dataclass(frozen=True)
class Declared:
    """A parameter: its default, None where that is no plain value; the type of its values, None
    where nothing says it; the comment beside it.
    """

    default: Any
    kind: type | None
    help: str


def declared_parameters(notebook: Path) -> dict[str, Declared]:
    """The parameters that a notebook's own cell declares: each name that it gives a value.

    Raises
    ------
    InputError
        If it is no notebook, of another language than Python, or its cell is no Python.
    """
    if not notebook.is_file():
        known = [path.stem for path in notebook.parent.glob("*.ipynb")]
        raise InputError(f"{notebook} is not a notebook{did_you_mean(notebook.stem, known)}")
    source = _parameter_cell(notebook)
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        line = f"line {error.lineno} of its parameters"
        raise InputError(f"{notebook.name}: {line} is no Python: {error.msg}") from None
    except (ValueError, MemoryError, RecursionError):
        raise InputError(f"{notebook.name}: its parameters are no Python") from None
    lines = source.splitlines()
    found: dict[str, Declared] = {}
    for one in statements:
        targets = one.targets if isinstance(one, ast.Assign) else [getattr(one, "target", None)]
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(one, ast.Assign | ast.AnnAssign):
                found[target.id] = _declared(one, lines[(one.end_lineno or one.lineno) - 1])
    return found


def check_declared(notebook: Path, names: Mapping[str, Any]) -> dict[str, Declared]:
    """The parameters that a notebook declares; an `InputError` if another is given."""
    declared = declared_parameters(notebook)
    for name in names:
        if name not in declared:
            raise InputError(
                f"{name} is not a parameter of {notebook.name}{did_you_mean(name, declared)}"
            )
    return declared


def as_declared(name: str, text: str, declared: Declared) -> Any:
    """A text of the command line as a value of the parameter's type.

    >>> as_declared("flag", "false", Declared(True, bool, ""))
    False
    """
    kind = declared.kind
    if kind in (None, str):
        return text
    try:
        value = ast.literal_eval(text.capitalize() if kind is bool else text)
        value = float(value) if kind is float and type(value) is int else value
    except NOT_LITERAL:
        value = text
    if type(value) is not kind:
        raise InputError(f"{name}: expected {kind.__name__}, found {text!r}")
    return value


def _declared(one: ast.Assign | ast.AnnAssign, line: str) -> Declared:
    try:
        default = ast.literal_eval(one.value) if one.value else None
    except NOT_LITERAL:
        default = None
    annotation = getattr(one, "annotation", None)
    if isinstance(annotation, ast.Subscript):  # list[int] is a list
        annotation = annotation.value
    named = KINDS.get(annotation.id) if isinstance(annotation, ast.Name) else None
    own = type(default) if type(default) in KINDS.values() else None
    comment = line.encode()[one.end_col_offset or 0 :].decode()
    return Declared(default, named or own, comment.strip().lstrip("#").strip())


def _parameter_cell(notebook: Path) -> str:
    """The source of the cell that is tagged so, without the lines that are for IPython alone."""
    try:
        content = json.loads(read_bytes(notebook))
        metadata = content["metadata"]
        cells = [c for c in content["cells"] if "parameters" in c["metadata"].get("tags", [])]
        source = "".join(cells[0]["source"]) if cells else ""
        said = (metadata.get("kernelspec", {}), metadata.get("language_info", {}))
        language = said[0].get("language") or said[1].get("name") or LANGUAGE
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:80]
        raise InputError(f"{notebook}: not a notebook: {reason}") from None
    if str(language).lower() != LANGUAGE:
        raise InputError(f"{notebook.name}: is written in {language}; Python alone is executed")
    return re.sub(r"^[%!].*", "", source, flags=re.MULTILINE)
