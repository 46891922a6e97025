"""The width of attention and the tokens that it looks back on, from a model's configuration."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from analysis.physics.architecture import Architecture, Configuration, Outline

Attention = Literal["causal", "full"]


def attention_width(architecture: Architecture, mtp: bool = False) -> int:
    """Width of attention's products over all layers: heads times a query-key and a value width.

    For each token of its context, a token costs two FLOP a unit of this width forward, and six in
    training.

    Parameters
    ----------
    architecture
        Sizes of the model; of an outline, both widths are that of the model.
    mtp
        Count each multi-token-prediction module as one more layer; an outline has none.

    Returns
    -------
    int
        Width [count], summed over layers.

    Notes
    -----
    Source: PaLM (arXiv:2204.02311), appendix B; the widths of multi-head latent attention by
    arXiv:2405.04434, section 2.1.

    Examples
    --------
    Two layers of twice ten dimensions:

    >>> attention_width(Outline(params_active=1_100, n_layers=2, dim=10, vocab_size=10))
    40
    """
    if isinstance(architecture, Outline):
        return int(outline_attention_width(architecture.n_layers, architecture.dim))
    c = architecture
    layers = c.n_layers + (c.mtp_depth if mtp else 0)
    return layers * c.n_heads * (c.query_key_dim + c.value_dim)


def context_products(
    architecture: Architecture,
    seq_len_tokens: ArrayLike,
    attention: Attention = "causal",
    mtp: bool = False,
) -> np.ndarray:
    """Width of attention times the tokens that each layer looks back on, summed over layers.

    A token costs two FLOP forward, and six in training, for each unit of it.

    Parameters
    ----------
    architecture
        Sizes of the model; layers with a window look back no further than it.
    seq_len_tokens
        Sequence length [token]; any shape.
    attention
        `causal` counts half the square of the sequence, `full` all of it.
    mtp
        Count the multi-token-prediction modules too.

    Returns
    -------
    ndarray
        Width times tokens [token], of the shape of `seq_len_tokens`.

    Notes
    -----
    In a causal window of W tokens, a sequence of S looks back W - W^2/2S tokens in the mean; S/2
    where the window holds the sequence; W/2 in chunks. A linear layer updates and reads a square
    matrix a head: as much work as to look back on as many tokens as a head is wide
    (MiniMax-01, arXiv:2501.08313). An indexer scores the whole context, and its layer then looks
    back on a window's tokens, wherever they stand (`inference/model.py` of
    V3.2-Exp, after arXiv:2412.19437).

    Examples
    --------
    Two layers of twice ten dimensions at eight tokens; a window of two in one of the layers:

    >>> float(context_products(Outline(params_active=90, n_layers=2, dim=10, vocab_size=1), 8))
    160.0
    >>> windowed = Configuration(n_layers=2, dim=10, vocab_size=1, n_heads=1, n_kv_heads=1,
    ...     head_dim=10, inter_dim=1, window_tokens=2, n_window_layers=1)
    >>> float(context_products(windowed, 8))  # 20 x (8 / 2) + 20 x (2 - 4 / 16)
    115.0
    """
    if attention not in get_args(Attention):
        raise ValueError(f"attention: {attention!r} is neither causal nor full")
    length = np.asarray(seq_len_tokens, dtype=float)
    whole = length / (2.0 if attention == "causal" else 1.0)
    width = attention_width(architecture, mtp)
    if isinstance(architecture, Outline):
        return width * whole
    c = architecture
    layer = c.n_heads * (c.query_key_dim + c.value_dim)
    bounded = c.n_window_layers * (layer * _seen(c, length, attention) + indexed_width(c) * whole)
    linear = c.n_linear_layers * layer * c.head_dim
    rest = width - (c.n_window_layers + c.n_linear_layers) * layer
    return rest * whole + bounded + linear


def _seen(c: Configuration, length: np.ndarray, attention: Attention) -> np.ndarray:
    """Tokens that a layer with a window looks back on, in the mean.

    Parameters
    ----------
    c
        Sizes of the model.
    length
        Sequence lengths [token]; any shape.
    attention
        `causal` or `full`, as in :func:`context_products`.

    Returns
    -------
    ndarray
        Tokens [token], of the shape of `length`.

    Examples
    --------
    A window of two tokens at eight, 2 - 4 / 16; in chunks, half of it:

    >>> windowed = Configuration(n_layers=2, dim=10, vocab_size=1, n_heads=1, n_kv_heads=1,
    ...     head_dim=10, inter_dim=1, window_tokens=2, n_window_layers=1)
    >>> chunked = windowed.model_copy(update={"chunked": True})
    >>> [float(_seen(c, np.array(8.0), "causal")) for c in (windowed, chunked)]
    [1.75, 1.0]
    """
    window = np.minimum(c.window_tokens, length)
    if attention == "full" or not c.n_window_layers:
        return window
    return window / 2.0 if c.chunked else window - window**2 / (2.0 * length)


def indexed_width(c: Configuration) -> int:
    """Width of the scores by which an indexer picks its tokens, of the whole context.

    Parameters
    ----------
    c
        Sizes of the model.

    Returns
    -------
    int
        Width of a layer's [count]; zero without an indexer.

    Notes
    -----
    Source: `inference/model.py` of V3.2-Exp, after arXiv:2412.19437.

    Examples
    --------
    >>> model = Configuration(n_layers=2, dim=10, vocab_size=1, n_heads=1, n_kv_heads=1,
    ...     head_dim=10, inter_dim=1, window_tokens=2, n_index_heads=3, index_head_dim=4)
    >>> indexed_width(model)
    12
    """
    return c.n_index_heads * c.index_head_dim


def outline_attention_width(layers: ArrayLike, d_model: ArrayLike) -> np.ndarray:
    """Width of attention of a model of which the outline alone is known: queries with keys, and
    values, each as wide as the model, in every layer.

    Parameters
    ----------
    layers
        Layers [count].
    d_model
        Width of the model [count].

    Returns
    -------
    ndarray
        Width summed over the layers [count], of the shape that the arguments broadcast to.

    Examples
    --------
    >>> float(outline_attention_width(2, 10))
    40.0
    """
    return np.asarray(layers, dtype=float) * 2.0 * np.asarray(d_model)
