"""Where an edition stands: a folder that is replaced whole, by one exchange of names, or not at
all.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis.data.mistakes import InputError

MARK = ".edition"  # holds the key of the edition that stands in a folder
LOCK = "lock"  # held by the build that works in a folder, and by nobody once that build is gone
EXCHANGE, HERE = 2, -100  # RENAME_EXCHANGE and AT_FDCWD of renameat2(2)


def standing_key(out: Path) -> str | None:
    """The key of the edition that stands in a folder; None if none does."""
    mark = out / MARK
    return mark.read_text(encoding="utf-8") if mark.is_file() else None


def refuse_foreign(out: Path) -> None:
    """Nothing of the user's is lost: a folder that is not an edition is not replaced."""
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out}: is a file; name a folder")
    if out.is_dir() and any(out.iterdir()) and standing_key(out) is None:
        raise InputError(
            f"--out {out}: holds files that are no edition; name an empty or a new folder"
        )


@contextmanager
def workplace(out: Path) -> Iterator[Path]:
    """A folder beside `out`, on the same disk, that is gone afterwards; what builds that were
    killed left there goes first.
    """
    prefix = f".{out.name}-"
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        for left in out.parent.glob(f"{prefix}*"):
            if _is_abandoned(left):
                shutil.rmtree(left, ignore_errors=True)
        work = Path(tempfile.mkdtemp(prefix=prefix, dir=out.parent))
    except OSError as error:
        raise InputError(f"--out {out}: cannot be written: {error.strerror}") from None
    with (work / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)


def swap(new: Path, out: Path) -> None:
    """Put the new edition in the place of the last one, which takes its place and goes with it."""
    if not out.exists():
        new.rename(out)
    elif not _exchange(new, out):
        last = new.parent / "last"
        out.rename(last)
        new.rename(out)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names at once; False where the system or the disk cannot."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    return (
        rename is not None
        and rename(HERE, os.fsencode(one), HERE, os.fsencode(other), EXCHANGE) == 0
    )


def _is_abandoned(folder: Path) -> bool:
    """Whether no build works in a folder any more."""
    try:
        with (folder / LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # it was left before its lock was made, or is being removed
        return not any(folder.iterdir()) if folder.is_dir() else False
    return True
