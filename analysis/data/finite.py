"""Figures that are finite: what overflows or has no value stops where it is computed."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from analysis.data.mistakes import InputError

OWN = Path(__file__).parents[1]


@contextmanager
def finite(directory: str | Path | None = None) -> Iterator[None]:
    r"""Stop at the first division by nothing, overflow or missing value of arrays.

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
    >>> with finite("mine"):
    ...     np.log(np.zeros(1))
    Traceback (most recent call last):
    analysis.data.mistakes.InputError: mine: its figures come to no finite number: divide by zero \
encountered in log
    """
    with np.errstate(divide="raise", over="raise", invalid="raise"), warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)  # as of the mean of nothing
        try:
            yield
        except (ArithmeticError, np.linalg.LinAlgError, RuntimeWarning) as error:
            if directory is None:
                raise
            said = f"its figures come to no finite number: {error}{_at(error)}"
            raise InputError(said, str(directory)) from None


def _at(error: BaseException) -> str:
    """What was being computed: the innermost of our functions, in words."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if OWN in Path(frame.filename).parents]
    inner = ours[-1] if len(ours) > 1 else None  # the first is this module
    words = inner.name.strip("_<>").replace("_", " ") if inner else ""
    return f", in {words} ({Path(inner.filename).name})" if inner else ""
