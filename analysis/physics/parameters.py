"""Parameters, from a model's configuration."""

from __future__ import annotations

from pydantic import BaseModel

from analysis.physics.architecture import Architecture, Configuration, Outline
from analysis.physics.attention import indexed_width


class ParameterCount(BaseModel):
    """Parameters [count]: all, those that multiply for one token, and those of the MTP modules.

    Examples
    --------
    >>> ParameterCount(total=9, active_with_head=4, active_with_embedding=6, mtp=0).total
    9
    """

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


def _all_attention_parameters(c: Configuration) -> int:
    """Of the attention of all layers.

    Parameters
    ----------
    c
        Sizes of the model.

    Returns
    -------
    int
        Parameters [count].

    Notes
    -----
    A linear layer projects queries, keys, values, a gate and what comes out (MiniMax-01,
    arXiv:2501.08313); an indexer by `inference/model.py` of V3.2-Exp, after arXiv:2412.19437.

    Examples
    --------
    One layer of 360 and a linear one, five times 10 x 4 x 3:

    >>> model = Configuration(n_layers=2, dim=10, vocab_size=7, n_heads=4, n_kv_heads=2, head_dim=3,
    ...     inter_dim=20, n_linear_layers=1)
    >>> _all_attention_parameters(model)
    960
    """
    linear = 5 * c.dim * c.n_heads * c.head_dim
    keys_and_weights = c.dim * (c.index_head_dim + c.n_index_heads)
    index = (c.q_lora_rank or c.dim) * indexed_width(c) + keys_and_weights
    softmax = (c.n_layers - c.n_linear_layers) * _attention_parameters(c)
    return softmax + c.n_linear_layers * linear + c.n_window_layers * index


def _attention_parameters(c: Configuration) -> int:
    """Of the attention of a layer that looks back on tokens.

    Parameters
    ----------
    c
        Sizes of the model.

    Returns
    -------
    int
        Parameters [count].

    Notes
    -----
    Latent attention by arXiv:2405.04434, section 2.1.

    Examples
    --------
    Queries and the way back of four heads, keys and values of two, each 10 x 3:

    >>> model = Configuration(n_layers=2, dim=10, vocab_size=7, n_heads=4, n_kv_heads=2, head_dim=3,
    ...     inter_dim=20)
    >>> _attention_parameters(model)
    360
    """
    if not c.is_latent:
        return c.dim * c.head_dim * 2 * (c.n_heads + c.n_kv_heads)
    query = c.n_heads * c.query_key_dim * (c.q_lora_rank or c.dim) + c.dim * c.q_lora_rank
    key_value = c.dim * (c.kv_lora_rank + c.qk_rope_head_dim) + c.kv_lora_rank * c.n_heads * (
        c.qk_nope_head_dim + c.v_head_dim
    )
    return query + key_value + c.n_heads * c.v_head_dim * c.dim


def _mixture_parameters(c: Configuration, experts: int) -> int:
    """Of the experts of a layer and their router; of a dense model, of its MLP.

    Parameters
    ----------
    c
        Sizes of the model.
    experts
        Routed experts that are counted [count].

    Returns
    -------
    int
        Parameters [count].

    Examples
    --------
    A router of 10 x 4, and two of its experts, 3 x 10 x 5 each:

    >>> model = Configuration(n_layers=2, dim=10, vocab_size=7, n_heads=4, n_kv_heads=2, head_dim=3,
    ...     n_routed_experts=4, n_activated_experts=2, moe_inter_dim=5)
    >>> _mixture_parameters(model, 2)
    340
    """
    if not c.n_routed_experts:
        return _mlp(c, c.inter_dim)
    experts_and_shared = experts * c.moe_inter_dim + c.shared_width
    return c.dim * c.n_routed_experts + _mlp(c, experts_and_shared)


def _mlp(c: Configuration, width: int) -> int:
    """Of an MLP.

    Parameters
    ----------
    c
        Sizes of the model.
    width
        Its width [count].

    Returns
    -------
    int
        Parameters [count].

    Examples
    --------
    Gate, input and output, 10 x 20 each:

    >>> model = Configuration(n_layers=2, dim=10, vocab_size=7, n_heads=4, n_kv_heads=2, head_dim=3,
    ...     inter_dim=20)
    >>> _mlp(model, 20)
    600
    """
    return c.mlp_matrices * c.dim * width
