"""Percentiles of R1's total to an rms error of 0.1 %: this project's points against squigglepy's.

Both sides send the same number of uniform draws through the same distributions and the same
arithmetic; what differs is where the draws lie. Sizes double until the 5th, 50th and 95th
percentile, over repeated seeds, are within the error of a far longer run.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import squigglepy as sq
from scipy.stats import qmc
from tqdm import tqdm

from analysis.data.scenario import load_scenario
from analysis.data.tables import Evidence
from analysis.data.uncertainty import percentiles
from analysis.reconstruction.reconstruction import reconstruct
from analysis.reconstruction.sensitivity import gpu_hours_of, uncertain_inputs
from benchmarks.measure import Measured, measured, repeated

RMS_ERROR = 0.001
SEEDS = 4
CHUNK = 2**14  # draws at a time, which bounds the memory of both
SMALLEST, LARGEST, REFERENCE = 12, 21, 19  # powers of two


def sobol(size: int, names: list[str], seed: int) -> Iterator[np.ndarray]:
    """Scrambled Sobol points, as the project draws them."""
    engine = qmc.Sobol(len(names), scramble=True, seed=seed)
    for _ in range(max(size // CHUNK, 1)):
        yield engine.random(min(size, CHUNK)).T


def monte_carlo(size: int, names: list[str], seed: int) -> Iterator[np.ndarray]:
    """Independent draws by squigglepy."""
    sq.set_seed(seed)
    for _ in range(max(size // CHUNK, 1)):
        yield np.array([sq.sample(sq.uniform(0, 1), n=min(size, CHUNK)) for _ in names])


def measure(runs: int) -> list[Measured]:
    """The ratio of both, over some runs of several seeds each."""
    evidence = Evidence.load()
    reconstruction = reconstruct("deepseek-r1", load_scenario(), evidence)
    inputs = uncertain_inputs(reconstruction)
    names = list(inputs)

    def found(draws: Iterator[np.ndarray]) -> np.ndarray:
        hours = [
            gpu_hours_of(
                reconstruction,
                {
                    name: inputs[name].distribution.quantile(row)
                    for name, row in zip(names, chunk, strict=True)
                },
            )
            for chunk in draws
        ]
        return np.array(list(percentiles(np.concatenate(hours)).values()))

    reference = found(sobol(2**REFERENCE, names, 1234))

    def timed(way: Callable[[int, list[str], int], Iterator[np.ndarray]], label: str) -> float:
        """Seconds of the smallest size that is within the error."""
        for power in tqdm(range(SMALLEST, LARGEST + 1), desc=label, file=sys.stderr):
            begin = time.perf_counter()
            results = np.array([found(way(2**power, names, seed)) for seed in range(SEEDS)])
            seconds = (time.perf_counter() - begin) / SEEDS
            error = float(np.sqrt(np.mean((results / reference - 1.0) ** 2)))
            if error <= RMS_ERROR:
                break
        return seconds

    def both() -> tuple[float, float]:
        return timed(sobol, "Sobol points"), timed(monte_carlo, "squigglepy")

    pairs, load = repeated(runs, both)
    work = f"percentiles of R1's total to {RMS_ERROR:.1%} rms error"
    return [measured(work, "the same with squigglepy's draws", 10, pairs, load_cores=load)]
