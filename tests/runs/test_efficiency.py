"""The estimator: what it sees, what it must not see, and that its intervals are wider where they
should be.
"""

import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from analysis.data.tables import Evidence
from analysis.data.uncertainty import Distribution
from analysis.runs import efficiency
from analysis.runs.candidates import CANDIDATES, Candidate, Fitted, fitted
from analysis.runs.efficiency import CHOSEN, Estimator, estimator_for
from analysis.runs.features import Sample, design, folds_of
from analysis.runs.intervals import Form
from analysis.runs.references import (
    developer_weights,
    reference_runs,
    row_weights,
    trust_in_hours,
)
from tests.by_hand import with_runs, with_tables


@pytest.fixture(scope="module")
def runs(evidence):
    return reference_runs(evidence)


@pytest.fixture(scope="module")
def estimator(evidence):
    return estimator_for(evidence, ("DeepSeek",))


def test_an_excluded_developer_is_in_neither_fit_nor_width(estimator, evidence, edited):
    assert "DeepSeek" not in set(estimator.runs.developer)
    folder = edited("training_runs.csv", "H800 SXM,2048,2664000,", "H800 SXM,2048,5328000,")
    changed = estimator_for(Evidence.load(folder), ("DeepSeek",))
    before, after = (found.predict(found.runs.head(5)) for found in (estimator, changed))
    assert [item.quantile(0.9) for item in before] == [item.quantile(0.9) for item in after]


def test_the_same_evidence_is_fitted_once(evidence, estimator):
    assert estimator_for(evidence, ["DeepSeek"]) is estimator


# --- the closed forms beside scikit-learn, which shares nothing with them


def of_scikit_learn(candidate: Candidate, strength: float, sample: Sample, rows) -> Pipeline:
    """The same candidate, its columns by the whole sample, fitted on some rows of it."""
    numbers, words = list(candidate.numbers), list(candidate.words)
    columns = make_column_transformer(
        (StandardScaler(), numbers),
        # a mean looks at no column, but wants one
        (
            OneHotEncoder(handle_unknown="ignore", sparse_output=False),
            words if numbers or words else ["developer"],
        ),
    )
    kernel = ConstantKernel(0.1) * RBF(strength) + WhiteKernel(0.08)
    if candidate.smooth:
        model = GaussianProcessRegressor(kernel, optimizer=None)
    else:
        model = Ridge(strength) if candidate.words else DummyRegressor()
    columns.fit(sample.features)
    weighed = {} if candidate.smooth else {"sample_weight": sample.weights[rows]}
    encoded = columns.transform(sample.features[rows])
    if not encoded.size:
        encoded = np.zeros((len(encoded), 1))
        columns = make_column_transformer(("drop", []), remainder="passthrough").fit(
            sample.features
        )
    model.fit(encoded, sample.log_mfu[rows], **weighed)
    return make_pipeline(columns, model)


@pytest.mark.parametrize("name", CANDIDATES)
def test_predictions_are_those_of_scikit_learn(runs, evidence, name):
    candidate, all_runs = CANDIDATES[name], Sample.of(runs, evidence)
    rows = (runs.developer != "Meta").to_numpy()
    sample = Sample.of(runs[rows].reset_index(drop=True), evidence)
    for strength in candidate.strengths(evidence.facts):
        columns = fitted(candidate, sample).columns
        ours = Fitted(candidate, sample, strength, columns, columns.encode(sample.features))
        theirs = of_scikit_learn(candidate, strength, sample, np.full(len(sample.features), True))
        expected = theirs.predict(all_runs.features)
        assert ours.predict(all_runs.features) == pytest.approx(expected, abs=1e-8)


def test_folds_are_those_of_scikit_learn(runs, evidence):
    for developers in (runs.developer, runs.developer[::-1], runs.developer[::3]):
        split = GroupKFold(5).split(developers, groups=developers.to_numpy())
        expected = np.zeros(len(developers), dtype=int)
        for number, (_, test) in enumerate(split):
            expected[test] = number
        assert folds_of(developers, evidence.facts).tolist() == expected.tolist()


