"""Tables read by the one schema, datapackage.json, each checked once for the same content."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.data import known
from analysis.data.folder import default_directory, read_bytes, regular_file, resources
from analysis.data.mistakes import InputError, did_you_mean

NUMBERS = {"number": "float64", "integer": "int64"}
LONE_RETURN = re.compile(rb"\r(?!\n)")


def content_of(directory: Path, resource: dict[str, Any]) -> bytes:
    """What a table's file holds."""
    return read_bytes(regular_file(directory, resource["path"]))


def table_of(resource: dict[str, Any], content: bytes) -> pd.DataFrame:
    """The table of a content, every cell as the schema wants it; texts that are empty are empty."""
    schema = json.dumps(resource)
    key = known.key_of(content, schema.encode())
    try:
        if not known.is_known(key):
            _check(resource, content)
            known.remember(key)
        return _typed(schema, content).copy()
    except pd.errors.ParserError:
        _refuse_unreadable(resource["path"], content)
        raise MemoryError from None  # its rows are right: there was no room for them
    except (pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(f"not a readable table: {error}", resource["path"]) from None


def _refuse_unreadable(path: str, content: bytes) -> None:
    """Refuse a row with more cells than there are columns, a quotation mark that stays open, and
    returns within lines, on which pandas gives up.
    """
    begins = 1
    reader = csv.reader(io.StringIO(content.decode(errors="replace"), newline=""), strict=True)
    try:
        columns = len(next(reader, []))
        begins = reader.line_num + 1
        for row in reader:
            if len(row) > columns:
                raise csv.Error(f"found {len(row)} cells, allowed are {columns}")
            begins = reader.line_num + 1
    except csv.Error as error:
        where = f"{path}, line {begins}"
        raise InputError(f"not a readable table: {error}", where) from None
    if found := LONE_RETURN.search(content):
        line = content.count(b"\n", 0, found.start()) + 1
        raise InputError("not a readable table: a carriage return alone", f"{path}, line {line}")


def row_of(resource: dict[str, Any], frame: pd.DataFrame, position: int) -> str:
    """File, line and key of a row, in words; texts of the rows before may have several lines."""
    key = frame[resource["schema"]["primaryKey"][0]].iloc[position]
    before = frame.iloc[:position].select_dtypes(["object", "string"])
    further = sum(int(before[name].astype(str).str.count("\n").sum()) for name in before)
    return f"{resource['path']}, line {position + 2 + further} ({key})"


def _check(resource: dict[str, Any], content: bytes) -> None:
    """Refuse a content that is not as the schema wants it."""
    from analysis.data.validation import validate  # imports as much as the rest together

    texts = dict.fromkeys(_text_fields(resource), str)
    _refuse_empty_lines(resource["path"], content)
    frame = parsed(content, dtype=texts, na_values=[""])  # others as pandas takes them
    if not isinstance(frame.index, pd.RangeIndex):  # pandas takes the first column for names
        raise InputError("its rows have more cells than it has columns", resource["path"])
    for field in resource["schema"]["fields"]:
        if field["type"] == "number" and field["name"] in frame:  # large ones are left as texts
            frame[field["name"]] = _as_numbers(frame[field["name"]])
    validate(resource, frame, content)


def _refuse_empty_lines(path: str, content: bytes) -> None:
    """Refuse a line without cells above a row: pandas passes over it, and lines are not counted."""
    empty = 0
    with suppress(csv.Error):  # of a cell without end others say more
        lines = csv.reader(io.StringIO(content.decode(), newline=""))
        for row in lines:
            if "".join(row).strip() and empty:
                raise InputError("an empty line, allowed is a row", f"{path}, line {empty}")
            if len(row) < 2 and not "".join(row).strip():
                empty = empty or lines.line_num


def _as_numbers(column: pd.Series) -> pd.Series:
    """A column as numbers, if all of its cells are; one that pandas read as such stays as it is."""
    try:
        return column.astype(float) if column.dtype == object else column
    except (ValueError, TypeError):
        return column


@lru_cache(maxsize=64)
def _typed(resource: str, content: bytes) -> pd.DataFrame:
    """The cells of a content that was found valid: a number may be missing, a text is empty. Read
    once for the same content, of which folder it may be: most tables of a stranger's are ours.
    """
    fields = json.loads(resource)["schema"]["fields"]
    kinds = {field["name"]: NUMBERS.get(field["type"], str) for field in fields}
    missing = {name: [""] for name, kind in kinds.items() if kind is not str}
    return parsed(content, dtype=kinds, na_values=missing)


def parsed(content: bytes, **options: Any) -> pd.DataFrame:
    """The cells of a content as pandas reads them with these options; no word is a missing one."""
    return pd.read_csv(
        io.BytesIO(content), keep_default_na=False, float_precision="round_trip", **options
    )


def _text_fields(resource: dict[str, Any]) -> list[str]:
    fields = resource["schema"]["fields"]
    return [field["name"] for field in fields if field["type"] not in NUMBERS]


@cache
def least_of(unit: str) -> float:
    """The least that a figure in a unit may be: of some units there is never nothing.

    >>> least_of("tokens"), least_of("ratio")
    (1e-06, 0.0)
    """
    facts = next(one for one in resources(default_directory()) if one["name"] == "facts")
    some = facts["above_zero"]
    return float(some["least"]) if unit in some["units"] else 0.0


def check_foreign_keys(
    resource: dict[str, Any], table: pd.DataFrame, tables: Mapping[str, pd.DataFrame]
) -> None:
    """Refuse a row that names what another table does not have."""
    for key in resource["schema"]["foreignKeys"]:
        other, field = key["reference"]["resource"], key["reference"]["fields"]
        known = tables[other][field]
        column = table[key["fields"]]
        unknown = column[(column != "") & ~column.isin(known)]
        if len(unknown):
            where = f"{row_of(resource, table, int(unknown.index[0]))}, {key['fields']}"
            name = str(unknown.iloc[0])
            raise InputError(f"{name} is not in {other}{did_you_mean(name, list(known))}", where)
