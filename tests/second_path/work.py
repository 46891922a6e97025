"""The work of a token, matrix by matrix and token by token."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from tests.second_path.evidence import Row, model, rows, value

FLOP = 2 + 4  # a multiply and an add forward; backward, one for inputs and one for weights


class Sizes(dict[str, int]):
    """Sizes by name, never changed; what a model does not have is none."""

    __hash__ = object.__hash__

    def __missing__(self, name: str) -> int:
        return 0


class Matrix(NamedTuple):
    """A matrix of weights: how often it is there, and how often a token is multiplied by it."""

    size: int
    there: int = 1
    passed: int = 1


def sizes_of(name: str) -> Sizes:
    """By the keys of a model's own configuration, as its file has them."""
    keys = model(name)["architecture"]
    return Sizes({key: round(value(fact)) for key, fact in keys.items()})


@lru_cache
def sizes_of_v3() -> Sizes:
    """Of the base that R1 stands on."""
    return sizes_of("deepseek-v3")


@lru_cache
def sizes_by_name() -> dict[str, Sizes]:
    """The sizes of all models of architectures.csv."""
    return {row["id"]: sizes_of_row(row) for row in rows("architectures")}


def sizes_of_row(row: Row) -> Sizes:
    """A row's whole numbers; what it does not have is none."""
    whole = {key: int(cell) for key, cell in row.items() if cell.isdigit()}
    return Sizes(whole | {"tied_embeddings": row["tied_embeddings"] == "yes"})


def matrices(c: Sizes) -> Iterator[Matrix]:
    """All matrices of the main model: two tables, and those of each layer."""
    words = c["vocab_size"] * c["dim"]
    if not c["tied_embeddings"]:
        yield Matrix(words, passed=0)  # a look-up multiplies nothing
    yield Matrix(words)  # the head
    for layer, kind in enumerate(kinds_of_layers(c)):
        yield from linear_attention(c) if kind == "linear" else attention(c)
        yield from indexer(c) if kind == "window" else ()
        mixture = c["n_routed_experts"] and layer >= c["n_dense_layers"]
        yield from experts(c) if mixture else block(c, c["inter_dim"])


def kinds_of_layers(c: Sizes) -> list[str]:
    """What each layer looks back on: a summary, a window or the whole text. Which ones is the same
    to all sums.
    """
    known = ["linear"] * c["n_linear_layers"] + ["window"] * c["n_window_layers"]
    return known + ["whole"] * (c["n_layers"] - len(known))


def module(c: Sizes) -> Iterator[Matrix]:
    """A module for a second token: two states are joined, a layer, and the head once more."""
    yield Matrix(2 * c["dim"] * c["dim"])
    yield from attention(c)
    yield from experts(c) if c["n_routed_experts"] else block(c, c["inter_dim"])
    yield Matrix(c["vocab_size"] * c["dim"], there=0)


def attention(c: Sizes) -> Iterator[Matrix]:
    """Of a layer: what makes queries, keys, values, and what joins the heads again."""
    dim, heads = c["dim"], c["n_heads"]
    if not c["kv_lora_rank"]:
        shared = c["n_kv_heads"] * c["head_dim"]
        for width in (heads * c["head_dim"], shared, shared, heads * c["head_dim"]):
            yield Matrix(dim * width)
        return
    query = heads * (c["qk_nope_head_dim"] + c["qk_rope_head_dim"])
    if c["q_lora_rank"]:
        yield Matrix(dim * c["q_lora_rank"])
    yield Matrix((c["q_lora_rank"] or dim) * query)
    yield Matrix(dim * (c["kv_lora_rank"] + c["qk_rope_head_dim"]))  # one key turns for all heads
    yield Matrix(c["kv_lora_rank"] * heads * c["qk_nope_head_dim"])
    yield Matrix(c["kv_lora_rank"] * heads * c["v_head_dim"])
    yield Matrix(heads * c["v_head_dim"] * dim)


def linear_attention(c: Sizes) -> Iterator[Matrix]:
    """Of a layer with a summary: queries, keys, values, a gate, and what joins the heads."""
    for _ in range(5):
        yield Matrix(c["dim"] * c["n_heads"] * c["head_dim"])


def indexer(c: Sizes) -> Iterator[Matrix]:
    """What picks the tokens of a window: its own queries, one key, and a weight a head."""
    width = c["n_index_heads"] * c["index_head_dim"]
    yield Matrix((c["q_lora_rank"] or c["dim"]) * width)
    yield Matrix(c["dim"] * c["index_head_dim"])
    yield Matrix(c["dim"] * c["n_index_heads"])


def block(c: Sizes, width: int) -> Iterator[Matrix]:
    """An MLP: up and down, and a gate where it has three."""
    for _ in range(c["mlp_matrices"] or 3):
        yield Matrix(c["dim"] * width)


def experts(c: Sizes) -> Iterator[Matrix]:
    """A router, the experts of which a token passes some, and those that all tokens pass."""
    yield Matrix(c["dim"] * c["n_routed_experts"])
    for one in block(c, c["moe_inter_dim"]):
        yield Matrix(one.size, there=c["n_routed_experts"], passed=c["n_activated_experts"])
    yield from block(c, c["shared_inter_dim"] or c["n_shared_experts"] * c["moe_inter_dim"])


@lru_cache
def in_all(c: Sizes) -> int:
    """Parameters of the main model."""
    return sum(one.size * one.there for one in matrices(c))


@lru_cache
def passed(c: Sizes, modules: bool = False) -> int:
    """Parameters that multiply for one token."""
    main = sum(one.size * one.passed for one in matrices(c))
    more = sum(one.size * one.passed for one in module(c))
    return main + modules * c["mtp_depth"] * more


def products(c: Sizes) -> int:
    """What a layer multiplies of a token for each one it looks back on: queries with keys, and
    weights with values.
    """
    if c["kv_lora_rank"]:
        widths = c["qk_nope_head_dim"] + c["qk_rope_head_dim"] + c["v_head_dim"]
    else:
        widths = 2 * c["head_dim"]
    return c["n_heads"] * widths


def context_products(c: Sizes, length: int, full: bool = False) -> float:
    """What all layers multiply of a token with those it looks back on, in the mean over a text.

    A token sees half of itself; all of the text where attention is counted in full. Of a layer in
    pieces, a text is of whole pieces.
    """
    place = np.arange(length)
    back = np.full(length, float(length)) if full else place + 0.5
    if c["chunked"] and not full:
        piece = place % min(c["window_tokens"], length) + 0.5
    else:
        piece = np.minimum(back, c["window_tokens"])
    index = c["n_index_heads"] * c["index_head_dim"]
    a_layer = {
        "whole": products(c) * back.mean(),
        "window": products(c) * piece.mean() + index * back.mean(),
        # a square matrix a head is written to and read
        "linear": c["n_heads"] * 2 * c["head_dim"] ** 2,
    }
    return float(sum(a_layer[kind] for kind in kinds_of_layers(c)))


def flop_per_token(c: Sizes, length: int, full: bool = False, modules: bool = False) -> float:
    """Training FLOP per token of a text of that length."""
    more = modules * c["mtp_depth"] * products(c) * (length if full else length / 2)
    return FLOP * (passed(c, modules) + context_products(c, length, full) + more)


def forward_flop(c: Sizes) -> int:
    """FLOP of one token forward through all that multiplies, attention's products left out."""
    return 2 * passed(c)
