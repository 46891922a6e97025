"""`traincost estimate` on a folder of a thousand descriptions: one process for all, against one
process for each.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import Measured, measured, repeated

SPEC = """name = "run {number}"
developer = "Somebody"
release_date = 2025-06-01
params_total = {billions}e9
params_active = 7e9
tokens = "15T"
hardware = "H100"
"""
FILES, ALONE = 1000, 5
COMMAND = Path(sys.executable).with_name("traincost")


def seconds(*arguments: str) -> float:
    """How long one call of the command takes."""
    begin = time.perf_counter()
    subprocess.run([COMMAND, "estimate", *arguments, "--json"], check=True, capture_output=True)
    return time.perf_counter() - begin


def measure(runs: int) -> list[Measured]:
    """Seconds an answer of both ways, over some runs."""
    pairs, load = repeated(runs, both)
    work = "estimate on a folder of 1,000 descriptions"
    return [measured(work, "a process for each", 50, pairs, load_cores=load)]


def both() -> tuple[float, float]:
    """Seconds an answer, of all in one process and of some in their own."""
    with tempfile.TemporaryDirectory() as name:
        files = [Path(name) / f"{number}.toml" for number in range(FILES)]
        for number, file in enumerate(files):
            file.write_text(SPEC.format(number=number, billions=7 + number % 100))
        alone = sum(seconds(str(file)) for file in files[:ALONE]) / ALONE
        return seconds(name) / FILES, alone
