"""The file of a sweep: what may be written over, and how it is written."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd

from analysis.data import cache
from analysis.data.cells import plain_frame
from analysis.data.mistakes import InputError

BLOCK = 10_000  # combinations that are in memory together while they are written
FLOAT_BYTES = np.dtype(float).itemsize


def remember(path: Path) -> None:
    """A file of a sweep is as it was left; the next may replace it for as long as it stays so.
    Where nothing can be kept, --force replaces it.
    """
    cache.keep(_name(path), b"")


def _name(path: Path) -> str:
    """What says of a content that a sweep left it, named by its hash: two commands side by side
    lose nothing of each other's.
    """
    with path.open("rb") as file:
        return f"sweeps/{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _is_as_left(path: Path) -> bool:
    return cache.read(_name(path)) is not None


def write(
    sets: pd.DataFrame, parts: Iterable[pd.DataFrame], marks: Mapping[str, str], path: Path
) -> np.ndarray:
    """Combinations and their results as CSV, whole or not at all, whatever their number: results
    that come early wait in a file of no name.

    Parameters
    ----------
    sets
        The combinations in the order of the file.
    parts
        Combinations with their results, in any order; the index says where each stands.
    marks
        What all rows rest on.

    Returns
    -------
    ndarray
        The median rent [US$] of each combination.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    with ExitStack() as stack:
        stack.callback(partial.unlink, missing_ok=True)
        with _told(path):
            waiting = stack.enter_context(tempfile.TemporaryFile(dir=path.parent, buffering=0))
        names = _put(waiting, parts, [*sets], path)
        with _told(path):
            medians = _copy(waiting, names, sets, marks, partial)
            partial.replace(path)
            remember(path)
    return medians


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What a disk refuses is said in one line."""
    try:
        yield
    except OSError as error:
        raise InputError(f"--out {path}: cannot be written: {error.strerror}") from None


def _put(
    waiting: IO[bytes], parts: Iterable[pd.DataFrame], given: list[str], path: Path
) -> list[str]:
    """Each row of results at its place; the names of the results."""
    names: list[str] = []
    for part in parts:
        names = names or [name for name in part if name not in given]
        results = part[names]
        with _told(path):
            for place, row in zip(part.index, results.to_numpy(float), strict=True):
                waiting.seek(place * row.nbytes)
                waiting.write(row.tobytes())
    return names


def _copy(
    waiting: IO[bytes],
    names: list[str],
    sets: pd.DataFrame,
    marks: Mapping[str, str],
    partial: Path,
) -> np.ndarray:
    """The file of all combinations, block by block; the median rent of each."""
    medians = []
    waiting.seek(0)
    with partial.open("w", encoding="utf-8", newline="") as file:
        for start in range(0, len(sets), BLOCK):
            block = sets.iloc[start : start + BLOCK]
            rows = np.frombuffer(waiting.read(len(block) * len(names) * FLOAT_BYTES))
            results = pd.DataFrame(rows.reshape(len(block), -1), block.index, names)
            frame = pd.concat([block, results], axis=1).assign(**marks)
            plain_frame(frame).to_csv(file, index=False, header=start == 0)
            medians.append(results.usd_p50.to_numpy(copy=True))  # a view would keep the block
    return np.concatenate(medians)


def check_target(path: Path, force: bool = False) -> None:
    """Refuse a file that is not as a sweep left it, unless told to write over it, and a folder that
    cannot be written.
    """
    if os.path.lexists(path) and not path.is_file():
        raise InputError(f"--out {path}: is a folder or no regular file; name a file")
    if path.exists() and not force and not _is_as_left(path):
        raise InputError(
            f"--out {path}: exists and is no result of a sweep as it was left here; name another "
            "file, or say --force to write over it"
        )
    if not os.access(path.parent, os.W_OK):
        raise InputError(f"--out {path}: its folder is not there or cannot be written")
