"""Cells of the tables in CSV that are written here: none of them is a formula of a spreadsheet.

A text that a spreadsheet would obey gets an apostrophe before it; numbers stay as they are.
"""

from __future__ import annotations

import io
import re
from typing import Any

import pandas as pd

BEGINS = re.compile("[=+\\-@\t\n＝＋－＠]")  # a formula, in some spreadsheet
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
AS_TEXT = "'"


def plain(cell: Any) -> Any:
    """A cell as it is written: a text that begins like a formula, and is no number, as text.

    >>> [plain(cell) for cell in ("=A1", "-3", "-3+A1", "a=b", -3.0)]
    ["'=A1", '-3', "'-3+A1", 'a=b', -3.0]
    """
    if not isinstance(cell, str):
        return cell
    # a writer does not quote a carriage return, and for a reader it ends the row
    text = cell.replace("\r\n", "\n").replace("\r", "\n") if "\r" in cell else cell
    return AS_TEXT + text if BEGINS.match(text) and not NUMBER.fullmatch(text) else text


def plain_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame whose cells, and the names of its columns, are as they are written.

    >>> plain_frame(pd.DataFrame({"@a": ["=A1", "b"], "c": [-1, 2]})).to_csv(index=False)
    "'@a,c\\n'=A1,-1\\nb,2\\n"
    """
    columns = {
        name: column if pd.api.types.is_numeric_dtype(column) else _plain_column(column)
        for name, column in frame.items()
    }
    return pd.DataFrame(columns, frame.index).rename(columns=plain)  # at once: thousands may be


def _plain_column(column: pd.Series) -> pd.Series:
    cells = list(column)
    written = [plain(cell) for cell in cells]
    if all(one is other for one, other in zip(cells, written, strict=True)):
        return column
    return pd.Series(written, column.index, dtype=object)


def plain_table(text: str) -> str:
    """A table in CSV with its cells as they are written; the very text where they are that.

    >>> plain_table("a,b\\n1,c\\n"), plain_table("a,b\\n1,=c\\n")
    ('a,b\\n1,c\\n', "a,b\\n1,'=c\\n")
    """
    frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    written = plain_frame(frame)
    return text if written.equals(frame) else written.to_csv(index=False, lineterminator="\n")
