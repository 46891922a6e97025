"""What a table must be like to be read: by pandera, from the one schema."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable
from functools import partial
from itertools import combinations
from typing import Any

import pandas as pd
from pandera.errors import SchemaErrors
from pandera.pandas import Check, Column, DataFrameSchema

from analysis.data.mistakes import InputError, did_you_mean
from analysis.data.schema import parsed, row_of
from analysis.data.strictness import DAY, YEARS
from analysis.data.unseen import refuse_unseen

# as every reader takes them: in these digits, a count without a fraction
WRITTEN = {"number": r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", "integer": r"[+-]?\d+"}
TYPES = {"string": "string", "date": "string", "number": "float", "integer": "int"}
WORDS = {"date": "date as 2025-01-31"}


def validate(resource: dict[str, Any], frame: pd.DataFrame, content: bytes) -> None:
    """Refuse a table that the schema does not allow; the first failure as one line."""
    _refuse_twice(resource, content)
    _refuse_disguised(resource, frame, content)
    try:
        with warnings.catch_warnings():  # what pandera does with failures is not the user's
            warnings.simplefilter("ignore")
            table_schema(resource["schema"]).validate(frame, lazy=True)
    except SchemaErrors as error:
        raise _table_mistake(resource, frame, error.failure_cases) from None
    _refuse_falling(resource, frame)
    if "above_zero" in resource:
        _refuse_nothing(resource, frame)
    if "complete_unless" in resource:
        _refuse_incomplete(resource, frame)


def _refuse_twice(resource: dict[str, Any], content: bytes) -> None:
    """Refuse a column that stands twice: pandas gives the second another name, and a cell less in
    each row moves all that follow.
    """
    names = parsed(content, dtype=str, header=None, nrows=1).iloc[0]
    for name in names[names.duplicated() & (names != "")]:
        raise InputError(f"column {name} stands twice, allowed is once", resource["path"])


def _refuse_falling(resource: dict[str, Any], frame: pd.DataFrame) -> None:
    """Refuse a row in which a lower end is above what it is the end of, or a part above its whole;
    the schema names the columns that ascend.
    """
    pairs = [pair for fields in resource.get("ascending", []) for pair in combinations(fields, 2)]
    for lower, upper in pairs:
        falling = frame.index[frame[lower] > frame[upper]]
        if len(falling):
            row = int(falling[0])
            raise InputError(
                f"found {frame[upper][row]}, allowed is at least {lower}, {frame[lower][row]}",
                f"{row_of(resource, frame, row)}, {upper}",
            )


def _refuse_nothing(resource: dict[str, Any], frame: pd.DataFrame) -> None:
    """Refuse a value of nothing, or next to it, in a unit of which there is always some."""
    least = resource["above_zero"]["least"]
    some = frame.unit.isin(resource["above_zero"]["units"])
    for field in ("value", "low", "high"):
        none = frame.index[some & (frame[field] < least)]
        if len(none):
            row = int(none[0])
            raise InputError(
                f"found {frame[field][row]:g}, allowed is a number above zero, at least {least:g}, "
                f"in {frame.unit[row]}",
                f"{row_of(resource, frame, row)}, {field}",
            )


def _refuse_incomplete(resource: dict[str, Any], frame: pd.DataFrame) -> None:
    """Refuse a row that gives no reason to leave it out, and lacks what it needs to count."""
    reason, needs = resource["complete_unless"]["field"], resource["complete_unless"]["needs"]
    lacks = frame[needs].isin([""]) | frame[needs].isna()
    lacks = lacks[frame[reason].isin([""]) | frame[reason].isna()].stack()
    if lacks.any():
        row, field = lacks.idxmax()
        raise InputError(
            f"found nothing, which is allowed in a row that says in {reason} why it does not count",
            f"{row_of(resource, frame, row)}, {field}",
        )


def _refuse_disguised(resource: dict[str, Any], frame: pd.DataFrame, content: bytes) -> None:
    """Refuse what a reader takes for something else: characters that nobody sees, of which a NUL
    ends a cell, numbers that only some readers take for such, or not finite, and days that no
    calendar has.
    """
    for number, line in enumerate(content.decode(errors="replace").split("\n"), start=1):
        refuse_unseen(line, f"{resource['path']}, line {number}")
    written = parsed(content, dtype=str)
    for field in resource["schema"]["fields"]:
        if field["type"] in DISGUISED and field["name"] in written:
            cells = written[field["name"]]
            bad = cells[(cells != "") & DISGUISED[field["type"]](cells)]
            if len(bad):
                where = f"{row_of(resource, frame, int(bad.index[0]))}, {field['name']}"
                raise InputError(f"found {bad.iloc[0]}, {_allowed(field)}", where)


def _are_no_numbers(written: str, cells: pd.Series) -> pd.Series:
    return ~cells.str.fullmatch(written, flags=re.ASCII) | cells.map(_is_infinite)


def _are_no_days(cells: pd.Series) -> pd.Series:
    days = pd.to_datetime(cells, format="%Y-%m-%d", errors="coerce")
    return ~days.dt.year.between(*YEARS) | ~cells.str.fullmatch(DAY)


def _is_infinite(cell: str) -> bool:
    try:
        return math.isinf(float(cell))
    except ValueError:
        return False


# cells that are not what they look like, by the type of their field
DISGUISED: dict[str, Callable[[pd.Series], pd.Series]] = {
    **{kind: partial(_are_no_numbers, written) for kind, written in WRITTEN.items()},
    "date": _are_no_days,
}


def table_schema(schema: dict[str, Any]) -> DataFrameSchema:
    """What pandera validates a table by: fields, in any order, with their types and constraints."""
    key = schema["primaryKey"][0]
    columns = {field["name"]: _column(field, field["name"] == key) for field in schema["fields"]}
    return DataFrameSchema(columns, coerce=True, strict=True)


def _column(field: dict[str, Any], is_key: bool) -> Column:
    limits = field.get("constraints", {})
    return Column(
        "category" if "enum" in limits else TYPES[field["type"]],
        _checks(limits),
        nullable=not is_key and not limits.get("required", False),
        unique=is_key or limits.get("unique", False),
        coerce=True,
    )


def _checks(limits: dict[str, Any]) -> list[Check]:
    """A check for each constraint on what a cell may be."""
    if "minimum" in limits:  # a number has both
        return [Check.in_range(limits["minimum"], limits["maximum"])]
    checks: dict[str, Callable[[Any], Check]] = {
        "pattern": lambda pattern: Check.str_matches(f"^{pattern}$"),
        "enum": Check.isin,
    }
    return [checks[name](limit) for name, limit in limits.items() if name in checks]


def _table_mistake(
    resource: dict[str, Any], frame: pd.DataFrame, cases: pd.DataFrame
) -> InputError:
    """The first failure of a table as one line."""
    fields = {field["name"]: field for field in resource["schema"]["fields"]}
    structural = cases[cases.check.isin(["column_in_dataframe", "column_in_schema"])]
    if len(structural):
        name = str(structural.failure_case.iloc[0])
        if name in fields:
            near = did_you_mean(name, set(frame.columns) - set(fields))
            return InputError(f"column {name} is missing{near}", resource["path"])
        near = did_you_mean(name, fields)
        return InputError(f"column {name} is not known{near}", resource["path"])
    # a failed coercion fails the later checks too: name the cell that caused it
    case = cases[cases["index"].notna()].iloc[0] if cases["index"].notna().any() else cases.iloc[0]
    allowed = _allowed(fields[case.column], str(case.failure_case), str(case.check))
    where = resource["path"]
    if pd.notna(case["index"]):
        where = row_of(resource, frame, int(case["index"]))
    found = "nothing" if pd.isna(case.failure_case) else case.failure_case
    return InputError(f"found {found}, {allowed}", f"{where}, {case.column}")


def _allowed(field: dict[str, Any], found: str = "", check: str = "") -> str:
    limits = field.get("constraints", {})
    if "unique" in check or "duplicate" in check:
        return "which stands there already; each must be unique"
    if "enum" in limits:
        return f"allowed are {', '.join(limits['enum'])}{did_you_mean(found, limits['enum'])}"
    bounds = [f"{name} {limits[name]:g}" for name in ("minimum", "maximum") if name in limits]
    bounds += [f"pattern {limits['pattern']}"] if "pattern" in limits else []
    required = ", required" if limits.get("required") else ""
    kind = WORDS.get(field["type"], field["type"])
    said = ", ".join([f"allowed is a {kind}{required}", *bounds])
    more = [field["otherwise"]] if "otherwise" in field else []
    more += [f"years {YEARS[0]} to {YEARS[1]}"] if field["type"] == "date" else []
    return "; ".join([said, *more])
