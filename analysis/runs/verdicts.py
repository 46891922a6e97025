"""What the record says in a sentence: every result and word in it follows from the rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.data.protocol import protocol
from analysis.data.tables import Evidence
from analysis.runs.efficiency import CHOSEN, FORM
from analysis.runs.intervals import FIRST_FORM
from analysis.runs.new_runs import are_enough, gain_over_first, released_since
from analysis.runs.public_estimators import count, share
from analysis.runs.rl_backtest import (
    LEVEL,
    intervals_by_way,
    what_errors_go_with,
    what_so_few_show,
)
from analysis.runs.rl_steps import step_estimator_for
from analysis.show import links
from analysis.show.links import Html

PEAK, SPARSITY = "peak of the chip", "parameters for each active one"
PROPERTIES = {
    "size": ("size goes with", "size"),
    PEAK: ("the peak of the chip with", "peak"),
    SPARSITY: ("sparsity with", "sparsity"),
}


def on_new_runs(tested: pd.DataFrame, evidence: Evidence) -> Html:
    """What runs say that were released after the rules were fixed; `tested` as
    :func:`analysis.runs.backtest.backtest` returns it.
    """
    rules = protocol().new_runs
    new = released_since(tested)
    return Html(
        "<p>A verdict on runs that are released after the rules were fixed takes "
        f"{count(rules.fewest_runs, 'verdict_runs')} runs of "
        f"{count(rules.fewest_developers, 'verdict_developers')} developers. On record are "
        f"{count(len(new), 'new_runs')} runs of "
        f"{count(new.developer.nunique(), 'new_developers')} developers. "
        f"{_verdict(new, evidence) if are_enough(new) else 'So there is no verdict.'}</p>"
    )


def _verdict(new: pd.DataFrame, evidence: Evidence) -> str:
    """The error on new runs, and whether the first version would have predicted them as well."""
    factor = links.counted(f"{new.error_factor.median():.3g}", "backtest.new_error")
    gain, error = gain_over_first(new, evidence)
    words = "better" if gain > error else "worse" if gain < -error else "no better"
    by, within = (
        links.counted(f"{value:.2f}", f"backtest.new_{place}")
        for value, place in ((abs(gain), "gain"), (error, "gain_error"))
    )
    score = links.term("log_score", "log score")
    return (
        f"Half of them are predicted within a factor of {factor}. Run by run they are predicted "
        f"{words} than with the interval of the first version. The mean {score} is "
        f"{by} {'higher' if gain >= 0 else 'lower'}, with a standard error of {within}."
    )


def on_forms(compared: pd.DataFrame) -> Html:
    """How wide the interval in use is beside that of the first version; `compared` as
    :func:`analysis.runs.choice.compare` returns it.
    """
    widths = compared[compared.candidate == CHOSEN].set_index("form").median_width_factor
    used, first = widths[FORM], widths[FIRST_FORM]
    word = "wider" if used > first else "narrower" if used < first else "as wide"
    return Html(
        f"<p>The same rule chose among {count(len(widths), 'forms')} forms. The first version "
        f"took the errors themselves, with developers alike. The one in use is {word}: "
        f"{_factor(used, 'width_in_use')} from end to end, and {_factor(first, 'width_first')} "
        "then.</p>"
    )


def on_makers_of_steps(evidence: Evidence) -> Html:
    """How many of the steps one developer has."""
    makers = step_estimator_for(evidence).makers
    return Html(
        f"<p>Of the rows, {share(makers.iloc[0], 'largest_maker')} are of one developer, "
        f"{links.text(makers.index[0])}. So a model weighs as one.</p>"
    )


def on_few_developers(evidence: Evidence) -> Html:
    """Whether so few developers can show that the intervals of steps are right."""
    found = what_so_few_show(evidence).iloc[0]
    word = "enough" if found.at_least >= LEVEL else "too few"
    return Html(
        f"<p>Those who disclose their steps are {count(found.developers, 'step_developers')} "
        f"developers, {word} to say that these intervals are right.</p>"
    )


def on_step_intervals(evidence: Evidence) -> Html:
    """Whether the intervals of steps are worth more than those of a simple rate."""
    scores = ["interval_score", "interval_score_by_developer"]
    ours, rate = intervals_by_way(evidence)[scores].to_numpy()
    word = "more than" if (ours < rate).all() else "no more than"
    return Html(f"<p>By the score, the intervals are worth {word} those of a simple rate.</p>")


def on_errors_of_steps(evidence: Evidence) -> Html:
    """What the errors of steps go with, and where a step takes longer than expected."""
    estimator = step_estimator_for(evidence)
    found = what_errors_go_with(estimator).set_index("what")
    shares = [
        f"{words} {share(found.share[what], f'errors_{place}')}"
        for what, (words, place) in PROPERTIES.items()
    ]
    peak, sparsity = (found.correlation[what] < 0 for what in (PEAK, SPARSITY))
    others = len(estimator.makers) - 1
    return Html(
        f"<p>Of the variance of the errors, {', '.join(shares)}. Steps take longer than expected "
        f"on chips of a {'higher' if peak else 'lower'} peak, and with models that are "
        f"{'sparser' if sparsity else 'denser'}. None of it is in the fit: "
        f"{count(others, 'other_makers')} other developers are all that could confirm it.</p>"
    )


def _factor(value: float, place: str) -> Html:
    return links.counted(f"{np.round(value, 1):g} times", f"backtest.{place}")
