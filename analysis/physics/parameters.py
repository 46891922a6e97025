"""Parameters and the width of attention, from a model's configuration."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from pydantic import BaseModel

from analysis.physics.architecture import Architecture, Configuration, Outline

Attention = Literal["causal", "full"]


class ParameterCount(BaseModel):
    """Parameters [count]: all, those that multiply for one token, and those of the MTP modules."""

    total: int
    active_with_head: int
    active_with_embedding: int
    mtp: int


def count_parameters(configuration: Configuration) -> ParameterCount:
    """Parameters of the main model and, apart, of its multi-token-prediction modules.

    Parameters
    ----------
    configuration
        Sizes of the model.

    Returns
    -------
    ParameterCount
        Counts of all, of those that multiply for one token (with the output head), of these with
        the embedding table, and of the modules [count].

    Notes
    -----
    Normalisations and biases are left out: under a hundredth of a per cent. Source:
    arXiv:2405.04434, section 2, and `inference/model.py` in the repository of arXiv:2412.19437.

    Examples
    --------
    One layer: attention 10x3 + 3x2x5 + 10x3 + 2x2x8 + 2x4x10 = 202, router 10x8 = 80, two experts
    of eight and a shared one 3 x 3x10x5 = 450, head 20x10 = 200.

    >>> small = Configuration(
    ...     n_layers=1, dim=10, n_dense_layers=0, inter_dim=1, moe_inter_dim=5,
    ...     n_routed_experts=8, n_shared_experts=1, n_activated_experts=2, vocab_size=20,
    ...     n_heads=2, q_lora_rank=3, kv_lora_rank=2,
    ...     qk_nope_head_dim=4, qk_rope_head_dim=1, v_head_dim=4,
    ... )
    >>> counted = count_parameters(small)
    >>> counted.active_with_head, counted.total  # 202 + 80 + 450 + 200; 202 + 80 + 9x150 + 2x200
    (932, 2032)
    """
    c = configuration
    table = c.vocab_size * c.dim
    tables = table if c.tied_embeddings else 2 * table
    dense = _all_attention_parameters(c) + c.dense_layers * _mlp(c, c.inter_dim)
    active = dense + c.mixture_layers * _mixture_parameters(c, c.n_activated_experts) + table
    total = dense + c.mixture_layers * _mixture_parameters(c, c.n_routed_experts) + tables
    module = _attention_parameters(c) + _mixture_parameters(c, c.n_routed_experts) + 2 * c.dim**2
    return ParameterCount(
        total=total,
        active_with_head=active,
        active_with_embedding=active + tables - table,
        mtp=c.mtp_depth * module,
    )


def total_parameters(architecture: Architecture) -> int:
    """All parameters of the main model.

    Parameters
    ----------
    architecture
        Sizes of the model.

    Returns
    -------
    int
        Parameters [count]; of an outline that does not say, those that are active.

    Examples
    --------
    >>> dense = Outline(params_active=1_100, n_layers=2, dim=10, vocab_size=10)
    >>> total_parameters(dense), total_parameters(dense.model_copy(update={"params_total": 9_000}))
    (1100, 9000)
    """
    if isinstance(architecture, Outline):
        return architecture.params_total or architecture.params_active
    return count_parameters(architecture).total


def multiplying_parameters(architecture: Architecture, mtp: bool = False) -> int:
    """Parameters that multiply for one token: with the output head, without the embedding table.

    Parameters
    ----------
    architecture
        Sizes of the model.
    mtp
        Count the multi-token-prediction modules too, each with its projection of two widths and
        the head, which it shares but runs again; an outline has none.

    Returns
    -------
    int
        Parameters [count].

    Notes
    -----
    Source: PaLM (arXiv:2204.02311), appendix B; the modules by arXiv:2412.19437,
    section 2.2.

    Examples
    --------
    1,100 active, less a table of 10 words by 10 dimensions:

    >>> multiplying_parameters(Outline(params_active=1_100, n_layers=2, dim=10, vocab_size=10))
    1000
    """
    if isinstance(architecture, Outline):
        return architecture.params_active - architecture.vocab_size * architecture.dim
    c = architecture
    main = count_parameters(c).active_with_head
    if not mtp:
        return main
    layer = _attention_parameters(c) + _mixture_parameters(c, c.n_activated_experts)
    return main + c.mtp_depth * (layer + 2 * c.dim**2 + c.vocab_size * c.dim)


def attention_width(architecture: Architecture, mtp: bool = False) -> int:
    """Width of attention's products over all layers: heads times a query-key and a value width.

    For each token of its context, a token costs two FLOP a unit of this width forward, and six in
    training.

    Parameters
    ----------
    architecture
        Sizes of the model; of an outline, both widths are that of the model.
    mtp
        Count each multi-token-prediction module as one more layer; an outline has none.

    Returns
    -------
    int
        Width [count], summed over layers.

    Notes
    -----
    Source: PaLM (arXiv:2204.02311), appendix B; the widths of multi-head latent attention by
    arXiv:2405.04434, section 2.1.

    Examples
    --------
    Two layers of twice ten dimensions:

    >>> attention_width(Outline(params_active=1_100, n_layers=2, dim=10, vocab_size=10))
    40
    """
    if isinstance(architecture, Outline):
        return int(outline_attention_width(architecture.n_layers, architecture.dim))
    c = architecture
    layers = c.n_layers + (c.mtp_depth if mtp else 0)
    return layers * c.n_heads * (c.query_key_dim + c.value_dim)


def context_products(
    architecture: Architecture,
    seq_len_tokens: ArrayLike,
    attention: Attention = "causal",
    mtp: bool = False,
) -> np.ndarray:
    """Width of attention times the tokens that each layer looks back on, summed over layers.

    A token costs two FLOP forward, and six in training, for each unit of it.

    Parameters
    ----------
    architecture
        Sizes of the model; layers with a window look back no further than it.
    seq_len_tokens
        Sequence length [token]; any shape.
    attention
        `causal` counts half the square of the sequence, `full` all of it.
    mtp
        Count the multi-token-prediction modules too.

    Returns
    -------
    ndarray
        Width times tokens [token], of the shape of `seq_len_tokens`.

    Notes
    -----
    In a causal window of W tokens, a sequence of S looks back W - W^2/2S tokens in the mean; S/2
    where the window holds the sequence; W/2 in chunks. A linear layer updates and reads a square
    matrix a head: as much work as to look back on as many tokens as a head is wide
    (MiniMax-01, arXiv:2501.08313). An indexer scores the whole context, and its layer then looks
    back on a window's tokens, wherever they stand (`inference/model.py` of
    V3.2-Exp, after arXiv:2412.19437).

    Examples
    --------
    Two layers of twice ten dimensions at eight tokens; a window of two in one of the layers:

    >>> float(context_products(Outline(params_active=90, n_layers=2, dim=10, vocab_size=1), 8))
    160.0
    >>> windowed = Configuration(n_layers=2, dim=10, vocab_size=1, n_heads=1, n_kv_heads=1,
    ...     head_dim=10, inter_dim=1, window_tokens=2, n_window_layers=1)
    >>> float(context_products(windowed, 8))  # 20 x (8 / 2) + 20 x (2 - 4 / 16)
    115.0
    """
    if attention not in get_args(Attention):
        raise ValueError(f"attention: {attention!r} is neither causal nor full")
    length = np.asarray(seq_len_tokens, dtype=float)
    whole = length / (2.0 if attention == "causal" else 1.0)
    width = attention_width(architecture, mtp)
    if isinstance(architecture, Outline):
        return width * whole
    c = architecture
    layer = c.n_heads * (c.query_key_dim + c.value_dim)
    bounded = c.n_window_layers * (layer * _seen(c, length, attention) + _indexed(c) * whole)
    linear = c.n_linear_layers * layer * c.head_dim
    rest = width - (c.n_window_layers + c.n_linear_layers) * layer
    return rest * whole + bounded + linear


def _seen(c: Configuration, length: np.ndarray, attention: Attention) -> np.ndarray:
    """Tokens that a layer with a window looks back on, in the mean."""
    window = np.minimum(c.window_tokens, length)
    if attention == "full" or not c.n_window_layers:
        return window
    return window / 2.0 if c.chunked else window - window**2 / (2.0 * length)


def _indexed(c: Configuration) -> int:
    """Width of the scores by which an indexer picks its tokens, of the whole context."""
    return c.n_index_heads * c.index_head_dim


def outline_attention_width(layers: ArrayLike, d_model: ArrayLike) -> np.ndarray:
    """Width of attention of a model of which the outline alone is known: queries with keys, and
    values, each as wide as the model, in every layer.

    Parameters
    ----------
    layers
        Layers [count].
    d_model
        Width of the model [count].

    Returns
    -------
    ndarray
        Width summed over the layers [count], of the shape that the arguments broadcast to.

    Examples
    --------
    >>> float(outline_attention_width(2, 10))
    40.0
    """
    return np.asarray(layers, dtype=float) * 2.0 * np.asarray(d_model)


def _all_attention_parameters(c: Configuration) -> int:
    """Of all layers: a linear one projects queries, keys, values, a gate and what comes out."""
    linear = 5 * c.dim * c.n_heads * c.head_dim
    index = (c.q_lora_rank or c.dim) * _indexed(c) + c.dim * (c.index_head_dim + c.n_index_heads)
    softmax = (c.n_layers - c.n_linear_layers) * _attention_parameters(c)
    return softmax + c.n_linear_layers * linear + c.n_window_layers * index


def _attention_parameters(c: Configuration) -> int:
    """Of a layer that looks back on tokens."""
    if not c.is_latent:
        return c.dim * c.head_dim * 2 * (c.n_heads + c.n_kv_heads)
    query = c.n_heads * c.query_key_dim * (c.q_lora_rank or c.dim) + c.dim * c.q_lora_rank
    key_value = c.dim * (c.kv_lora_rank + c.qk_rope_head_dim) + c.kv_lora_rank * c.n_heads * (
        c.qk_nope_head_dim + c.v_head_dim
    )
    return query + key_value + c.n_heads * c.v_head_dim * c.dim


def _mixture_parameters(c: Configuration, experts: int) -> int:
    """Of a layer with that many experts counted: of a dense model, its MLP."""
    if not c.n_routed_experts:
        return _mlp(c, c.inter_dim)
    experts_and_shared = experts * c.moe_inter_dim + c.shared_width
    return c.dim * c.n_routed_experts + _mlp(c, experts_and_shared)


def _mlp(c: Configuration, width: int) -> int:
    return c.mlp_matrices * c.dim * width
