"""Architectures of other developers' models, as their own configuration files have them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pandas as pd
from pydantic import ValidationError

from analysis.data.mistakes import InputError, first_mistake
from analysis.data.tables import Evidence
from analysis.physics.architecture import Configuration


def configuration_of(name: str, evidence: Evidence) -> Configuration:
    """The architecture of that id in architectures.csv.

    Raises
    ------
    InputError
        If there is none, or its sizes make no model.
    """
    rows = _rows_by_id(evidence)
    if name not in rows:
        raise InputError(f"{name} is not an id of architectures.csv")
    row = rows[name]
    sizes = {
        field: int(row[field])
        for field in Configuration.model_fields
        if field in row and field != "tied_embeddings" and pd.notna(row[field])
    }
    try:
        return Configuration(**sizes, tied_embeddings=row["tied_embeddings"] == "yes")
    except ValidationError as error:
        where = f"architectures.csv, {name}"
        raise first_mistake(error, where, Configuration.model_fields) from None


@lru_cache(maxsize=8)
def _rows_by_id(evidence: Evidence) -> dict[str, dict[str, Any]]:
    return evidence["architectures"].set_index("id").to_dict("index")
