"""The parameters that a scenario may set, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.data.scenario import PARAMETER_NAMES, declared


def parameters_frame() -> pd.DataFrame:
    """The declared parameters: `parameter, unit, bounds, sampled` (by a sweep), `meaning`."""
    return pd.DataFrame(
        {
            "parameter": name,
            "unit": found["unit"],
            "bounds": _bounds(found["bounds"]),
            "sampled": " to ".join(f"{end:,.10g}" for end in found["usual"]),
            "meaning": found["meaning"],
        }
        for name, found in ((name, declared(name)) for name in PARAMETER_NAMES)
    )


def _bounds(number: Mapping[str, Any]) -> str:
    """The bounds of a parameter's JSON Schema in words; the empty string where it has none."""
    ends = {
        "minimum": "",
        "exclusiveMinimum": "above ",
        "maximum": "to ",
        "exclusiveMaximum": "to below ",
    }
    return " ".join(f"{word}{number[end]:,.10g}" for end, word in ends.items() if end in number)
