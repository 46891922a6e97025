"""What a page shows of how good the estimators are: errors as factors, of hours and of steps."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.data.protocol import kept_out
from analysis.data.tables import Evidence
from analysis.runs.backtest import with_ranges
from analysis.runs.efficiency import CHOSEN, FORM
from analysis.runs.floor import coverage_beside_its_band, limits, spreads
from analysis.runs.intervals import FORMS
from analysis.runs.public_estimators import beside_public_estimators
from analysis.runs.rl_backtest import (
    alternatives_by_kind,
    generation_shares,
    intervals_by_way,
    steps_by_kind,
    what_errors_go_with,
    what_so_few_show,
)
from analysis.runs.rl_steps import step_estimator_for
from analysis.show.links import Html
from analysis.show.tables import ALL, ROUGH, table

ERRORS = {"median_error_factor": "median error", "p90_error_factor": "error of nine in ten"}
SCORES = {"interval_score": "interval score", "worse_by": "worse than the best"}
FACTORS = {"median_factor": "median error", "p90_factor": "error of nine in ten"}
HOURS_ARE = {
    "run": "of the run",
    "rounded": "rounded",
    "computed": "computed",
    "upper_bound": "an upper bound",
    "with_other_work": "with other work",
    "from_energy": "from energy",
}
LARGEST = 12


def record(tested: pd.DataFrame) -> Html:
    """The record in figures, each with its range when developers are drawn again."""
    shown = with_ranges(tested)[["words", "value", "low", "high"]]
    return table(
        shown,
        head={"words": "figure", "low": "low end, 5 %", "high": "high end, 95 %"},
        caption="The record, with its range when developers are drawn again",
        name="record",
    )


def coverage(tested: pd.DataFrame, evidence: Evidence) -> Html:
    """Coverage by runs and by developers, beside what chance does to right intervals."""
    shares = ("inside", "low", "high")
    return table(
        coverage_beside_its_band(tested, evidence)
        .rename_axis("counted by")
        .reset_index()[["counted by", *shares]],
        units=dict.fromkeys(shares, "ratio"),
        head={
            "inside": "inside their 90 % interval",
            "low": "by chance, low end",
            "high": "by chance, high end",
        },
        caption="Disclosed hours inside the interval, and where right intervals come out in nine "
        "of ten trials",
        name="coverage",
    )


def methods(compared: pd.DataFrame, rules: pd.DataFrame) -> Html:
    """Every method with the form that is in use, the best first, and the rules of thumb."""
    own = compared[compared.form == FORM].sort_values("interval_score", kind="stable")
    return table(
        pd.concat([own, rules])[["candidate", "uses", *SCORES, *ERRORS]],
        head={"candidate": "method", **SCORES, **ERRORS},
        figures={"worse_by": ROUGH},
        caption=f"Other methods, {_without()}: errors are factors; the interval score is better "
        "when less; then standard errors above the best. A rule of thumb has no interval",
        name="methods",
    )


def _without() -> str:
    """Whose runs no choice looked at."""
    return f"without the runs of {', '.join(kept_out())}"


def forms(compared: pd.DataFrame) -> Html:
    """Every form of the interval around the method that is in use."""
    own = compared[compared.candidate == CHOSEN]
    own = own.assign(rests_on=own.form.map({name: form.words for name, form in FORMS.items()}))
    return table(
        own[["form", "rests_on", *SCORES, "coverage_90", "median_width_factor"]],
        units={"coverage_90": "ratio"},
        head={
            "rests_on": "rests on",
            **SCORES,
            "coverage_90": "inside",
            "median_width_factor": "width, a factor",
        },
        figures={"worse_by": ROUGH},
        caption=f"Forms of the interval around the method in use, {_without()}",
        name="forms",
    )


def scatter(evidence: Evidence) -> Html:
    """How far runs and developers lie apart, as factors, and what interval follows."""
    found = spreads(evidence)
    rows = {
        "runs of one developer": np.exp(found.within),
        "developers": np.exp(found.between),
        "developers, at most (in nine of ten cases)": np.exp(found.bound),
        "means of developers, which hold the scatter of single runs": np.exp(found.of_means),
        "width of a fair 90 % interval": found.width,
        "the same with developers as far apart as they may be": found.width_at_most,
    }
    return table(
        pd.DataFrame({"what": rows.keys(), "factor": rows.values()}),
        head={"what": "scatter of efficiencies about their type", "factor": "a factor"},
        caption="How far runs lie apart: one standard deviation, as a factor",
        name="scatter",
    )


def public_estimators(tested: pd.DataFrame, evidence: Evidence) -> Html:
    """Public estimators beside ours on well-known runs, the best first."""
    return table(
        beside_public_estimators(tested, evidence),
        head={**FACTORS, "worst_factor": "largest error"},
        caption="Public estimators on well-known runs: errors are factors",
        name="public-estimators",
    )


def largest_errors(tested: pd.DataFrame) -> Html:
    """The runs that the estimator is furthest from."""
    largest = tested.nlargest(LARGEST, "error_factor")
    shown = largest[
        ["id", "model", "error_factor", "gpu_hours", "predicted", "p05", "p95", "hours_are"]
    ]
    hours = ("gpu_hours", "predicted", "p05", "p95")
    return table(
        shown.assign(hours_are=shown.hours_are.map(HOURS_ARE)),
        units=dict.fromkeys(hours, "gpu_hours"),
        head={
            "gpu_hours": "disclosed",
            "p05": "5 %",
            "p95": "95 %",
            "error_factor": "error, a factor",
            "hours_are": "the hours are",
        },
        figures=dict.fromkeys(("predicted", "p05", "p95"), ROUGH),
        rests={
            ALL: ("reconstructed", "training_runs:id"),
            "gpu_hours": ("disclosed", "training_runs:id"),
        },
        caption="The largest errors",
        name="largest-errors",
    )


def what_limits(evidence: Evidence) -> Html:
    """How alike equal runs are."""
    return table(
        limits(evidence),
        head={"what": "runs", "n": "how many", "median_factor": "median error"},
        caption="How alike runs are: errors are factors",
        name="limits",
    )


def steps(evidence: Evidence) -> Html:
    """The record on steps of reinforcement learning."""
    return table(
        steps_by_kind(evidence),
        units={"inside": "ratio"},
        head={
            "n": "how many",
            "median_of_model_left_out": "median error, its model left out",
            "inside": "inside their interval",
            "width": "width of the interval, a factor",
            **FACTORS,
        },
        figures={"inside": ROUGH, "width": ROUGH},
        caption="Steps of reinforcement learning: errors are factors",
        name="steps",
    )


def simpler_ways(evidence: Evidence) -> Html:
    """Simpler ways on the same steps."""
    return table(
        alternatives_by_kind(evidence),
        head={"n": "how many"},
        caption="Median error of simpler ways on the same steps, a factor",
        name="simpler-ways",
    )


def step_intervals(evidence: Evidence) -> Html:
    """What the intervals of steps are worth, beside those of a simpler way."""
    shares = ("inside", "inside_by_developer")
    return table(
        intervals_by_way(evidence),
        units=dict.fromkeys(shares, "ratio"),
        head={
            "inside": "inside, by steps",
            "inside_by_developer": "inside, by developers",
            "interval_score": "interval score, by steps",
            "interval_score_by_developer": "interval score, by developers",
            "width": "width, a factor",
        },
        figures=dict.fromkeys((*shares, "width"), ROUGH),
        caption="Intervals of steps that hold nine in ten if they keep their word: a smaller score "
        "is better",
        name="step-intervals",
    )


def errors_of_steps(evidence: Evidence) -> Html:
    """What the errors of steps go with."""
    return table(
        what_errors_go_with(step_estimator_for(evidence))[["what", "share"]],
        units={"share": "ratio"},
        head={"what": "property", "share": "share of the errors' variance"},
        figures={"share": ROUGH},
        caption="What the errors go with, on the steps of the developer with most of them",
        name="errors-of-steps",
    )


def few_developers(evidence: Evidence) -> Html:
    """What so few developers cannot exclude."""
    return table(
        what_so_few_show(evidence),
        units={"at_least": "ratio"},
        head={
            "inside": "of them inside",
            "at_least": "share of developers that this leaves possible, at least",
        },
        figures={"at_least": ROUGH},
        caption="What so few developers show: nine in ten of a developer's steps must be inside",
        name="few-developers",
    )


def generation(evidence: Evidence) -> Html:
    """Generation as a share of a step, disclosed and predicted."""
    shares = generation_shares(step_estimator_for(evidence))
    return table(
        shares[["model", "disclosed", "predicted"]],
        units={"disclosed": "ratio", "predicted": "ratio"},
        head={"model": "run"},
        figures={"predicted": ROUGH},
        caption="Generation as a share of the step",
        name="generation",
    )
