"""What the interval of a run's hours by the time of a step goes with."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.data.protocol import protocol
from analysis.data.tables import Evidence
from analysis.runs.basis import basis
from analysis.runs.planned import Planned, log_rate_by_part
from analysis.runs.step_constants import OTHER, PAIRS
from analysis.runs.step_view import constants_of


def shares_of_parts(parts: Mapping[str, np.ndarray]) -> dict[str, float]:
    """The share of the variance of a sum that each part makes [1]; parts are drawn apart.

    Parameters
    ----------
    parts
        Arrays of shape (draws,), of which at least one varies.

    Examples
    --------
    >>> shares_of_parts({"a": np.array([0.0, 2.0]), "b": np.array([5.0, 5.0])})
    {'a': 1.0, 'b': 0.0}
    """
    variances = {name: float(np.var(part)) for name, part in parts.items()}
    total = sum(variances.values())
    return {name: variance / total for name, variance in variances.items()}


def rank_shares(inputs: Mapping[str, np.ndarray], result: np.ndarray) -> pd.Series:
    """The square of Spearman's rank correlation of each input with a result [1], the largest first.

    Parameters
    ----------
    inputs
        Arrays of shape (draws,); those that do not vary are left out.
    result
        An array of shape (draws,).

    Examples
    --------
    >>> rank_shares({"a": np.array([1.0, 2.0, 3.0])}, np.array([9.0, 5.0, 4.0])).to_dict()
    {'a': 1.0}
    """
    varied = pd.DataFrame({name: drawn for name, drawn in inputs.items() if np.ptp(drawn) > 0})
    shares = varied.rank().corrwith(pd.Series(result).rank()) ** 2
    return shares.sort_values(ascending=False, kind="stable")


def shares_of_constants(run: Planned, evidence: Evidence) -> pd.Series:
    """How much of the spread that the constants make of a run's log hours goes with each of them
    [1], by fact id, the largest first. The half length of a product is drawn with its ceiling and
    is not told apart from it.
    """
    drawn = constants_of(basis(evidence)).values
    apart = {name: values for name, values in drawn.items() if _told(name)}
    of_points = log_rate_by_part(run, evidence)["constants"]
    return rank_shares(apart, of_points[:: protocol().constants.points_per_draw])


def _told(name: str) -> bool:
    return not name.endswith(OTHER) and PAIRS[1] not in name
