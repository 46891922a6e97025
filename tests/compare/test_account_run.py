"""The first run of an account beside the runs of other models."""

import numpy as np
import pytest

import analysis
from analysis.compare.account_run import run_of, run_of_account, work_of
from analysis.compare.models import _runs, compare
from analysis.data.tables import Evidence
from analysis.reconstruction.model_file import load_model


@pytest.fixture(scope="module")
def quiet(small_models):
    return analysis.reconstruct("quiet", data=small_models, samples=64)


def test_the_work_of_a_run_is_tokens_times_the_work_of_one(evidence):
    """14.8 trillion tokens at 250.4 GFLOP."""
    tokens, flop = work_of(load_model("deepseek-v3", evidence), evidence)
    assert tokens == 14.8e12
    assert flop == pytest.approx(14.8e12 * 250.4e9, rel=5e-3)


def test_a_model_without_a_corpus_has_no_work(small_models):
    evidence = Evidence.load(small_models)
    assert np.isnan(work_of(load_model("learner", evidence), evidence)).all()


@pytest.mark.parametrize(
    ("model", "run"),
    [
        ("llama-3.1-405b", "llama3.1-405b"),  # by its sheet
        ("olmo-3-32b", "olmo3-32b"),  # by its day and work
        ("kimi-k2", None),
    ],
)
def test_a_row_of_a_model_is_found_by_sheet_name_or_day_and_work(evidence, model, run):
    assert run_of(load_model(model, evidence), _runs(evidence), evidence) == run


def test_an_account_stands_among_the_runs_once_with_its_own_hours(quiet):
    found = compare(quiet.evidence, quiet).set_index("id")
    without = compare(quiet.evidence).set_index("id")
    assert {*found.index} - {*without.index} == {"quiet"}
    row, phase = found.loc["quiet"], quiet["reading"]
    assert (row.model, row.developer, row.how) == ("Quiet", "Nobody", "estimated")
    assert row.p50 == phase.interval["p50"] and row.flop == np.median(phase.flop)
    assert row.usd_market == row.p50 * row.price_market
    assert row.row == "counted:comparison.account = Quiet = index.html"
    assert found.row["llama3.1-405b"] == "training_runs:llama3.1-405b"


def test_disclosed_hours_of_an_account_have_no_width(small_models):
    plain = analysis.reconstruct("plain", data=small_models, samples=64)
    row = run_of_account(plain).iloc[0]
    assert row.how == "disclosed" and row.p05 == row.p50 == row.p95
    assert row.p50 == plain.phases[0].disclosed_gpu_hours


def test_a_model_that_is_a_row_already_is_no_second_one(account):
    found = compare(account.evidence, analysis.reconstruct("llama-3.1-405b", samples=64))
    assert len(found) == len(compare(account.evidence))
