"""What chips send each other in a step, and how long it takes."""

from __future__ import annotations

import numpy as np

from analysis.physics.architecture import Configuration
from analysis.physics.step_time.layout import (
    Efficiencies,
    Layout,
    Processor,
    local_parameters,
)

VALUE_BYTES, GRADIENT_BYTES, WEIGHT_BYTES = 2.0, 4.0, 2.0
# Gathers and scatters of the activations around a pair of products that chips share: two forward,
# two backward, and one more to have the input again for the gradient of the weights.
FORWARD_COLLECTIVES, BACKWARD_COLLECTIVES = 2.0, 3.0


def tensor_seconds(
    c: Configuration, layout: Layout, chip: Processor, reached: Efficiencies, mixture: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Seconds of one layer's exchange between chips that share products, forward and backward.

    The experts of a mixture are whole on a chip, where they are spread over chips of their own; its
    attention and its shared expert are not.
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
    """Seconds to pass one layer's keys and values around the chips that share a sequence."""
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
    """
    gathered = GRADIENT_BYTES + WEIGHT_BYTES
    if layout.sharding == "full":
        gathered = 3.0 * WEIGHT_BYTES * layout.micro_batches
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
    """Bytes per second that a group of chips gathers, `on_node` of it on each node: by the link,
    and by the network of these chips where the group spans nodes.
    """
    link = chip.link_bytes_per_s * reached.link
    if chips <= on_node:
        return link
    return np.minimum(link, on_node * chip.network_bytes_per_s * reached.network)
