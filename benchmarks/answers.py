"""From the start of a command to its answer, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from analysis.data.folder import edition_model
from benchmarks.estimates import SPEC
from benchmarks.measure import Measured, allowed, repeated

COMMAND = Path(sys.executable).with_name("traincost")
RUN = SPEC.format(number=1, billions=70)  # a description, on standard input


def commands() -> dict[str, tuple[tuple[str, ...], float]]:
    """The commands by their words, and the seconds that each may take."""
    return {
        "traincost --help": (("--help",), 0.3),
        "traincost facts v3_total_gpu_hours": (("facts", "v3_total_gpu_hours"), 0.6),
        "traincost estimate run.toml": (("estimate", "-"), 1.0),
        "traincost reconstruct": (("reconstruct", edition_model()), 1.5),
    }


def seconds(arguments: tuple[str, ...]) -> float:
    """How long a command takes to answer."""
    begin = time.perf_counter()
    subprocess.run([COMMAND, *arguments], check=True, capture_output=True, input=RUN, text=True)
    return time.perf_counter() - begin


def measure(runs: int) -> list[Measured]:
    """Seconds of each command, over some runs."""
    found = []
    for words, (arguments, at_most_s) in commands().items():
        seconds(arguments)  # files are read from the disk once
        spent, load = repeated(runs, lambda given=arguments: seconds(given))
        found.append(allowed(f"{words}, start to answer", at_most_s, spent, load))
    return found
