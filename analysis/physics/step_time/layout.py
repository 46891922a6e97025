"""How a step is laid out over chips, and the chip and the measured efficiencies that it meets."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, PositiveFloat, PositiveInt, model_validator

Precision = Literal["bf16", "fp16", "fp8"]
NOTHING_LOST = {
    "product_half_length": 0.0,
    "product_half_length_bf16": 0.0,
    "elementwise_passes": 1.0,
    "kernel_gap_s": 0.0,
    "kernels_per_dense_layer": 0.0,
    "kernels_per_mixture_layer": 0.0,
    "exposed_tensor_exchange": 1.0,
    "exposed_expert_exchange": 0.0,
    "exposed_gradients": 0.0,
    "exchange_multiprocessors": 0.0,
    "routing_imbalance": 1.0,
    "stage_imbalance": 1.0,
    "tile": 1.0,
    "attention_backward_work": 2.0,
    "logit_bytes": 0.0,
    "cast_bytes": 0.0,
    "gradient_bytes": 0.0,
    "optimizer_bytes": 0.0,
}


class Layout(BaseModel):
    """One training step spread over chips.

    `tensor_parallel` chips share each product, `pipeline_parallel` stages share the layers in
    `virtual_stages` turns, `context_parallel` chips share a sequence, `expert_parallel` chips share
    the experts of a layer; all others hold replicas. `nodes_per_token` bounds how many nodes the
    experts of a token may lie on.

    Examples
    --------
    Two pipelines of two stages, two chips a stage, each with eight sequences to read, one by one:

    >>> layout = Layout(chips=8, sequences_per_step=16, seq_len_tokens=100, precision="bf16",
    ...     tensor_parallel=2, pipeline_parallel=2)
    >>> layout.replicas, layout.micro_batches, layout.group_tokens, layout.chip_tokens
    (2, 8, 100.0, 50.0)
    >>> layout.shared_replicas, layout.expert_share, layout.expert_replicas
    (2, 2, 2.0)
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    chips: PositiveInt
    sequences_per_step: PositiveInt
    seq_len_tokens: PositiveInt
    precision: Precision
    sequences_per_micro_batch: PositiveInt = 1
    tensor_parallel: PositiveInt = 1
    pipeline_parallel: PositiveInt = 1
    virtual_stages: PositiveInt = 1
    context_parallel: PositiveInt = 1
    expert_parallel: PositiveInt = 1
    schedule: Literal["1f1b", "dualpipe"] = "1f1b"
    sharding: Literal["none", "optimizer", "full"] = "optimizer"
    recomputation: Literal["none", "selective", "full"] = "none"
    exchange: Literal["exposed", "overlapped"] = "exposed"
    exchange_bytes_per_value: PositiveFloat = (
        2.0  # of what is sent to experts; what comes back has two
    )
    nodes_per_token: PositiveInt | None = None
    routing: Literal["balanced", "real"] = "real"

    @model_validator(mode="after")
    def _factors_divide(self) -> Self:
        shared = self.tensor_parallel * self.pipeline_parallel * self.context_parallel
        if self.chips % shared:
            raise ValueError(
                f"chips: {self.chips} is no multiple of tensor x pipeline x context = {shared}"
            )
        if (self.chips // self.pipeline_parallel) % self.expert_parallel:
            raise ValueError(
                f"expert_parallel: {self.expert_parallel} does not divide the "
                f"{self.chips // self.pipeline_parallel} chips of a stage"
            )
        if self.sequences_per_step % (self.replicas * self.sequences_per_micro_batch):
            raise ValueError(
                f"sequences_per_step: {self.sequences_per_step} is no multiple of replicas x "
                f"micro-batch = {self.replicas * self.sequences_per_micro_batch}"
            )
        return self

    @property
    def replicas(self) -> int:
        """Copies of the model that read other sequences [count]."""
        return self.chips // (self.tensor_parallel * self.pipeline_parallel * self.context_parallel)

    @property
    def micro_batches(self) -> int:
        """Micro-batches that a pipeline works through in a step [count]."""
        return self.sequences_per_step // (self.replicas * self.sequences_per_micro_batch)

    @property
    def group_tokens(self) -> float:
        """Tokens of a micro-batch on the chips that share products [token]."""
        return self.sequences_per_micro_batch * self.seq_len_tokens / self.context_parallel

    @property
    def chip_tokens(self) -> float:
        """Tokens of a micro-batch that are one chip's own [token]."""
        return self.group_tokens / self.tensor_parallel

    @property
    def shared_replicas(self) -> int:
        """Copies of what is not an expert [count]."""
        return self.replicas * self.context_parallel

    @property
    def expert_share(self) -> int:
        """Chips that share the products of an expert [count], as many as share all products where
        experts are not spread over chips of their own.
        """
        return self.tensor_parallel if self.expert_parallel == 1 else 1

    @property
    def expert_replicas(self) -> float:
        """Copies of an expert [count]."""
        return self.chips / (self.pipeline_parallel * self.expert_parallel * self.expert_share)


@dataclass(frozen=True)
class Processor:
    """A chip as a step meets it: peaks [FLOP/s], memory [byte, byte/s], multiprocessors, link to
    the chips of its node and network to others, one way [byte/s].

    Examples
    --------
    >>> chip = Processor("a chip", 1e15, 2e15, 80e9, 3e12, 132, 450e9, 50e9, 8)
    >>> chip.peak_flop_s("fp16"), chip.peak_flop_s("fp8")
    (1000000000000000.0, 2000000000000000.0)
    """

    name: str
    peak_bf16_flop_s: float
    peak_fp8_flop_s: float
    memory_bytes: float
    memory_bytes_per_s: float
    multiprocessors: int
    link_bytes_per_s: float
    network_bytes_per_s: float
    chips_per_node: float

    def peak_flop_s(self, precision: Precision) -> float:
        """Dense peak of a precision [FLOP/s]."""
        return self.peak_fp8_flop_s if precision == "fp8" else self.peak_bf16_flop_s


@dataclass(frozen=True)
class Efficiencies:
    """What kernels and links reach, as measured on single products and exchanges, and what they
    move: arrays of shape (samples,), shares [1] if nothing else is said.

    A product of summed length K reaches `product_ceiling` x K / (K + `product_half_length`).

    Examples
    --------
    Half of every peak and of every printed bandwidth, and no step slower for its routing:

    >>> reached = same_everywhere(0.5)
    >>> reached.attention_forward, reached.network, reached.routing_imbalance
    (array([0.5]), array([0.5]), array([1.]))
    """

    product_ceiling: np.ndarray
    product_half_length: np.ndarray
    product_ceiling_bf16: np.ndarray
    product_half_length_bf16: np.ndarray
    attention_forward: np.ndarray
    attention_backward: np.ndarray
    memory: np.ndarray
    link: np.ndarray
    expert_link: np.ndarray
    network: np.ndarray
    elementwise_passes: np.ndarray  # over what is counted
    kernel_gap_s: np.ndarray
    kernels_per_dense_layer: np.ndarray
    kernels_per_mixture_layer: np.ndarray
    exposed_tensor_exchange: np.ndarray
    exposed_expert_exchange: np.ndarray  # where it is overlapped
    exposed_gradients: np.ndarray
    exchange_multiprocessors: np.ndarray  # taken while the exchange is overlapped [count]
    routing_imbalance: np.ndarray  # a step with a real router over one with balanced routing
    stage_imbalance: np.ndarray
    tile: np.ndarray  # rows and columns that a multiprocessor works on at once [count]
    attention_backward_work: np.ndarray  # over that of attention forward
    logit_bytes: np.ndarray  # moved through memory for a logit [byte]
    cast_bytes: np.ndarray  # moved to cast a value to eight bits [byte]
    gradient_bytes: np.ndarray  # of a gradient that replicas sum [byte]
    optimizer_bytes: np.ndarray  # moved through memory to renew a parameter [byte]


def same_everywhere(share: float) -> Efficiencies:
    """All shares one number, in arrays of one sample; nothing waits, is taken, is uneven, or is
    moved beside products.

    Parameters
    ----------
    share
        What every kernel and link reaches [1].

    Returns
    -------
    Efficiencies
        Arrays of shape (1,).

    Examples
    --------
    >>> float(same_everywhere(0.5).memory[0]), float(same_everywhere(0.5).kernel_gap_s[0])
    (0.5, 0.0)
    """
    names = [field.name for field in fields(Efficiencies)]
    values = dict.fromkeys(names, share) | NOTHING_LOST
    return Efficiencies(**{name: np.array([value]) for name, value in values.items()})
