"""What all benchmarks share: a measured ratio with its range, and the machine behind it."""

from __future__ import annotations

import os
import platform
import statistics
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from analysis.publish.plan import checkout

NOTEBOOKS = checkout() / "notebooks"
PACKAGES = (
    "papermill",
    "jupyter-book",
    "sphinx",
    "altair",
    "numpy",
    "pandas",
    "distributed",
)


@dataclass(frozen=True)
class Measured:
    """How many times faster one way is than another: median, least and largest of the runs, and
    what was promised.

    The promise is a ratio, or seconds at most.
    """

    work: str
    against: str
    promised: float | None
    ratio: float
    least: float
    most: float
    runs: int
    ours_s: float
    theirs_s: float
    at_most_s: float | None = None

    def as_row(self) -> dict[str, Any]:
        """The measurement as JSON has it, to three figures."""
        return {
            name: float(f"{value:.3g}") if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }


def measured(
    work: str,
    against: str,
    promised: float | None,
    pairs: list[tuple[float, float]],
    at_most_s: float | None = None,
) -> Measured:
    """A measurement from pairs of seconds, ours and theirs, each pair of one run."""
    ratios = [theirs / ours for ours, theirs in pairs]
    ours, theirs = (statistics.median(values) for values in zip(*pairs, strict=True))
    middle = statistics.median(ratios)
    return Measured(
        work,
        against,
        promised,
        middle,
        min(ratios),
        max(ratios),
        len(pairs),
        ours,
        theirs,
        at_most_s,
    )


def machine() -> dict[str, Any]:
    """Cores, processor kind, Python and the versions that matter."""
    cores = len(os.sched_getaffinity(0))
    return {"cores": cores, "machine": platform.machine(), "python": platform.python_version()} | {
        name: version(name) for name in PACKAGES
    }
