"""Parameter sets of a sweep: grids of values, or points over ranges."""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterable, Mapping, Sequence, Sized
from itertools import islice
from operator import length_hint
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.cells import NUMBER
from analysis.data.mistakes import InputError, did_you_mean
from analysis.data.points import sobol_points
from analysis.data.scenario import PARAMETER_NAMES, usual_range, value_of

MOST = 100_000_000  # combinations of one sweep
MOST_UNCOUNTED = 1_000_000  # values that do not say how many they are: there may be no end of them
NOT_SWEPT = ("samples", "seed")
DIGITS = re.compile("[0-9]+")


def combinations(
    grids: Sequence[str], sample: int | None, seed: int = 0, fixed: Container[str] = ()
) -> pd.DataFrame:
    """Parameter sets from `key=a,b,c` and `key=lo:hi:n`, every one with every other; with `sample`,
    Sobol points instead.

    With `sample`, `key=lo:hi` is a range and a list is chosen from; where no grid is given, every
    parameter that has a usual range is sampled over it, but for those whose value is `fixed`.

    Raises
    ------
    InputError
        For a malformed grid, an unknown parameter, or a parameter that stands twice or is fixed.
    """
    axes: dict[str, list[Any] | tuple[float, float]] = {}
    for text in grids:
        key, values = parse_grid(text, sampled=sample is not None)
        if key in axes:
            raise InputError(f"--grid {text}: {key} stands twice")
        if key in fixed:
            raise InputError(f"--grid {text}: -p sets {key} already; allowed is one of both")
        axes[key] = values
    if sample is None:
        if not axes:
            raise InputError("a sweep needs --grid key=a,b,c or key=lo:hi:n, or --sample N")
        return product(axes)
    return _sampled(axes or _usual_axes(fixed), sample, seed)


def _usual_axes(fixed: Container[str]) -> dict[str, Any]:
    """Every parameter that has a usual range and no value, with that range."""
    free = [name for name in PARAMETER_NAMES if name not in fixed]
    axes = {name: span for name in free if (span := usual_range(name))}
    if not axes:
        raise InputError("-p sets every parameter that could be sampled; leave one to --sample")
    return axes


def product(axes: Mapping[str, Any]) -> pd.DataFrame:
    """Every value of every parameter with every other, the last changing first.

    >>> product({"mfu": [0.2, 0.3], "pue": [1.1, 1.2]}).pue.tolist()
    [1.1, 1.2, 1.1, 1.2]

    Raises
    ------
    InputError
        For no parameter at all, one whose values are no list of numbers or names, or more
        combinations than a sweep takes.
    """
    if not axes:
        raise InputError("a sweep needs a parameter and its values, such as mfu=[0.2, 0.3]")
    _refuse_many(math.prod(_at_least(name, axis) for name, axis in axes.items()))
    found = {name: _listed(name, axis) for name, axis in axes.items()}
    _refuse_many(math.prod(map(len, found.values())))
    values = [[value_of(name, one) for one in listed] for name, listed in found.items()]
    return pd.MultiIndex.from_product(values, names=list(axes)).to_frame(index=False)


def _at_least(name: str, axis: Any) -> int:
    """How many values a parameter has, as far as that is known before they are read."""
    try:
        return max(length_hint(axis), 1)
    except OverflowError:
        said = f"found more values than any list holds, allowed are {MOST:,} combinations"
        raise InputError(said, name) from None


def _listed(name: str, axis: Any) -> list[Any]:
    """The values of a parameter, read no further than a sweep takes them."""
    listed = isinstance(axis, Iterable) and not isinstance(axis, str | bytes)
    most = MOST if isinstance(axis, Sized) else MOST_UNCOUNTED
    found = list(islice(axis, most + 1)) if listed and getattr(axis, "ndim", 1) == 1 else []
    if len(found) > most:
        raise InputError(f"found more than {most:,} values, allowed is a list that ends", name)
    if not found or any(one is None for one in found):
        raise InputError(f"found {axis!r}, allowed is a list of values, such as [0.2, 0.3]", name)
    return found


