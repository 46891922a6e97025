"""A step: its parts summed over layers, micro-batches and stages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.physics.architecture import Configuration
from analysis.physics.step_time.exchange import gradient_seconds
from analysis.physics.step_time.held import state_bytes
from analysis.physics.step_time.layout import Efficiencies, Layout, Processor
from analysis.physics.step_time.passes import optimizer_seconds
from analysis.physics.step_time.stage import Parts, Stage, added, total

PARTS = {
    "products": "matrix products",
    "attention": "attention",
    "memory": "passes over memory",
    "gaps": "gaps between kernels",
    "tensor_exchange": "exchange within products",
    "expert_exchange": "exchange with experts",
    "bubble": "waiting in the pipeline",
    "imbalance": "waiting for the fullest experts",
    "gradients": "gradients and weights between replicas",
    "optimizer": "optimiser",
}


@dataclass(frozen=True)
class StepTime:
    """A step's parts [s], arrays of shape (samples,), and the rate that they give.

    Examples
    --------
    Four thousand tokens in two seconds on two chips:

    >>> layout = Layout(chips=2, sequences_per_step=4, seq_len_tokens=1000, precision="bf16")
    >>> step = StepTime({"products": np.array([1.5]), "gaps": np.array([0.5])}, layout)
    >>> float(step.seconds[0]), float(step.tokens_per_s_per_gpu[0])
    (2.0, 1000.0)
    """

    parts: Parts
    layout: Layout

    @property
    def seconds(self) -> np.ndarray:
        """The whole step [s]."""
        return total(self.parts)

    @property
    def tokens_per_s_per_gpu(self) -> np.ndarray:
        """Tokens trained on, by one chip in a second [token/s]."""
        tokens = self.layout.sequences_per_step * self.layout.seq_len_tokens
        return tokens / self.seconds / self.layout.chips


def step_time(
    configuration: Configuration, layout: Layout, chip: Processor, reached: Efficiencies
) -> StepTime:
    """The time of a step from its parts.

    Parameters
    ----------
    configuration
        Sizes of the model.
    layout
        How the step is spread over chips.
    chip
        What it runs on.
    reached
        What kernels and links reach, arrays of shape (samples,).

    Returns
    -------
    StepTime
        Seconds by part, and the rate.

    Raises
    ------
    ValueError
        If parameters, gradients and optimiser do not fit the chip's memory, or a layer's heads or
        experts do not divide among chips.

    Notes
    -----
    Source: pipeline with turns, Narayanan et al. (arXiv:2104.04473), section 2.2; DualPipe by its
    README; exchange within products, Korthikanti et al. (arXiv:2205.05198), section 4.2.

    Examples
    --------
    :func:`~analysis.physics.step_time.layout.same_everywhere` makes all efficiencies one number:

    >>> from analysis.physics.step_time.layout import same_everywhere
    >>> model = Configuration(n_layers=2, dim=512, vocab_size=1024, n_heads=4, n_kv_heads=2,
    ...     head_dim=128, inter_dim=2048)
    >>> layout = Layout(chips=1, sequences_per_step=4, seq_len_tokens=2048, precision="bf16")
    >>> chip = Processor("a chip", 1e15, 2e15, 80e9, 3e12, 132, 450e9, 50e9, 8)
    >>> slow, fast = (step_time(model, layout, chip, same_everywhere(share))
    ...     for share in (0.4, 0.8))
    >>> bool(slow.seconds[0] > fast.seconds[0]), sorted(set(PARTS) - set(slow.parts))
    (True, [])
    """
    check_fit(configuration, layout, chip)
    stage = Stage(configuration, layout, chip, reached)
    chunks = stage.chunks()
    nothing = np.zeros_like(reached.memory)
    parts = dict.fromkeys(PARTS, nothing) | {
        part: layout.micro_batches * seconds for part, seconds in added(chunks).items()
    }
    forward, inputs, weights = np.sum([chunk.sums() for chunk in chunks], axis=0)
    parts["bubble"] = bubble_seconds(forward, inputs, weights, layout)
    if configuration.n_routed_experts and layout.routing == "real":
        parts["imbalance"] = (reached.routing_imbalance - 1.0) * total(parts)
    gradients = gradient_seconds(configuration, layout, chip, reached)
    hidden = gradients - total(parts)
    parts["gradients"] = np.maximum(reached.exposed_gradients * gradients, hidden)
    parts["optimizer"] = optimizer_seconds(configuration, layout, chip, reached)
    return StepTime(parts, layout)


def bubble_seconds(
    forward: np.ndarray, inputs: np.ndarray, weights: np.ndarray, layout: Layout
) -> np.ndarray:
    """Seconds a step that a stage waits for others, from the seconds of a micro-batch on it.

    Parameters
    ----------
    forward
        Seconds forward [s].
    inputs
        Seconds for the gradients of inputs [s].
    weights
        Seconds for the gradients of weights [s].
    layout
        How the step is spread over chips.

    Returns
    -------
    ndarray
        Time of a step [s] of the shape that the seconds broadcast to.

    Notes
    -----
    One forward, one backward in turns: (stages - 1) / turns micro-batches, Narayanan et al.
    (arXiv:2104.04473), section 2.2. DualPipe: (stages / 2 - 1) (F&B + B - 3W), by its README.

    Examples
    --------
    Four stages, one second forward, one for inputs, one for weights; then DualPipe's:

    >>> layout = Layout(chips=4, sequences_per_step=4, seq_len_tokens=8, precision="bf16",
    ...     pipeline_parallel=4)
    >>> float(bubble_seconds(1.0, 1.0, 1.0, layout))
    9.0
    >>> float(bubble_seconds(1.0, 1.0, 1.0, layout.model_copy(update={"schedule": "dualpipe"})))
    2.0
    """
    whole = forward + inputs + weights
    if layout.schedule == "1f1b":
        return (layout.pipeline_parallel - 1.0) / layout.virtual_stages * whole
    waiting = np.maximum(whole + inputs + weights - 3.0 * weights, 0.0)
    return (layout.pipeline_parallel / 2.0 - 1.0) * waiting


def check_fit(c: Configuration, layout: Layout, chip: Processor) -> None:
    """Refuse a layout that the chip's memory or the model's heads and experts do not allow.

    Parameters
    ----------
    c
        Sizes of the model.
    layout
        How the step is spread over chips.
    chip
        What it runs on.

    Returns
    -------
    None
        Nothing, where it fits.

    Raises
    ------
    ValueError
        If parameters, gradients and optimiser need more memory than the chip has, or a layer's
        heads or experts do not divide among chips.

    Notes
    -----
    The memory by :func:`~analysis.physics.step_time.held.state_bytes`.

    Examples
    --------
    >>> model = Configuration(n_layers=2, dim=12, vocab_size=7, n_heads=3, n_kv_heads=3, head_dim=4,
    ...     inter_dim=20)
    >>> layout = Layout(chips=2, sequences_per_step=4, seq_len_tokens=8, precision="bf16",
    ...     tensor_parallel=2)
    >>> chip = Processor("a chip", 1e15, 2e15, 80e9, 3e12, 132, 450e9, 50e9, 8)
    >>> check_fit(model, layout, chip)
    Traceback (most recent call last):
        ...
    ValueError: tensor_parallel: 2 does not divide 3 heads
    """
    needed = state_bytes(c, layout)
    if needed > chip.memory_bytes:
        raise ValueError(
            f"parameters, gradients and optimiser need {needed / 2**30:.0f} GiB of a chip, "
            f"{chip.name} has {chip.memory_bytes / 2**30:.0f}"
        )
    if c.n_heads % layout.tensor_parallel:
        raise ValueError(
            f"tensor_parallel: {layout.tensor_parallel} does not divide {c.n_heads} heads"
        )
    if max(c.n_routed_experts, 1) % layout.expert_parallel:
        raise ValueError(
            f"expert_parallel: {layout.expert_parallel} does not divide "
            f"{c.n_routed_experts} experts"
        )
