"""Every page on evidence of which rows or a column were taken: it is computed all the same, or
stops with a line that names a file.
"""

from __future__ import annotations

import ast
import csv
import random
import re
import shutil
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from io import StringIO
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import nbformat
import pytest

from analysis.data.folder import resources
from analysis.data.mistakes import InputError
from analysis.publish.forking.forks import Fork
from analysis.publish.forking.warm import warm_up
from analysis.publish.plan import Page
from benchmarks.execution import parameters_of_pages
from tests.conftest import ROOT

Rows = list[dict[str, str]]


def without_a_column(rows: Rows, chance: random.Random) -> Rows:
    emptied = chance.choice([*rows[0]])
    return [row | {emptied: ""} for row in rows]


TAKEN: dict[str, Callable[[Rows, random.Random], Rows]] = {
    "all rows": lambda rows, chance: [],
    "half of the rows": lambda rows, chance: [row for row in rows if chance.random() < 0.5],
    "all rows but one": lambda rows, chance: [chance.choice(rows)],
    "a column": without_a_column,
}


@cache
def warm() -> list[tuple[Page, dict[str, Any]]]:
    """The pages with their parameters, once this process has imported what they need."""
    pages = parameters_of_pages()
    given = [given for _, given in pages]
    early = [number for number, one in enumerate(given) if "scenario" not in one]
    assert early and all(numbers == early for numbers in warm_up(given))
    return pages


def run_cells(page: Page, given: dict[str, Any]) -> None:
    """The cells of a page one after the other, with what each shows."""
    names: dict[str, Any] = {}
    for cell in nbformat.read(page.path(ROOT), as_version=4).cells:
        if cell.cell_type == "code":
            tree = ast.parse(cell.source)
            shown = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, "cell", "exec"), names)
            if shown is not None:
                found = eval(compile(ast.Expression(shown.value), "cell", "eval"), names)
                getattr(found, "_repr_html_", lambda: None)()
            if "parameters" in cell.metadata.get("tags", []):
                names |= given


def tell(connection: Connection, page: Page, given: dict[str, Any]) -> None:
    """What stops a page: nothing, the line of a mistake, or a fault."""
    said = ""
    try:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            run_cells(page, given)
    except InputError as error:
        said = str(error)
    except BaseException:
        said = f"fault: {traceback.format_exc()}"
    connection.send(said)


def said_by(page: Page, given: dict[str, Any]) -> str:
    """What a page says in a process of its own."""
    fork = Fork(tell, page, given)
    said = str(fork.connection.recv())
    fork.wait()
    return said


@pytest.mark.soak
@pytest.mark.parametrize("taken", TAKEN)
def test_what_is_missing_is_told_where_it_is_missed(folder, taken, record_property):
    pages, chance = warm(), random.Random(taken)
    for resource in resources(folder):
        path = Path(folder / resource["path"])
        kept = shutil.copy(path, path.with_suffix(".kept"))
        with path.open(encoding="utf-8", newline="") as file:
            rows = [*csv.DictReader(file)]
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [*rows[0]])
            writer.writeheader()
            writer.writerows(TAKEN[taken](rows, chance))
        for page, given in pages:
            said = said_by(page, given | {"data": str(folder)})
            where = f"{taken} of {resource['path']}, {page.page}: {said}"
            assert not said or re.search(r"\.(csv|toml)\b", said), where
            assert not said.startswith("fault: "), where
            record_property("pages on emptied tables", 1)
        shutil.move(kept, path)
