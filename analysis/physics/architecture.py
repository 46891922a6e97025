"""What a model is made of: its own configuration, or its outer dimensions alone."""

from __future__ import annotations

import math
from typing import Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    NonNegativeInt,
    PositiveInt,
    ValidationInfo,
    field_validator,
    model_validator,
)


class Configuration(BaseModel):
    """A transformer by the sizes of its own configuration file.

    The names are those of `inference/configs/config_671B.json` in the repository of
    arXiv:2412.19437, and of the same kind where that file has none. Attention is latent with a
    `kv_lora_rank`, else of `n_kv_heads` that groups of heads share. A model without experts is
    dense in all its layers. A linear layer has keys, values and a gate for each of `n_heads`.
    Widths, heads, layers and experts are counts, and so is a window, of tokens.

    Examples
    --------
    Three layers, of which one is dense, with latent attention:

    >>> model = Configuration(n_layers=3, dim=10, vocab_size=7, n_heads=4, n_dense_layers=1,
    ...     inter_dim=20, n_routed_experts=4, n_activated_experts=2, moe_inter_dim=5,
    ...     n_shared_experts=2, kv_lora_rank=6, qk_nope_head_dim=4, qk_rope_head_dim=2,
    ...     v_head_dim=3)
    >>> model.is_latent, model.query_key_dim, model.value_dim
    (True, 6, 3)
    >>> model.dense_layers, model.mixture_layers, model.shared_width
    (1, 2, 10)
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    n_layers: PositiveInt
    dim: PositiveInt
    vocab_size: PositiveInt
    n_heads: PositiveInt
    tied_embeddings: bool = False
    mtp_depth: NonNegativeInt = 0  # modules of multi-token prediction

    n_dense_layers: NonNegativeInt = 0  # layers without experts, where there are experts
    inter_dim: NonNegativeInt = 0  # width of a dense layer's MLP
    mlp_matrices: Literal[2, 3] = 3  # three with a gate
    n_routed_experts: NonNegativeInt = 0
    n_activated_experts: NonNegativeInt = 0
    moe_inter_dim: NonNegativeInt = 0
    n_shared_experts: NonNegativeInt = 0
    shared_inter_dim: NonNegativeInt = 0  # width of all shared experts, where it is no multiple

    q_lora_rank: NonNegativeInt = 0  # 0: queries come from the width at once
    kv_lora_rank: NonNegativeInt = 0
    qk_nope_head_dim: NonNegativeInt = 0
    qk_rope_head_dim: NonNegativeInt = 0
    v_head_dim: NonNegativeInt = 0
    n_kv_heads: NonNegativeInt = 0
    head_dim: NonNegativeInt = 0

    window_tokens: NonNegativeInt = 0
    n_window_layers: NonNegativeInt = 0  # layers that look back at no more tokens than the window
    chunked: bool = False  # their window does not slide: it ends where the next one begins
    n_index_heads: NonNegativeInt = 0  # of the indexer that picks the window's tokens
    index_head_dim: NonNegativeInt = 0
    n_linear_layers: NonNegativeInt = 0  # layers that keep a matrix a head instead of a context

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        missing = [name for name in self._needed if not getattr(self, name)]
        if missing:
            raise ValueError(f"{missing[0]} is missing")
        if self.n_activated_experts > self.n_routed_experts:
            raise ValueError(f"n_activated_experts: more than the {self.n_routed_experts} routed")
        bounded = self.n_window_layers + self.n_linear_layers
        if max(self.n_dense_layers, bounded) > self.n_layers:
            raise ValueError(
                f"n_layers: fewer than its dense, windowed or linear layers, {self.n_layers}"
            )
        if self.n_linear_layers and self.is_latent:
            raise ValueError("n_linear_layers: not known beside latent attention")
        return self

    @property
    def _needed(self) -> list[str]:
        """Sizes that a model of this kind has."""
        latent = ["qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"]
        names = latent if self.is_latent else ["n_kv_heads", "head_dim"]
        if self.n_routed_experts:
            names += ["n_activated_experts", "moe_inter_dim"]
        names += ["inter_dim"] if self.dense_layers else []
        names += ["index_head_dim", "window_tokens"] if self.n_index_heads else []
        return [*names, "window_tokens"] if self.n_window_layers else names

    @property
    def is_latent(self) -> bool:
        """Whether keys and values are compressed to a latent vector."""
        return self.kv_lora_rank > 0

    @property
    def dense_layers(self) -> int:
        """Layers without experts [count]."""
        return self.n_dense_layers if self.n_routed_experts else self.n_layers

    @property
    def mixture_layers(self) -> int:
        """Layers with experts [count]."""
        return self.n_layers - self.dense_layers

    @property
    def shared_width(self) -> int:
        """Width of all shared experts of a layer [count]."""
        return self.shared_inter_dim or self.n_shared_experts * self.moe_inter_dim

    @property
    def query_key_dim(self) -> int:
        """Width of one head's query and key [count]."""
        return self.qk_nope_head_dim + self.qk_rope_head_dim if self.is_latent else self.head_dim

    @property
    def value_dim(self) -> int:
        """Width of one head's value [count]."""
        return self.v_head_dim if self.is_latent else self.head_dim


class Outline(BaseModel):
    """A transformer known by its outer dimensions: projections as wide as the model, attention over
    all heads.

    `params_active` includes the embedding table, which does not multiply; without `params_total`,
    the model is dense, and all its parameters are active. All sizes are counts.

    Examples
    --------
    >>> Outline(params_active=1_100, n_layers=2, dim=10, vocab_size=10).params_total is None
    True
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    params_active: PositiveInt
    n_layers: PositiveInt
    dim: PositiveInt
    vocab_size: PositiveInt
    params_total: PositiveInt | None = None

    @field_validator("vocab_size")
    @classmethod
    def _something_multiplies(cls, words: int, info: ValidationInfo) -> int:
        sizes = info.data
        if words * sizes.get("dim", 0) >= sizes.get("params_active", math.inf):
            raise ValueError(f"times dim no less than params_active, {sizes['params_active']:,}")
        return words

    @field_validator("params_total")
    @classmethod
    def _active_are_part(cls, total: int | None, info: ValidationInfo) -> int | None:
        active = info.data.get("params_active", 0)
        if total is not None and total < active:
            raise ValueError(f"less than params_active, {active:,}")
        return total


Architecture = Configuration | Outline


def main_model(architecture: Architecture) -> Architecture:
    """A model without its multi-token-prediction modules, which a printed MFU leaves out.

    Parameters
    ----------
    architecture
        Sizes of the model, with or without such modules.

    Returns
    -------
    Configuration or Outline
        The same without them; an outline has none.

    Examples
    --------
    >>> outline = Outline(params_active=1_100, n_layers=2, dim=10, vocab_size=10)
    >>> main_model(outline) == outline
    True
    >>> model = Configuration(n_layers=2, dim=10, vocab_size=7, n_heads=4, n_kv_heads=2, head_dim=3,
    ...     inter_dim=20, mtp_depth=1)
    >>> main_model(model).mtp_depth
    0
    """
    if isinstance(architecture, Outline):
        return architecture
    return architecture.model_copy(update={"mtp_depth": 0})
