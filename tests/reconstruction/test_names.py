import pytest

from analysis.reconstruction.model_file import load_model
from analysis.reconstruction.names import Names


@pytest.fixture(scope="module")
def numbers(evidence):
    return Names(load_model("deepseek-r1", evidence), evidence).numbers


def test_needed_mfu_is_the_one_that_the_developer_prints_elsewhere(numbers, evidence):
    assert numbers["v3_needed_mfu"].value == pytest.approx(
        evidence.facts["v3_mfu_causal"].value, rel=0.005
    )


def test_the_sum_is_what_the_press_prints(numbers, evidence):
    assert numbers["sum_usd"].value == pytest.approx(
        evidence.facts["r1_plus_v3_cost_usd"].value, abs=5e3
    )


def test_the_low_end_lies_below_the_high_end(numbers):
    assert 0 < numbers["machines_low_usd"].value < numbers["machines_high_usd"].value


def test_counts_of_reference_runs_nest(numbers):
    assert 0 <= numbers["moe_runs_as_efficient"].value <= numbers["moe_runs_compared"].value
    assert 0 < numbers["dense_runs_as_efficient"].value <= numbers["dense_runs_compared"].value
    assert (numbers["moe_best_mfu"].value >= numbers["v3_needed_mfu"].value) == (
        numbers["moe_runs_as_efficient"].value > 0
    )


def test_a_figure_knows_a_second_hand_fact_behind_it(evidence):
    names = Names(load_model("deepseek-r1", evidence), evidence)
    assert names.is_second_hand("sum_usd / minimax_final_run_share")
    assert not names.is_second_hand("sum_usd")


def test_what_rests_on_other_companies_is_an_assumption(numbers):
    for name, number in numbers.items():
        assert (number.kind == "assumption") == name.startswith("machines_"), name


def test_editing_a_fact_moves_the_arithmetic(numbers, scaled):
    changed = scaled("llama4_scout_gpu_hours")
    again = Names(load_model("deepseek-r1", changed), changed).numbers
    assert again["scout_over_v3"].value == pytest.approx(2 * numbers["scout_over_v3"].value)
    assert again["sum_usd"].value == numbers["sum_usd"].value
