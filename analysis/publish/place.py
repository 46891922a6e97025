"""Where an edition stands: a folder that is replaced whole, by one exchange of names, or not at
all.

Nothing of the user's is lost there. An edition carries the list of its own files, and only they
are replaced. What people publish a folder with (`KEPT`) is moved into the new edition, by the next
build if this one is killed; anything else in the folder stops a build before it starts.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from analysis.data.mistakes import InputError

MARK = ".edition"  # the key of the edition that stands in a folder, and the list of its files
MARK_OF_0_1 = re.compile(rb"[0-9a-f]{24}\s*")  # the key alone: no list
KEPT = (".git", "CNAME", ".nojekyll")
NEW, LAST = "html", "last"  # in a workplace: the new edition, and the last one if it was moved
LOCK = "traincost-workplace"  # held by the build that works there, by nobody once it is gone
LOCK_TEXT = b"A workplace of `traincost build`, which removes it. The build is of: "
EXCHANGE, HERE = 2, -100  # RENAME_EXCHANGE and AT_FDCWD of renameat2(2)
SOURCES = ("analysis", "benchmarks", "book", "data", "notebooks", "tests", ".git", ".venv")
BUILT = ("book", "_build")
BUILT_BESIDE = ("executed", "rooms")  # what builds keep for each other


@dataclass(frozen=True)
class Mark:
    """What an edition says of itself: its key, and the SHA-256 of each of its files by name."""

    key: str
    files: Mapping[str, str]


def write_mark(edition: Path, key: str) -> None:
    """Let a folder be an edition: list what is in it."""
    files = {path.relative_to(edition).as_posix(): _sha256(path) for path in _below(edition)}
    content = json.dumps({"files": files, "key": key}, indent=0, sort_keys=True)
    (edition / MARK).write_text(content + "\n", encoding="utf-8")


def read_mark(folder: Path) -> Mark | None:
    """What the edition in a folder says of itself; None if none stands there."""
    try:
        found = json.loads((folder / MARK).read_bytes()) if _is_regular(folder / MARK) else {}
        return Mark(str(found["key"]), {**found["files"]})
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def refuse_place(out: Path, root: Path, evidence: Path) -> None:
    """An edition neither stands among what it is made from nor takes its place."""
    root, evidence = root.resolve(), evidence.resolve()
    for folder in (root, evidence):
        if folder.is_relative_to(out):
            raise InputError(f"--out {out}: holds {folder}; name a folder of its own")
    built = root.joinpath(*BUILT)
    if out.parent == built and out.name not in BUILT_BESIDE:
        return
    for folder in (evidence, *(root / name for name in SOURCES)):
        if out.is_relative_to(folder):
            raise InputError(f"--out {out}: is in {folder}; name a folder of its own")


def refuse_foreign(out: Path) -> None:
    """A folder is replaced only if all that it holds is of an edition, as it was built."""
    with _mistakes_of(out):
        if not out.exists():
            return
        if not out.is_dir():
            raise InputError(f"--out {out}: is a file; name a folder")
        if _is_regular(out / MARK) and MARK_OF_0_1.fullmatch((out / MARK).read_bytes()):
            raise InputError(
                f"--out {out}: holds an edition of version 0.1, which does not list its files; "
                "remove it if none of them is yours, or name another folder"
            )
        foreign = _first_foreign(out, read_mark(out))
    if foreign:
        raise InputError(f"--out {out}: holds {foreign}; name an empty or a new folder")


def tidy(out: Path) -> None:
    """End what builds into `out` began and were killed at: what is the user's is moved into the
    edition that stands, and their workplaces go.
    """
    with _mistakes_of(out):
        for folder in sorted(out.parent.iterdir()) if out.parent.is_dir() else []:
            # the name is compared, for it may look like a pattern
            if folder.name.startswith(f".{out.name}-") and _is_workplace(folder, out):
                with suppress(FileNotFoundError), (folder / LOCK).open("r+b") as lock:
                    if try_lock(lock):
                        _leave(folder, out)


@contextmanager
def workplace(out: Path) -> Iterator[Path]:
    """A folder beside `out`, on the same disk, that is gone afterwards; the new edition is made in
    its `NEW`.
    """
    tidy(out)
    with _mistakes_of(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    with (work / LOCK).open("wb", buffering=0) as lock:
        try:
            try_lock(lock)  # before it says what it is: an abandoned one does so and is free
            lock.write(_lock_text(out))  # of a full disk nothing is left either
            yield work
        finally:
            _leave(work, out)


def swap(work: Path, out: Path) -> None:
    """Put the new edition of a workplace in the place of the last one, which goes with it."""
    refuse_foreign(out)  # again: a build takes a while
    if not out.exists():
        (work / NEW).rename(out)
    elif not _exchange(work / NEW, out):
        out.rename(work / LAST)
        (work / NEW).rename(out)


def try_lock(file: IO) -> bool:
    """Take the lock of an open file until it is closed; False where another process has it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _mistakes_of(out: Path) -> Iterator[None]:
    """What the system refuses of a folder is the mistake of who named it."""
    try:
        yield
    except OSError as error:
        raise InputError(f"--out {out}: cannot be written: {error.strerror}") from None


def _leave(work: Path, out: Path) -> None:
    """Remove a workplace, after what is the user's in the edition that was replaced is moved on."""
    if (work / LAST).is_dir() and not out.exists():
        (work / LAST).rename(out)
    for path in (work / old / name for old in (NEW, LAST) for name in KEPT):
        if os.path.lexists(path):
            if os.path.lexists(out / path.name):
                raise InputError(
                    f"--out {out}: {path.name} stands there and in {path.parent}, where a build "
                    "was killed; remove one of them"
                )
            out.mkdir(exist_ok=True)
            path.rename(out / path.name)
    for path in work.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != LOCK:
            path.unlink()
    (work / LOCK).unlink()  # last: by it, a later build knows what is left
    with suppress(OSError):
        work.rmdir()


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names at once; False where the system or the disk cannot."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    return (
        rename is not None
        and rename(HERE, os.fsencode(one), HERE, os.fsencode(other), EXCHANGE) == 0
    )


def _is_workplace(folder: Path, out: Path) -> bool:
    """Whether a build into `out`, and nobody else, has made a folder."""
    lock = folder / LOCK
    return not folder.is_symlink() and _is_regular(lock) and lock.read_bytes() == _lock_text(out)


def _lock_text(out: Path) -> bytes:
    return LOCK_TEXT + os.fsencode(out.name)


def _first_foreign(folder: Path, mark: Mark | None) -> str | None:
    """The first file of a folder that is not its edition's, and what is wrong with it."""
    for path in _below(folder):
        name = path.relative_to(folder).as_posix()
        shown = name if name.isprintable() else ascii(name)
        if mark and name == MARK:
            continue
        if not mark or name not in mark.files:
            return f"{shown}, which is not of an edition"
        if not _is_regular(path) or _sha256(path) != mark.files[name]:
            return f"{shown}, changed since it was built"
    return None


def _below(folder: Path) -> list[Path]:
    """Every file, link and empty folder of a folder, but for what stays the user's."""
    waiting = [path for path in folder.iterdir() if path.name not in KEPT]
    found = []
    while waiting:
        path = waiting.pop()
        inside = list(path.iterdir()) if path.is_dir() and not path.is_symlink() else []
        waiting += inside
        if not inside:
            found.append(path)
    return sorted(found)


def _is_regular(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
