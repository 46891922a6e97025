"""Matrix products by shape: which ones a layer has on one chip, and how long each takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from analysis.physics.architecture import Configuration
from analysis.physics.step_time.layout import Efficiencies, Layout, Precision, Processor

TILE = 128  # rows and columns that a multiprocessor works on at once
RESULT_BYTES = 2.0


class Product(NamedTuple):
    """`groups` products of `rows` x `summed` by `summed` x `columns`, of tokens by weights, or many
    as arrays of their sizes.
    """

    rows: Any
    columns: Any
    summed: Any
    groups: Any = 1.0

    def of_input(self) -> Product:
        """The product for the gradient of its input."""
        return self._replace(columns=self.summed, summed=self.columns)

    def of_weights(self) -> Product:
        """The product for the gradient of its weights."""
        return self._replace(rows=self.summed, summed=self.rows)


def product_seconds(
    product: Product,
    precision: Precision,
    chip: Processor,
    reached: Efficiencies,
    taken: ArrayLike = 0.0,
) -> np.ndarray:
    """Seconds of a product: whole waves of tiles at what its summed length reaches of the peak, or
    the passage of its matrices through memory, whichever is longer.

    Parameters
    ----------
    product
        Sizes [count].
    precision
        Of its inputs.
    chip
        Where it runs.
    reached
        Measured efficiencies, arrays of shape (samples,).
    taken
        Multiprocessors that an exchange takes meanwhile [count].

    Returns
    -------
    ndarray
        Time [s] of shape (samples,).
    """
    eight_bits = precision == "fp8"
    ceiling = reached.product_ceiling if eight_bits else reached.product_ceiling_bf16
    half = reached.product_half_length if eight_bits else reached.product_half_length_bf16
    reach = ceiling * product.summed / (product.summed + half)
    tiles = product.groups * np.ceil(product.rows / TILE) * np.ceil(product.columns / TILE)
    waves = np.ceil(tiles / (chip.multiprocessors - np.asarray(taken)))
    tile_flop_s = chip.peak_flop_s(precision) / chip.multiprocessors * reach
    computing = waves * 2.0 * product.summed * TILE**2 / tile_flop_s
    values = product.summed * (product.rows + product.columns) * (1.0 if eight_bits else 2.0)
    moved = product.groups * (values + product.rows * product.columns * RESULT_BYTES)
    return np.maximum(computing, moved / (chip.memory_bytes_per_s * reached.memory))


def attention_products(c: Configuration, layout: Layout) -> Iterator[Product]:
    """The projections of one layer's attention on one chip."""
    tokens, share = layout.group_tokens, layout.tensor_parallel
    if not c.is_latent:
        yield Product(tokens, c.head_dim * (c.n_heads + 2 * c.n_kv_heads) / share, c.dim)
    else:
        if c.q_lora_rank:
            yield Product(layout.chip_tokens, c.q_lora_rank, c.dim)
        yield Product(tokens, c.n_heads * c.query_key_dim / share, c.q_lora_rank or c.dim)
        yield Product(layout.chip_tokens, c.kv_lora_rank + c.qk_rope_head_dim, c.dim)
        up = c.n_heads * (c.qk_nope_head_dim + c.v_head_dim) / share
        yield Product(tokens, up, c.kv_lora_rank)
    yield Product(tokens, c.dim, c.n_heads * c.value_dim / share)


def mlp_products(c: Configuration, width: float, layout: Layout) -> Iterator[Product]:
    """The products of an MLP of some width, shared by the chips of a product."""
    if width:
        share = layout.tensor_parallel
        yield Product(layout.group_tokens, (c.mlp_matrices - 1) * width / share, c.dim)
        yield Product(layout.group_tokens, c.dim, width / share)


def expert_products(c: Configuration, layout: Layout) -> Iterator[Product]:
    """The products of the experts that one chip holds, with the tokens of all that send to it."""
    held = c.n_routed_experts / layout.expert_parallel
    width = c.moe_inter_dim / layout.expert_share
    tokens = layout.chip_tokens * layout.expert_share * c.n_activated_experts / held
    yield Product(tokens, (c.mlp_matrices - 1) * width, c.dim, held)
    yield Product(tokens, c.dim, width, held)


def head_product(c: Configuration, layout: Layout) -> Product:
    """The output head."""
    return Product(layout.group_tokens, c.vocab_size / layout.tensor_parallel, c.dim)
