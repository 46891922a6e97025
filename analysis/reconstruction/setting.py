"""What a stage may know, the inputs it names, and the work it returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from analysis.data.chips import Chip
from analysis.data.expressions import parse
from analysis.data.facts import Facts
from analysis.data.fixed import Fixed
from analysis.data.scenario import Parameters
from analysis.data.uncertainty import Distribution, set_by
from analysis.physics.architecture import Architecture
from analysis.reconstruction.model import Decoding
from analysis.reconstruction.stages import (
    Borrowed,
    Span,
    Stage,
    distribution,
    stage_quantities,
    unit_of,
)
from analysis.reconstruction.views import Views


@dataclass(frozen=True)
class Input:
    """An input of a stage. Stages that name an input alike share its draw, unless it is a stage's
    `own`; `label` is for people.
    """

    name: str
    label: str
    unit: str
    distribution: Distribution
    own: bool = False


@dataclass(frozen=True)
class Work:
    """GPU-hours and FLOP of a stage, arrays of shape (samples,); `parts` are GPU-hours that add up
    to the whole.
    """

    gpu_hours: np.ndarray
    flop: np.ndarray
    parts: Mapping[str, np.ndarray]

    def __post_init__(self) -> None:
        """All who ask for the same account share them: nobody may change them."""
        object.__setattr__(self, "parts", Fixed(self.parts))
        for samples in (self.gpu_hours, self.flop, *self.parts.values()):
            samples.setflags(write=False)


@dataclass(frozen=True)
class Setting:
    """What a stage may know.

    `facts` are without the checks, and the run tables without the developer's own rows: nothing
    that the result is compared with can be reached from here. `mfu` is the efficiency by kind;
    `views` has all of a stage with a layout; `no_step_time` says why there are none, if it has one.
    `chip_assumed`: no source names the chip, and nobody set it for this edition.
    `sizes_assumed`: a size of the model is an assumption. `_made` are the inputs of `once`.
    """

    facts: Facts
    tables: Mapping[str, pd.DataFrame]
    developer: str
    configuration: Architecture
    architecture_kind: str
    decoding: Decoding | None
    chip: Chip
    parameters: Parameters
    mfu: Input
    views: Views | None
    no_step_time: str = ""
    chip_assumed: bool = False
    sizes_assumed: bool = False
    _made: dict[str, Input] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, name: str, make: Callable[[], Input]) -> Input:
        """An input that stages have alike, made for the first that asks."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def stage_inputs(self, stage: Stage) -> dict[str, Input]:
        """The inputs that a stage's own fields name, by field."""
        return {
            field: self.quantity_input(field, quantity, unit_of(field))
            for field, quantity in stage_quantities(stage).items()
        }

    def quantity_input(self, field: str, quantity: str | Span | Borrowed, unit: str) -> Input:
        """An input from a fact, from arithmetic on facts, from a span of two, or borrowed from
        another phase.
        """
        found = distribution(quantity, unit, self.facts)
        if isinstance(quantity, Borrowed):
            return Input(
                f"{quantity.take} borrowed", self.facts[quantity.take].quantity, unit, found
            )
        if isinstance(quantity, str) and parse(quantity).is_name:
            return Input(quantity, self.facts[quantity].quantity, unit, found)
        name = (
            f"{field} {quantity.low} .. {quantity.high}" if isinstance(quantity, Span) else quantity
        )
        return Input(name, LABELS.get(field, field), unit, found)

    def parameter_or(self, name: str, otherwise: Input) -> Input:
        """The rerunner's value of a parameter if there is one, else the input."""
        value = getattr(self.parameters, name)
        if value is None:
            return otherwise
        return replace(otherwise, distribution=set_by(name, value, otherwise.distribution))


LABELS = {
    "draws_per_kept_sample": "answers drawn for each that is kept",
    "mean_tokens": "mean length of a sample",
    "mean_answer_tokens": "mean answer length",
    "time_per_output_token_ms": "time per output token",
    "own_tokens_per_s_per_gpu": "decode throughput of the developer's fleet",
}
