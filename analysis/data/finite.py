"""Figures that are finite: what overflows or has no value stops where it is computed."""

from __future__ import annotations

import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from pathlib import Path
from typing import TypeVar

from analysis.data.mistakes import InputError

OWN = Path(__file__).parents[1]
OF_ARRAYS = "divide by zero|overflow|invalid value"
Piece = TypeVar("Piece")


@contextmanager
def finite(directory: str | Path | None = None) -> Iterator[None]:
    """Stop at the first division by nothing, overflow or missing value of arrays; those of pandas
    go on without a word, so distributions refuse what has no middle.

    Parameters
    ----------
    directory
        An evidence folder that is not the project's own: what its figures come to is the mistake
        of whoever wrote it.

    Raises
    ------
    InputError
        That names the folder and what was being computed; without a folder, the error itself.

    Examples
    --------
    >>> import numpy as np
    >>> with finite("mine"):  # doctest: +ELLIPSIS
    ...     np.log(np.zeros(1))
    Traceback (most recent call last):
    analysis.data.mistakes.InputError: mine: its figures come to no finite number: divide by zero...
    """
    with _strict():
        try:
            yield
        except (ArithmeticError, RuntimeWarning, ValueError) as error:
            if directory is None or not _of_figures(error):
                raise
            said = f"its figures come to no finite number: {error}{_at(error)}"
            raise InputError(said, str(directory)) from None


def _strict() -> AbstractContextManager[object]:
    """Arrays warn of what has no value, and go on: within this they stop, in this thread alone. A
    command that has loaded none when it starts, and may need none, has a thread of its own.
    """
    if arrays := sys.modules.get("numpy"):
        return arrays.errstate(divide="raise", over="raise", invalid="raise")
    return _warnings_as_errors()


@contextmanager
def _warnings_as_errors() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("error", OF_ARRAYS, RuntimeWarning)
        yield


def each_finite(pieces: Iterator[Piece], directory: str | Path | None = None) -> Iterator[Piece]:
    """Pieces, each made under :func:`finite`; what a caller does between them is its own.

    >>> list(each_finite(iter([1.0, 2.0])))
    [1.0, 2.0]
    """
    while True:
        with finite(directory):
            found = [*islice(pieces, 1)]
        if not found:
            return
        yield found[0]


def _of_figures(error: Exception) -> bool:
    """Whether figures raised it: of errors of values, a singular matrix alone."""
    return not isinstance(error, ValueError) or type(error).__name__ == "LinAlgError"


def _at(error: BaseException) -> str:
    """What was being computed: the innermost of our functions, in words."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if OWN in Path(frame.filename).parents]
    inner = ours[-1] if len(ours) > 1 else None  # the first is this module
    words = inner.name.strip("_<>").replace("_", " ") if inner else ""
    return f", in {words} ({Path(inner.filename).name})" if inner else ""
