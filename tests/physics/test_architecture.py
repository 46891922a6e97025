"""Known answers: what papers and configuration files print, within half a per cent."""

import pytest

from analysis.physics.architecture import (
    count_parameters,
    flop_per_token,
    flop_per_token_from_dimensions,
)
from analysis.reconstruction.model import configuration, load_model


@pytest.fixture(scope="module")
def v3(evidence):
    return configuration(load_model("deepseek-v3", evidence), evidence.facts)


@pytest.fixture(scope="module")
def v2(evidence):
    return configuration(load_model("deepseek-v2", evidence), evidence.facts)


def test_v3_flop_per_token_is_the_printed_one(v3, evidence):
    printed = evidence.facts["v3_flop_per_token_4k_printed"].value
    assert flop_per_token(v3, 4096) == pytest.approx(printed, rel=0.005)


def test_v2_flop_per_token_is_the_printed_one(v2, evidence):
    printed = evidence.facts["v2_flop_per_token_4k_printed"].value
    assert flop_per_token(v2, 4096) == pytest.approx(printed, rel=0.005)


def test_printed_rates_agree_with_both_ways_to_count_attention(v3, evidence):
    tokens_per_s_per_gpu = evidence.facts.calculate("v3_tokens_per_day / 86400 / v3_cluster_gpus")
    for attention, fact in {"causal": "v3_tflops_causal", "full": "v3_tflops_noncausal"}.items():
        achieved = flop_per_token(v3, 4096, attention) * tokens_per_s_per_gpu / 1e12
        assert achieved == pytest.approx(evidence.facts[fact].value, rel=0.005)


@pytest.mark.parametrize(("length", "gflop"), [(4096, 250.4), (32768, 465.4), (131072, 1202.2)])
def test_v3_flop_grows_with_the_sequence(v3, length, gflop):
    assert flop_per_token(v3, length) / 1e9 == pytest.approx(gflop, rel=0.005)


def test_multi_token_prediction_adds_four_per_cent(v3):
    assert (flop_per_token(v3, 4096, mtp=True) - flop_per_token(v3, 4096)) / 1e9 == pytest.approx(
        10.2, rel=0.005
    )


def test_v3_parameter_counts_are_the_printed_ones(v3, evidence):
    counted = count_parameters(v3)
    assert counted.total == pytest.approx(evidence.facts["v3_params_total"].value, rel=0.005)
    assert counted.active_with_head == pytest.approx(
        evidence.facts["v3_params_active_stated"].value, rel=0.005
    )
    assert counted.mtp == pytest.approx(11.6e9, rel=0.005)
    assert counted.active_with_embedding - counted.active_with_head == v3.vocab_size * v3.dim


def test_v2_parameter_counts_are_the_printed_ones(v2, evidence):
    counted = count_parameters(v2)
    assert counted.total == pytest.approx(evidence.facts["v2_params_total"].value, rel=0.005)
    assert counted.active_with_embedding == pytest.approx(
        evidence.facts["v2_params_active"].value, rel=0.02
    )


def test_attention_is_linear_in_the_sequence_and_full_counts_it_twice(v3):
    at = flop_per_token(v3, [0, 1000, 2000])
    assert at[2] - at[1] == pytest.approx(at[1] - at[0])
    assert flop_per_token(v3, 4096, "full") - at[0] == pytest.approx(
        2 * (flop_per_token(v3, 4096) - at[0])
    )


def test_more_experts_per_token_cost_more_and_more_experts_in_all_do_not(v3):
    busier = v3.model_copy(update={"n_activated_experts": v3.n_activated_experts + 1})
    larger = v3.model_copy(update={"n_routed_experts": v3.n_routed_experts * 2})
    assert flop_per_token(busier, 4096) > flop_per_token(v3, 4096)
    # only the router grows
    assert flop_per_token(larger, 4096) == pytest.approx(flop_per_token(v3, 4096), rel=0.005)
    assert count_parameters(larger).total > 1.9 * count_parameters(v3).total


def test_a_dense_model_by_its_outer_dimensions_is_close_to_the_printed_count(evidence):
    llama = evidence["training_runs"].set_index("id").loc["llama3.1-405b"]
    counted = flop_per_token_from_dimensions(
        llama.params_active, llama.layers, llama.d_model, llama.vocab, 0
    )
    assert counted == pytest.approx(
        evidence.facts["llama405b_flop_per_token_printed"].value, rel=0.02
    )
