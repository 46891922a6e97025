"""Estimates for the runs of a spreadsheet: a run a row, the answers beside its own columns."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from analysis.compare.estimate import estimate
from analysis.compare.specification import PretrainingSpec, check_spec
from analysis.data.mistakes import InputError, did_you_mean
from analysis.data.tables import Evidence
from analysis.data.uncertainty import PERCENTILES
from analysis.data.unseen import refuse_unseen

# our keys by the columns of Epoch AI's table of models (epoch.ai/data/ai-models)
COLUMNS = {
    "model": "name",
    "organization": "developer",
    "publication date": "release_date",
    "parameters": "params_total",
    "training dataset size (gradients)": "tokens",
    "training dataset size (datapoints)": "tokens",
    "training dataset size (total)": "tokens",
    "training hardware": "hardware",
    "hardware quantity": "chips",
}
KEYS = tuple(key for key in PretrainingSpec.model_fields if key not in ("shape", "layout", "kind"))
NEEDED = ("name", "developer", "release_date", "params_total", "tokens", "hardware")
OTHERS = (";", "\t")  # between the cells of a sheet, where a comma is the mark of a decimal
ANSWERS = ("gpu_hours", "days", "usd", "energy_kwh", "co2_kg")

Row = Mapping[str, str]


def read_rows(text: str, where: str) -> list[dict[str, str]]:
    """The rows of a table in CSV, by the names of its own columns.

    Raises
    ------
    InputError
        If it is no table, holds what no reader sees, has a column twice or no row, or lacks a
        column that every run needs, under our name or Epoch AI's.
    """
    for number, one in enumerate(text.split("\n"), start=1):
        refuse_unseen(one, f"{where}, line {number}")
    content = io.StringIO(text.removeprefix("\ufeff"))
    reader = csv.DictReader(content, restval="", strict=True)  # a quotation mark has its other one
    rows, line = [], 1
    try:
        _check_columns([str(name) for name in reader.fieldnames or ()], where)
        line = reader.line_num + 1
        for row in reader:
            if None in row:
                place = f"{where}, line {reader.line_num}"
                raise InputError("has more cells than the table has columns", place)
            rows.append(row)
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"not a readable table: {error}", f"{where}, line {line}") from None
    if not rows:
        raise InputError("found no row, allowed is a run in each", where)
    return rows


def _check_columns(columns: list[str], where: str) -> None:
    """Refuse columns without one that every run needs, or with one twice."""
    if len(columns) == 1 and (other := next((mark for mark in OTHERS if mark in columns[0]), "")):
        raise InputError(f"found cells between {other!r}, allowed are commas", f"{where}, line 1")
    known = {_key(name) for name in columns}
    missing = [] if "config" in known else [name for name in NEEDED if name not in known]
    if missing:
        near = did_you_mean(missing[0], columns)
        raise InputError(f"column {missing[0]} is missing{near}", where)
    for name, times in Counter(name.strip().lower() for name in columns).items():
        if name and times > 1:  # a sheet may end in columns without a name
            raise InputError(f"column {name} stands twice, allowed is once", where)


def answers_of(
    rows: list[dict[str, str]],
    evidence: Evidence,
    folder: Path,
    exclude: tuple[str, ...] = (),
    report: Callable[[int, int], None] = lambda done, of: None,
) -> Iterator[dict[str, Any]]:
    """The answer of each row as `traincost estimate --json` has it for one run; of a row without
    one its `name`, and in `not_answered` why. The path of a config begins in `folder`.
    """
    for done, row in enumerate(rows, 1):
        yield _answer(row, evidence, folder, exclude)
        report(done, len(rows))


def beside(
    rows: list[dict[str, str]], answers: Iterable[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Each row with its answer: the three percentiles of each figure, what was assumed, or why
    there is none.
    """
    for row, answer in zip(rows, answers, strict=True):
        assumed = "; ".join(answer.get("assumptions", []))
        more = {"assumed": assumed, "not_answered": answer.get("not_answered", "")}
        yield dict(row) | _columns(answer) | more


def _answer(row: Row, evidence: Evidence, folder: Path, exclude: tuple[str, ...]) -> dict[str, Any]:
    keys = _spec(row)
    dense = "config" not in keys and "params_active" not in keys
    try:
        spec = check_spec(keys | (_as_dense(keys) if dense else {}), "", evidence, folder)
        found = estimate(spec, evidence, exclude)
    except InputError as error:
        return {"name": keys.get("name", ""), "not_answered": str(error)}
    taken = ["all parameters taken as active"] if dense else []
    return found | {"assumptions": [*taken, *found["assumptions"]]}


def _as_dense(keys: Mapping[str, Any]) -> dict[str, Any]:
    return {"params_active": keys["params_total"]} if "params_total" in keys else {}


def _columns(found: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of an answer, a column a percentile; empty where there is none."""
    return {
        f"{name}_{end}": f"{found[name][end]:.6g}" if name in found else ""
        for name in ANSWERS
        for end in PERCENTILES
    }


def _spec(row: Row) -> dict[str, str]:
    """The keys of a run that a row has; where two cells say one, our name goes before theirs, and
    of theirs the first.
    """
    cells = {name.strip().lower(): cell.strip() for name, cell in row.items() if cell.strip()}
    names = [*reversed(COLUMNS), *KEYS]
    return {_key(name): cells[name] for name in names if name in cells}


def _key(column: str) -> str:
    plain = column.strip().lower()
    return COLUMNS.get(plain, plain)
