"""A micro-batch on one stage of a pipeline, part by part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from analysis.physics.architecture import Configuration
from analysis.physics.step_time.exchange import expert_seconds, tensor_seconds
from analysis.physics.step_time.layout import Efficiencies, Layout, Precision, Processor
from analysis.physics.step_time.passes import attention_seconds, memory_bytes
from analysis.physics.step_time.products import (
    Product,
    attention_products,
    expert_products,
    head_product,
    mlp_products,
    product_seconds,
)

Parts = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Chunk:
    """A micro-batch on one layer or stage [s]: forward, for gradients of inputs, and of weights, by
    part.

    Examples
    --------
    >>> chunk = Chunk({"products": np.array([1.0])}, {"products": np.array([2.0])}, {})
    >>> [float(np.sum(seconds)) for seconds in chunk.scaled(3.0).sums()]
    [3.0, 6.0, 0.0]
    """

    forward: Parts
    inputs: Parts
    weights: Parts

    def scaled(self, share: np.ndarray | float) -> Chunk:
        """So many times it [s]; `share` has no dimension."""
        ways = (self.forward, self.inputs, self.weights)
        return Chunk(*({name: share * s for name, s in way.items()} for way in ways))

    def sums(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Seconds forward, for inputs, and for weights, over all parts [s]."""
        return total(self.forward), total(self.inputs), total(self.weights)


def total(parts: Parts) -> np.ndarray:
    """Seconds of all parts together.

    Parameters
    ----------
    parts
        Seconds by part [s], arrays of one shape.

    Returns
    -------
    ndarray
        Time [s] of that shape; zero of no part.

    Examples
    --------
    >>> total({"products": np.array([1.0, 2.0]), "gaps": np.array([0.5, 0.5])})
    array([1.5, 2.5])
    """
    return np.sum(list(parts.values()), axis=0)


def added(chunks: Iterable[Chunk]) -> Parts:
    """Seconds of each part over chunks, forward and backward.

    Parameters
    ----------
    chunks
        Seconds by part [s], arrays of one shape.

    Returns
    -------
    dict of str to ndarray
        Seconds by part [s], of that shape.

    Examples
    --------
    >>> both = {"products": np.array([1.0])}
    >>> added([Chunk(both, both, {}), Chunk(both, {}, {"gaps": np.array([0.5])})])
    {'products': array([3.]), 'gaps': array([0.5])}
    """
    summed: dict[str, np.ndarray] = {}
    for chunk in chunks:
        for way in (chunk.forward, chunk.inputs, chunk.weights):
            for name, seconds in way.items():
                summed[name] = summed.get(name, 0.0) + seconds
    return summed


@dataclass(frozen=True)
class Stage:
    """One stage of a pipeline on one chip: what a micro-batch takes there [s].

    Examples
    --------
    A stage that has all of a dense model: its head, and two layers in one.

    >>> from analysis.physics.step_time.layout import same_everywhere
    >>> model = Configuration(n_layers=2, dim=512, vocab_size=1024, n_heads=4, n_kv_heads=2,
    ...     head_dim=128, inter_dim=2048)
    >>> layout = Layout(chips=1, sequences_per_step=1, seq_len_tokens=2048, precision="bf16")
    >>> chip = Processor("a chip", 1e15, 2e15, 80e9, 3e12, 132, 450e9, 50e9, 8)
    >>> stage = Stage(model, layout, chip, same_everywhere(0.5))
    >>> head, layers = stage.chunks()
    >>> bool(layers.sums()[0] == 2 * stage.layer(mixture=False).sums()[0])
    True
    >>> sorted(part for part, seconds in layers.forward.items() if seconds > 0)
    ['attention', 'memory', 'products']
    """

    configuration: Configuration
    layout: Layout
    chip: Processor
    reached: Efficiencies

    @property
    def _memory_bytes_per_s(self) -> np.ndarray:
        return self.chip.memory_bytes_per_s * self.reached.memory

    def chunks(self) -> list[Chunk]:
        """Seconds of a micro-batch [s] in the stage's share of dense layers, of layers with
        experts, and of the head; multi-token prediction is one more layer and head.
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
        """Seconds of the output head [s], in sixteen bits, and of what becomes of its logits."""
        c, share = self.configuration, self.layout.tensor_parallel
        ways = self._three_ways([head_product(c, self.layout)], "bf16", 0.0)
        logits = self.layout.group_tokens * c.vocab_size / share * self.reached.logit_bytes
        forward, inputs, weights = ({"products": seconds} for seconds in ways)
        return Chunk(forward | {"memory": logits / self._memory_bytes_per_s}, inputs, weights)

    def layer(self, mixture: bool) -> Chunk:
        """Seconds of one layer [s], with what of it is made again backward."""
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
        """Seconds of what of a layer multiplies no weights [s], forward and for the gradients of
        inputs.
        """
        r = self.reached
        attention = attention_seconds(*self._parts)
        again = r.attention_backward_work * r.attention_forward / r.attention_backward
        moved = memory_bytes(self.configuration, self.layout, r, mixture)
        memory = moved / self._memory_bytes_per_s * r.elementwise_passes
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
        """Seconds to the experts and back [s], as far as nothing hides them."""
        overlapped = self.layout.exchange == "overlapped"
        shown = self.reached.exposed_expert_exchange if overlapped else 1.0
        return 2.0 * expert_seconds(*self._parts) * shown

    def _layer_products(self, mixture: bool, taken: np.ndarray | float) -> np.ndarray:
        """Seconds of a layer's products [s]: forward, for inputs, for weights."""
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
        """Seconds of products [s]: forward, for the gradients of inputs, for those of weights."""
        ways = [(one, one.of_input(), one.of_weights()) for one in products]
        together = Product(*np.array(ways).T[..., np.newaxis])  # sizes of shape (way, product, 1)
        return product_seconds(together, precision, self.chip, self.reached, taken).sum(axis=1)
