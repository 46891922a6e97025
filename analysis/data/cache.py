"""The user's cache folder: what one process keeps for others, each file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def place(name: str) -> Path | None:
    """Where what is called so is kept for other processes; None where nobody has a home."""
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        return (given if given.is_absolute() else Path.home() / ".cache") / "traincost" / name
    except RuntimeError:
        return None


def keep(name: str, content: bytes) -> None:
    """Write what is kept under a name; where nothing can be written, nothing is kept."""
    path = place(name)
    if path is None:
        return
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(partial).replace(path)
        finally:
            Path(partial).unlink(missing_ok=True)


def read(name: str) -> bytes | None:
    """What was kept under a name; None where nothing is that can be read."""
    path = place(name)
    try:
        return path.read_bytes() if path and path.is_file() else None
    except OSError:
        return None
