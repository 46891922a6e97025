"""What was found valid before, by its hash: content that has not changed is not checked again.

The hashes stand in one file of the user's cache folder. Without such a folder, or with a damaged
file, everything is checked as the first time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from functools import cache
from pathlib import Path

import pandas as pd

MOST = 2000  # hashes that are kept
_HASH = re.compile("[0-9a-f]{64}")
_new: dict[str, None] = {}


def key_of(*parts: bytes) -> str:
    """A hash of what was checked, and of what checks it."""
    sha256 = hashlib.sha256(_checker())
    for part in parts:
        sha256.update(len(part).to_bytes(8, "big") + part)
    return sha256.hexdigest()


@cache
def _checker() -> bytes:
    own = Path(__file__).parent
    names = ("schema.py", "strictness.py", "tables.py", "unseen.py", "validation.py")
    return pd.__version__.encode() + b"".join((own / name).read_bytes() for name in names)


def is_known(key: str) -> bool:
    """Whether content of that hash was found valid before."""
    return key in _new or key in _kept()


def remember(key: str) -> None:
    """Content of that hash was found valid."""
    _new[key] = None


def write() -> None:
    """Keep what was found valid since the last time for other processes."""
    folder = cache_folder()
    if not _new.keys() - _kept() or folder is None:
        return
    hashes = [*_read(), *_new][-MOST:]
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=folder)
        try:
            with os.fdopen(handle, "w") as file:
                file.write("\n".join(dict.fromkeys(hashes)) + "\n")
            Path(partial).replace(folder / "valid-tables")
        finally:
            Path(partial).unlink(missing_ok=True)
    _kept.cache_clear()


@cache
def _kept() -> frozenset[str]:
    return frozenset(_read())


def _read() -> list[str]:
    path = (cache_folder() or Path(os.devnull)) / "valid-tables"
    try:
        text = path.read_text("ascii", "replace") if path.is_file() else ""
    except OSError:
        text = ""
    return _HASH.findall(text)


def cache_folder() -> Path | None:
    """The folder of what is kept for other processes; None where nobody has a home."""
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        return (given if given.is_absolute() else Path.home() / ".cache") / "traincost"
    except RuntimeError:
        return None
