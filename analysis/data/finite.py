"""Figures that are finite: what overflows or has no value stops where it is computed."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis.data.mistakes import InputError

OWN = Path(__file__).parents[1]
OF_ARRAYS = "divide by zero|overflow|invalid value|Mean of empty|All-NaN|Degrees of freedom"


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
    with warnings.catch_warnings():
        # arrays warn of what has no value, and go on; other warnings are none of ours
        warnings.filterwarnings("error", OF_ARRAYS, RuntimeWarning)
        try:
            yield
        except (ArithmeticError, RuntimeWarning, ValueError) as error:
            if directory is None or not _of_figures(error):
                raise
            said = f"its figures come to no finite number: {error}{_at(error)}"
            raise InputError(said, str(directory)) from None


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
