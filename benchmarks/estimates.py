"""`traincost estimate` on a folder of a thousand descriptions: one process for all, against one
process for each.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import Measured, measured

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
    pairs = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for number in range(FILES):
                (folder / f"{number}.toml").write_text(
                    SPEC.format(number=number, billions=7 + number % 100)
                )
            alone = sum(seconds(str(folder / f"{number}.toml")) for number in range(ALONE)) / ALONE
            pairs.append((seconds(name) / FILES, alone))
    return [measured("estimate on a folder of 1,000 descriptions", "a process for each", 50, pairs)]
