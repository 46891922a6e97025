"""What is said of the model of a step, summed by hand from steps and intervals that were made."""

from math import log
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.runs import rl_backtest
from analysis.runs.rl_backtest import (
    BY_TOKENS,
    THIS_MODEL,
    alternatives,
    alternatives_by_kind,
    explained,
    intervals_by_way,
    steps_by_kind,
    what_errors_go_with,
    what_so_few_show,
)
from tests.by_hand import CHIP

HARDWARE = pd.concat(
    [CHIP.assign(chip=f"C{n}", peak_bf16_dense_tflops=100.0 * n) for n in (1, 2, 4)]
)


def steps(*seconds, **columns):
    frame = pd.DataFrame(
        {
            "id": [f"s{number}" for number in range(len(seconds))],
            "developer": [f"D{number}" for number in range(len(seconds))],
            "prompts_per_step": 10.0,
            "samples_per_prompt": 5.0,
            "mean_len_tokens": 1_000.0,
            "params_total": 16e9,
            "params_active": 4e9,
            "chip": "C1",
            "chips": 10.0,
            "step_seconds": seconds,
        }
    )
    return frame.assign(**columns)


def estimator_of(runs, predicted):
    """Steps, and what the model says of each without its developer, or without other units."""
    left_out = lambda units=None: np.array(predicted if units is None else units)  # noqa: E731
    columns = np.column_stack([np.full(len(runs), 3.0), np.full((len(runs), 2), 99.0)])
    return SimpleNamespace(runs=runs, left_out=left_out, columns=columns, hardware=HARDWARE)


def test_naive_ways_take_the_middle_of_the_others_and_of_all_efficiencies(monkeypatch):
    """Of 10, 20, 40 and 400 seconds each is held against the middle of the other three."""
    reference = pd.DataFrame({"mfu": [0.2, 0.3, 0.7]})
    monkeypatch.setattr(rl_backtest, "reference_runs", lambda evidence: reference)
    found = alternatives(estimator_of(steps(10.0, 20.0, 40.0, 400.0), [5.0, 20.0, 80.0, 40.0]), {})
    assert found["id"].tolist() == ["s0", "s1", "s2", "s3"]
    assert found["this model"].tolist() == pytest.approx([2, 1, 2, 10])
    assert found["pre-training MFU"].tolist() == pytest.approx([1, 2, 4, 40])  # 3 over 0.3 is ten
    for way in ("throughput only", BY_TOKENS):
        assert found[way].tolist() == pytest.approx([4, 2, 2, 20])


def test_by_tokens_a_step_takes_the_middle_of_what_the_others_take():
    """A token takes a chip 2, 3 and 10 ms; 100 answers of 2,000 tokens on 20 chips are 10,000."""
    others = SimpleNamespace(runs=steps(10.0, 15.0, 50.0))
    row = steps(1.0, mean_len_tokens=2_000.0, chips=20.0, samples_per_prompt=10.0)
    predicted, spread = rl_backtest._by_tokens(others, row)
    assert predicted == pytest.approx([30.0])
    errors = [log(32.5 / 10), log(30 / 15), log(12.5 / 50)]  # each by the middle of two
    assert spread == pytest.approx(np.sqrt(np.mean(np.square(errors))))


INTERVALS = pd.DataFrame(
    [  # of three developers
        ("A", True, 2.0, 1.0),
        ("A", True, 3.0, 2.0),
        ("A", False, 4.0, 6.0),
        ("B", True, 9.0, 1.0),
        ("C", False, 30.0, 8.0),
    ],
    columns=["developer", "inside", "width", "interval_score"],
)


def test_what_intervals_are_worth_by_rows_and_by_developer(monkeypatch):
    asked = []
    monkeypatch.setattr(
        rl_backtest, "left_out_intervals", lambda _, way: asked.append(way) or INTERVALS
    )
    found = intervals_by_way(None)
    assert found.way.tolist() == asked == [THIS_MODEL, BY_TOKENS]
    assert found.drop(columns="way").iloc[0].to_dict() == pytest.approx(
        {
            "inside": 3 / 5,
            "inside_by_developer": (2 / 3 + 1 + 0) / 3,
            "interval_score": 18 / 5,
            "interval_score_by_developer": (3 + 1 + 8) / 3,
            "width": 4.0,
        }
    )


def test_developers_are_inside_from_the_level_on(monkeypatch):
    """Nine of ten, twice one of one, and two of three, where nine in ten are asked for."""
    inside = [True] * 9 + [False] + [True] + [True, True, False] + [True]
    made = pd.DataFrame({"developer": [*"A" * 10, "B", *"CCC", "D"], "inside": inside})
    asked = []
    monkeypatch.setattr(
        rl_backtest, "left_out_intervals", lambda *given: asked.append(given) or made
    )
    found = what_so_few_show("evidence").iloc[0]
    assert asked == [("evidence", 0.9)]
    assert (found.developers, found["inside"]) == (4, 3)
    # three or more of four with a share p: p^3 (4 - 3 p) is a tenth
    share = found.at_least
    assert share**3 * (4 - 3 * share) == pytest.approx(0.1)


