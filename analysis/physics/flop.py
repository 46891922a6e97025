"""FLOP per token, on one basis for every run.

Forward and backward, no recomputation; linear layers count six FLOP for each parameter that
multiplies (the output head does, the embedding look-up does not); attention counts its score and
value products at the sequence length, causal (half the square) or full.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analysis.physics.architecture import Architecture
from analysis.physics.attention import Attention, context_products, outline_attention_width
from analysis.physics.parameters import multiplying_parameters

FORWARD_FLOP_PER_PARAMETER = 2.0  # a multiply and an add
TRAINING_FLOP_PER_PARAMETER = 6.0  # forward, and twice as much backward


def flop_per_token(
    architecture: Architecture,
    seq_len_tokens: ArrayLike,
    attention: Attention = "causal",
    mtp: bool = False,
) -> np.ndarray:
    """Training FLOP per token, forward and backward.

    Parameters
    ----------
    architecture
        Sizes of the model.
    seq_len_tokens
        Sequence length [token]; any shape.
    attention
        `causal` counts half the square of the sequence, `full` all of it.
    mtp
        Count the multi-token-prediction modules, which are work that a printed MFU leaves out.

    Returns
    -------
    ndarray
        Work [FLOP/token] of the shape of `seq_len_tokens`.

    Notes
    -----
    Six FLOP for each parameter that multiplies, and six for each unit of attention's width and
    token of the mean context. Source: PaLM (arXiv:2204.02311), appendix B.

    Examples
    --------
    6 x 1,000 + 6 x 40 x 8/2, and the whole square:

    >>> from analysis.physics.architecture import Outline
    >>> small = Outline(params_active=1_100, n_layers=2, dim=10, vocab_size=10)
    >>> float(flop_per_token(small, 8)), float(flop_per_token(small, 8, "full"))
    (6960.0, 7920.0)
    """
    return _training_flop(
        multiplying_parameters(architecture, mtp),
        context_products(architecture, seq_len_tokens, attention, mtp),
    )


def forward_flop_per_token(architecture: Architecture, seq_len_tokens: ArrayLike) -> np.ndarray:
    """FLOP per token of a forward pass alone, as writing or scoring an answer takes.

    Parameters
    ----------
    architecture
        Sizes of the model, its multi-token prediction left out.
    seq_len_tokens
        Length over which attention is causal [token]; any shape.

    Returns
    -------
    ndarray
        Work [FLOP/token] of the shape of `seq_len_tokens`.

    Notes
    -----
    A backward pass is twice the work of a forward pass. Source: PaLM (arXiv:2204.02311),
    appendix B.

    Examples
    --------
    A third of the 6,960 of :func:`flop_per_token`:

    >>> from analysis.physics.architecture import Outline
    >>> small = Outline(params_active=1_100, n_layers=2, dim=10, vocab_size=10)
    >>> float(forward_flop_per_token(small, 8))
    2320.0
    """
    forward = FORWARD_FLOP_PER_PARAMETER / TRAINING_FLOP_PER_PARAMETER
    return forward * flop_per_token(architecture, seq_len_tokens)


def flop_per_token_from_dimensions(
    params_active: ArrayLike,
    layers: ArrayLike,
    d_model: ArrayLike,
    vocab: ArrayLike,
    seq_len_tokens: ArrayLike,
    tied_embeddings: ArrayLike = False,
    heads_width: ArrayLike | None = None,
    window_tokens: ArrayLike = np.inf,
    global_layers: ArrayLike = 0.0,
) -> np.ndarray:
    """Training FLOP per token on the same basis, for many runs known by their outer dimensions.

    Parameters
    ----------
    params_active
        Active parameters with the embedding table [count].
    layers, d_model
        Layers [count] and width of the model [count].
    vocab
        Words of the embedding table [count].
    seq_len_tokens
        Sequence length [token]; attention is causal, its projections as wide as the model.
    tied_embeddings
        Whether the output head shares the table, which multiplies then.
    heads_width
        Heads times the width of one [count]; without it, that of the model.
    window_tokens, global_layers
        Tokens that a layer looks back on at most [token], and layers without that bound [count].

    Returns
    -------
    ndarray
        Work [FLOP/token] of the shape that all arguments broadcast to.

    Notes
    -----
    Source: PaLM (arXiv:2204.02311), appendix B.

    Examples
    --------
    As :func:`flop_per_token` of the same outline; with tied embeddings 6 x 100 more:

    >>> flop_per_token_from_dimensions(1_100, 2, 10, 10, 8, [False, True]).tolist()
    [6960.0, 7560.0]

    One of the layers looks back on two tokens at most, 2 - 4 / 16 in the mean:

    >>> float(flop_per_token_from_dimensions(1_100, 2, 10, 10, 8, window_tokens=2, global_layers=1))
    6690.0
    """
    table = np.asarray(vocab, dtype=float) * np.asarray(d_model, dtype=float)
    multiplying = np.asarray(params_active, dtype=float) - np.where(tied_embeddings, 0.0, table)
    length = np.asarray(seq_len_tokens, dtype=float)
    whole, beyond = length / 2.0, np.maximum(length - window_tokens, 0.0)
    bounded = whole - beyond**2 / np.maximum(2.0 * length, 1.0)
    heads = d_model if heads_width is None else heads_width
    widths = [
        outline_attention_width(count, heads)
        for count in (global_layers, np.asarray(layers, dtype=float) - global_layers)
    ]
    return _training_flop(multiplying, widths[0] * whole + widths[1] * bounded)


def _training_flop(multiplying: ArrayLike, context_products: ArrayLike) -> np.ndarray:
    """What both ways to know a model share: the work of a token from its two sums.

    Parameters
    ----------
    multiplying
        Parameters that multiply for one token [count].
    context_products
        Width of attention times the tokens that it looks back on [token].

    Returns
    -------
    ndarray
        Work [FLOP/token] of the shape that both broadcast to.

    Notes
    -----
    Source: PaLM (arXiv:2204.02311), appendix B.

    Examples
    --------
    >>> float(_training_flop(1_000, 160))
    6960.0
    """
    linear = np.asarray(multiplying, dtype=float)
    per_token = TRAINING_FLOP_PER_PARAMETER * linear
    return per_token + TRAINING_FLOP_PER_PARAMETER * np.asarray(context_products, dtype=float)
