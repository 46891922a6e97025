"""Published configurations, and the counts that their makers print."""

import json
from pathlib import Path

import pandas as pd
import pytest

from analysis.data.mistakes import InputError
from analysis.physics.flop import flop_per_token
from analysis.physics.parameters import count_parameters, multiplying_parameters
from analysis.runs.config_files import read_config

HERE = Path(__file__).parent
CONFIGS = json.loads((HERE / "published_configs.json").read_text(encoding="utf-8"))
PRINTED = pd.read_csv(HERE / "published_counts.csv")
SMALL = {
    "model_type": "llama",
    "hidden_size": 12,
    "num_hidden_layers": 4,
    "num_attention_heads": 3,
    "intermediate_size": 20,
    "vocab_size": 7,
}


@pytest.fixture
def read(tmp_path, evidence):
    """The architecture of a config that is written to a file."""

    def of(config, **given):
        path = tmp_path / "config.json"
        path.write_text(config if isinstance(config, str) else json.dumps(config), "utf-8")
        return read_config(path, evidence, **given)

    return of


def counts(model) -> dict[str, float]:
    counted = count_parameters(model)
    neither = counted.active_with_head - model.vocab_size * model.dim
    tables = counted.total - model.vocab_size * model.dim * (1 if model.tied_embeddings else 2)
    module = multiplying_parameters(model, mtp=True) - counted.active_with_head
    return {
        "total": counted.total,
        "head": counted.active_with_head,
        "both": counted.active_with_embedding,
        "neither": neither,
        "total_with_module": tables + counted.mtp,
        "neither_with_module": neither + module - model.vocab_size * model.dim * model.mtp_depth,
        "flop_at_4096": float(flop_per_token(model, 4096)),
    }


@pytest.mark.parametrize(
    "row", list(PRINTED.itertuples()), ids=lambda row: f"{row.name}-{row.counted}"
)
def test_a_published_config_counts_as_its_maker_prints(read, row):
    """To a hundredth, or two where the note says why."""
    assert counts(read(CONFIGS[row.name]))[row.counted] == pytest.approx(row.printed, row.places)


def test_the_published_configs_are_of_many_families_and_every_kind_of_attention(read):
    models = {name: read(config) for name, config in CONFIGS.items()}
    families = {config["model_type"] for config in CONFIGS.values()}
    assert len(models) >= 20 and len(families) >= 10
    kinds = ["n_linear_layers", "n_window_layers", "n_index_heads", "kv_lora_rank", "chunked"]
    for kind in [*kinds, "tied_embeddings", "n_shared_experts", "n_dense_layers", "mtp_depth"]:
        assert sum(bool(getattr(model, kind)) for model in models.values()) >= 2 or kind in (
            "n_index_heads"
        )
    assert any(0 < model.n_kv_heads < model.n_heads for model in models.values())
    assert any(model.is_latent and not model.q_lora_rank for model in models.values())


def test_layers_are_looked_at_one_by_one(read):
    """By the classes of their families: which layers have a window, experts, a context."""
    model = {name: read(config) for name, config in CONFIGS.items()}
    assert (model["gemma-3-27b"].n_window_layers, model["gemma-3-27b"].n_layers) == (52, 62)
    assert (model["gpt-oss-20b"].n_window_layers, model["gpt-oss-20b"].window_tokens) == (12, 128)
    assert model["gemma-2-9b"].n_window_layers == 21
    assert model["olmo-3-32b"].n_window_layers == 48
    assert model["llama-4-maverick"].n_dense_layers == 24
    assert model["llama-4-scout"].chunked and model["llama-4-scout"].n_window_layers == 36
    assert model["minimax-text-01"].n_linear_layers == 70
    assert model["qwen2.5-7b"].n_window_layers == 0
    assert model["falcon-7b"].n_kv_heads == 1
    assert model["mistral-7b-v0.1"].n_window_layers == 32


def test_a_long_context_costs_less_with_windows_and_linear_layers(read):
    """At their longest contexts, by another count: 172.7 at 32,768 and about 775 at a million."""
    gemma, minimax = read(CONFIGS["gemma-3-27b"]), read(CONFIGS["minimax-text-01"])
    assert float(flop_per_token(gemma, 32_768)) == pytest.approx(172.7e9, rel=2e-3)
    assert float(flop_per_token(minimax, 1e6)) == pytest.approx(775e9, rel=2e-3)


def test_a_small_config_by_hand(read):
    """Four layers of 4 x 12x12 and 3 x 12x20, tables of 7x12."""
    model = read(SMALL)
    assert count_parameters(model).total == 4 * (576 + 720) + 2 * 84
    assert read(SMALL | {"tie_word_embeddings": True}).tied_embeddings
    assert read(SMALL | {"num_key_value_heads": 1}).n_kv_heads == 1
    assert read(SMALL | {"head_dim": 8}).head_dim == 8


def test_sizes_that_are_given_stand_in_place_of_the_files(read):
    without = {key: value for key, value in SMALL.items() if key != "vocab_size"}
    assert read(without, vocab_size=9).vocab_size == 9
    assert read(SMALL, vocab_size=9).vocab_size == 9
    assert read(SMALL, tied_embeddings=True).tied_embeddings


def test_experts_every_so_many_layers_are_counted(read):
    config = SMALL | {
        "model_type": "qwen3_moe",
        "num_experts": 8,
        "num_experts_per_tok": 2,
        "moe_intermediate_size": 5,
        "decoder_sparse_step": 2,
        "mlp_only_layers": [3],
    }
    assert read(config).n_dense_layers == 3
    assert read(config | {"mlp_only_layers": []}).n_dense_layers == 2
    assert read(config | {"decoder_sparse_step": 1}).n_dense_layers == 1


def test_a_switch_turns_windows_on_from_a_layer_on(read):
    config = SMALL | {"model_type": "qwen2", "sliding_window": 6, "max_window_layers": 3}
    assert read(config | {"use_sliding_window": False}).n_window_layers == 0
    assert read(config | {"use_sliding_window": True}).n_window_layers == 1


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ('{"model_type": "llama", "hid', "config.json: not valid JSON"),
        ("[1]", "a config.json holds names and sizes"),
        ({"hidden_size": 4}, "none is no known family.*hidden_size are known"),
        (SMALL | {"model_type": "lama"}, "lama is no known family; did you mean llama.*instead"),
        ({"model_type": "rwkv"}, "none of its fields is: give params_total"),
        (SMALL | {"hidden_size": None}, "config.json: hidden_size is missing"),
        (SMALL | {"hidden_size": "12"}, "hidden_size: '12' is no size, a whole number"),
        (SMALL | {"hidden_size": True}, "hidden_size: True is no size"),
        (SMALL | {"num_hidden_layers": -1}, "num_hidden_layers: -1 is no size"),
        (SMALL | {"num_hidden_layers": 10**9}, "num_hidden_layers: 1000000000 is no size"),
        (SMALL | {"num_key_value_heads": 2}, "2 heads do not divide 3"),
        (SMALL | {"num_attention_heads": 5}, "5 heads do not divide 12"),
        (SMALL | {"intermediate_size": None}, "inter_dim is missing"),
        (SMALL | {"text_config": [1]}, "text_config holds no sizes"),
        (
            SMALL | {"model_type": "mixtral", "num_local_experts": 4, "num_experts_per_tok": 5},
            "more than the 4 routed",
        ),
    ],
)
def test_a_config_that_makes_no_model_is_one_line(read, config, message):
    with pytest.raises(InputError, match=message) as error:
        read(config)
    assert "\n" not in str(error.value)
