from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from analysis.reconstruction.sensitivity import (
    finding,
    gpu_hours_of,
    leading_inputs,
    sobol_indices,
    uncertain_inputs,
)


def test_indices_are_shares_and_the_first_orders_do_not_exceed_the_whole(r1, evidence):
    found = sobol_indices(r1, "r1_zero_rl")
    assert found.total.between(0, 1).all() and found.first_order.between(0, 1).all()
    assert found.first_order.sum() <= 1.1
    assert found.total.is_monotonic_decreasing


def test_a_phase_with_one_input_owes_it_everything(r1, evidence):
    found = sobol_indices(r1, "v3_pretraining")
    assert len(found) == 1 and found.total[0] == 1


def test_an_input_that_matters_widens_and_one_that_does_not_hardly(r1, evidence):
    found = sobol_indices(r1, "r1_zero_rl").set_index("input")
    assert found.total["time per output token"] > 0.5
    assert found.total["writing speed per GPU"] < 0.05


def test_the_evaluation_is_that_of_the_reconstruction(r1, evidence):
    """At the reconstruction's own draws the hours come back to the last digit."""
    from analysis.data.uncertainty import draw

    inputs = uncertain_inputs(r1)
    every = {
        name: item.distribution for result in r1.phases for name, item in result.inputs.items()
    }
    draws = draw(every, r1.scenario.parameters.samples, r1.scenario.parameters.seed)
    hours = gpu_hours_of(r1, {name: draws[name] for name in inputs})
    assert hours == pytest.approx(np.sum([result.gpu_hours for result in r1.phases], axis=0))


def test_an_estimate_of_a_share_stays_between_nothing_and_all(r1, monkeypatch):
    names = list(uncertain_inputs(r1, "r1_sft_data"))
    assert len(names) == 2
    found = SimpleNamespace(first_order=np.array([-0.1, 1.2]), total_order=np.array([-0.2, 1.1]))
    asked = {}
    monkeypatch.setattr(stats, "sobol_indices", lambda **given: asked.update(given) or found)
    shares = sobol_indices(r1, "r1_sft_data").set_index("input")
    labels = [r1["r1_sft_data"].inputs[name].label for name in names]
    assert shares.total[labels].tolist() == shares.first_order[labels].tolist() == [0.0, 1.0]
    assert asked["n"] == 512 and len(asked["dists"]) == 2
    assert asked["rng"].random() == np.random.default_rng(0).random()


def test_what_is_found_names_the_leading_input_and_its_share(r1):
    indices = sobol_indices(r1)
    said = finding(indices)
    assert f"One unknown, the {indices.input[0]}, makes up " in said
    assert f"{indices.total[0] * 100:.2g}&nbsp;%" in said
    assert "No input is uncertain" in finding(indices.head(0))


def test_each_phase_and_all_together_have_the_two_inputs_that_lead(r1):
    found = leading_inputs(r1)
    assert found.phase.tolist() == [*(result.phase.label for result in r1.phases), "all phases"]
    hours = np.sum([result.gpu_hours for result in r1.phases], axis=0)
    assert found.p50.iloc[-1] == np.percentile(hours, 50)
    assert found.p95.iloc[0] == r1["v3_pretraining"].interval["p95"]
    for row, phase in zip(found.itertuples(), [*r1.phases, None], strict=True):
        indices = sobol_indices(r1, phase and phase.phase.id)
        said = [f"{one.input} ({one.total:.0%})" for one in indices.head(2).itertuples()]
        assert row.would_narrow_it_most == "; ".join(said)
