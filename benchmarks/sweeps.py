"""A sweep of ten thousand combinations with intervals, against the papermill command for one
combination.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import NOTEBOOKS, Measured, measured, repeated

GRIDS = ["price_usd_per_gpu_hour=1:5:100", "mfu=0.1:0.6:10", "time_per_output_token_ms=10:60:10"]
COMBINATIONS = 10_000
BIN = Path(sys.executable).parent


def by_sweep(folder: Path) -> float:
    """Seconds a combination by the command, from its start to the file."""
    grids = [text for grid in GRIDS for text in ("--grid", grid)]
    begin = time.perf_counter()
    subprocess.run(
        [BIN / "traincost", "sweep", *grids, "--out", folder / "sweep.csv"],
        check=True,
        capture_output=True,
    )
    return (time.perf_counter() - begin) / COMBINATIONS


def by_papermill(folder: Path) -> float:
    """Seconds of the notebook of the bill with one combination."""
    given = [
        "-p",
        "price_usd_per_gpu_hour",
        "3",
        "-p",
        "mfu",
        "0.3",
        "-p",
        "time_per_output_token_ms",
        "20",
    ]
    begin = time.perf_counter()
    subprocess.run(
        [BIN / "papermill", NOTEBOOKS / "bill.ipynb", folder / "bill.ipynb", *given],
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - begin


def measure(runs: int) -> list[Measured]:
    """The ratio of both, over some runs."""
    pairs, load = repeated(runs, both)
    work = "sweep of 10,000 combinations with intervals"
    return [measured(work, "papermill, one combination", 4000, pairs, load_cores=load)]


def both() -> tuple[float, float]:
    """Seconds a combination, ours and theirs."""
    with tempfile.TemporaryDirectory() as name:
        return by_sweep(Path(name)), by_papermill(Path(name))
