"""Scrambled Sobol points, kept for other processes: what makes them takes longer to import than
all else that an answer needs.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import lru_cache

import numpy as np
import scipy

from analysis.data import cache

MOST_KEPT = 32  # sets of points
LARGEST_KEPT = 2**18  # numbers of a set: 2 MiB
NUMBER = np.dtype("<f8")
DIGEST_BYTES = hashlib.sha256().digest_size


@lru_cache(maxsize=16)
def sobol_points(dimensions: int, power: int, seed: int) -> np.ndarray:
    """Two to a power of scrambled Sobol points, of shape (points, dimensions), read alone; random
    in the dimensions for which nobody has computed Sobol's numbers, from 21,202 on.

    >>> sobol_points(3, 2, 1).shape
    (4, 3)
    """
    name = _name(dimensions, power, seed)
    found = _read(name, (2**power, dimensions))
    if found is None:
        found = _made(dimensions, power, seed)
        if found.size <= LARGEST_KEPT:
            _keep(name, found)
    found.setflags(write=False)
    return found


def _made(dimensions: int, power: int, seed: int) -> np.ndarray:
    from scipy.stats import qmc  # takes longer to import than all the rest

    known = min(dimensions, qmc.Sobol.MAXDIM)
    points = qmc.Sobol(known, scramble=True, seed=seed).random_base2(power)
    if known == dimensions:
        return points
    others = np.random.default_rng(seed).random((len(points), dimensions - known))
    return np.hstack([points, others])


def _name(dimensions: int, power: int, seed: int) -> str:
    """What such points are kept under; those of other versions are others."""
    asked = repr((dimensions, power, seed, scipy.__version__, np.__version__))
    return f"points/{hashlib.sha256(asked.encode()).hexdigest()}"


def _read(name: str, shape: tuple[int, int]) -> np.ndarray | None:
    """Points as they were kept; None where there are none, or not as they were kept."""
    content = cache.read(name) or b""
    numbers = content[DIGEST_BYTES:]
    whole = hashlib.sha256(numbers).digest() == content[:DIGEST_BYTES]
    if not whole or len(numbers) != NUMBER.itemsize * shape[0] * shape[1]:
        return None
    return np.frombuffer(numbers, NUMBER).reshape(shape)


def _keep(name: str, points: np.ndarray) -> None:
    """Keep points for other processes, and of all sets those kept last."""
    numbers = points.astype(NUMBER).tobytes()
    cache.keep(name, hashlib.sha256(numbers).digest() + numbers)
    path = cache.place(name)
    with suppress(OSError):  # another process tidies up at the same time
        others = path.parent.iterdir() if path else ()
        newest = sorted(others, key=lambda one: one.stat().st_mtime_ns)
        for old in newest[:-MOST_KEPT]:
            old.unlink()