@pytest.mark.parametrize(
    "name", [name for name, candidate in CANDIDATES.items() if candidate.tried]
)
def test_the_strength_is_the_one_that_misses_least_over_folds(runs, evidence, name):
    candidate, sample = CANDIDATES[name], Sample.of(runs, evidence)
    folds = folds_of(sample.developers, evidence.facts).to_numpy()

    def mean_error(strength: float) -> float:
        errors = []
        for fold in range(5):
            rest = of_scikit_learn(candidate, strength, sample, folds != fold)
            found = rest.predict(sample.features[folds == fold])
            errors.append(np.abs(found - sample.log_mfu[folds == fold]).mean())
        return float(np.mean(errors))

    assert fitted(candidate, sample).strength == min(
        candidate.strengths(evidence.facts), key=mean_error
    )


def test_a_chip_of_twice_the_peak_is_never_slower(estimator, runs, evidence):
    run = runs[runs.chip == "A100 80GB SXM"].head(10)
    peaks = evidence["hardware"].set_index("chip").peak_bf16_dense_tflops
    slow, fast = (
        [item.quantile(0.5) for item in estimator.predict(run.assign(chip=chip))]
        for chip in ("A100 80GB SXM", "H100 SXM")
    )
    assert (np.array(slow) * peaks["A100 80GB SXM"] <= np.array(fast) * peaks["H100 SXM"]).all()


def test_more_parameters_in_all_at_equal_active_ones_are_never_cheaper(estimator, runs):
    run = runs.head(20)
    sparser = run.assign(params_total=run.params_total * 4)
    before, after = (
        [item.quantile(0.5) for item in estimator.predict(frame)] for frame in (run, sparser)
    )
    assert (np.array(after) <= np.array(before) + 1e-12).all()


def test_mixtures_of_experts_are_expected_to_be_less_efficient(estimator, runs):
    run = runs.head(1)
    dense, moe = (
        estimator.predict(run.assign(architecture=kind))[0].quantile(0.5)
        for kind in ("dense", "moe")
    )
    assert moe < dense


def test_intervals_are_wider_far_from_what_was_seen(estimator, runs):
    run = runs.head(1)
    near, far = (
        estimator.predict(
            run.assign(tokens=run.tokens * factor, params_active=run.params_active * factor)
        )[0]
        for factor in (1, 1e4)
    )
    assert far.spread > near.spread > 0
    assert far.quantile(0.95) / far.quantile(0.05) > near.quantile(0.95) / near.quantile(0.05)


def test_misses_rise_and_coverage_leaves_room_for_one_developer_more(estimator):
    found = estimator.predict(estimator.runs.head(1), "conformal")[0]
    assert (np.diff(found.misses) >= 0).all() and (np.diff(found.coverage) > 0).all()
    developers = estimator.runs.developer.nunique()
    assert found.coverage[-1] == pytest.approx(developers / (developers + 1))


def test_every_developer_weighs_the_same_in_a_width(runs):
    weights = developer_weights(runs.developer)
    sums = np.array(
        [weights[(runs.developer == name).to_numpy()].sum() for name in runs.developer.unique()]
    )
    assert sums == pytest.approx(1.0)


def test_less_trusted_hours_weigh_less(runs, evidence):
    weights = row_weights(runs.id, runs.trust, 0.5)
    for kind, trust in trust_in_hours(evidence.facts).items():
        assert weights[(runs.hours_are == kind).to_numpy()] == pytest.approx(trust)


def test_every_candidate_predicts_something_physical(runs, evidence):
    features = design(runs, evidence)
    assert not features.isna().any().any()
    for name in CANDIDATES:
        found = np.exp(Estimator(evidence, (), name).model.predict(features))
        assert ((found > 0.01) & (found < 1)).all(), name


def test_scaling_all_hours_scales_the_answer(evidence, runs, folder):
    import pandas as pd

    table = pd.read_csv(folder / "training_runs.csv")
    table["gpu_hours"] *= 2
    table.to_csv(folder / "training_runs.csv", index=False)
    changed = Estimator(Evidence.load(folder))
    before, after = (
        item.predict(runs.head(3))[0].quantile(0.5) for item in (Estimator(evidence), changed)
    )
    assert after == pytest.approx(before / 2, rel=0.02)


@pytest.mark.parametrize("name", CANDIDATES)
def test_what_is_left_out_is_predicted_as_by_a_fit_without_it(runs, evidence, name):
    sample = Sample.of(runs, evidence)
    fit = fitted(CANDIDATES[name], sample)
    left = fit.left_out(sample.developers)
    for developer in ("Meta", "Google", "BigScience"):
        own = (runs.developer == developer).to_numpy()
        without = of_scikit_learn(fit.candidate, fit.strength, sample, ~own)
        assert left[own] == pytest.approx(without.predict(sample.features[own]), abs=1e-8)


