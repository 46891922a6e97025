"""Cost of a unit of training compute over the years."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats


def trend(compared: pd.DataFrame, developer: str) -> dict[str, Any]:
    """Cost per unit of compute over the years, fitted without one developer, and where that
    developer's runs lie.

    Least squares of the log of `usd_per_zettaflop` on the release date, every developer of the same
    weight; the band is the scatter of single runs around the line.

    Returns
    -------
    dict
        `factor_per_year` with `low` and `high` (90 %), `line` (`year, middle, low, high`), and
        `own` (the developer's runs with `expected`, `ratio` to it, and `percentile` among the
        others' scatter).
    """
    runs = compared[(compared.how == "disclosed") & compared.usd_per_zettaflop.notna()].assign(
        year=lambda frame: _year(frame.release_date)
    )
    others = runs[runs.developer != developer]
    weights = np.sqrt(1.0 / others.groupby("developer").id.transform("count"))
    columns = np.column_stack([np.ones(len(others)), others.year - others.year.mean()])
    target = np.log(others.usd_per_zettaflop)
    solution, *_ = np.linalg.lstsq(
        columns * weights.to_numpy()[:, None], target * weights, rcond=None
    )
    residuals = target - columns @ solution
    scale = np.sqrt(np.sum(weights**2 * residuals**2) / np.sum(weights**2))
    freedom = others.developer.nunique() - 2
    error = scale / np.sqrt(np.sum(weights**2 * columns[:, 1] ** 2)) * stats.t.ppf(0.95, freedom)
    years = np.linspace(runs.year.min(), runs.year.max(), 40)
    middle = solution[0] + solution[1] * (years - others.year.mean())
    reach = stats.t.ppf(0.95, freedom) * scale
    line = pd.DataFrame(
        {
            "year": years,
            "middle": np.exp(middle),
            "low": np.exp(middle - reach),
            "high": np.exp(middle + reach),
        }
    )
    own = runs[runs.developer == developer]
    expected = np.exp(solution[0] + solution[1] * (own.year - others.year.mean()))
    gap = np.log(own.usd_per_zettaflop / expected)
    own = own.assign(
        expected=expected,
        ratio=np.exp(gap),
        percentile=[float((residuals < value).mean()) for value in gap],
    )
    factors = np.exp(solution[1] + np.array([0.0, -error, error]))
    return {
        "factor_per_year": factors[0],
        "low": factors[1],
        "high": factors[2],
        "line": line,
        "own": own,
        "runs": runs,
    }


def _year(dates: pd.Series) -> pd.Series:
    parsed = pd.to_datetime(dates)
    return parsed.dt.year + parsed.dt.dayofyear / 365.25
