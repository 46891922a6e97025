"""A micro-batch on one stage of a pipeline, part by part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from analysis.physics.architecture import Configuration
from analysis.physics.parameters import context_products
from analysis.physics.step_time.exchange import (
    VALUE_BYTES,
    context_seconds,
    expert_seconds,
    tensor_seconds,
)
from analysis.physics.step_time.layout import (
    Efficiencies,
    Layout,
    Precision,
    Processor,
    local_parameters,
)
from analysis.physics.step_time.products import (
    Product,
    attention_products,
    expert_products,
    head_product,
    mlp_products,
    product_seconds,
)

BACKWARD_ATTENTION = 2.5  # five products for two: scores are made again
LOGIT_BYTES = 16.0  # a logit written, read for the softmax in four bytes, and its gradient
OPTIMIZER_MOVED_BYTES = 30.0  # gradient, copy and moments read, copy, moments and weight written
CAST_BYTES = 3.0  # two read, one written

Parts = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Chunk:
    """A micro-batch on one layer or stage [s]: forward, for gradients of inputs, and of weights, by
    part.
    """

    forward: Parts
    inputs: Parts
    weights: Parts

    def scaled(self, share: np.ndarray | float) -> Chunk:
        """So many times it."""
        ways = (self.forward, self.inputs, self.weights)
        return Chunk(*({name: share * s for name, s in way.items()} for way in ways))

    def sums(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Seconds forward, for inputs, and for weights, over all parts."""
        return total(self.forward), total(self.inputs), total(self.weights)


def total(parts: Parts) -> np.ndarray:
    """Seconds of all parts."""
    return np.sum(list(parts.values()), axis=0)


def added(chunks: Iterable[Chunk]) -> Parts:
    """Seconds of each part over chunks, forward and backward."""
    summed: dict[str, np.ndarray] = {}
    for chunk in chunks:
        for way in (chunk.forward, chunk.inputs, chunk.weights):
            for name, seconds in way.items():
                summed[name] = summed.get(name, 0.0) + seconds
    return summed


