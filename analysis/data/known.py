"""What was found valid before, by its hash: content that has not changed is not checked again.

The hashes stand in one file of the user's cache folder. Without such a folder, or with a damaged
file, everything is checked as the first time.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

import pandas as pd

from analysis.data.cache import keep, read

MOST = 2000  # hashes that are kept
NAME = "valid-tables"
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
    if not _new.keys() - _kept():
        return
    hashes = dict.fromkeys([*_read(), *_new][-MOST:])
    keep(NAME, ("\n".join(hashes) + "\n").encode("ascii"))
    _kept.cache_clear()


@cache
def _kept() -> frozenset[str]:
    return frozenset(_read())


def _read() -> list[str]:
    return _HASH.findall((read(NAME) or b"").decode("ascii", "replace"))
