"""What a method assumes is a row of the evidence: another value there is another answer."""

import numpy as np
import pytest

from analysis.data.mistakes import InputError
from analysis.runs.efficiency import Estimator
from analysis.runs.features import design, folds_of
from analysis.runs.planned import billed_over_running
from analysis.runs.references import reference_runs
from analysis.runs.rl_backtest import steps_by_kind
from analysis.runs.step_constants import processor
from tests.by_hand import with_facts

TRIED = ("penalty_on_types", "penalty_on_features", "smooth_length_scale")


def centres(evidence, candidate: str) -> np.ndarray:
    """Log MFU of two runs that say no length, by a candidate."""
    runs = reference_runs(evidence).iloc[[0, -1]].assign(seq_len_tokens=np.nan)
    return Estimator(evidence, (), candidate).model.predict(design(runs, evidence))


@pytest.mark.parametrize(
    ("fact", "value", "candidate"),
    [
        ("penalty_on_types", 30.0, "by type"),
        ("penalty_on_types", 30.0, "by type and chip"),
        ("newer_chips_from_year", 2016.0, "by type and chip"),
        ("penalty_on_features", 1e3, "linear"),
        ("penalty_on_features", 1e3, "pooled"),
        ("usual_length_tokens", 1e6, "linear"),
        ("smooth_length_scale", 20.0, "Gaussian process"),
        ("smooth_signal_variance", 10.0, "Gaussian process"),
        ("smooth_noise_variance", 10.0, "Gaussian process"),
        ("folds_of_developers", 2.0, "linear"),
        ("power_of_a_developers_rows", 1.0, "by type"),
    ],
)
def test_another_assumption_is_another_prediction(evidence, fact, value, candidate):
    changed = centres(with_facts(evidence, **{fact: value}), candidate)
    assert np.abs(changed - centres(evidence, candidate)).max() > 1e-6


def test_more_folds_than_developers_leave_out_one_each(evidence):
    developers = reference_runs(evidence).developer
    folds = folds_of(developers, with_facts(evidence, folds_of_developers=1e9).facts)
    assert folds.nunique() == developers.nunique()
    assert (folds.groupby(developers).nunique() == 1).all()


@pytest.mark.parametrize(
    ("fact", "value", "least", "candidate"),
    [
        ("folds_of_developers", 1.0, "2", "by type"),
        ("smooth_noise_variance", 0.0, "1e-06", "Gaussian process"),
        *(
            (fact, 0.0, "1e-06", name)
            for fact, name in zip(TRIED, ("by type", "linear", "Gaussian process"), strict=True)
        ),
    ],
)
def test_an_assumption_with_which_nothing_can_be_fitted_is_refused(
    evidence, fact, value, least, candidate
):
    wrong = with_facts(evidence, **{fact: value})
    with pytest.raises(InputError) as refused:
        centres(wrong, candidate)
    said = f"facts.csv, {fact}: found {value:g}, allowed is {least} or more"
    assert str(refused.value) == said


def test_chips_share_a_server_with_as_many_as_the_evidence_says(evidence):
    assert processor("H100 SXM", with_facts(evidence, chips_per_node=4.0)).chips_per_node == 4.0


def test_large_models_and_long_answers_begin_where_the_evidence_says(evidence):
    bounds = {"large_model_of_steps_params": 7.5e9, "long_answer_of_steps_tokens": 1234.0}
    said = set(steps_by_kind(with_facts(evidence, **bounds)).steps)
    assert "models of 7.5 billion parameters and more" in said
    assert "answers of 1,234 tokens and more" in said


def test_from_how_many_developers_students_t_is_drawn_is_the_evidences(evidence):
    alike = with_facts(evidence, fewest_developers_for_t=2.0)
    seen = with_facts(evidence, fewest_developers_for_t=1e3)
    assert billed_over_running(alike).shape == "log_t"
    assert billed_over_running(seen).shape == "log_uniform"
    with pytest.raises(InputError, match="fewest_developers_for_t: found 1, allowed is 2 or more"):
        billed_over_running(with_facts(evidence, fewest_developers_for_t=1.0))


def test_the_usual_length_is_the_middle_of_those_that_are_said(evidence):
    said = reference_runs(evidence).seq_len_tokens.median()
    assert evidence.facts["usual_length_tokens"].value == said
