"""What all benchmarks share: runs on a quiet machine, a measured ratio with its range, and the
machine behind it.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any, TypeVar

import psutil

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
QUIET_CORES = 0.5  # what others may use before a run begins
Run = TypeVar("Run")
ALLOWED = "the time that it may take"


@dataclass(frozen=True)
class Measured:
    """How many times faster one way is than another: median, least and largest of the runs, and
    what was promised.

    The promise is a ratio, or seconds at most. `load_cores` is the most that others used of the
    machine as a run began.
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
    load_cores: float = 0.0

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
    load_cores: float = 0.0,
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
        load_cores,
    )


def allowed(work: str, at_most_s: float, seconds: list[float], load_cores: float) -> Measured:
    """A measurement that nobody else stands beside: seconds, against those that it may take."""
    pairs = [(one, at_most_s) for one in seconds]
    return measured(work, ALLOWED, None, pairs, at_most_s, load_cores)


def repeated(runs: int, once: Callable[[], Run]) -> tuple[list[Run], float]:
    """Some runs, each begun when the machine is quiet, and the largest load at their beginnings."""
    found, loads = [], []
    for _ in range(runs):
        loads.append(_wait_until_quiet())
        found.append(once())
    return found, max(loads)


def _wait_until_quiet() -> float:
    """Wait until others leave the machine alone; the cores that they use then."""
    while (load := psutil.cpu_percent(1.0) / 100.0 * (psutil.cpu_count() or 1)) > QUIET_CORES:
        print(f"others use {load:.1f} cores: waiting", file=sys.stderr, flush=True)
    return load


def machine() -> dict[str, Any]:
    """Cores, processor kind, Python and the versions that matter."""
    cores = len(os.sched_getaffinity(0))
    return {"cores": cores, "machine": platform.machine(), "python": platform.python_version()} | {
        name: version(name) for name in PACKAGES
    }
