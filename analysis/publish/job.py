"""A notebook to execute, and the file that it becomes."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.data.mistakes import InputError
from analysis.publish.kept import sha256_of

MARK = "traincost"  # in the metadata of an executed notebook: the hash of its cells
FAILED = ".failed.ipynb"


class NotebookFailed(RuntimeError):
    """A cell raised, or its kernel died: three lines with cell, error and parameters; the partial
    output is kept.
    """


@dataclass(frozen=True)
class Job:
    """One notebook to execute with parameters into a file."""

    name: str
    notebook: Path
    parameters: Mapping[str, Any]
    output: Path


def check_target(output: Path, force: bool = False) -> None:
    """Refuse a file that is no executed notebook as this project left it, unless told to write over
    it, and a folder that no file can be put into.
    """
    try:
        for path in (output, output.with_suffix(FAILED)):
            if path.is_dir() or (path.exists() and not force and not is_as_executed(path)):
                raise InputError(
                    f"--out {path}: exists and is no executed notebook as a rerun left it; "
                    "name another file, or say --force to write over it"
                )
        with tempfile.NamedTemporaryFile(dir=output.parent):
            pass
    except OSError as error:
        raise InputError(f"--out {output}: cannot be written: {error.strerror}") from None


def is_as_executed(path: Path) -> bool:
    """Whether a file is an executed notebook, whole, in which nobody has written since."""
    try:
        notebook = json.loads(path.read_bytes()) if path.is_file() else {}
        return bool(notebook["metadata"][MARK] == sha256_of(notebook["cells"]))
    except (ValueError, LookupError, TypeError, RecursionError):
        return False
