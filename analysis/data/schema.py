"""Tables read and checked by the one schema, datapackage.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from pandera.errors import SchemaErrors
from pandera.io.pandas_io import from_frictionless_schema

from analysis.data.mistakes import InputError, did_you_mean

PACKAGE = "datapackage.json"


def read_package(directory: Path) -> dict[str, Any]:
    try:
        return json.loads((directory / PACKAGE).read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{PACKAGE}: not valid JSON: {error}") from None


def read_table(directory: Path, resource: dict[str, Any]) -> pd.DataFrame:
    path = directory / resource["path"]
    try:
        frame = pd.read_csv(
            path, keep_default_na=False, na_values=[""], float_precision="round_trip"
        )
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(
            f"{resource['path']}: not a readable table: {str(error).strip()}"
        ) from None
    try:
        valid = from_frictionless_schema(resource["schema"]).validate(frame, lazy=True)
    except SchemaErrors as error:
        raise _table_mistake(resource, frame, error.failure_cases) from None
    texts = [
        field["name"]
        for field in resource["schema"]["fields"]
        if field["type"] in {"string", "date"}
    ]
    return valid.astype(dict.fromkeys(texts, object)).fillna(dict.fromkeys(texts, ""))


def _table_mistake(
    resource: dict[str, Any], frame: pd.DataFrame, cases: pd.DataFrame
) -> InputError:
    """The first failure of a table as one line."""
    fields = {field["name"]: field for field in resource["schema"]["fields"]}
    structural = cases[cases.check.isin(["column_in_dataframe", "column_in_schema"])]
    if len(structural):
        name = str(structural.failure_case.iloc[0])
        if name in fields:
            return InputError(
                f"{resource['path']}: column {name} is missing{did_you_mean(name, set(frame.columns) - set(fields))}"
            )
        return InputError(
            f"{resource['path']}: column {name} is not known{did_you_mean(name, fields)}"
        )
    # a failed coercion fails the later checks too: name the cell that caused it
    case = cases[cases["index"].notna()].iloc[0] if cases["index"].notna().any() else cases.iloc[0]
    field = fields[case.column]
    where = resource["path"]
    if pd.notna(case["index"]):
        row = int(case["index"])
        key = frame[resource["schema"]["primaryKey"][0]].iloc[row]
        where += f", line {row + 2} ({key})"
    return InputError(
        f"{where}, {case.column}: found {case.failure_case!s}, {_allowed(field, case.failure_case, str(case.check))}"
    )


def _allowed(field: dict[str, Any], found: object, check: str) -> str:
    limits = field.get("constraints", {})
    if "unique" in check or "duplicate" in check:
        return "which stands there already; each must be unique"
    if "enum" in limits:
        return f"allowed are {', '.join(limits['enum'])}{did_you_mean(str(found), limits['enum'])}"
    bounds = [
        f"{name} {limits[name]}" for name in ("minimum", "maximum", "pattern") if name in limits
    ]
    required = ", required" if limits.get("required") else ""
    return f"allowed is a {field['type']}{required}{', ' + ', '.join(bounds) if bounds else ''}"


def check_foreign_keys(resource: dict[str, Any], tables: Mapping[str, pd.DataFrame]) -> None:
    table = tables[resource["name"]]
    for key in resource["schema"]["foreignKeys"]:
        known = tables[key["reference"]["resource"]][key["reference"]["fields"]]
        column = table[key["fields"]]
        unknown = column[(column != "") & ~column.isin(known)]
        if len(unknown):
            row, found = unknown.index[0], unknown.iloc[0]
            name = table[resource["schema"]["primaryKey"][0]].iloc[row]
            raise InputError(
                f"{resource['path']}, line {row + 2} ({name}), {key['fields']}: {found} is not in "
                f"{key['reference']['resource']}{did_you_mean(found, list(known))}"
            )
