"""Measured rates of pre-training, and the sizes of the models that were measured."""

import math
import re

import pandas as pd
import pytest

from analysis.data.mistakes import InputError
from analysis.data.tables import Evidence

LAYOUT = [
    "chip",
    "chips",
    "precision",
    "sequences_per_step",
    "sequences_per_micro_batch",
    "seq_len_tokens",
    "tensor_parallel",
    "pipeline_parallel",
    "virtual_stages",
    "context_parallel",
    "expert_parallel",
    "sharding",
    "tokens_per_s_per_gpu",
    "configuration",
]
FORWARD_AND_BACKWARD = 6  # FLOP a multiplying parameter, and a unit of attention's width
LATENT = ["kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"]


@pytest.fixture(scope="module")
def rates(evidence):
    return evidence["training_throughput"]


@pytest.fixture(scope="module")
def counted(rates, evidence):
    """The rows that count, each with the sizes of its model."""
    sizes = evidence["architectures"].set_index("id").drop(columns=["note", "source_id"])
    return rates[rates.left_out == ""].join(sizes, on="configuration", rsuffix="_of_sizes")


def test_a_row_that_counts_has_its_whole_layout(counted):
    for column in LAYOUT:
        empty = counted[column].isna() | (counted[column] == "")
        assert not empty.any(), (column, list(counted.id[empty]))


def test_the_layout_divides_the_chips_and_the_batch(counted):
    for row in counted.itertuples():
        model = row.tensor_parallel * row.pipeline_parallel * row.context_parallel
        assert row.chips % model == 0, row.id
        assert (row.chips / row.pipeline_parallel) % row.expert_parallel == 0, row.id
        at_once = row.chips / model * row.sequences_per_micro_batch
        assert row.sequences_per_step % at_once == 0, row.id


def test_experts_are_spread_only_where_there_are_any(counted):
    dense = counted[counted.n_routed_experts == 0]
    assert (dense.expert_parallel == 1).all()
    assert (dense.overlap == "").all()
    assert (dense.routing == "").all()
    spread = counted[counted.n_routed_experts > 0]
    assert (spread.n_routed_experts % spread.expert_parallel == 0).all()


def test_tokens_and_flop_of_a_row_agree_within_the_ways_of_counting(counted):
    """What the source prints lies between causal attention alone and full attention with the
    module for a second token, or the note says how its count differs.
    """
    both = counted[counted.tflops_per_gpu.notna()]
    assert len(both) > 20
    for row in both.itertuples():
        low, high = flop_per_token(row, full=False, mtp=False), flop_per_token(row, True, True)
        printed = row.tflops_per_gpu * 1e12 / row.tokens_per_s_per_gpu
        agree = low / 1.15 < printed < high * 1.15
        assert agree != ("FLOP count" in row.note), (row.id, low / 1e9, printed / 1e9, high / 1e9)


def test_a_printed_step_gives_the_tokens_of_its_row(counted):
    timed = counted[counted.step_seconds.notna()]
    for row in timed.itertuples():
        tokens = row.sequences_per_step * row.seq_len_tokens / row.step_seconds / row.chips
        assert row.tokens_per_s_per_gpu == pytest.approx(tokens, rel=0.02), row.id


def test_flop_of_a_small_model_by_hand():
    """Width 10, two heads of 5 on one pair of keys and values, an MLP of three 10 x 20: attention
    10x10 + 2x10x5 + 10x10 = 300, MLP 600, head 10x30 = 300; a context of 8 is 4 on average, seen
    by keys and values of 10 each.
    """
    small = pd.Series(
        {
            "n_layers": 1,
            "n_dense_layers": 1,
            "dim": 10,
            "inter_dim": 20,
            "mlp_matrices": 3,
            "n_heads": 2,
            "n_kv_heads": 1,
            "head_dim": 5,
            "kv_lora_rank": math.nan,
            "n_window_layers": 0,
            "vocab_size": 30,
            "mtp_depth": 0,
            "seq_len_tokens": 8,
        }
    )
    assert flop_per_token(small, full=False, mtp=False) == 6 * (300 + 600 + 300) + 6 * 4 * 20


def test_sizes_are_of_one_kind_of_attention_and_of_mlp(evidence):
    for row in evidence["architectures"].to_dict("records"):
        latent, grouped = [pd.notna(row[name]) for name in LATENT], pd.notna(row["head_dim"])
        assert all(latent) != grouped, row["id"]
        assert any(latent) != grouped, row["id"]
        assert grouped == pd.notna(row["n_kv_heads"]), row["id"]
        mixture = row["n_routed_experts"] > 0
        assert mixture == pd.notna(row["moe_inter_dim"]), row["id"]
        assert mixture == (row["n_dense_layers"] < row["n_layers"]), row["id"]
        assert (row["n_dense_layers"] > 0) == pd.notna(row["inter_dim"]), row["id"]
        assert (row["n_shared_experts"] > 0) == pd.notna(row["shared_inter_dim"]), row["id"]
        assert (row["n_window_layers"] > 0) == pd.notna(row["window_tokens"]), row["id"]
        assert row["n_activated_experts"] <= row["n_routed_experts"], row["id"]


def test_every_architecture_serves_a_rate_or_a_run(evidence):
    used = {
        *evidence["training_throughput"].configuration,
        *evidence["training_runs"].configuration,
    }
    assert set(evidence["architectures"].id) <= used


