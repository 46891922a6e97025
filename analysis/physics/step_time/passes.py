"""What of a step multiplies no weights: attention, passes over memory, and the optimiser."""

from __future__ import annotations

import numpy as np

from analysis.physics.architecture import Configuration
from analysis.physics.attention import context_products
from analysis.physics.step_time.exchange import VALUE_BYTES, context_seconds
from analysis.physics.step_time.held import local_parameters
from analysis.physics.step_time.layout import Efficiencies, Layout, Processor


def attention_seconds(
    c: Configuration, layout: Layout, chip: Processor, reached: Efficiencies
) -> np.ndarray:
    """Seconds of one layer's scores and values forward, in sixteen bits; or of the keys' way around
    the chips of a sequence, if that is slower.

    Parameters
    ----------
    c
        Sizes of the model.
    layout
        How the step is spread over chips.
    chip
        What it runs on.
    reached
        What kernels and links reach, arrays of shape (samples,).

    Returns
    -------
    ndarray
        Time of a micro-batch [s] of shape (samples,).

    Notes
    -----
    The work by :func:`~analysis.physics.attention.context_products`.

    Examples
    --------
    Each of a thousand tokens looks back on 500 in the mean, over four heads of twice 125, at half
    of 1e15 FLOP/s:

    >>> from analysis.physics.step_time.layout import same_everywhere
    >>> model = Configuration(n_layers=2, dim=500, vocab_size=1024, n_heads=4, n_kv_heads=2,
    ...     head_dim=125, inter_dim=2000)
    >>> layout = Layout(chips=1, sequences_per_step=1, seq_len_tokens=1000, precision="bf16")
    >>> chip = Processor("a chip", 1e15, 2e15, 80e9, 3e12, 132, 1e9, 1e8, 8)
    >>> float(attention_seconds(model, layout, chip, same_everywhere(0.5))[0])
    2e-06
    """
    looked_back_on = float(context_products(c, layout.seq_len_tokens)) / c.n_layers
    flop = 2.0 * looked_back_on * layout.chip_tokens
    computing = flop / (chip.peak_bf16_flop_s * reached.attention_forward)
    return np.maximum(computing, context_seconds(c, layout, chip, reached))


def memory_bytes(
    c: Configuration, layout: Layout, reached: Efficiencies, mixture: bool
) -> np.ndarray:
    """Bytes that what multiplies nothing moves through memory, of one layer forward.

    Parameters
    ----------
    c
        Sizes of the model.
    layout
        How the step is spread over chips.
    reached
        What a cast to eight bits moves, arrays of shape (samples,).
    mixture
        Whether the layer has experts.

    Returns
    -------
    ndarray
        What a micro-batch moves [byte], of shape (samples,).

    Notes
    -----
    Values a token, two bytes each: two norms (read, write) and two sums (two reads, a write), ten
    widths; queries and keys turned (read, write); the gate (widths of all matrices but one read,
    one written); with experts, each copy brought to its place and back. In eight bits, the input of
    each product is cast. The count is ours; a constant of the evidence has how far kernels are from
    it.

    Examples
    --------
    Ten widths of 10, four times heads of 12, and three times an MLP of 20, of eight tokens:

    >>> from analysis.physics.step_time.layout import same_everywhere
    >>> model = Configuration(n_layers=2, dim=10, vocab_size=7, n_heads=4, n_kv_heads=2, head_dim=3,
    ...     inter_dim=20)
    >>> layout = Layout(chips=1, sequences_per_step=1, seq_len_tokens=8, precision="bf16")
    >>> float(memory_bytes(model, layout, same_everywhere(1.0), mixture=False)[0])
    3328.0
    """
    heads = c.n_heads * c.query_key_dim
    active = c.n_activated_experts * c.moe_inter_dim + c.shared_width
    active, copies = (active, c.n_activated_experts * c.dim) if mixture else (c.inter_dim, 0)
    values = 10.0 * c.dim + 4.0 * heads + c.mlp_matrices * active + 4.0 * copies
    cast = 2.0 * c.dim + c.n_heads * c.value_dim + active + copies
    cast_bytes = reached.cast_bytes if layout.precision == "fp8" else 0.0 * reached.cast_bytes
    return (VALUE_BYTES * values + cast_bytes * cast) * layout.chip_tokens


def optimizer_seconds(
    c: Configuration, layout: Layout, chip: Processor, reached: Efficiencies
) -> np.ndarray:
    """Seconds to renew the weights, once a step: those that a replica does not leave to others.

    Parameters
    ----------
    c
        Sizes of the model.
    layout
        How the step is spread over chips.
    chip
        What it runs on.
    reached
        What memory reaches and a parameter moves, arrays of shape (samples,).

    Returns
    -------
    ndarray
        Time of a step [s] of shape (samples,).

    Notes
    -----
    Source of the sharding: ZeRO, Rajbhandari et al. (arXiv:1910.02054).

    Examples
    --------
    A dense model of 2 x 960 + 140 parameters on one chip, thirty bytes each, at 3e12 bytes a
    second:

    >>> from dataclasses import replace
    >>> from analysis.physics.step_time.layout import same_everywhere
    >>> model = Configuration(n_layers=2, dim=10, vocab_size=7, n_heads=4, n_kv_heads=2, head_dim=3,
    ...     inter_dim=20)
    >>> layout = Layout(chips=1, sequences_per_step=1, seq_len_tokens=8, precision="bf16")
    >>> chip = Processor("a chip", 1e15, 2e15, 80e9, 3e12, 132, 1e9, 1e8, 8)
    >>> reached = replace(same_everywhere(1.0), optimizer_bytes=np.array([30.0]))
    >>> round(1e9 * float(optimizer_seconds(model, layout, chip, reached)[0]), 1)
    20.6
    """
    held = local_parameters(c, layout)
    replicas = (layout.shared_replicas, layout.expert_replicas)
    own = (
        count / (1.0 if layout.sharding == "none" else copies)
        for count, copies in zip(held, replicas, strict=True)
    )
    return sum(own) * reached.optimizer_bytes / (chip.memory_bytes_per_s * reached.memory)
