"""Where a row of a table stands, in words."""

from __future__ import annotations

from typing import Any

import pandas as pd


def row_of(resource: dict[str, Any], frame: pd.DataFrame, position: int) -> str:
    """File, line and key of a row."""
    key = frame[resource["schema"]["primaryKey"][0]].iloc[position]
    return f"{resource['path']}, line {position + 2} ({key})"
