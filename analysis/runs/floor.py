"""How good an estimate from public data can be: how far apart runs lie that look the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from analysis.data.tables import Evidence
from analysis.runs.backtest import backtest
from analysis.runs.candidates import CANDIDATES, LEAST, fitted
from analysis.runs.choice import runs_of_the_choice
from analysis.runs.features import sample_of
from analysis.runs.intervals import OUTSIDE
from analysis.runs.random_effects import RandomEffects, spreads_tried
from analysis.runs.references import developer_weights, reference_runs

HALF = float(ndtri(1.0 - OUTSIDE / 2.0))  # of a normal's interval, in standard deviations
SIMULATIONS = 4000


@dataclass(frozen=True)
class Spreads:
    """Standard deviations of the log MFU about what is usual for a run's type.

    `between` developers, at most `bound` (nine times in ten), and `within` the runs of one;
    `of_means` is the scatter of developers' means, which holds most of what lies within.
    """

    between: float
    bound: float
    within: float
    of_means: float

    @property
    def width(self) -> float:
        """Of a fair 90 % interval for a run of another developer, p95 over p05 [1]."""
        return _width(self.between, self.within)

    @property
    def width_at_most(self) -> float:
        """The same, with as much between developers as is not refuted [1]."""
        return _width(self.bound, self.within)


def _width(between: float, within: float) -> float:
    return float(np.exp(2.0 * HALF * np.hypot(between, within)))


def spreads(evidence: Evidence) -> Spreads:
    """How far runs of one developer, and developers, lie apart: by restricted maximum likelihood,
    with the type of model as known.
    """
    runs = runs_of_the_choice(evidence)
    log_mfu = np.log(runs.mfu.to_numpy())
    types = pd.get_dummies(runs.architecture).to_numpy(dtype=float)
    model = RandomEffects(types, runs.developer, *spreads_tried())
    found = model.fit(log_mfu[None])
    about = pd.Series(log_mfu - types @ found.coefficients[0])
    return Spreads(
        float(found.between[0]),
        model.upper_bound_between(log_mfu),
        float(found.within[0]),
        float(about.groupby(runs.developer).mean().std(ddof=1)),
    )


def coverage_band(
    developers: pd.Series, between: float, within: float, seed: int = 0
) -> pd.DataFrame:
    """How many of as many runs a right 90 % interval holds, by chance: the middle 90 % of trials.

    Parameters
    ----------
    developers
        The developer of each run.
    between, within
        Standard deviations between developers and of the runs of one.
    seed
        Of the trials.

    Returns
    -------
    DataFrame
        `low` and `high` share, in rows `runs` and `developers` (each developer alike).

    Examples
    --------
    >>> coverage_band(pd.Series(["A"] * 10), 0.0, 0.3).loc["runs"].tolist()
    [0.7, 1.0]
    """
    codes = pd.factorize(developers)[0]
    rng = np.random.default_rng(seed)
    shared = rng.normal(0.0, between, (SIMULATIONS, codes.max() + 1))[:, codes]
    errors = shared + rng.normal(0.0, within, shared.shape)
    inside = np.abs(errors) <= HALF * np.hypot(between, within)
    weights = developer_weights(developers)
    shares = {"runs": inside.mean(axis=1), "developers": inside @ (weights / weights.sum())}
    ends = [np.quantile(share, [OUTSIDE / 2.0, 1.0 - OUTSIDE / 2.0]) for share in shares.values()]
    return pd.DataFrame(ends, index=list(shares), columns=["low", "high"])


def coverage_beside_its_band(tested: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    """Share of disclosed figures inside 90 % intervals, by runs and with developers alike, and
    where chance puts that of intervals that are right: `inside, low, high`.
    """
    found = spreads(evidence)
    inside = [tested.inside.mean(), tested.inside.groupby(tested.developer).mean().mean()]
    return coverage_band(tested.developer, found.between, found.within).assign(inside=inside)


def known_developer(evidence: Evidence) -> pd.DataFrame:
    """The second mode: runs of developers with several, each predicted with the developer's other
    runs in the fit.

    Returns
    -------
    DataFrame
        `id`, `developer`, `error_factor` with the others known, and `without`, the factor with the
        developer left out.
    """
    runs, sample = sample_of(evidence, ())
    run_left_out = fitted(CANDIDATES["pooled"], sample).left_out(runs.id)
    without = backtest(evidence).set_index("id").error_factor
    frame = runs[["id", "developer"]].assign(
        error_factor=np.exp(np.abs(sample.log_mfu - run_left_out)),
        without=without.loc[runs.id].to_numpy(),
    )
    return frame[runs.developer.map(runs.developer.value_counts()) > 1]


def noise_floor(evidence: Evidence) -> pd.DataFrame:
    """Pairs of runs of one developer, chip and about one size: how far apart equal runs are.

    Returns
    -------
    DataFrame
        `first`, `second` and `ratio` of their MFUs, at least one.
    """
    runs = reference_runs(evidence)
    pairs = runs.merge(runs, on=["developer", "chip", "architecture"], suffixes=("", "_other"))
    size = pairs.params_active / pairs.params_active_other
    smallest = evidence.facts.constant("equal_size_ratio", "ratio", least=LEAST).value
    pairs = pairs[(pairs.id < pairs.id_other) & size.between(smallest, 1.0 / smallest)]
    ratio = np.exp(np.abs(np.log(pairs.mfu / pairs.mfu_other)))
    return pd.DataFrame({"first": pairs.id, "second": pairs.id_other, "ratio": ratio})


def limits(evidence: Evidence) -> pd.DataFrame:
    """What would help an estimator, and how good none can be: `what, n, median_factor`."""
    known, pairs = known_developer(evidence), noise_floor(evidence)
    rows = {
        "runs of developers with several, the developer left out": known.without,
        "the same, with the developer's other runs known": known.error_factor,
        "pairs of one developer, chip and size: one against the other": pairs.ratio,
    }
    return pd.DataFrame(
        [
            {"what": what, "n": len(factors), "median_factor": float(factors.median())}
            for what, factors in rows.items()
        ]
    )
