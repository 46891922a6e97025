"""What a chip holds of a model: parameters, gradients, and the state of the optimiser."""

from __future__ import annotations

from analysis.physics.architecture import Configuration
from analysis.physics.parameters import count_parameters
from analysis.physics.step_time.layout import Layout

# Bytes that a parameter takes at least: its value and its gradient in two bytes each, and two
# moments and a copy in four, which sharding spreads over replicas. They refuse a layout and move no
# time.
STATE_BYTES, OPTIMIZER_BYTES = 4.0, 12.0


def local_parameters(configuration: Configuration, layout: Layout) -> tuple[float, float]:
    """Parameters that one chip holds: those that all chips of a replica share, and its experts'.

    Parameters
    ----------
    configuration
        Sizes of the model.
    layout
        How it is spread over chips.

    Returns
    -------
    tuple of float
        What is no expert's, and what is of experts [count].

    Notes
    -----
    Two pipelines in opposite directions hold two stages on a chip: DualPipe, by its README.

    Examples
    --------
    A dense model of 2 x 960 + 140 parameters, halved over two chips and over two stages:

    >>> model = Configuration(n_layers=2, dim=10, vocab_size=7, n_heads=4, n_kv_heads=2, head_dim=3,
    ...     inter_dim=20)
    >>> layout = Layout(chips=4, sequences_per_step=4, seq_len_tokens=8, precision="bf16",
    ...     tensor_parallel=2, pipeline_parallel=2)
    >>> local_parameters(model, layout)
    (515.0, 0.0)
    """
    c = configuration
    whole = count_parameters(c)
    experts = c.mixture_layers * c.n_routed_experts * c.mlp_matrices * c.dim * c.moe_inter_dim
    stages = layout.pipeline_parallel / (2 if layout.schedule == "dualpipe" else 1)
    shared = (whole.total + whole.mtp - experts) / (layout.tensor_parallel * stages)
    return shared, experts / (layout.expert_parallel * layout.expert_share * stages)


def state_bytes(configuration: Configuration, layout: Layout) -> float:
    """Memory that parameters, gradients and optimiser take on a chip at least.

    Parameters
    ----------
    configuration
        Sizes of the model.
    layout
        How it is spread over chips.

    Returns
    -------
    float
        Memory [byte].

    Notes
    -----
    Source: ZeRO, Rajbhandari et al. (arXiv:1910.02054).

    Examples
    --------
    515 parameters in 4 bytes, and their optimiser's 12 on one replica:

    >>> model = Configuration(n_layers=2, dim=10, vocab_size=7, n_heads=4, n_kv_heads=2, head_dim=3,
    ...     inter_dim=20)
    >>> layout = Layout(chips=4, sequences_per_step=4, seq_len_tokens=8, precision="bf16",
    ...     tensor_parallel=2, pipeline_parallel=2)
    >>> state_bytes(model, layout)
    8240.0
    """
    taken = 0.0
    copies = (layout.shared_replicas, layout.expert_replicas)
    for parameters, replicas in zip(local_parameters(configuration, layout), copies, strict=True):
        over = 1.0 if layout.sharding == "none" else replicas
        states = STATE_BYTES / (replicas if layout.sharding == "full" else 1.0)
        taken += parameters * (states + OPTIMIZER_BYTES / over)
    return taken
