"""The work of a run that is described in a few lines: FLOP per token, and what was assumed."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.compare.specification import OF_CONFIG, PretrainingSpec, ReinforcementSpec, Spec
from analysis.physics.architecture import Configuration
from analysis.physics.flop import (
    TRAINING_FLOP_PER_PARAMETER,
    flop_per_token,
    flop_per_token_from_dimensions,
)
from analysis.physics.parameters import count_parameters

APART = 0.01  # from which on two counts of parameters do not agree
FAR_APART = 0.1  # from which on they are likely of two models
COUNTS = ("params_total", "params_active")
IN_CONFIG = ("layers", "d_model", "n_heads", "window_tokens", "global_layers", "active_counts")
OF_TABLES = ("tied_embeddings", "active_counts")
OF_WINDOW = ("window_tokens", "global_layers")
OF_OUTLINE = ("n_heads", "head_dim", "vocab", "seq_len", *OF_TABLES, *OF_WINDOW)
LEFT_OUT = {"both": 0, "head": 1, "neither": 2}  # tables that params_active leaves out
LARGE = 0.05  # share of the parameters from which on it matters whether a table is shared


def flop_per_token_of_spec(spec: PretrainingSpec, alike: pd.DataFrame, said: list[str]) -> float:
    """FLOP a token by the run's configuration, else its dimensions, else those of runs `alike`."""
    usual = alike.seq_len_tokens.median()
    length = spec.seq_len or usual
    layers, d_model = spec.layers or 0.0, spec.d_model or 0.0
    outlined = layers > 0 and d_model > 0
    if not spec.seq_len and (spec.shape or outlined):
        said.append(f"sequence length taken as {usual:,.0f} tokens, the median of like runs")
    if spec.shape:
        _compare(spec, spec.shape, said)
        return float(flop_per_token(spec.shape, length))
    if not outlined:
        return _by_parameters(spec, alike, said)
    said += _windows_without_effect(spec, layers, length)
    return float(
        flop_per_token_from_dimensions(
            _with_both_tables(spec, d_model, said),
            layers,
            d_model,
            spec.vocab or 0.0,
            length,
            bool(spec.tied_embeddings),
            heads_width=_heads_width(spec, d_model, said),
            window_tokens=spec.window_tokens or length,
            global_layers=layers if spec.global_layers is None else spec.global_layers,
        )
    )


def _compare(spec: PretrainingSpec, shape: Configuration, said: list[str]) -> None:
    """A word where what is given is not what the config says."""
    said += unlike_config(_counts(spec), shape, APART)
    own = IN_CONFIG if spec.config.endswith(".json") else (*IN_CONFIG, *OF_CONFIG)
    unused = [name for name in own if getattr(spec, name) is not None]
    said += [f"{name} changes nothing: the config has its own" for name in unused]


def _windows_without_effect(spec: PretrainingSpec, layers: float, length: float) -> list[str]:
    if spec.window_tokens is None:
        return []
    if spec.global_layers == layers:
        return ["window_tokens changes nothing: global_layers are all layers"]
    if spec.window_tokens < length:
        return []
    why = f"the window holds the whole sequence of {length:,.0f} tokens"
    return [f"{name} changes nothing: {why}" for name in OF_WINDOW]


def far_from_config(spec: Spec) -> list[str]:
    """Parameters that are so far from the config's that it is likely of another model."""
    if isinstance(spec, ReinforcementSpec) or spec.shape is None:
        return []
    return unlike_config(_counts(spec), spec.shape)


def _counts(spec: Spec) -> dict[str, float]:
    return {name: getattr(spec, name) for name in COUNTS}


def unlike_config(
    given: Mapping[str, float], shape: Configuration, apart: float = FAR_APART
) -> list[str]:
    """A line with both figures for each count of parameters that is further than a share from what
    the config gives, however active ones are counted.
    """
    counted = count_parameters(shape)
    actives = (counted.active_with_embedding, counted.active_with_head)
    neither = counted.active_with_head - shape.vocab_size * shape.dim
    found = {"params_total": (counted.total,), "params_active": (*actives, neither)}
    return [
        f"{name} is {own:.4g}, by the config it is {found[name][0]:.4g}"
        for name, own in given.items()
        if all(abs(own / count - 1.0) > apart for count in found[name])
    ]


def _by_parameters(spec: PretrainingSpec, alike: pd.DataFrame, said: list[str]) -> float:
    by_parameters = TRAINING_FLOP_PER_PARAMETER * alike.params_active
    ratio = float((alike.flop_per_token / by_parameters).median())
    said.append(f"FLOP a token taken as {ratio:.3f} times six a parameter, the median of like runs")
    other = {"layers": "d_model", "d_model": "layers"}
    unused = [name for name in (*other, *OF_OUTLINE) if getattr(spec, name) is not None]
    for name in unused:
        said.append(f"{name} changes nothing without {other.get(name, 'layers and d_model')}")
    return TRAINING_FLOP_PER_PARAMETER * spec.params_active * ratio


def _with_both_tables(spec: PretrainingSpec, d_model: float, said: list[str]) -> float:
    """Active parameters with the tables of input and output; a shared table is one."""
    table = (spec.vocab or 0.0) * d_model
    active = float(spec.params_active)
    if not table:
        said.append("embedding table counted as multiplying: vocab is not given")
        unused = [name for name in OF_TABLES if getattr(spec, name) is not None]
        said += [f"{name} changes nothing without vocab" for name in unused]
        return active
    said += _tables_without_effect(spec)
    if spec.active_counts is None:
        said.append("params_active taken to count the tables of input and output")
    if spec.tied_embeddings is None and table > LARGE * active:
        said.append("tied_embeddings taken as false: input and output have a table each")
    left_out = LEFT_OUT[spec.active_counts or "both"]
    return active + table * (left_out // 2 if spec.tied_embeddings else left_out)


def _tables_without_effect(spec: PretrainingSpec) -> list[str]:
    kind, shared = spec.active_counts, bool(spec.tied_embeddings)
    counted = kind == "head" or (shared and kind != "neither")
    found = ["vocab changes nothing: params_active counts the table that multiplies"] * counted
    if spec.tied_embeddings is not None and kind in ("head", "neither"):
        found.append("tied_embeddings changes nothing: one table multiplies, shared or not")
    return found


def _heads_width(spec: PretrainingSpec, d_model: float, said: list[str]) -> float:
    """Width of all query heads together; that of the model, where a head's is not known."""
    if spec.n_heads and spec.head_dim:
        return spec.n_heads * spec.head_dim
    lone = "n_heads" if spec.n_heads else "head_dim" if spec.head_dim else ""
    if lone:
        said.append(f"{lone} changes nothing: n_heads and head_dim are needed both")
    said.append("attention taken as wide as the model")
    return d_model
