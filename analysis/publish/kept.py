"""What a build keeps for later ones: executed copies and results, some of each, none of them
needed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from analysis.publish.place import try_lock
from analysis.publish.plan import Page, Plan
from analysis.show.numbers import significant

COPIES_KEPT = 8  # of each page, so that going back and forth between a few editions costs nothing
ROOMS_KEPT = 3
LONGEST_BUILD_S = 1800
FIGURES = 6
WHOLE, LOCK = "whole", "lock"


def kept_folder(plan: Plan) -> Path:
    """Where they are, made if it is not there."""
    folder = plan.root / "book" / "_build" / "executed"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def copy_of(page: Page, plan: Plan) -> Path:
    """Where a page's executed copy is, or will be."""
    return kept_folder(plan) / f"{page.page}.{plan.key(page)}.ipynb"


def keep(path: Path, content: dict[str, Any]) -> None:
    """Keep JSON for a later build, with its hash."""
    write_json(path, {"content": content, "sha256": sha256_of(rounded(content))})


def read_kept(path: Path) -> dict[str, Any]:
    """What an earlier build kept; nothing if it kept nothing, or that is damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        content, sha256 = found["content"], found["sha256"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return {}
    return content if sha256_of(content) == sha256 else {}


def sha256_of(content: Any) -> str:
    """The hash of what JSON can hold."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def forget_oldest(used: Path, pattern: str) -> None:
    """Remove all but the copies last used, of which this one is the last, and those that a build
    which still runs may need.
    """
    with suppress(FileNotFoundError):  # another build tidies up at the same time
        copies = _by_use(used, used.parent.glob(pattern))
        needed_ns = used.stat().st_mtime_ns - LONGEST_BUILD_S * 10**9
        for old in copies[COPIES_KEPT:]:
            if old.stat().st_mtime_ns < needed_ns:
                discard(old)


def discard(path: Path) -> None:
    """Remove what stands where a copy was kept, a folder too."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _by_use(used: Path, paths: Iterable[Path]) -> list[Path]:
    """Those last used first, the one used now before all: its time is set after theirs, for the
    clock may have been set back since.
    """
    times_ns = {path: path.stat().st_mtime_ns for path in paths if path != used}
    now_ns = max([time.time_ns(), *(time_ns + 1 for time_ns in times_ns.values())])
    os.utime(used, ns=(now_ns, now_ns))
    return [used, *sorted(times_ns, key=times_ns.__getitem__, reverse=True)]


@contextmanager
def book_room(plan: Plan, use_cache: bool, work: Path) -> Iterator[Path]:
    """A folder that the last build of the same book left as it was when it succeeded: what it wrote
    need not be written again.

    A passing folder in the workplace, where another build is in that room or nothing kept may be
    used.
    """
    if not use_cache:
        yield work
        return
    rooms = plan.root / "book" / "_build" / "rooms"
    room = rooms / plan.book_key
    room.mkdir(parents=True, exist_ok=True)
    with _locked(room) as ours:
        if not ours:
            yield work
            return
        files = _files(room)
        if read_kept(room / WHOLE) != {"files": files} or _is_of_the_future(files):
            _empty(room)
        (room / WHOLE).unlink(missing_ok=True)
        yield room
        keep(room / WHOLE, {"files": _files(room)})
    with suppress(FileNotFoundError):  # another build tidies up at the same time
        for old in _by_use(room, rooms.iterdir())[ROOMS_KEPT:]:
            with _locked(old) as ours:
                if ours:
                    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _locked(room: Path) -> Iterator[bool]:
    """Whether nobody else is in a room, who stays out until we leave."""
    with (room / LOCK).open("w") as lock:
        yield try_lock(lock)


def _files(room: Path) -> dict[str, Any]:
    """The files of a room with their sizes and times: a damaged one has another."""
    stats = {path: path.stat() for path in room.rglob("*") if path.name not in (WHOLE, LOCK)}
    return {
        path.relative_to(room).as_posix(): [str(stat.st_mtime_ns), stat.st_size]
        for path, stat in stats.items()
        if path.is_file()
    }


def _is_of_the_future(files: Mapping[str, Any]) -> bool:
    """Whether the clock was set back since files were written. Sphinx writes a page again if its
    source is newer, and whatever is written now would be older.
    """
    return any(int(time_ns) > time.time_ns() for time_ns, _ in files.values())


def _empty(room: Path) -> None:
    for path in room.iterdir():
        if path.is_dir():
            shutil.rmtree(path)


def write_json(path: Path, content: Any) -> None:
    """JSON with sorted keys and six significant digits: the same bytes for the same content."""
    path.write_text(
        json.dumps(rounded(content), sort_keys=True, indent=1, ensure_ascii=False) + "\n",
        encoding="utf-8",
    )


def rounded(content: Any) -> Any:
    """Every float in a structure to six significant digits."""
    if isinstance(content, dict):
        return {key: rounded(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [rounded(value) for value in content]
    return significant(content, FIGURES) if isinstance(content, float) else content
