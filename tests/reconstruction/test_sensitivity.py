import numpy as np
import pytest

from analysis.reconstruction.sensitivity import gpu_hours_of, sobol_indices, uncertain_inputs


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
