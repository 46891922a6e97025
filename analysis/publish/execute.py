"""Execute notebooks on all cores.

Imports little: what executes them starts first, and takes longer to start than all else here.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import closing
from time import perf_counter
from typing import Any

from analysis.data.room import DRAWING_GIB, refuse_little_room
from analysis.publish.forking import forks
from analysis.publish.forking.warm import warm_up
from analysis.publish.job import Job
from analysis.publish.kept import keep, read_kept

SECONDS = "seconds.json"  # how long each notebook took the last time, beside the executed copies


def execute_one(job: Job, meanwhile: Callable[[], object]) -> None:
    """Execute one notebook as `execute_all` does each; what `meanwhile` raises stops it before its
    first cell.
    """
    with closing(_outcomes([job], 1, False, meanwhile)) as outcomes:
        for _, outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome


def execute_all(
    jobs: Iterable[Job],
    report: Callable[[str], None],
    fresh_kernels: bool = False,
    meanwhile: Callable[[], object] = lambda: None,
) -> None:
    """Execute notebooks on all cores, reporting each as it ends; whatever ends this process ends
    them.

    Each runs in a clean fork where there are forks, or in a kernel that is started for it. What
    took longest the last time comes first, so that no core waits at the end; what takes no
    scenario begins before what others share is there. `meanwhile` is called once, while they start.
    """
    jobs = list(jobs)
    if not jobs:
        meanwhile()
        return
    record = jobs[0].output.parent / SECONDS
    seconds = read_kept(record)
    jobs.sort(key=lambda job: seconds.get(job.name, math.inf), reverse=True)
    # of forks one more than cores: one or another waits for a drawing
    workers = min(len(jobs), _cores() + _forks_kernels(fresh_kernels))
    waiting = [job.name for job in jobs]
    with closing(_outcomes(jobs, workers, fresh_kernels, meanwhile)) as outcomes:
        for number, outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
            name = jobs[number].name
            waiting.remove(name)
            seconds[name] = outcome
            rest = sum(seconds.get(other, math.nan) for other in waiting) / workers
            done = f"[{len(jobs) - len(waiting)}/{len(jobs)}] {name} executed ({outcome:.1f} s)"
            report(f"{done}; about {rest:.0f} s to go" if rest > 0 else done)
    keep(record, seconds)


def _outcomes(
    jobs: Sequence[Job],
    workers: int,
    fresh_kernels: bool,
    meanwhile: Callable[[], object] = lambda: None,
) -> Generator[tuple[int, Any], None, None]:
    """The number of each job as it ends, with its seconds or its error."""
    refuse_little_room(DRAWING_GIB)
    if _forks_kernels(fresh_kernels):
        prepare = functools.partial(warm_up, [job.parameters for job in jobs])
        return forks.forked(_timed_in_fork, jobs, workers, prepare, meanwhile)
    meanwhile()  # what it finds wrong stops all: kernels of their own begin at once
    if forks.can_fork():
        return forks.forked(_timed, jobs, workers, None, lambda: None)
    return _pooled(jobs, workers)


def _forks_kernels(fresh_kernels: bool) -> bool:
    return forks.can_fork() and not fresh_kernels


def _pooled(jobs: Sequence[Job], workers: int) -> Generator[tuple[int, Any], None, None]:
    with ProcessPoolExecutor(workers) as pool:
        running = {pool.submit(_timed, job): number for number, job in enumerate(jobs)}
        try:
            for future in as_completed(running):
                yield running[future], future.exception() or future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _timed(job: Job, engine_name: str | None = None) -> float:
    from analysis.publish.notebook import execute

    started = perf_counter()
    execute(job, engine_name)
    return perf_counter() - started


def _timed_in_fork(job: Job) -> float:
    from analysis.publish.forking import engine

    engine.fork_kernel()
    return _timed(job, engine.FORK)


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