@dataclass(frozen=True)
class Stage:
    """One stage of a pipeline on one chip: what a micro-batch takes there."""

    configuration: Configuration
    layout: Layout
    chip: Processor
    reached: Efficiencies

    @property
    def _memory_bytes_per_s(self) -> np.ndarray:
        return self.chip.memory_bytes_per_s * self.reached.memory

    def chunks(self) -> list[Chunk]:
        """A micro-batch in the stage's share of dense layers, of layers with experts, and of the
        head; multi-token prediction is one more layer and head.
        """
        c, stages = self.configuration, self.layout.pipeline_parallel
        slowest = self.reached.stage_imbalance if stages > 1 else 1.0
        more = c.mtp_depth
        dense = c.dense_layers + (0 if c.n_routed_experts else more)
        found = [self.head().scaled((1 + more) / stages)]
        if dense:
            found.append(self.layer(mixture=False).scaled(dense / stages * slowest))
        if c.n_routed_experts:
            mixtures = (c.mixture_layers + more) / stages
            found.append(self.layer(mixture=True).scaled(mixtures * slowest))
        return found

    def head(self) -> Chunk:
        """The output head, in sixteen bits, and what becomes of its logits."""
        c, share = self.configuration, self.layout.tensor_parallel
        ways = self._three_ways([head_product(c, self.layout)], "bf16", 0.0)
        logits = self.layout.group_tokens * c.vocab_size / share * LOGIT_BYTES
        forward, inputs, weights = ({"products": seconds} for seconds in ways)
        return Chunk(forward | {"memory": logits / self._memory_bytes_per_s}, inputs, weights)

    def layer(self, mixture: bool) -> Chunk:
        """One layer, with what of it is made again backward."""
        overlapped = mixture and self.layout.exchange == "overlapped"
        taken = self.reached.exchange_multiprocessors if overlapped else 0.0
        products = self._layer_products(mixture, taken)
        forward, inputs = self._without_products(mixture)
        gaps = {"gaps": forward["gaps"]}
        forward |= {"products": products[0]}
        inputs |= {"products": products[1]}
        again = {"none": (), "selective": ("memory",), "full": tuple(forward)}
        for part in again[self.layout.recomputation]:
            inputs[part] = inputs[part] + forward[part]
        return Chunk(forward, inputs, gaps | {"products": products[2]})

    def _without_products(self, mixture: bool) -> tuple[dict[str, np.ndarray], ...]:
        """What of a layer multiplies no weights, forward and for the gradients of inputs."""
        r = self.reached
        attention = self._attention_seconds()
        again = BACKWARD_ATTENTION * r.attention_forward / r.attention_backward
        memory = self._memory_bytes(mixture) / self._memory_bytes_per_s * r.elementwise_passes
        kernels = r.kernels_per_mixture_layer if mixture else r.kernels_per_dense_layer
        there, back = tensor_seconds(*self._parts, mixture)
        both = {"gaps": kernels * r.kernel_gap_s / 3.0}  # a third of all kernels each way
        both |= {"expert_exchange": self._exchange_seconds()} if mixture else {}
        forward = both | {
            "attention": attention,
            "memory": memory,
            "tensor_exchange": there * r.exposed_tensor_exchange,
        }
        inputs = both | {
            "attention": attention * again,
            "memory": 2.0 * memory,
            "tensor_exchange": back * r.exposed_tensor_exchange,
        }
        return forward, inputs

    @property
    def _parts(self) -> tuple[Configuration, Layout, Processor, Efficiencies]:
        return self.configuration, self.layout, self.chip, self.reached

    def _exchange_seconds(self) -> np.ndarray:
        """To the experts and back, as far as nothing hides it."""
        overlapped = self.layout.exchange == "overlapped"
        shown = self.reached.exposed_expert_exchange if overlapped else 1.0
        return 2.0 * expert_seconds(*self._parts) * shown

    def _layer_products(self, mixture: bool, taken: np.ndarray | float) -> np.ndarray:
        """Seconds of a layer's products: forward, for inputs, for weights."""
        c, layout = self.configuration, self.layout
        width = c.shared_width if mixture else c.inter_dim
        common = [*attention_products(c, layout), *mlp_products(c, width, layout)]
        seconds = self._three_ways(common, layout.precision, taken)
        if not mixture:
            return seconds
        router = Product(layout.chip_tokens, c.n_routed_experts, c.dim)
        return (
            seconds
            + self._three_ways([router], "bf16", taken)
            + self._three_ways(expert_products(c, layout), layout.precision, taken)
        )

    def _three_ways(
        self, products: Iterable[Product], precision: Precision, taken: np.ndarray | float
    ) -> np.ndarray:
        """Seconds of products forward, for the gradients of inputs, and for those of weights."""
        ways = [(one, one.of_input(), one.of_weights()) for one in products]
        together = Product(*np.array(ways).T[..., np.newaxis])  # sizes of shape (way, product, 1)
        return product_seconds(together, precision, self.chip, self.reached, taken).sum(axis=1)

    def _attention_seconds(self) -> np.ndarray:
        """Scores and values of one layer forward, in sixteen bits; or the keys' way around, if that
        is slower.
        """
        c, layout = self.configuration, self.layout
        looked_back_on = float(context_products(c, layout.seq_len_tokens)) / c.n_layers
        flop = 2.0 * looked_back_on * layout.chip_tokens
        computing = flop / (self.chip.peak_bf16_flop_s * self.reached.attention_forward)
        return np.maximum(computing, context_seconds(*self._parts))

    def _memory_bytes(self, mixture: bool) -> float:
        """Bytes that what multiplies nothing moves through memory, of one layer forward.

        Values a token, two bytes each: two norms (read, write) and two sums (two reads, a write),
        ten widths; queries and keys turned (read, write); the gate (widths of all matrices but one
        read, one written); with experts, each copy brought to its place and back. In eight bits,
        the input of each product is cast.
        """
        c = self.configuration
        heads = c.n_heads * c.query_key_dim
        active = c.n_activated_experts * c.moe_inter_dim + c.shared_width
        active, copies = (active, c.n_activated_experts * c.dim) if mixture else (c.inter_dim, 0)
        values = 10.0 * c.dim + 4.0 * heads + c.mlp_matrices * active + 4.0 * copies
        moved = VALUE_BYTES * values
        if self.layout.precision == "fp8":
            moved += CAST_BYTES * (2.0 * c.dim + c.n_heads * c.value_dim + active + copies)
        return moved * self.layout.chip_tokens

    def optimizer_seconds(self) -> np.ndarray:
        """Seconds to renew the weights, once a step."""
        held = local_parameters(self.configuration, self.layout)
        replicas = (self.layout.shared_replicas, self.layout.expert_replicas)
        own = (
            count / (1.0 if self.layout.sharding == "none" else copies)
            for count, copies in zip(held, replicas, strict=True)
        )
        return sum(own) * OPTIMIZER_MOVED_BYTES / self._memory_bytes_per_s
