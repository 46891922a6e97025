"""A model's architecture from the `config.json` that is published with its weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from analysis.data.folder import read_bytes
from analysis.data.mistakes import InputError, did_you_mean, first_mistake
from analysis.data.tables import Evidence
from analysis.physics.architecture import Configuration

# the names that such files have for one size
NAMES = {
    "n_layers": ("num_hidden_layers", "n_layer", "num_layers"),
    "dim": ("hidden_size", "n_embed", "n_embd"),
    "vocab_size": ("vocab_size",),
    "n_heads": ("num_attention_heads", "n_head"),
    "n_kv_heads": ("num_key_value_heads", "num_kv_heads"),
    "n_routed_experts": ("n_routed_experts", "num_local_experts", "num_experts"),
    "n_activated_experts": ("num_experts_per_tok", "experts_per_token"),
    "mtp_depth": ("num_nextn_predict_layers",),
    "n_index_heads": ("index_n_heads",),
}
NEEDED = ("n_layers", "dim", "vocab_size", "n_heads")
THEIRS = {ours: names[0] for ours, names in NAMES.items()} | {
    "tied_embeddings": "tie_word_embeddings"
}
LATENT = ("q_lora_rank", "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim")
WINDOWED, LINEAR = ("sliding_attention", "chunked_attention"), "linear_attention"
INSTEAD = "give params_total, params_active, layers, d_model and n_heads instead"
NOT_SAID = {"full_every": 0, "vocab_by_default": 0}
MOST, MOST_LAYERS = 10**7, 10**4  # of any size, and of layers: more is a slip

Config = Mapping[str, Any]


def read_config(path: Path, evidence: Evidence, **given: Any) -> Configuration:
    """The architecture of a `config.json`.

    Parameters
    ----------
    path
        The file, as Hugging Face's models have it.
    evidence
        The tables; `config_families.csv` says what the files of each family leave unsaid.
    given
        Sizes by the names of :class:`Configuration` that stand in place of the file's.

    Returns
    -------
    Configuration
        Sizes of the model; a part that sees pictures or sound is left out.

    Raises
    ------
    InputError
        If the file cannot be read, its family is not known, or its sizes make no model.
    """
    config = _text_part(_content(path), path.name)
    family = _family(config, path.name, evidence)
    try:
        return Configuration(**_sizes({**config, **_as_theirs(given)}, family))
    except ValidationError as error:
        raise first_mistake(error, path.name, Configuration.model_fields) from None
    except InputError as error:
        raise error.at(path.name) from None
    except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError) as error:
        said = f"its sizes make no model: {error}"
        raise InputError(said, path.name) from None


def _as_theirs(given: Config) -> dict[str, Any]:
    """Sizes by the names that the files have."""
    return {THEIRS.get(name, name): size for name, size in given.items()}


def _content(path: Path) -> Config:
    found = read_bytes(path)
    try:
        content = json.loads(found.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"not valid JSON: {error}", path.name) from None
    if not isinstance(content, dict):
        raise InputError("a config.json holds names and sizes", path.name)
    return content


def _text_part(config: Config, where: str) -> Config:
    """What describes the language model, where a file describes more."""
    part = config.get("text_config", config)
    if not isinstance(part, dict):
        raise InputError("text_config holds no sizes", where)
    return {"model_type": config.get("model_type"), **part}


def _family(config: Config, where: str, evidence: Evidence) -> Config:
    """What is known of the files of its kind: a row of config_families.csv."""
    families = evidence["config_families"].fillna(NOT_SAID).set_index("model_type")
    name = str(config["model_type"]).lower()
    if name in families.index:
        return cast(Config, families.loc[name].to_dict())
    known = [name for names in NAMES.values() for name in names if name in config]
    usable = f"of its fields, {', '.join(known)} are known" if known else "none of its fields is"
    near = did_you_mean(name, list(families.index))
    message = f"{name} is no known family{near}; {usable}: {INSTEAD}"
    raise InputError(message, f"{where}, model_type")


def _sizes(config: Config, family: Config) -> dict[str, Any]:
    sizes: dict[str, Any] = {ours: _first(config, theirs) for ours, theirs in NAMES.items()}
    sizes["vocab_size"] = sizes["vocab_size"] or int(family["vocab_by_default"]) or None
    missing = [NAMES[name][0] for name in NEEDED if sizes[name] is None]
    if missing:
        raise InputError(f"{missing[0]} is missing")
    if sizes["n_layers"] > MOST_LAYERS:
        said = f"{sizes['n_layers']} is no number of layers, a whole number up to {MOST_LAYERS:,}"
        raise InputError(f"{NAMES['n_layers'][0]}: {said}")
    tied = config.get("tie_word_embeddings")
    sizes |= {
        "tied_embeddings": family["tied_by_default"] == "yes" if tied is None else bool(tied),
        "mlp_matrices": int(family["mlp_matrices"]),
        **_heads(config, family, sizes),
        **_experts(config, family, sizes),
        **_looks_back(config, family, sizes["n_layers"]),
    }
    return {name: size for name, size in sizes.items() if size is not None}


def _heads(config: Config, family: Config, sizes: Config) -> dict[str, Any]:
    """Widths of the heads, which latent attention has of its own."""
    if config.get("kv_lora_rank"):
        return {"n_kv_heads": None} | {name: _size(config, name) for name in LATENT}
    heads, of_keys = sizes["n_heads"], sizes["n_kv_heads"] or sizes["n_heads"]
    if family["kv_heads_by_default"] == "one" and not config.get("new_decoder_architecture"):
        of_keys = 1 if config.get("multi_query", True) else heads
    width = _size(config, "head_dim")
    for whole, part in ((heads, of_keys), (0 if width else sizes["dim"], heads)):
        if whole % part:
            raise InputError(f"{part} heads do not divide {whole}")
    return {"n_kv_heads": of_keys, "head_dim": width or sizes["dim"] // heads}


def _experts(config: Config, family: Config, sizes: Config) -> dict[str, Any]:
    """Widths of what follows attention, with and without experts."""
    key = family["dense_width"]
    own = _first(config, ("ffn_hidden_size", "n_inner", "intermediate_size"))
    dense = (own or 4 * sizes["dim"]) if key == "4x" else _size(config, key) if key else None
    if not family["expert_width"] or not sizes["n_routed_experts"]:
        return {"inter_dim": dense, "n_routed_experts": None, "n_activated_experts": None}
    without = _dense_layers(config, family["expert_layers"], sizes["n_layers"])
    found = {"n_dense_layers": without, "moe_inter_dim": _size(config, family["expert_width"])}
    return found | ({"inter_dim": dense} if without else {}) | _shared(config, family)


def _shared(config: Config, family: Config) -> dict[str, Any]:
    """Experts that every token passes: as many as the file says, one, or one of a width."""
    key = family["shared_width"]
    if key in ("", "each", "one"):
        count = {"": 0, "one": 1, "each": _size(config, "n_shared_experts")}[key]
        return {"n_shared_experts": count}
    width = _size(config, key)
    return {"n_shared_experts": 1 if width else 0, "shared_inter_dim": width}


def _dense_layers(config: Config, rule: str, layers: int) -> int:
    """Layers without experts, by what the files of the family say of it."""
    if rule == "first_dense":
        return _size(config, "first_k_dense_replace") or 0
    if rule == "step":
        every, without = config.get("decoder_sparse_step", 1), _listed(config, "mlp_only_layers")
        return sum(layer in without or (layer + 1) % every > 0 for layer in range(layers))
    if rule == "interleaved":
        listed = config.get("moe_layers")
        return layers - (len(listed) if listed else layers // config["interleave_moe_layer_step"])
    return 0


def _listed(config: Config, name: str) -> frozenset[Any]:
    """The layers that a list names, of which there may be none."""
    found = config.get(name) or []
    if not isinstance(found, list) or not all(isinstance(layer, int) for layer in found):
        raise InputError(f"{name}: {found!r} is no list of layers")
    return frozenset(found)


def _looks_back(config: Config, family: Config, layers: int) -> dict[str, Any]:
    """How many layers see a window alone, or keep no context."""
    kinds = config.get("layer_types") or []
    if "attn_type_list" in config:
        kinds = [LINEAR if softmax == 0 else "full" for softmax in config["attn_type_list"]]
    window = _size(config, family["window"] or "sliding_window")
    windowed = sum(kind in WINDOWED for kind in kinds) if kinds else 0
    if family["window"] and not kinds:
        windowed = _windowed(config, family, layers)
    found = {"n_linear_layers": sum(kind == LINEAR for kind in kinds[:layers])}
    if not window or not windowed:
        return found
    chunked = family["window"] == "attention_chunk_size"
    return found | {
        "window_tokens": window,
        "n_window_layers": windowed,
        "chunked": chunked,
        "index_head_dim": _size(config, "index_head_dim"),
    }


def _windowed(config: Config, family: Config, layers: int) -> int:
    """Layers with a window, where the file does not list the kinds of its layers."""
    switch = config.get("use_sliding_window")
    if switch is not None:
        return max(0, layers - config.get("max_window_layers", 0)) if switch else 0
    near = config.get("no_rope_layers")
    if near:
        return sum(bool(one) for one in near[:layers])
    every = config.get("sliding_window_pattern") or int(family["full_every"])
    return layers - layers // every if every else layers


def _first(config: Config, names: tuple[str, ...]) -> int | None:
    """The size that stands under the first of the names that the file has."""
    return next((_size(config, name) for name in names if config.get(name) is not None), None)


def _size(config: Config, name: str) -> int | None:
    size = config.get(name)
    size = size[0] if isinstance(size, list) and len(size) == 1 else size  # one for all layers
    if size is None:
        return None
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= MOST:
        raise InputError(f"{name}: {size!r} is no size, a whole number up to {MOST:,}")
    return size
