"""The whole test suite, as `make test` runs it."""

from __future__ import annotations

import subprocess
import time

from analysis.publish.plan import checkout
from benchmarks.measure import Measured, allowed, repeated

AT_MOST_S = 300.0


def once() -> float:
    """Seconds of all checks and tests; a failed one is no measurement."""
    begin = time.perf_counter()
    subprocess.run(["make", "test"], cwd=checkout(), check=True, capture_output=True)
    return time.perf_counter() - begin


def measure(runs: int) -> list[Measured]:
    """Seconds of the suite: one run of it, for it is minutes long."""
    spent, load = repeated(min(runs, 1), once)
    return [allowed("make test", AT_MOST_S, spent, load)]
