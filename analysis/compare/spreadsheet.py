"""Estimates for the runs of a spreadsheet: a run a row, the answers beside its own columns."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from analysis.compare.estimate import estimate
from analysis.compare.specification import (
    CALLED,
    PretrainingSpec,
    ReinforcementSpec,
    check_spec,
)
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
# what a description in TOML may say, and no row
OF_TOML = {*PretrainingSpec.model_fields, *ReinforcementSpec.model_fields} - {*KEYS}
NEEDED = ("name", "developer", "release_date", "params_total", "tokens", "hardware")
OTHERS = (";", "\t")  # between the cells of a sheet, where a comma is the mark of a decimal
ANSWERS = ("gpu_hours", "days", "usd", "energy_kwh", "co2_kg")
FIGURES = [f"{name}_{end}" for name in ANSWERS for end in PERCENTILES]
ANSWERED = (*FIGURES, "assumed", "not_answered")
# of Epoch AI's own columns none is so near one that is read, though `Confidence` shares six letters
# with `config`: those of a user's own are carried along as theirs are
NEAR = 0.86

Row = Mapping[str, str]


def read_rows(text: str, where: str) -> list[dict[str, str]]:
    """The rows of a table in CSV, by the names of its own columns.

    Raises
    ------
    InputError
        If it is no table, holds what no reader sees, has a column twice or no row, lacks a column
        that every run needs, under our name or Epoch AI's, or has one under the name of an answer,
        or under a name that is nearly one that would be read.
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
    lacking = [name for name in (*KEYS, *COLUMNS) if _key(name) not in known]
    for name in columns:
        _refuse_unread(name.strip(), lacking, where)


def _refuse_unread(column: str, lacking: Collection[str], where: str) -> None:
    """Refuse a column that an answer would write over, and one that would be carried along though
    it was meant to be read: `lacking` are the names that would be.
    """
    name = column.lower()
    if name in ANSWERED:
        said = "is what an answer is called; give yours another name"
        raise InputError(f"column {column} {said}", where)
    if name in OF_TOML:
        said = "is not read of a row, a run of pre-training; a description in TOML may say more"
        raise InputError(f"column {column} {said}", where)
    if name not in (*KEYS, *COLUMNS) and (meant := _slip_of(name, lacking)):
        raise InputError(f"column {column} is not known; did you mean {meant}?", where)


def _slip_of(name: str, lacking: Collection[str]) -> str:
    """The name that another can only be a slip of: what it is called elsewhere, what it begins, or
    what it is but for a letter; or the empty string. `did_you_mean` guesses further.

    >>> [_slip_of(name, KEYS) for name in ("precission", "price", "gpus", "confidence")]
    ['precision', 'price_usd_per_gpu_hour', 'chips', '']
    """
    plain = {_plain(known): known for known in lacking}
    called = [CALLED.get(name, "")] if CALLED.get(name) in lacking else []
    begun = [key for key in KEYS if key in lacking and len(name) > 2 and key.startswith(name)]
    close = get_close_matches(_plain(name), list(plain), n=1, cutoff=NEAR)
    return next(iter([*called, *begun, *(plain[one] for one in close)]), "")


def _plain(name: str) -> str:
    return "_".join(re.findall("[a-z0-9]+", name.lower()))


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
