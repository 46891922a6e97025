"""The file of a sweep: what may be written over, and how it is written."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from analysis.data.cells import plain_frame
from analysis.data.mistakes import InputError

MARKS = ["scenario", "version", "data_sha256"]  # columns by which a sweep is known


def write(frame: pd.DataFrame, path: Path) -> None:
    """The result as CSV, whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        plain_frame(frame).to_csv(partial, index=False)
        partial.replace(path)
    except OSError as error:
        raise InputError(f"--out {path}: cannot be written: {error.strerror}") from None
    finally:
        partial.unlink(missing_ok=True)


def check_target(path: Path) -> None:
    """Refuse a file that exists and is no sweep, and a folder that cannot be written."""
    if path.exists() and not path.is_file():
        raise InputError(f"--out {path}: is a folder or no regular file; name a file")
    if path.exists():
        try:
            columns = pd.read_csv(path, nrows=0).columns
        except (ValueError, UnicodeDecodeError):
            columns = pd.Index([])
        if not set(MARKS) <= set(columns):
            raise InputError(f"--out {path}: exists and is no result of a sweep; name another file")
    if not os.access(path.parent, os.W_OK):
        raise InputError(f"--out {path}: its folder is not there or cannot be written")
