"""Architectures of other developers' models, as their own configuration files have them."""

from __future__ import annotations

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
    rows = evidence["architectures"].set_index("id")
    if name not in rows.index:
        raise InputError(f"{name} is not an id of architectures.csv")
    row = rows.loc[name]
    sizes = {
        field: int(row[field])
        for field in Configuration.model_fields
        if field in row and field != "tied_embeddings" and pd.notna(row[field])
    }
    try:
        return Configuration(**sizes, tied_embeddings=row.tied_embeddings == "yes")
    except ValidationError as error:
        where = f"architectures.csv, {name}"
        raise first_mistake(error, where, Configuration.model_fields) from None
