"""Known answers: what papers and configuration files print, within half a per cent."""

import pytest
from pydantic import ValidationError

from analysis.physics.architecture import Configuration, Outline
from analysis.physics.attention import attention_width, context_products
from analysis.physics.flop import flop_per_token, flop_per_token_from_dimensions
from analysis.physics.parameters import (
    count_parameters,
    multiplying_parameters,
    total_parameters,
)
from analysis.reconstruction.model import configuration
from analysis.reconstruction.model_file import load_model


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


@pytest.mark.parametrize("attention", ["Causal", "FULL", "", "half", None])
def test_a_way_to_count_attention_that_is_none_is_refused(v3, attention):
    for model in (v3, Outline(**OUTLINE)):
        with pytest.raises(ValueError, match="is neither causal nor full"):
            flop_per_token(model, 4096, attention)


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


def test_two_sums_of_v3_by_hand(v3):
    """61 layers of 128 heads, 128 + 64 wide for queries and keys, 128 for values; MTP one more."""
    assert attention_width(v3) == 61 * 128 * (128 + 64 + 128)
    assert attention_width(v3, mtp=True) == 62 * 128 * (128 + 64 + 128)
    assert multiplying_parameters(v3) == count_parameters(v3).active_with_head


def test_flop_per_token_follows_from_the_two_sums(v3):
    for mtp in (False, True):
        linear, width = multiplying_parameters(v3, mtp), attention_width(v3, mtp)
        causal, full = (
            flop_per_token(v3, 4096, attention, mtp) for attention in ("causal", "full")
        )
        assert causal == pytest.approx(6 * linear + 6 * width * 2048, rel=1e-12)
        assert full == pytest.approx(6 * linear + 6 * width * 4096, rel=1e-12)


def test_a_module_of_multi_token_prediction_is_a_layer_a_projection_and_the_head(v3):
    """One more expert layer, 2 x 7168^2 to join two states, and the head of 129,280 words again."""
    deeper = v3.model_copy(update={"n_layers": v3.n_layers + 1})
    layer = multiplying_parameters(deeper) - multiplying_parameters(v3)
    added = multiplying_parameters(v3, mtp=True) - multiplying_parameters(v3)
    assert added == layer + 2 * 7168**2 + 129_280 * 7168


OUTLINE = {"params_active": 46_000, "n_layers": 10, "dim": 60, "vocab_size": 200}


def test_a_mixture_known_by_its_outline_can_say_how_large_it_is():
    assert total_parameters(Outline(**OUTLINE)) == 46_000
    assert total_parameters(Outline(**OUTLINE, params_total=456_000)) == 456_000
    assert flop_per_token(Outline(**OUTLINE, params_total=456_000), 8) == flop_per_token(
        Outline(**OUTLINE), 8
    )


def test_an_outline_of_fewer_parameters_in_all_than_active_is_refused():
    with pytest.raises(ValidationError, match="less than params_active, 46,000"):
        Outline(**OUTLINE, params_total=45_000)


def test_all_parameters_of_an_outline_may_be_active_and_not_more():
    sizes = {"n_layers": 1, "dim": 1, "vocab_size": 1}
    assert Outline(params_active=7, params_total=7, **sizes).params_total == 7
    with pytest.raises(ValueError, match="less than params_active"):
        Outline(params_active=8, params_total=7, **sizes)


def test_an_outline_holds_more_than_the_table_that_is_looked_up():
    sizes = {"n_layers": 1, "dim": 3, "vocab_size": 5}
    assert multiplying_parameters(Outline(params_active=16, **sizes)) == 1
    with pytest.raises(ValidationError, match="times dim no less than params_active, 15"):
        Outline(params_active=15, **sizes)
    with pytest.raises(ValidationError, match="greater than 0"):  # and nothing of the table
        Outline(params_active=0, **sizes)


SMALL = Configuration(
    n_layers=2,
    dim=10,
    n_dense_layers=1,
    inter_dim=7,
    moe_inter_dim=5,
    n_routed_experts=8,
    n_shared_experts=1,
    n_activated_experts=2,
    vocab_size=20,
    n_heads=2,
    q_lora_rank=3,
    kv_lora_rank=2,
    qk_nope_head_dim=4,
    qk_rope_head_dim=1,
    v_head_dim=4,
    mtp_depth=2,
)


def test_parameters_of_a_model_with_a_dense_layer_by_hand():
    """Two layers of ten dimensions, the first one dense: attention 202 each (10x3 + 3x2x5 + 10x3 +
    2x2x8 + 2x4x10), the dense layer 3 x 10x7 = 210, router 10x8 = 80, experts of 3 x 10x5 = 150;
    twice a module of an expert layer and a projection of 2 x 10x10.
    """
    counted = count_parameters(SMALL)
    assert counted.active_with_head == 2 * 202 + 210 + 80 + 3 * 150 + 200
    assert counted.total == 2 * 202 + 210 + 80 + 9 * 150 + 2 * 200
    assert counted.mtp == 2 * (202 + 80 + 9 * 150 + 2 * 10**2)


def test_two_modules_multiply_twice_as_much_as_one_by_hand():
    """Each: attention 202, router 80, two experts and a shared one of 150, a projection of
    2 x 10x10, and the head of 20x10 again; two heads of five for a key and four for a value, that
    look back on four of eight tokens.
    """
    added = multiplying_parameters(SMALL, mtp=True) - multiplying_parameters(SMALL)
    assert added == 2 * (202 + 80 + 3 * 150 + 200 + 200)
    assert context_products(SMALL, 8) == context_products(SMALL, 8, mtp=False) == 2 * 18 * 4
    assert context_products(SMALL, 8, mtp=True) == (2 + 2) * 18 * 4