def _refuse_many(size: int) -> None:
    if size > MOST:
        raise InputError(f"{size:,} combinations are more than the {MOST:,} that a sweep takes")


def points(text: str) -> int:
    """How many points a sweep samples, in digits.

    >>> points("256")
    256
    """
    if not DIGITS.fullmatch(text) or not 1 <= len(text) <= len(str(MOST)):
        raise InputError(f"--sample {text}: expected one to {MOST:,}, in digits")
    return int(text)


def size_of(grids: Sequence[str], sample: int | None) -> int:
    """How many combinations that will be, without making them."""
    if sample is not None:
        if not 1 <= sample <= MOST:
            raise InputError(f"--sample {sample}: expected one to {MOST:,}")
        return sample
    size = math.prod(_read(text)[2] for text in grids)
    _refuse_many(size)
    return size


def parse_grid(text: str, sampled: bool = False) -> tuple[str, list[Any] | tuple[float, float]]:
    """A grid of the command line: a list of values, n values from lo to hi, or, when sampled, a
    range.

    >>> parse_grid("price_usd_per_gpu_hour=1:3:3")
    ('price_usd_per_gpu_hour', [1.0, 2.0, 3.0])
    """
    key, axis, count = _read(text, sampled)
    if sampled or isinstance(axis, list):
        return key, axis
    return key, [float(value) for value in np.linspace(*axis, count)]


def _read(text: str, sampled: bool = False) -> tuple[str, list[Any] | tuple[float, float], int]:
    """The parameter of a grid, its values or the ends of them, and how many they are."""
    key, _, right = text.partition("=")
    swept = [name for name in PARAMETER_NAMES if name not in NOT_SWEPT]
    if key not in swept:
        raise InputError(
            f"--grid {text}: {key or 'nothing'} is not a parameter that can be swept"
            f"{did_you_mean(key, swept)}"
        )
    parts = right.split(":")
    if len(parts) == 1:
        values = [value.strip() for value in right.split(",")]
        if not all(values):
            raise InputError(f"--grid {text}: an empty value; expected key=a,b,c or key=lo:hi:n")
        numbers = values if key == "chip" else [_number(value, text) for value in values]
        return key, numbers, len(values)
    low, high = (_number(part, text) for part in parts[:2])
    if key == "chip" or len(parts) > 3 or low >= high:
        raise InputError(f"--grid {text}: expected key=a,b,c, or key=lo:hi:n with lo below hi")
    if sampled:
        if len(parts) == 3:
            raise InputError(f"--grid {text}: --sample says how many; expected key=lo:hi")
        return key, (low, high), 1
    count = parts[2] if len(parts) == 3 else ""
    digits = DIGITS.fullmatch(count)
    if digits and len(count) > 8:
        raise InputError(f"--grid {text}: n is more than {MOST:,}")
    if not digits or int(count) < 2:
        raise InputError(
            f"--grid {text}: expected key=lo:hi:n with n of two or more, "
            f"found n = {count or 'nothing'}"
        )
    return key, (low, high), int(count)


def _number(text: str, grid: str) -> float:
    if not NUMBER.fullmatch(text) or not math.isfinite(
        float(text)
    ):  # as everywhere: 1_0 is no number
        raise InputError(
            f"--grid {grid}: {text or 'nothing'} is not a number; expected key=a,b,c or key=lo:hi:n"
        )
    return float(text)


def _sampled(
    axes: Mapping[str, list[Any] | tuple[float, float]], count: int, seed: int
) -> pd.DataFrame:
    """Scrambled Sobol points over the axes: within ranges, or among the values of a list."""
    points = sobol_points(len(axes), max(count - 1, 1).bit_length(), seed)[:count]
    columns = {}
    for column, (name, axis) in zip(points.T, axes.items(), strict=True):
        if isinstance(axis, tuple):
            columns[name] = axis[0] + (axis[1] - axis[0]) * column
        else:
            columns[name] = [axis[int(point * len(axis))] for point in column]
    return pd.DataFrame(columns)
