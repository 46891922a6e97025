"""Other families of architectures, with sums by hand and totals that their makers print."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from analysis.physics.architecture import Configuration
from analysis.physics.attention import attention_width, context_products
from analysis.physics.flop import flop_per_token
from analysis.physics.parameters import (
    count_parameters,
    multiplying_parameters,
)

GROUPED = {"n_layers": 2, "dim": 10, "vocab_size": 7, "n_heads": 4, "n_kv_heads": 2, "head_dim": 3}
LATENT = {
    "kv_lora_rank": 2,
    "qk_nope_head_dim": 4,
    "qk_rope_head_dim": 1,
    "v_head_dim": 3,
}


def test_a_dense_model_of_grouped_heads_by_hand():
    """A layer: queries and output 2 x 10x12, keys and values 2 x 10x6, three matrices of 10x20."""
    model = Configuration(**GROUPED, inter_dim=20)
    counted = count_parameters(model)
    assert counted.active_with_head == 2 * (240 + 120 + 600) + 70
    assert counted.total == counted.active_with_embedding == counted.active_with_head + 70
    assert attention_width(model) == 2 * 4 * (3 + 3)


def test_a_head_that_shares_the_table_is_counted_once_in_all_and_multiplies():
    apart, tied = (
        Configuration(**GROUPED, inter_dim=20, tied_embeddings=tied) for tied in (False, True)
    )
    assert count_parameters(tied).total == count_parameters(apart).total - 70
    assert multiplying_parameters(tied) == multiplying_parameters(apart)
    assert count_parameters(tied).active_with_embedding == multiplying_parameters(tied)


def test_an_mlp_without_a_gate_has_two_matrices():
    gated, plain = (Configuration(**GROUPED, inter_dim=20, mlp_matrices=n) for n in (3, 2))
    assert count_parameters(gated).total - count_parameters(plain).total == 2 * 10 * 20


def test_experts_of_any_shape_by_hand():
    """A router of 10x8, two of eight experts of 3 x 10x5, and a shared one 11 wide."""
    model = Configuration(
        **GROUPED,
        n_routed_experts=8,
        n_activated_experts=2,
        moe_inter_dim=5,
        n_shared_experts=1,
        shared_inter_dim=11,
    )
    layer = 240 + 120 + 80 + 3 * 10 * 11
    counted = count_parameters(model)
    assert counted.active_with_head == 2 * (layer + 2 * 150) + 70
    assert counted.total == 2 * (layer + 8 * 150) + 140


def test_a_shared_expert_is_as_wide_as_the_others_where_nothing_else_is_said():
    sizes = {"n_routed_experts": 8, "n_activated_experts": 2, "moe_inter_dim": 5}
    two = Configuration(**GROUPED, **sizes, n_shared_experts=2)
    told = Configuration(**GROUPED, **sizes, n_shared_experts=2, shared_inter_dim=10)
    assert count_parameters(two) == count_parameters(told)


def test_latent_queries_may_come_from_the_width_at_once():
    """10 x 4x5 for the query, 10x3 down, 2 x 4x(4+3) up, 4x3x10 out."""
    model = Configuration(n_layers=1, dim=10, vocab_size=7, n_heads=4, inter_dim=20, **LATENT)
    assert multiplying_parameters(model) == 200 + 30 + 56 + 120 + 600 + 70
    assert attention_width(model) == 4 * (5 + 3)


def test_the_largest_model_of_llama_3_has_405_billion_parameters():
    """As its name says, by the sizes of Table 3 of its paper (arXiv:2407.21783)."""
    llama = Configuration(
        n_layers=126,
        dim=16_384,
        vocab_size=128_256,
        n_heads=128,
        n_kv_heads=8,
        head_dim=128,
        inter_dim=53_248,
    )
    assert count_parameters(llama).total == pytest.approx(405.85e9, rel=1e-4)


@pytest.mark.parametrize("seq_len_tokens", [4, 6, 100])
def test_a_window_is_looked_back_on_as_if_counted_token_by_token(seq_len_tokens):
    model = Configuration(**GROUPED, inter_dim=20, window_tokens=6, n_window_layers=2)
    looked_back = sum(min(token + 0.5, 6) for token in range(seq_len_tokens)) / seq_len_tokens
    width = attention_width(model)
    assert context_products(model, seq_len_tokens) == pytest.approx(width * looked_back, rel=0.01)
    assert context_products(model, seq_len_tokens, "full") == width * min(6, seq_len_tokens)


def test_a_window_saves_only_the_work_of_its_own_layers():
    plain = Configuration(**GROUPED, inter_dim=20)
    half = Configuration(**GROUPED, inter_dim=20, window_tokens=6, n_window_layers=1)
    both = Configuration(**GROUPED, inter_dim=20, window_tokens=6, n_window_layers=2)
    saved = [flop_per_token(plain, 100) - flop_per_token(model, 100) for model in (half, both)]
    assert saved[1] == pytest.approx(2 * saved[0])
    assert saved[0] > 0


@pytest.mark.parametrize("seq_len_tokens", [4, 6, 60])
def test_a_chunk_is_looked_back_on_as_if_counted_token_by_token(seq_len_tokens):
    model = Configuration(**GROUPED, inter_dim=20, window_tokens=6, n_window_layers=2, chunked=True)
    looked_back = sum(token % 6 + 0.5 for token in range(seq_len_tokens)) / seq_len_tokens
    width = attention_width(model)
    assert context_products(model, seq_len_tokens) == pytest.approx(width * looked_back)


def test_a_linear_layer_by_hand():
    """Queries, keys, values, gate and output 5 x 10x12; a matrix of 3x3 a head, updated and read,
    whatever the length.
    """
    plain = Configuration(**GROUPED, inter_dim=20)
    hybrid = Configuration(**GROUPED, inter_dim=20, n_linear_layers=1)
    added = 5 * 10 * 12 - (2 * 10 * 12 + 2 * 10 * 6)
    assert count_parameters(hybrid).total == count_parameters(plain).total + added
    of_softmax = 4 * (3 + 3)
    for length in (10, 1000):
        assert context_products(hybrid, length) == of_softmax * length / 2 + 2 * 4 * 3 * 3


def test_an_indexer_by_hand():
    """Two heads of 5 from the width of 10, one key of 5, a weight a head; scores of the whole
    context, then six tokens.
    """
    plain = Configuration(**GROUPED, inter_dim=20, window_tokens=6, n_window_layers=2)
    picks = Configuration(
        **GROUPED,
        inter_dim=20,
        window_tokens=6,
        n_window_layers=2,
        n_index_heads=2,
        index_head_dim=5,
    )
    added = 2 * (10 * 2 * 5 + 10 * 5 + 10 * 2)
    assert count_parameters(picks).total == count_parameters(plain).total + added
    scores = context_products(picks, 100) - context_products(plain, 100)
    assert scores == pytest.approx(2 * 2 * 5 * 100 / 2)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"n_kv_heads": 0}, "n_kv_heads is missing"),
        ({"head_dim": 0}, "head_dim is missing"),
        ({"inter_dim": 0}, "inter_dim is missing"),
        ({"n_window_layers": 1}, "window_tokens is missing"),
        ({"kv_lora_rank": 2}, "qk_nope_head_dim is missing"),
        ({"n_routed_experts": 4}, "n_activated_experts is missing"),
        (
            {"n_routed_experts": 4, "n_activated_experts": 5, "moe_inter_dim": 1},
            "more than the 4 routed",
        ),
        (
            {
                "n_routed_experts": 4,
                "n_activated_experts": 4,
                "moe_inter_dim": 1,
                "n_dense_layers": 3,
            },
            "fewer than its dense, windowed or linear layers, 2",
        ),
        (
            {"window_tokens": 1, "n_window_layers": 3},
            "fewer than its dense, windowed or linear layers, 2",
        ),
        ({"n_linear_layers": 3}, "fewer than its dense, windowed or linear layers, 2"),
        ({"n_linear_layers": 1, **LATENT}, "not known beside latent attention"),
        ({"n_index_heads": 1}, "index_head_dim is missing"),
        ({"n_layers": 0}, "greater than 0"),
        ({"mlp_matrices": 4}, "2 or 3"),
    ],
)
def test_sizes_that_make_no_model_are_refused(sizes, message):
    with pytest.raises(ValidationError, match=message):
        Configuration(**{**GROUPED, "inter_dim": 20, **sizes})