def test_the_chosen_candidate_exists():
    assert CHOSEN in CANDIDATES


def test_how_much_wider_an_interval_is_by_hand(estimator):
    """A tenth for each natural-log unit beyond the largest run, a tenth for a chip nobody used."""
    seen = estimator.sample.features
    inside = seen.head(1).assign(log_active=seen.log_active.mean(), log_flop=seen.log_flop.mean())
    ten_times = inside.assign(log_flop=seen.log_flop.max() + np.log(10))
    tenth = inside.assign(log_active=seen.log_active.min() - np.log(10))
    wider = 1 + 0.1 * 2.302585
    assert estimator.spreads(inside) == pytest.approx(1.0)
    assert estimator.spreads(ten_times) == pytest.approx(wider)
    assert estimator.spreads(tenth) == pytest.approx(wider)
    assert estimator.spreads(inside.assign(chip="nobody's")) == pytest.approx(1.1)


def test_a_distribution_of_errors_is_moved_to_the_prediction_and_widened(estimator, monkeypatch):
    """Errors of 0.5 in the mean, 0.2 wide; a run of ten times the largest work, on a new chip."""
    made = Distribution("log_normal", 0.0, np.inf, "", centre=0.5, spread=0.2)
    monkeypatch.setattr(efficiency, "FORMS", {"made": Form(0, "", lambda errors, who: made)})
    seen = estimator.sample.features
    far = seen.head(1).assign(log_active=seen.log_active.mean(), chip="nobody's")
    far = far.assign(log_flop=seen.log_flop.max() + np.log(10))
    ((found,),) = estimator.by_form(far, ["made"]).values()
    assert found.centre == pytest.approx(0.5 + estimator.model.predict(far)[0])
    assert found.spread == pytest.approx(0.2 * (1 + 0.1 * 2.302585 + 0.1))
    assert (found.low, found.high) == (0.0, estimator.facts["highest_mfu"].value)


def test_errors_and_the_basis_of_four_runs_by_hand(evidence):
    """One reached 0.2 and three 0.4, two of them by one developer; each is predicted by the mean
    log of the other developers.
    """
    made = with_runs(evidence, ("A", 0.2), ("B", 0.4), ("B", 0.4), ("C", 0.4))
    kinds = made["training_runs"].assign(architecture=["moe", "dense", "dense", "dense"])
    found = Estimator(with_tables(made, training_runs=kinds), name="constant")
    of_b = 2**0.5  # a developer weighs as the root of its runs
    assert found.errors == pytest.approx(
        np.log(2) * np.array([-1, 1 / 2, 1 / 2, 1 / (1 + of_b)]), abs=1e-9
    )
    dense, mixture = found.predict(kinds.iloc[[1, 0]].assign(flop_per_token=1.0))
    words = "estimator on 4 runs, {} of them of this kind ({}), of {} developers"
    assert dense.basis == words.format(3, "dense", 2)
    assert mixture.basis == words.format(1, "mixture of experts", 1)


def test_features_of_a_run_by_hand(runs, evidence):
    run = runs[runs.id == "llama3.1-405b"].assign(precision="fp8", params_total=810e9)
    row = design(run, evidence).iloc[0]
    assert np.exp(row.log_active) == pytest.approx(run.params_active.iloc[0])
    assert np.exp(row.log_sparsity) == pytest.approx(810e9 / run.params_active.iloc[0])
    assert np.exp(row.log_peak) == pytest.approx(989.4e12)
    assert np.exp(row.log_length) == pytest.approx(8192)
    assert np.exp(row.log_flop) == pytest.approx((run.tokens * run.flop_per_token).iloc[0])
    assert row.fp8 == 1.0 and row.year == pytest.approx(2024.56, abs=0.01)
    assert row.generation == "Hopper and later"


def test_errors_of_left_out_developers_are_those_of_a_fit_without_them(runs, evidence):
    """Two developers of one run each: both are predicted by the other's MFU alone."""
    two = runs[runs.architecture == "dense"].drop_duplicates("developer").head(2)
    sample = Sample.of(two.reset_index(drop=True), evidence)
    left = fitted(CANDIDATES["constant"], sample).left_out(sample.developers)
    assert left == pytest.approx(sample.log_mfu[::-1])