def test_what_errors_go_with_by_hand():
    """Of A alone: errors are twice the log of what sparsity is; sizes say nothing of it."""
    active, sparsity = [1e9, 2e9, 4e9, 8e9, 1e9], np.array([2.0, 8.0, 8.0, 2.0, 100.0])
    runs = steps(
        *(10.0, 20.0, 30.0, 40.0, 50.0),
        developer=["A", "A", "A", "A", "B"],
        params_active=active,
        params_total=np.array(active) * sparsity,
        chip=["C1", "C2", "C4", "C4", "C1"],
    )
    predicted = runs.step_seconds.to_numpy() * sparsity**2
    whole = what_errors_go_with(estimator_of(runs, predicted)).set_index("what")
    found = whole.share
    assert whole.correlation["parameters for each active one"] == pytest.approx(1.0)
    assert np.isnan(whole.correlation["the last two together"])
    assert found["parameters for each active one"] == pytest.approx(1.0)
    assert found["the last two together"] == pytest.approx(1.0)
    sizes, peaks = np.log2([2, 16, 32, 16]), np.log2([1, 2, 4, 4])
    errors = np.log2([2, 8, 8, 2])
    assert found["size"] == pytest.approx(np.corrcoef(sizes, errors)[0, 1] ** 2)
    assert found["peak of the chip"] == pytest.approx(np.corrcoef(peaks, errors)[0, 1] ** 2)
    assert 0 < found["peak of the chip"] < found["size"] < 1


def test_a_share_that_is_explained_does_not_hang_on_the_scale_of_errors():
    """A step from 0 to 2 with one to either side: half of the variance, at any scale."""
    step = np.array([[0.0], [0.0], [1.0], [1.0]])
    errors = np.array([-1.0, 1.0, 1.0, 3.0])
    for scale in (1.0, 3.0):
        assert explained(step, scale * errors) == pytest.approx(0.5)


@pytest.fixture
def by_kind(evidence, monkeypatch):
    """Five steps of one developer and one of another, their intervals, and naive ways."""
    runs = steps(
        *(10.0, 10.0, 10.0, 10.0, 10.0, 10.0),
        developer=["A"] * 5 + ["B"],
        params_total=[1e9, 1e9, 1e9, 1e9, 1e9, 300e9],
    )
    estimator = estimator_of(runs, [5.0, 10.0, 30.0, 40.0, 100.0, 20.0])
    intervals = pd.DataFrame(
        {"inside": [True, True, True, False, False, True], "width": [2.0, 3.0, 4.0, 5.0, 99.0, 7.0]}
    )
    ways = pd.DataFrame({"id": runs.id, "developer": runs.developer, "x": [1, 2, 3, 4, 100, 6.0]})
    monkeypatch.setattr(rl_backtest, "step_estimator_for", lambda evidence: estimator)
    monkeypatch.setattr(rl_backtest, "left_out_intervals", lambda evidence: intervals)
    monkeypatch.setattr(rl_backtest, "models_of", lambda runs: [20.0, 80.0, 10.0, 2.5, 30.0, 1.0])
    asked = {(estimator.runs.shape, evidence): ways}
    monkeypatch.setattr(rl_backtest, "alternatives", lambda of, data: asked[of.runs.shape, data])


def test_how_good_the_model_is_by_kind_of_step(by_kind, evidence):
    found = steps_by_kind(evidence).set_index("steps")
    names = ["n", "median_factor", "p90_factor", "median_of_model_left_out", "inside", "width"]
    # of A: factors 1, 2, 3, 4, 10, and with the model left out 1, 2, 3, 4, 8
    of_a = [5, 3, 4 + 0.6 * 6, 3, 3 / 5, 4]
    assert found.loc["of A", names].tolist() == pytest.approx(of_a)
    assert found.loc["of B", names].tolist() == pytest.approx([1, 2, 2, 10, 1, 7])
    large = "models of 200 billion parameters and more"
    assert found.loc[large, names].tolist() == pytest.approx([1, 2, 2, 10, 1, 7])
    assert found.n["all steps"] == 6 and "answers of 8,000 tokens and more" not in found.index


def test_naive_ways_by_kind_of_step_are_the_middle_of_each(by_kind, evidence):
    found = alternatives_by_kind(evidence).set_index("steps")
    assert list(found) == ["n", "x"]
    assert found.loc["of A"].tolist() == [5, 3] and found.loc["of B"].tolist() == [1, 6]
    assert found.loc["all steps"].tolist() == [6, 3.5]


def test_a_step_at_the_very_end_of_its_interval_is_inside(monkeypatch):
    """An interval of no width around the seconds that were printed."""
    others = SimpleNamespace(runs=steps(10.0, 20.0), log_error=(0.0, 2))
    exact = lambda others, rows: (rows.step_seconds.to_numpy(), 0.0)  # noqa: E731
    monkeypatch.setitem(rl_backtest.WAYS, "exact", exact)
    monkeypatch.setattr(rl_backtest, "step_estimator_for", lambda evidence, exclude=(): others)
    found = rl_backtest.left_out_intervals(None, way="exact")
    assert found.inside.all() and found.width.tolist() == [1.0, 1.0]
    assert found.interval_score.tolist() == [0.0, 0.0]
