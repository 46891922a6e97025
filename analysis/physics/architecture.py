"""Parameters and FLOP per token, from a model's own configuration.

One basis throughout: forward and backward, no recomputation; linear layers count six FLOP for each
parameter that multiplies (the output head does, the embedding look-up does not); attention counts
its score and value products at the sequence length, causal (half the square) or full.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from pydantic import BaseModel, ConfigDict, PositiveInt

Attention = Literal["causal", "full"]

FLOP_PER_MULTIPLYING_PARAMETER = 6.0  # a multiply and an add, forward once and backward twice


class Configuration(BaseModel):
    """A mixture-of-experts transformer with multi-head latent attention, in the names of DeepSeek's
    files.

    The sizes follow `inference/configs/config_671B.json` of the DeepSeek-V3 repository; `mtp_depth`
    is the number of multi-token-prediction modules.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    n_layers: PositiveInt
    dim: PositiveInt
    n_dense_layers: int
    inter_dim: PositiveInt
    moe_inter_dim: PositiveInt
    n_routed_experts: PositiveInt
    n_shared_experts: int
    n_activated_experts: PositiveInt
    vocab_size: PositiveInt
    n_heads: PositiveInt
    q_lora_rank: PositiveInt
    kv_lora_rank: PositiveInt
    qk_nope_head_dim: PositiveInt
    qk_rope_head_dim: PositiveInt
    v_head_dim: PositiveInt
    mtp_depth: int = 0


class Outline(BaseModel):
    """A transformer known by its outer dimensions: projections as wide as the model, attention over
    all heads.

    `params_active` includes the embedding table, which does not multiply.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    params_active: PositiveInt
    n_layers: PositiveInt
    dim: PositiveInt
    vocab_size: PositiveInt


Architecture = Configuration | Outline


class ParameterCount(BaseModel):
    """Parameters [count]: all, those that multiply for one token, and those of the MTP modules."""

    total: int
    active_with_head: int
    active_with_embedding: int
    mtp: int


def count_parameters(configuration: Configuration) -> ParameterCount:
    """Parameters of the main model and, apart, of its multi-token-prediction modules.

    Normalisations and biases are left out: under a hundredth of a per cent.
    """
    c = configuration
    n_moe_layers = c.n_layers - c.n_dense_layers
    attention = c.n_layers * _attention_parameters(c)
    dense = c.n_dense_layers * 3 * c.dim * c.inter_dim
    table = c.vocab_size * c.dim
    active = attention + dense + n_moe_layers * _moe_parameters(c, c.n_activated_experts) + table
    total = attention + dense + n_moe_layers * _moe_parameters(c, c.n_routed_experts) + 2 * table
    mtp = c.mtp_depth * (
        _attention_parameters(c) + _moe_parameters(c, c.n_routed_experts) + 2 * c.dim**2
    )
    return ParameterCount(
        total=total, active_with_head=active, active_with_embedding=active + table, mtp=mtp
    )


def active_parameters(architecture: Architecture) -> int:
    """Parameters that multiply for one token [count]: with the output head, without the embedding
    table.
    """
    if isinstance(architecture, Outline):
        return architecture.params_active - architecture.vocab_size * architecture.dim
    return count_parameters(architecture).active_with_head


def total_parameters(architecture: Architecture) -> int:
    """All parameters [count]; of an outline, those that are active."""
    return (
        architecture.params_active
        if isinstance(architecture, Outline)
        else count_parameters(architecture).total
    )


def flop_per_token(
    architecture: Architecture,
    seq_len_tokens: ArrayLike,
    attention: Attention = "causal",
    mtp: bool = False,
) -> np.ndarray:
    """Training FLOP per token, forward and backward.

    Parameters
    ----------
    architecture
        Sizes of the model; an outline has no multi-token prediction.
    seq_len_tokens
        Sequence length [token]; any shape, which the result has too.
    attention
        `causal` counts half the square of the sequence, `full` all of it.
    mtp
        Count the multi-token-prediction modules, which are work that a printed MFU leaves out.

    Notes
    -----
    The count is that of the PaLM paper (arXiv:2204.02311, appendix B), with the low-rank paths of
    multi-head latent attention (DeepSeek-V2, arXiv:2405.04434, section 2.1) in the place of its
    projections.
    """
    if isinstance(architecture, Outline):
        o = architecture
        # full attention over a sequence is causal attention over one twice as long
        length = np.asarray(seq_len_tokens, dtype=float) * (1.0 if attention == "causal" else 2.0)
        return flop_per_token_from_dimensions(
            o.params_active, o.n_layers, o.dim, o.vocab_size, length
        )
    c = architecture
    context = _mean_context_tokens(seq_len_tokens, attention)
    products = 2.0 * c.n_heads * (c.qk_nope_head_dim + c.qk_rope_head_dim + c.v_head_dim) * context
    main = (
        FLOP_PER_MULTIPLYING_PARAMETER * count_parameters(c).active_with_head
        + 3.0 * c.n_layers * products
    )
    if not mtp:
        return main
    module = (
        _attention_parameters(c)
        + _moe_parameters(c, c.n_activated_experts)
        + 2 * c.dim**2
        + c.vocab_size * c.dim
    )
    return main + c.mtp_depth * (FLOP_PER_MULTIPLYING_PARAMETER * module + 3.0 * products)


def flop_per_token_from_dimensions(
    params_active: ArrayLike,
    layers: ArrayLike,
    d_model: ArrayLike,
    vocab: ArrayLike,
    seq_len_tokens: ArrayLike,
    tied_embeddings: ArrayLike = False,
) -> np.ndarray:
    """Training FLOP per token on the same basis, for a run known by its outer dimensions only.

    params_active [count] includes the embedding table, which multiplies only where the output head
    shares it (`tied_embeddings`); attention is causal, with projections as wide as the model. All
    broadcast.
    """
    table = np.asarray(vocab, dtype=float) * np.asarray(d_model, dtype=float)
    multiplying = np.asarray(params_active, dtype=float) - np.where(tied_embeddings, 0.0, table)
    context = _mean_context_tokens(seq_len_tokens, "causal")
    return (
        FLOP_PER_MULTIPLYING_PARAMETER * multiplying
        + 3.0 * 4.0 * np.asarray(layers, dtype=float) * np.asarray(d_model) * context
    )


def _mean_context_tokens(seq_len_tokens: ArrayLike, attention: Attention) -> np.ndarray:
    return np.asarray(seq_len_tokens, dtype=float) / (2.0 if attention == "causal" else 1.0)


def _attention_parameters(c: Configuration) -> int:
    query = c.dim * c.q_lora_rank + c.q_lora_rank * c.n_heads * (
        c.qk_nope_head_dim + c.qk_rope_head_dim
    )
    key_value = c.dim * (c.kv_lora_rank + c.qk_rope_head_dim) + c.kv_lora_rank * c.n_heads * (
        c.qk_nope_head_dim + c.v_head_dim
    )
    return query + key_value + c.n_heads * c.v_head_dim * c.dim


def _moe_parameters(c: Configuration, experts: int) -> int:
    router = c.dim * c.n_routed_experts
    return router + (experts + c.n_shared_experts) * 3 * c.dim * c.moe_inter_dim
