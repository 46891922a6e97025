"""What chips send each other in a step, and how long it takes."""

from __future__ import annotations

import numpy as np

from analysis.physics.architecture import Configuration
from analysis.physics.step_time.held import local_parameters
from analysis.physics.step_time.layout import Efficiencies, Layout, Processor

VALUE_BYTES = WEIGHT_BYTES = 2.0  # sixteen bits
# Gathers and scatters of the activations around a pair of products that chips share: two forward,
# two backward, and one more to have the input again for the gradient of the weights.
FORWARD_COLLECTIVES, BACKWARD_COLLECTIVES = 2.0, 3.0


def tensor_seconds(
    c: Configuration, layout: Layout, chip: Processor, reached: Efficiencies, mixture: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Seconds of one layer's exchange between chips that share products, forward and backward.

    The experts of a mixture are whole on a chip, where they are spread over chips of their own; its
    attention and its shared expert are not.

    Parameters
    ----------
    c
        Sizes of the model.
    layout
        How the step is spread over chips.
    chip
        What it runs on.
    reached
        What links and network reach, arrays of shape (samples,).
    mixture
        Whether the layer has experts.

    Returns
    -------
    tuple of ndarray
        Times of a micro-batch [s], forward and backward, each of shape (samples,).

    Notes
    -----
    Source: Korthikanti et al. (arXiv:2205.05198), section 4.2.

    Examples
    --------
    Of a thousand tokens by 500 in two bytes, two chips have half each: twice two gathers over a
    gigabyte a second.

    >>> from analysis.physics.step_time.layout import same_everywhere
    >>> model = Configuration(n_layers=2, dim=500, vocab_size=1024, n_heads=4, n_kv_heads=2,
    ...     head_dim=125, inter_dim=2000)
    >>> layout = Layout(chips=2, sequences_per_step=1, seq_len_tokens=1000, precision="bf16",
    ...     tensor_parallel=2)
    >>> chip = Processor("a chip", 1e15, 2e15, 80e9, 3e12, 132, 1e9, 1e8, 8)
    >>> there, back = tensor_seconds(model, layout, chip, same_everywhere(1.0), mixture=False)
    >>> float(there[0]), float(back[0])
    (0.002, 0.003)
    """
    share = layout.tensor_parallel
    pairs = 2.0 if not mixture or c.shared_width or layout.expert_share > 1 else 1.0
    sent = layout.group_tokens * c.dim * VALUE_BYTES * (share - 1) / share
    speed = _speed(share, chip.chips_per_node, chip, reached)
    one = pairs * sent / speed
    return FORWARD_COLLECTIVES * one, BACKWARD_COLLECTIVES * one


def context_seconds(
    c: Configuration, layout: Layout, chip: Processor, reached: Efficiencies
) -> np.ndarray:
    """Seconds to pass one layer's keys and values around the chips that share a sequence.

    Parameters
    ----------
    c
        Sizes of the model.
    layout
        How the step is spread over chips.
    chip
        What it runs on.
    reached
        What links and network reach, arrays of shape (samples,).

    Returns
    -------
    ndarray
        Time of a micro-batch [s] of shape (samples,).

    Notes
    -----
    Source: ring attention, Liu et al. (arXiv:2310.01889).

    Examples
    --------
    One other chip's 500 tokens, twice 250 wide in two bytes, over a gigabyte a second:

    >>> from analysis.physics.step_time.layout import same_everywhere
    >>> model = Configuration(n_layers=2, dim=500, vocab_size=1024, n_heads=4, n_kv_heads=2,
    ...     head_dim=125, inter_dim=2000)
    >>> layout = Layout(chips=2, sequences_per_step=1, seq_len_tokens=1000, precision="bf16",
    ...     context_parallel=2)
    >>> chip = Processor("a chip", 1e15, 2e15, 80e9, 3e12, 132, 1e9, 1e8, 8)
    >>> float(context_seconds(model, layout, chip, same_everywhere(1.0))[0])
    0.0005
    """
    others = layout.context_parallel - 1
    width = c.n_heads * (c.query_key_dim + c.value_dim)
    if not c.is_latent:
        width = 2 * c.n_kv_heads * c.head_dim
    sent = others * layout.group_tokens * width / layout.tensor_parallel * VALUE_BYTES
    on_node = max(chip.chips_per_node / layout.tensor_parallel, 1.0)
    return sent / _speed(layout.context_parallel, on_node, chip, reached)


def expert_seconds(
    c: Configuration, layout: Layout, chip: Processor, reached: Efficiencies
) -> np.ndarray:
    """Seconds to send a micro-batch's tokens to their experts and back, one way and once.

    A token is sent to a node once, and from there to the chips of the node. The slower of link and
    network counts; the mean of the way there and the way back.

    Parameters
    ----------
    c
        Sizes of the model.
    layout
        How the step is spread over chips.
    chip
        What it runs on.
    reached
        What links and network reach, arrays of shape (samples,).

    Returns
    -------
    ndarray
        Time [s] of shape (samples,).

    Notes
    -----
    Source: arXiv:2412.19437, section 3.2.2.

    Examples
    --------
    A thousand tokens of 500 values in two bytes to two experts each, half of them on the other
    chip, over a gigabyte a second:

    >>> from analysis.physics.step_time.layout import same_everywhere
    >>> model = Configuration(n_layers=2, dim=500, vocab_size=1024, n_heads=4, n_kv_heads=2,
    ...     head_dim=125, n_routed_experts=8, n_activated_experts=2, moe_inter_dim=100)
    >>> layout = Layout(chips=2, sequences_per_step=2, seq_len_tokens=1000, precision="bf16",
    ...     expert_parallel=2)
    >>> chip = Processor("a chip", 1e15, 2e15, 80e9, 3e12, 132, 1e9, 1e8, 8)
    >>> float(expert_seconds(model, layout, chip, same_everywhere(1.0))[0])
    0.001
    """
    value_bytes = (layout.exchange_bytes_per_value + VALUE_BYTES) / 2.0
    sent = layout.chip_tokens * c.dim * value_bytes
    on_node = min(layout.expert_parallel, chip.chips_per_node)
    nodes = max(layout.expert_parallel / chip.chips_per_node, 1.0)
    there = nodes_of_a_token(nodes, c.n_activated_experts, layout.nodes_per_token)
    by_network = sent * there * (nodes - 1.0) / nodes
    by_link = sent * c.n_activated_experts * (on_node - 1.0) / on_node
    return np.maximum(
        by_network / (chip.network_bytes_per_s * reached.network),
        by_link / (chip.link_bytes_per_s * reached.expert_link),
    )


def nodes_of_a_token(nodes: float, experts: int, limit: int | None) -> float:
    """Nodes that the experts of a token lie on, in the mean, if all are as likely.

    Parameters
    ----------
    nodes
        Nodes that the experts of a layer lie on [count].
    experts
        Experts of a token [count].
    limit
        Nodes that they may lie on at most [count]; None: all.

    Returns
    -------
    float
        Nodes [count].

    Notes
    -----
    One less the chance that no expert lies on a node, of each node. The limit by
    arXiv:2412.19437, section 2.1.2.

    Examples
    --------
    Two experts on two nodes lie on one node half the time:

    >>> nodes_of_a_token(2, 2, None), nodes_of_a_token(8, 8, 4)
    (1.5, 4)
    """
    expected = nodes * (1.0 - (1.0 - 1.0 / nodes) ** experts)
    return expected if limit is None else min(expected, limit)


def gradient_seconds(
    c: Configuration, layout: Layout, chip: Processor, reached: Efficiencies
) -> np.ndarray:
    """Seconds to sum the gradients of replicas and to hand the new weights out, once a step; where
    weights are sharded, to gather them forward and backward, and to sum in two bytes, in each
    micro-batch.

    What all chips of a node need crosses its network once, over the links of all of them.

    Parameters
    ----------
    c
        Sizes of the model.
    layout
        How the step is spread over chips.
    chip
        What it runs on.
    reached
        What links and network reach, arrays of shape (samples,).

    Returns
    -------
    ndarray
        Time of a step [s] of shape (samples,), if nothing hides it.

    Notes
    -----
    Source: ZeRO, Rajbhandari et al. (arXiv:1910.02054).

    Examples
    --------
    A dense model of 2 x 960 + 140 parameters on two chips: gradients in four bytes and weights in
    two, half of each from the other chip, over a gigabyte a second.

    >>> from dataclasses import replace
    >>> from analysis.physics.step_time.layout import same_everywhere
    >>> model = Configuration(n_layers=2, dim=10, vocab_size=7, n_heads=4, n_kv_heads=2, head_dim=3,
    ...     inter_dim=20)
    >>> layout = Layout(chips=2, sequences_per_step=2, seq_len_tokens=8, precision="bf16")
    >>> chip = Processor("a chip", 1e15, 2e15, 80e9, 3e12, 132, 1e9, 1e8, 8)
    >>> reached = replace(same_everywhere(1.0), gradient_bytes=np.array([4.0]))
    >>> round(1e6 * float(gradient_seconds(model, layout, chip, reached)[0]), 2)
    6.18
    """
    gathered = reached.gradient_bytes + WEIGHT_BYTES
    if layout.sharding == "full":
        gathered = np.full_like(gathered, 3.0 * WEIGHT_BYTES * layout.micro_batches)
    shared, experts = local_parameters(c, layout)
    seconds = np.zeros_like(reached.network)
    for parameters, replicas, apart in (
        (shared, layout.shared_replicas, layout.tensor_parallel),
        (experts, layout.expert_replicas, layout.expert_parallel * layout.expert_share),
    ):
        on_node = max(chip.chips_per_node / apart, 1.0)
        sent = parameters * gathered * (replicas - 1.0) / replicas
        seconds = seconds + sent / _speed(replicas, on_node, chip, reached)
    return seconds


def _speed(chips: float, on_node: float, chip: Processor, reached: Efficiencies) -> np.ndarray:
    """Bytes per second that a group of chips gathers, by the link, and by the network of all of its
    chips on a node where the group spans nodes.

    Parameters
    ----------
    chips
        Chips of the group [count].
    on_node
        How many of them are on each node [count].
    chip
        What they are.
    reached
        What links and network reach, arrays of shape (samples,).

    Returns
    -------
    ndarray
        Speed [byte/s] of shape (samples,).

    Examples
    --------
    Eight on a node by their link; sixteen by the network of eight, at half of what is printed:

    >>> from analysis.physics.step_time.layout import same_everywhere
    >>> chip = Processor("a chip", 1e15, 2e15, 80e9, 3e12, 132, 1e9, 1e8, 8)
    >>> [float(_speed(chips, 8, chip, same_everywhere(0.5))[0]) for chips in (8, 16)]
    [500000000.0, 400000000.0]
    """
    link = chip.link_bytes_per_s * reached.link
    if chips <= on_node:
        return link
    return np.minimum(link, on_node * chip.network_bytes_per_s * reached.network)
