"""What charts read from their frames: figures that may be unknown, the leading row, and rows in
words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

UNKNOWN = "not disclosed"


def figures(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The frame with these columns as numbers, NaN where one is missing or is not finite."""
    return frame.assign(**{column: _numbers(frame, column) for column in columns})


def texts(
    values: Iterable[float], text: Callable[[float], str], unknown: str = UNKNOWN
) -> list[str]:
    """Each value in words, `unknown` where it is NaN."""
    return [text(value) if np.isfinite(value) else unknown for value in values]


def leading(frame: pd.DataFrame, column: str) -> pd.Series:
    """The row of the largest value; one at least is known."""
    return frame.reset_index(drop=True).pipe(lambda rows: rows.loc[rows[column].idxmax()])


def listed(frame: pd.DataFrame, template: str) -> str:
    """The rows in words, each by the template, whose names are columns.

    >>> listed(pd.DataFrame({"label": ["a", "b"], "hours": [1200, 3]}), "{label}: {hours:,} h")
    'a: 1,200 h; b: 3 h'
    """
    return "; ".join(template.format(**row) for row in frame.to_dict("records"))


def share_text(share: float, digits: int = 0) -> str:
    """A share in per cent, as the whole book writes it.

    >>> share_text(0.056), share_text(0.0017, 1)
    ('6 %', '0.2 %')
    """
    return f"{share * 100:.{digits}f} %"


def short(names: Iterable[str]) -> list[str]:
    """Names without what stands in brackets after them.

    >>> short(["V3 (pre-training)", "V3"])
    ['V3', 'V3']
    """
    return [str(name).partition(" (")[0] for name in names]


def described(frame: pd.DataFrame) -> str:
    """What all rows say, one after the other."""
    return "; ".join(frame.says)


def ends(*columns: pd.Series) -> tuple[float, float] | None:
    """The least and the greatest positive value, for a log scale; None where there is none."""
    values = pd.concat(columns).astype(float)
    values = values[np.isfinite(values) & (values > 0)]
    return None if values.empty else (float(values.min()), float(values.max()))


def _numbers(frame: pd.DataFrame, column: str) -> pd.Series:
    if column not in frame:
        return pd.Series(np.nan, index=frame.index)
    return pd.to_numeric(frame[column]).astype(float).replace([np.inf, -np.inf], np.nan)