def test_sizes_of_a_run_give_its_parameters(evidence):
    """The parameters that the run's own source states, within what a table more or less and
    rounding make.
    """
    sizes = evidence["architectures"].set_index("id")
    runs = evidence["training_runs"]
    for run in runs[runs.configuration != ""].itertuples():
        total = all_parameters(sizes.loc[run.configuration])
        assert total == pytest.approx(run.params_total, rel=0.05), (run.id, total)


def test_rows_of_the_model_that_is_reconstructed_are_marked(rates):
    own = rates.configuration.eq("deepseek-v3") | rates.model.str.contains("DeepSeek-?V3(?!.*V4)")
    assert (rates.like[own] == "deepseek-v3").all()


def test_a_recalled_row_never_counts(rates):
    assert (rates.left_out[rates.confidence == "read_via_secondary"] != "").all()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (",llama-3-70b,", ",llama-3-70c,", "configuration: llama-3-70c is not in architectures"),
        (",H100 SXM,64,fp8,", ",H100 SXM,64,fp9,", "precision: found fp9, allowed are bf16"),
        (",H100 SXM,64,fp8,", ",H100 SXN,64,fp8,", "did you mean H100 SXM?"),
        (",H100 SXM,64,fp8,", ",H100 SXM,0,fp8,", "chips: found 0.0, allowed is a number"),
        (",another chip,", ",another chop,", "did you mean another chip?"),
    ],
)
def test_a_damaged_rate_is_one_line_that_names_the_place(edited, old, new, expected):
    with pytest.raises(InputError, match=re.escape(expected)) as caught:
        Evidence.load(edited("training_throughput.csv", old, new))
    assert "training_throughput.csv, line" in str(caught.value)
    assert "\n" not in str(caught.value)


def flop_per_token(sizes, full, mtp):
    """FLOP of a token, forward and backward, from the sizes of a model and a length."""
    context = sizes.seq_len_tokens / (1 if full else 2)
    modules = sizes.mtp_depth if mtp else 0
    last = sizes.n_layers - sizes.n_dense_layers > 0
    one_more = mlp(sizes, mixture=last) + attention(sizes)
    parameters = sizes.n_layers * attention(sizes) + sizes.vocab_size * sizes.dim * (1 + modules)
    parameters += sizes.n_dense_layers * mlp(sizes, mixture=False) if sizes.n_dense_layers else 0
    parameters += (sizes.n_layers - sizes.n_dense_layers) * mlp(sizes, True) if last else 0
    parameters += modules * (one_more + 2 * sizes.dim**2)
    seen = (sizes.n_layers + modules - sizes.n_window_layers) * context
    if sizes.n_window_layers:
        seen += sizes.n_window_layers * min(context, sizes.window_tokens)
    return FORWARD_AND_BACKWARD * (parameters + seen * attention_width(sizes))


def all_parameters(sizes):
    """Parameters of the main model, with both tables unless they are one."""
    tables = (1 if sizes.tied_embeddings == "yes" else 2) * sizes.vocab_size * sizes.dim
    parameters = sizes.n_layers * attention(sizes) + tables
    parameters += sizes.n_dense_layers * mlp(sizes, mixture=False) if sizes.n_dense_layers else 0
    if sizes.n_routed_experts:
        all_of_them = sizes.copy()
        all_of_them["n_activated_experts"] = sizes.n_routed_experts
        parameters += (sizes.n_layers - sizes.n_dense_layers) * mlp(all_of_them, mixture=True)
    return parameters


def attention(sizes):
    """Parameters of the projections of one layer's attention."""
    if pd.isna(sizes.kv_lora_rank):
        keys = 2 * sizes.n_kv_heads * sizes.head_dim
        return sizes.dim * (2 * sizes.n_heads * sizes.head_dim + keys)
    query = sizes.n_heads * (sizes.qk_nope_head_dim + sizes.qk_rope_head_dim)
    compressed = pd.notna(sizes.q_lora_rank)
    queries = (sizes.dim + query) * sizes.q_lora_rank if compressed else sizes.dim * query
    keys = sizes.dim * (sizes.kv_lora_rank + sizes.qk_rope_head_dim)
    values = sizes.kv_lora_rank * sizes.n_heads * (sizes.qk_nope_head_dim + sizes.v_head_dim)
    return queries + keys + values + sizes.n_heads * sizes.v_head_dim * sizes.dim


def attention_width(sizes):
    """What a token and a token it sees multiply, over the heads of one layer."""
    if pd.isna(sizes.kv_lora_rank):
        return 2 * sizes.n_heads * sizes.head_dim
    widths = sizes.qk_nope_head_dim + sizes.qk_rope_head_dim + sizes.v_head_dim
    return sizes.n_heads * widths


def mlp(sizes, mixture):
    """Parameters of one layer's MLP, or of its router and the experts that a token passes."""
    if not mixture:
        return sizes.mlp_matrices * sizes.dim * sizes.inter_dim
    shared = sizes.shared_inter_dim if sizes.n_shared_experts else 0
    width = sizes.n_activated_experts * sizes.moe_inter_dim + shared
    return sizes.dim * (sizes.mlp_matrices * width + sizes.n_routed_experts)
