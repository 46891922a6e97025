"""Tables read by the one schema, datapackage.json, each checked once for the same content."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.data import known
from analysis.data.folder import regular_file
from analysis.data.mistakes import InputError, did_you_mean

NUMBERS = {"number": "float64", "integer": "int64"}


def content_of(directory: Path, resource: dict[str, Any]) -> bytes:
    """What a table's file holds."""
    path = regular_file(directory, resource["path"])
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{error.strerror}", str(path)) from None


def table_of(resource: dict[str, Any], content: bytes) -> pd.DataFrame:
    """The table of a content, every cell as the schema wants it; texts that are empty are empty."""
    try:
        frame = _parsed(resource, content)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        said = str(error).strip()
        if said.endswith("out of memory"):
            raise MemoryError from None
        raise InputError(f"not a readable table: {said}", resource["path"]) from None
    if not isinstance(frame.index, pd.RangeIndex):  # pandas takes the first column for names
        raise InputError("its rows have more cells than it has columns", resource["path"])
    key = known.key_of(content, json.dumps(resource).encode())
    if not known.is_known(key):
        from analysis.data.validation import validate  # imports as much as the rest together

        validate(resource, frame, content)
        known.remember(key)
    return _typed(resource, frame)


def row_of(resource: dict[str, Any], frame: pd.DataFrame, position: int) -> str:
    """File, line and key of a row, in words."""
    key = frame[resource["schema"]["primaryKey"][0]].iloc[position]
    return f"{resource['path']}, line {position + 2} ({key})"


def _parsed(resource: dict[str, Any], content: bytes) -> pd.DataFrame:
    """The cells: texts as they stand, others as pandas takes them; what is empty is missing."""
    return pd.read_csv(
        io.BytesIO(content),
        keep_default_na=False,
        na_values=[""],
        float_precision="round_trip",
        dtype=dict.fromkeys(_text_fields(resource), str),
    )


def _typed(resource: dict[str, Any], frame: pd.DataFrame) -> pd.DataFrame:
    fields = resource["schema"]["fields"]
    numbers = {
        field["name"]: NUMBERS[field["type"]] for field in fields if field["type"] in NUMBERS
    }
    return frame.astype(numbers).fillna(dict.fromkeys(_text_fields(resource), ""))


def _text_fields(resource: dict[str, Any]) -> list[str]:
    fields = resource["schema"]["fields"]
    return [field["name"] for field in fields if field["type"] not in NUMBERS]


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
