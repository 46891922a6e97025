"""Which candidate and which form of the interval predict runs of a developer never seen best.

Judged by the mean interval score of the log MFU, developers left out and each alike. Runs of the
developers that the book predicts are in no fit, no score and no choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.facts import Fact, Facts
from analysis.data.protocol import kept_out
from analysis.data.tables import Evidence
from analysis.physics.flop import TRAINING_FLOP_PER_PARAMETER
from analysis.runs.candidates import CANDIDATES
from analysis.runs.efficiency import Estimator
from analysis.runs.features import designs_by_developer
from analysis.runs.intervals import FORMS, interval_score
from analysis.runs.references import reference_runs

# facts of an MFU: shown beside the candidates; nothing is computed with them
RULES_OF_THUMB = (
    "mfu_of_a_rule_for_language_models",
    "mfu_of_a_rule_by_known_runs",
    "mfu_of_a_rule_of_a_calculator",
)
SAMPLES = 4000  # of developers, for the ends of a mean that is shown
ENDS = np.array([0.05, 0.5, 0.95])


def runs_of_the_choice(evidence: Evidence) -> pd.DataFrame:
    """The reference runs less those of developers whose runs the book predicts."""
    return reference_runs(evidence, exclude=kept_out())


@lru_cache(maxsize=4)
def predictions(evidence: Evidence) -> pd.DataFrame:
    """Every run by every candidate and form, its developer left out of fit, grid and interval.

    Returns
    -------
    DataFrame
        `candidate, form, developer, id`, `log_error` of the MFU, `width` of the 90 % interval of
        its log, whether it is `inside`, and the `score`.
    """
    runs = runs_of_the_choice(evidence)
    found = [
        row
        for developer, own, features in designs_by_developer(runs, evidence)
        for row in _expected(runs.id[own], developer, features, evidence)
    ]
    columns = ["candidate", "form", "developer", "id", "p05", "p50", "p95"]
    expected = pd.DataFrame(found, columns=columns)
    return _scored(expected, np.log(expected.id.map(runs.set_index("id").mfu)))


def _expected(
    runs: pd.Series, developer: str, features: pd.DataFrame, evidence: Evidence
) -> Iterator[tuple[Any, ...]]:
    """A developer's runs by all candidates one after the other: what follows from the rows of the
    others alone is kept.
    """
    for name in CANDIDATES:
        estimator = Estimator(evidence, (*kept_out(), developer), name)
        for form, expected in estimator.by_form(features, FORMS).items():
            for run, mfu in zip(runs, expected, strict=True):
                yield name, form, developer, run, *mfu.quantile(ENDS)


def _scored(found: pd.DataFrame, value: pd.Series) -> pd.DataFrame:
    low, middle, high = np.log(found[["p05", "p50", "p95"]].to_numpy().T)
    return found[["candidate", "form", "developer", "id"]].assign(
        log_error=value - middle,
        width=high - low,
        inside=(low <= value) & (value <= high),
        score=interval_score(low, high, value.to_numpy()),
    )


def compare(evidence: Evidence) -> pd.DataFrame:
    """Every candidate with every form, the simplest first: fewer features before fewer numbers of
    the interval.

    Returns
    -------
    DataFrame
        `candidate`, `uses`, `form`, `interval_score` (each developer alike), `score_by_rows`,
        `median_error_factor`, `p90_error_factor`, `coverage_90`, `median_width_factor`, and
        `worse_by`: how many standard errors, over developers, it lies above the best.
    """
    pairs = predictions(evidence).groupby(["candidate", "form"])
    scores = {pair: rows.groupby("developer").score.mean() for pair, rows in pairs}
    best = min(scores.values(), key=np.mean)
    order = sorted(scores, key=lambda pair: (CANDIDATES[pair[0]].rank, FORMS[pair[1]].rank))
    rows = [
        {
            "candidate": name,
            "uses": CANDIDATES[name].uses,
            "form": form,
            "interval_score": scores[name, form].mean(),
            **_figures(pairs.get_group((name, form))),
            "worse_by": standard_errors(scores[name, form] - best),
        }
        for name, form in order
    ]
    return pd.DataFrame(rows)


def _figures(rows: pd.DataFrame) -> dict[str, float]:
    errors = np.exp(rows.log_error.abs())
    return {
        "score_by_rows": rows.score.mean(),
        "median_error_factor": errors.median(),
        "p90_error_factor": errors.quantile(0.9),
        "coverage_90": rows.inside.mean(),
        "median_width_factor": np.exp(rows.width.median()),
    }


def choice(compared: pd.DataFrame, facts: Facts) -> tuple[str, str]:
    """The simplest candidate, with its simplest form, that is not clearly worse than the best."""
    clearly = facts.constant("clearly_worse_standard_errors", "count").value
    fair = compared[compared.worse_by <= clearly].iloc[0]
    return str(fair.candidate), str(fair.form)


def difference(
    evidence: Evidence, one: tuple[str, str], other: tuple[str, str], seed: int = 0
) -> dict[str, float]:
    """By how much the interval score of a candidate and form lies above another's, each developer
    alike: `value`, and the `low` and `high` end of 90 % of samples of whole developers.
    """
    score = predictions(evidence).groupby(["candidate", "form", "developer"]).score.mean()
    by_developer = (score[one] - score[other]).to_numpy()
    rng = np.random.default_rng(seed)
    drawn = by_developer[rng.integers(0, len(by_developer), (SAMPLES, len(by_developer)))]
    low, high = np.quantile(drawn.mean(axis=1), ENDS[[0, 2]])
    return {"value": float(by_developer.mean()), "low": float(low), "high": float(high)}


def standard_errors(difference: pd.Series) -> float:
    """The mean of differences, one a developer, in units of its standard error.

    >>> standard_errors(pd.Series([1.0, 3.0]))
    2.0
    """
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    return float(difference.mean() / error) if error > 0 else 0.0


def rules_of_thumb(evidence: Evidence) -> pd.DataFrame:
    """Errors of rules of thumb on the runs of the choice: `candidate`, `uses`,
    `median_error_factor` and `p90_error_factor`.
    """
    errors = errors_of_thumb(runs_of_the_choice(evidence), evidence)
    rows = [
        {
            "candidate": name,
            "uses": "a rule of thumb",
            "median_error_factor": float(np.exp(np.median(error))),
            "p90_error_factor": float(np.exp(np.quantile(error, 0.9))),
        }
        for name, error in errors.items()
    ]
    return pd.DataFrame(rows)


def errors_of_thumb(runs: pd.DataFrame, evidence: Evidence) -> dict[str, np.ndarray]:
    """Absolute log errors of six FLOP per active parameter at a fixed MFU, by name of the rule."""
    by_six = TRAINING_FLOP_PER_PARAMETER * runs.params_active / runs.flop_per_token
    log_mfu = np.log((runs.mfu * by_six).to_numpy())
    rules = {rule_at(fact.value): np.log(fact.value) for fact in facts_of_thumb(evidence)}
    rules["6ND at the constant best in hindsight"] = np.median(log_mfu)
    return {name: np.abs(log_mfu - constant) for name, constant in rules.items()}


def facts_of_thumb(evidence: Evidence) -> list[Fact]:
    """The MFUs of rules of thumb, the lowest first."""
    facts = (evidence.facts.constant(name, "ratio") for name in RULES_OF_THUMB)
    return sorted(facts, key=lambda fact: fact.value)


def rule_at(mfu: float) -> str:
    """What the rule of thumb at an MFU is called."""
    return f"6ND at {mfu:g}"
