"""One notebook executed through papermill, strictly: an unknown parameter is an error, and so is a
failed cell.
"""

from __future__ import annotations

import json
import logging
import os
import warnings
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from analysis.data.mistakes import InputError, UnknownName
from analysis.publish.declared import check_declared
from analysis.publish.job import FAILED, MARK, Job, NotebookFailed
from analysis.publish.kept import sha256_of

USERS_MISTAKES = {error.__name__ for error in (InputError, UnknownName)}
KERNEL = "python3"  # the environment's own; a name saved in a notebook would win over it

logging.getLogger("papermill").setLevel(logging.CRITICAL)  # it warns of names that are refused here


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
    _check_readable(job.notebook)
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


def _check_readable(path: Path) -> None:
    """Refuse a file that has the form of a notebook and breaks its rules."""
    try:
        with warnings.catch_warnings():  # of cells without a name of their own, which get one
            warnings.simplefilter("ignore")
            notebook = nbformat.read(path, as_version=4)
            nbformat.validate(notebook)
        json.dumps(notebook, ensure_ascii=False).encode()  # half a character is in no file
    except Exception as error:  # whatever the reader stumbles on
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path}: not a notebook that can be executed: {said}") from None


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
            language="python",
            progress_bar=False,
            # the kernel's notes would stand between ours
            extra_arguments=["--IPKernelApp.log_level=CRITICAL"],
        )


def _plain(path: Path) -> str:
    """A path as papermill takes it, which would put parameters where it has braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


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
    # what a cell printed may hold half a character, which JSON can write as an escape alone
    path.write_bytes(f"{text}\n".encode("utf-8", "backslashreplace"))
