"""Models of every kind that a user may describe, drawn at random, and what a step reaches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from analysis.physics.architecture import Configuration, Outline
from analysis.physics.step_time.layout import Efficiencies, same_everywhere

# what is moved and worked on, as sums by hand have it
MOVED = {
    "tile": 128.0,
    "attention_backward_work": 2.5,
    "logit_bytes": 16.0,
    "cast_bytes": 3.0,
    "gradient_bytes": 4.0,
    "optimizer_bytes": 30.0,
}


def reaching(share: float, **others: float) -> Efficiencies:
    """The same share of every peak, and what is moved; others as given."""
    values = {name: np.array([value]) for name, value in (MOVED | others).items()}
    return replace(same_everywhere(share), **values)


WIDTHS = st.integers(1, 20_000)
HEADS = st.integers(1, 160)


@st.composite
def configurations(draw: st.DrawFn) -> Configuration:
    """Dense or of experts, with latent or grouped heads, windows, pieces, an indexer, summaries."""
    sizes: dict[str, Any] = {
        "n_layers": draw(st.integers(1, 40)),
        "dim": draw(WIDTHS),
        "vocab_size": draw(st.integers(1, 300_000)),
        "n_heads": draw(HEADS),
        "tied_embeddings": draw(st.booleans()),
        "mtp_depth": draw(st.integers(0, 2)),
        "inter_dim": draw(WIDTHS),
        "mlp_matrices": draw(st.sampled_from([2, 3])),
    }
    latent = draw(st.booleans())
    sizes |= draw(latent_heads() if latent else grouped_heads())
    sizes |= draw(st.one_of(st.just({}), experts(sizes["n_layers"])))
    sizes |= draw(st.one_of(st.just({}), windows(sizes["n_layers"], latent)))
    return Configuration(**sizes)


def grouped_heads() -> st.SearchStrategy[dict[str, int]]:
    """Keys and values that heads share."""
    return st.fixed_dictionaries({"n_kv_heads": HEADS, "head_dim": st.integers(1, 300)})


def latent_heads() -> st.SearchStrategy[dict[str, int]]:
    """Keys and values from a narrow vector; queries from one too, or from the width."""
    named = ("kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim")
    widths = dict.fromkeys(named, st.integers(1, 2_000))
    return st.fixed_dictionaries(widths | {"q_lora_rank": st.integers(0, 2_000)})


@st.composite
def experts(draw: st.DrawFn, layers: int) -> dict[str, int]:
    """Routed and shared experts, after some dense layers."""
    routed = draw(st.integers(1, 400))
    return {
        "n_dense_layers": draw(st.integers(0, layers)),
        "n_routed_experts": routed,
        "n_activated_experts": draw(st.integers(1, routed)),
        "moe_inter_dim": draw(WIDTHS),
        "n_shared_experts": draw(st.integers(0, 2)),
        "shared_inter_dim": draw(st.one_of(st.just(0), WIDTHS)),
    }


@st.composite
def windows(draw: st.DrawFn, layers: int, latent: bool) -> dict[str, int]:
    """Layers that look back on a window, which an indexer may fill, and some with a summary."""
    windowed = draw(st.integers(0, layers))
    indexed = draw(st.booleans())
    return {
        "window_tokens": draw(st.integers(1, 10_000)),
        "n_window_layers": windowed,
        "chunked": draw(st.booleans()),
        "n_index_heads": draw(HEADS) if indexed else 0,
        "index_head_dim": draw(st.integers(1, 300)) if indexed else 0,
        "n_linear_layers": 0 if latent else draw(st.integers(0, layers - windowed)),
    }


@st.composite
def outlines(draw: st.DrawFn) -> Outline:
    """Models of which the outer dimensions alone are known."""
    dim, words = draw(WIDTHS), draw(st.integers(1, 300_000))
    active = dim * words + draw(st.integers(1, 10**13))
    return Outline(
        params_active=active,
        params_total=draw(st.one_of(st.none(), st.integers(active, 10**14))),
        n_layers=draw(st.integers(1, 500)),
        dim=dim,
        vocab_size=words,
    )
