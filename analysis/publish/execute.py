"""Execute notebooks through papermill, strictly: an unknown parameter is an error, and so is a failed cell."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import nbformat
import papermill
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from analysis.data import InputError, did_you_mean

KERNEL = "python3"  # the environment's own; a name saved in a notebook would win over it


class NotebookFailed(RuntimeError):
    """A cell raised: three lines with cell, error and parameters; the partial output is kept."""


@dataclass(frozen=True)
class Job:
    """One notebook to execute with parameters into a file."""

    name: str
    notebook: Path
    parameters: Mapping[str, Any]
    output: Path


def check_writable(folder: Path) -> None:
    """Refuse a folder that no file can be put into, by trying."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(f"--out {folder}: cannot be written: {error.strerror}") from None


def declared_parameters(notebook: Path) -> dict[str, dict[str, str]]:
    """The parameters that a notebook's own cell declares, as papermill reads them."""
    if not notebook.is_file():
        known = [path.stem for path in notebook.parent.glob("*.ipynb")]
        raise InputError(f"{notebook} is not a notebook{did_you_mean(notebook.stem, known)}")
    try:
        return papermill.inspect_notebook(str(notebook))
    except (ValueError, AttributeError, OSError) as error:
        raise InputError(f"{notebook}: not a notebook: {str(error).splitlines()[0][:80]}") from None


def execute(job: Job) -> Path:
    """Execute one notebook; the output appears only when it is whole.

    Raises
    ------
    InputError
        If a parameter is not one of the notebook's.
    NotebookFailed
        If a cell fails; what had been executed stands beside the output, as `NAME.failed.ipynb`.
    """
    declared = declared_parameters(job.notebook)
    for name in job.parameters:
        if name not in declared:
            raise InputError(f"{name} is not a parameter of {job.notebook.name}{did_you_mean(name, declared)}")
    partial = job.output.with_suffix(f".{os.getpid()}.part.ipynb")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            papermill.execute_notebook(
                str(job.notebook),
                str(partial),
                dict(job.parameters),
                kernel_name=KERNEL,
                progress_bar=False,
                extra_arguments=["--IPKernelApp.log_level=ERROR"],  # a note on transport security would stand between the progress lines
            )
        nbformat.write(tidied(nbformat.read(partial, as_version=4)), partial)
        partial.replace(job.output)
    except PapermillExecutionError as error:
        if error.ename == "InputError":  # the user's mistake, found by a cell
            raise InputError(error.evalue) from None
        kept = job.output.with_suffix(".failed.ipynb")
        partial.replace(kept)
        given = ", ".join(f"{key}={value}" for key, value in job.parameters.items())
        raise NotebookFailed(
            f"{job.name}: cell {error.cell_index} of {job.notebook.name} failed\n"
            f"  {error.ename}: {error.evalue}\n  parameters: {given}; partial output: {kept}"
        ) from None
    finally:
        partial.unlink(missing_ok=True)
    return job.output


def execute_all(jobs: Iterable[Job], report: Callable[[str], None]) -> None:
    """Execute notebooks in a pool of processes on all cores, reporting each as it ends."""
    jobs = list(jobs)
    if not jobs:
        return
    started = perf_counter()
    with ProcessPoolExecutor(max_workers=min(len(jobs), os.cpu_count() or 1)) as pool:
        running = {pool.submit(execute, job): job for job in jobs}
        try:
            for done, future in enumerate(as_completed(running), 1):
                future.result()
                report(f"[{done}/{len(jobs)}] {running[future].name} executed ({perf_counter() - started:.1f} s)")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def tidied(notebook: NotebookNode) -> NotebookNode:
    """The executed notebook without what differs from run to run: times, paths, execution metadata.

    The cell that papermill injects gets back the tag that hides its input.
    """
    notebook.metadata.pop("papermill", None)
    notebook.metadata.kernelspec = {"name": KERNEL, "display_name": "Python 3", "language": "python"}
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        tags = cell.metadata.get("tags", [])
        hidden = ["hide-input"] if "injected-parameters" in tags and "hide-input" not in tags else []
        cell.metadata = {"tags": [*tags, *hidden]}
    return notebook
