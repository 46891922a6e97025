"""Execute notebooks through papermill, strictly: an unknown parameter is an error, and so is a
failed cell.
"""

from __future__ import annotations

import functools
import json
import logging
import math
import os
import tempfile
import warnings
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from analysis.data.mistakes import InputError, UnknownName
from analysis.publish.declared import check_declared
from analysis.publish.forking import engine, forks
from analysis.publish.forking.warm import warm_up
from analysis.publish.kept import keep, read_kept, sha256_of

USERS_MISTAKES = {error.__name__ for error in (InputError, UnknownName)}
KERNEL = "python3"  # the environment's own; a name saved in a notebook would win over it
MARK = "traincost"  # in the metadata of an executed notebook: the hash of its cells
FAILED = ".failed.ipynb"
SECONDS = "seconds.json"  # how long each notebook took the last time, beside the executed copies

logging.getLogger("papermill").setLevel(logging.CRITICAL)  # it warns of names that are refused here


class NotebookFailed(RuntimeError):
    """A cell raised, or its kernel died: three lines with cell, error and parameters; the partial
    output is kept.
    """


@dataclass(frozen=True)
class Job:
    """One notebook to execute with parameters into a file."""

    name: str
    notebook: Path
    parameters: Mapping[str, Any]
    output: Path


def check_target(output: Path) -> None:
    """Refuse a file that is no executed notebook as this project left it, and a folder that no
    file can be put into.
    """
    try:
        for path in (output, output.with_suffix(FAILED)):
            if path.exists() and not is_as_executed(path):
                raise InputError(
                    f"--out {path}: exists and is no executed notebook as a rerun left it; "
                    "name another file"
                )
        with tempfile.NamedTemporaryFile(dir=output.parent):
            pass
    except OSError as error:
        raise InputError(f"--out {output}: cannot be written: {error.strerror}") from None


def is_as_executed(path: Path) -> bool:
    """Whether a file is an executed notebook, whole, in which nobody has written since."""
    try:
        notebook = json.loads(path.read_bytes()) if path.is_file() else {}
        return bool(notebook["metadata"][MARK] == sha256_of(notebook["cells"]))
    except (ValueError, LookupError, TypeError):
        return False


def execute(job: Job, engine_name: str | None = None) -> Path:
    """Execute one notebook, by papermill's own engine or a registered one; the output appears only
    when it is whole.

    Raises
    ------
    InputError
        If a parameter is not one of the notebook's.
    NotebookFailed
        If a cell fails; what had been executed stands beside the output, as `NAME.failed.ipynb`.
    """
    check_declared(job.notebook, job.parameters)
    partial = job.output.with_suffix(f".{os.getpid()}.part.ipynb")
    try:
        _write_marked(tidied(_run(job, partial, engine_name)), partial)
        partial.replace(job.output)
    except PapermillExecutionError as error:
        if error.ename in USERS_MISTAKES:  # found by a cell
            raise InputError(error.evalue) from None
        said = f"{error.ename}: {error.evalue}"
        raise _failed(job, partial, error.cell_index, said) from None
    except DeadKernelError:
        raise _failed(job, partial, _died_in(partial), "the kernel died in it") from None
    finally:
        partial.unlink(missing_ok=True)
    return job.output


def _failed(job: Job, partial: Path, cell: int | None, said: str) -> NotebookFailed:
    """What a cell raised, and its notebook; what had been executed is kept beside the output."""
    _write_marked(tidied(nbformat.read(partial, as_version=4)), partial)
    kept = job.output.with_suffix(FAILED)
    partial.replace(kept)
    given = ", ".join(f"{key}={value}" for key, value in job.parameters.items())
    return NotebookFailed(
        f"{job.name}: cell {cell} of {job.notebook.name} failed\n"
        f"  {said}\n  parameters: {given}; partial output: {kept}"
    )


def _died_in(partial: Path) -> int:
    """The number of the code cell that was begun last, by papermill's own record. Whether it still
    got its count is chance: it has none.
    """
    notebook = nbformat.read(partial, as_version=4)
    code = [n for n, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    number = max(n for n in code if notebook.cells[n].metadata.papermill["start_time"])
    notebook.cells[number].execution_count = None
    nbformat.write(notebook, partial)
    return number


def _run(job: Job, output: Path, engine_name: str | None) -> NotebookNode:
    """Let papermill execute a notebook."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return papermill.execute_notebook(
            _plain(job.notebook),
            _plain(output),
            dict(job.parameters),
            engine_name=engine_name,
            kernel_name=KERNEL,
            progress_bar=False,
            # the kernel's notes would stand between ours
            extra_arguments=["--IPKernelApp.log_level=CRITICAL"],
        )


def _plain(path: Path) -> str:
    """A path as papermill takes it, which would put parameters where it has braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


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
    took longest the last time comes first, so that no core waits at the end. `meanwhile` is called
    once, while they start.
    """
    jobs = list(jobs)
    if not jobs:
        meanwhile()
        return
    record = jobs[0].output.parent / SECONDS
    seconds = read_kept(record)
    jobs.sort(key=lambda job: seconds.get(job.name, math.inf), reverse=True)
    workers = min(len(jobs), _cores() + 1)  # one or another waits for a drawing
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
    if forks.can_fork():
        prepare = (
            None if fresh_kernels else functools.partial(warm_up, [job.parameters for job in jobs])
        )
        return forks.forked(
            _timed if fresh_kernels else _timed_in_fork, jobs, workers, prepare, meanwhile
        )
    return _pooled(jobs, workers, meanwhile)


def _pooled(
    jobs: Sequence[Job], workers: int, meanwhile: Callable[[], object]
) -> Generator[tuple[int, Any], None, None]:
    with ProcessPoolExecutor(workers) as pool:
        running = {pool.submit(_timed, job): number for number, job in enumerate(jobs)}
        try:
            meanwhile()
            for future in as_completed(running):
                yield running[future], future.exception() or future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _timed(job: Job, engine_name: str | None = None) -> float:
    started = perf_counter()
    execute(job, engine_name)
    return perf_counter() - started


def _timed_in_fork(job: Job) -> float:
    engine.fork_kernel()
    return _timed(job, engine.FORK)


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def tidied(notebook: NotebookNode) -> NotebookNode:
    """The executed notebook without what differs from run to run: times, paths, execution
    metadata, where a stream is cut.

    The cell that papermill injects gets back the tag that hides its input.
    """
    notebook.metadata.pop("papermill", None)
    notebook.metadata.kernelspec = {
        "name": KERNEL,
        "display_name": "Python 3",
        "language": "python",
    }
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        tags = cell.metadata.get("tags", [])
        hidden = (
            ["remove-input"] if "injected-parameters" in tags and "remove-input" not in tags else []
        )
        cell.metadata = {"tags": [*tags, *hidden]}
        if cell.cell_type == "code":
            cell.outputs = _joined(cell.outputs)
    return notebook


def _joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Pieces of one stream that follow each other as one: the clock decides where they are cut."""
    joined: list[NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last and output.output_type == "stream" and last.get("name") == output.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def _write_marked(notebook: NotebookNode, path: Path) -> None:
    """Write an executed notebook so that it can be told from one that somebody has written in."""
    written = json.loads(nbformat.writes(notebook))
    written["metadata"][MARK] = sha256_of(written["cells"])
    # as nbformat writes it, which would check and cut it into lines once more
    text = json.dumps(written, ensure_ascii=False, indent=1, sort_keys=True)
    path.write_text(f"{text}\n", encoding="utf-8")
