"""Matrix products by shape: which ones a layer has on one chip, and how long each takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from analysis.physics.architecture import Configuration
from analysis.physics.step_time.layout import Efficiencies, Layout, Precision, Processor

RESULT_BYTES = 2.0  # sixteen bits


class Product(NamedTuple):
    """`groups` products of `rows` x `summed` by `summed` x `columns` [count], of tokens by weights;
    or many, as arrays of their sizes.

    Examples
    --------
    Three tokens of five values to seven, and the products of its two gradients:

    >>> forward = Product(rows=3, columns=7, summed=5)
    >>> forward.of_input()[:3], forward.of_weights()[:3]
    ((3, 5, 7), (5, 7, 3))
    """

    rows: Any
    columns: Any
    summed: Any
    groups: Any = 1.0

    def of_input(self) -> Product:
        """The product for the gradient of its input, sizes [count]."""
        return self._replace(columns=self.summed, summed=self.columns)

    def of_weights(self) -> Product:
        """The product for the gradient of its weights, sizes [count]."""
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

    Notes
    -----
    Whole waves: NVIDIA's guide on matrix multiplication (DU-09799-001), chapter 3. That a product
    reaches half its ceiling at some summed length is our form, fitted to measured products; its
    constants are rows of the evidence.

    Examples
    --------
    A tile for each of 100 multiprocessors, 2 x 1,000 FLOP for each of its 100 x 100 sums, at half
    of a peak of 1e15 FLOP/s; one tile more is one more wave:

    >>> from dataclasses import replace
    >>> from analysis.physics.step_time.layout import same_everywhere
    >>> chip = Processor("a chip", 1e15, 2e15, 80e9, 3e12, 100, 450e9, 50e9, 8)
    >>> reached = replace(same_everywhere(0.5), tile=np.array([100.0]))
    >>> [float(product_seconds(Product(rows, 1000, 1000), "bf16", chip, reached)[0])
    ...     for rows in (1000, 1001)]
    [4e-06, 8e-06]
    """
    eight_bits = precision == "fp8"
    ceiling = reached.product_ceiling if eight_bits else reached.product_ceiling_bf16
    half = reached.product_half_length if eight_bits else reached.product_half_length_bf16
    reach = ceiling * product.summed / (product.summed + half)
    tile = reached.tile
    tiles = product.groups * np.ceil(product.rows / tile) * np.ceil(product.columns / tile)
    waves = np.ceil(tiles / (chip.multiprocessors - np.asarray(taken)))
    tile_flop_s = chip.peak_flop_s(precision) / chip.multiprocessors * reach
    computing = waves * 2.0 * product.summed * tile**2 / tile_flop_s
    values = product.summed * (product.rows + product.columns) * (1.0 if eight_bits else 2.0)
    moved = product.groups * (values + product.rows * product.columns * RESULT_BYTES)
    return np.maximum(computing, moved / (chip.memory_bytes_per_s * reached.memory))


def attention_products(c: Configuration, layout: Layout) -> Iterator[Product]:
    """The projections of one layer's attention on one chip.

    Parameters
    ----------
    c
        Sizes of the model.
    layout
        How the step is spread over chips.

    Returns
    -------
    iterator of Product
        Those of a micro-batch forward, with sizes [count].

    Notes
    -----
    Latent attention by arXiv:2405.04434, section 2.1. What it compresses to is not split among the
    chips that share products: each has its part of the tokens.

    Examples
    --------
    Queries of four heads, keys and values of two, each three wide, and the way back:

    >>> model = Configuration(n_layers=2, dim=10, vocab_size=7, n_heads=4, n_kv_heads=2, head_dim=3,
    ...     inter_dim=20)
    >>> layout = Layout(chips=1, sequences_per_step=1, seq_len_tokens=8, precision="bf16")
    >>> [product[:3] for product in attention_products(model, layout)]
    [(8.0, 24.0, 10), (8.0, 10, 12.0)]
    """
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
    """The products of an MLP of some width, shared by the chips of a product.

    Parameters
    ----------
    c
        Sizes of the model.
    width
        Width of the MLP [count]; zero: there is none.
    layout
        How the step is spread over chips.

    Returns
    -------
    iterator of Product
        Those of a micro-batch forward, with sizes [count].

    Examples
    --------
    Gate and input 20 wide in one product, and the way back:

    >>> model = Configuration(n_layers=2, dim=10, vocab_size=7, n_heads=4, n_kv_heads=2, head_dim=3,
    ...     inter_dim=20)
    >>> layout = Layout(chips=1, sequences_per_step=1, seq_len_tokens=8, precision="bf16")
    >>> [product[:3] for product in mlp_products(model, 20, layout)]
    [(8.0, 40.0, 10), (8.0, 10, 20.0)]
    """
    if width:
        share = layout.tensor_parallel
        yield Product(layout.group_tokens, (c.mlp_matrices - 1) * width / share, c.dim)
        yield Product(layout.group_tokens, c.dim, width / share)


def expert_products(c: Configuration, layout: Layout) -> Iterator[Product]:
    """The products of the experts that one chip holds, with the tokens of all that send to it.

    Parameters
    ----------
    c
        Sizes of the model.
    layout
        How the step is spread over chips.

    Returns
    -------
    iterator of Product
        Those of a micro-batch forward, with sizes [count].

    Examples
    --------
    Eight tokens to two of four experts each, if all are as likely: four tokens an expert.

    >>> model = Configuration(n_layers=2, dim=10, vocab_size=7, n_heads=4, n_kv_heads=2, head_dim=3,
    ...     n_routed_experts=4, n_activated_experts=2, moe_inter_dim=5)
    >>> layout = Layout(chips=1, sequences_per_step=1, seq_len_tokens=8, precision="bf16")
    >>> [tuple(product) for product in expert_products(model, layout)]
    [(4.0, 10.0, 10, 4.0), (4.0, 10, 5.0, 4.0)]
    """
    held = c.n_routed_experts / layout.expert_parallel
    width = c.moe_inter_dim / layout.expert_share
    tokens = layout.chip_tokens * layout.expert_share * c.n_activated_experts / held
    yield Product(tokens, (c.mlp_matrices - 1) * width, c.dim, held)
    yield Product(tokens, c.dim, width, held)


def head_product(c: Configuration, layout: Layout) -> Product:
    """The output head's product on one chip.

    Parameters
    ----------
    c
        Sizes of the model.
    layout
        How the step is spread over chips.

    Returns
    -------
    Product
        That of a micro-batch forward, with sizes [count].

    Examples
    --------
    >>> model = Configuration(n_layers=2, dim=10, vocab_size=7, n_heads=4, n_kv_heads=2, head_dim=3,
    ...     inter_dim=20)
    >>> layout = Layout(chips=1, sequences_per_step=1, seq_len_tokens=8, precision="bf16")
    >>> head_product(model, layout)[:3]
    (8.0, 7.0, 10)
    """
    return Product(layout.group_tokens, c.vocab_size / layout.tensor_parallel, c.dim)
