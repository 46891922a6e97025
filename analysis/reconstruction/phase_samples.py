"""What is known of one phase after its reconstruction: samples, inputs, and what is disclosed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from analysis.data.chips import Chip
from analysis.data.fixed import Fixed
from analysis.data.tables import Evidence
from analysis.data.uncertainty import PERCENTILES, named_percentiles, percentiles
from analysis.physics.architecture import main_model
from analysis.physics.durations import SECONDS_PER_HOUR
from analysis.physics.training import mfu
from analysis.reconstruction.input_rows import kind_of_input
from analysis.reconstruction.kinds import known_kinds
from analysis.reconstruction.middle import (
    Middle,
    flop_at_middle,
    gpu_hours_at_middle,
    middle_of,
)
from analysis.reconstruction.model import Phase
from analysis.reconstruction.setting import Input, Setting, Work

CHIP, FIGURES = "chip", "figures"  # what an estimate may assume
# what an estimate rests on, by what of it is assumed
ALONE = "public facts alone"
GROUNDS = {
    frozenset(): ALONE,
    frozenset({CHIP}): "public facts and an assumed chip",
    frozenset({FIGURES}): "public facts and assumptions",
    frozenset({CHIP, FIGURES}): "public facts, an assumed chip and other assumptions",
}
ENDS = np.array(list(PERCENTILES.values())) / 100.0


@dataclass(frozen=True, eq=False, repr=False)
class PhaseSamples:
    """One phase: samples of its hours and FLOP by stage and part, and what is disclosed of it.

    `setting` is all that the phase may know, `stage_inputs` its inputs by stage and field.
    `disclosed_gpu_hours` and `disclosed_usd` are None where nothing is disclosed.
    """

    phase: Phase
    evidence: Evidence
    setting: Setting
    stage_inputs: Mapping[str, Mapping[str, Input]]
    stages: Mapping[str, Work]
    disclosed_gpu_hours: float | None
    disclosed_usd: float | None
    price_usd_per_gpu_hour: float
    cross_checks: Mapping[str, float]

    def __post_init__(self) -> None:
        """All who ask for the same account share them: nobody may change them."""
        inputs = {stage: Fixed(found) for stage, found in self.stage_inputs.items()}
        shared = {"stage_inputs": inputs, "stages": self.stages, "cross_checks": self.cross_checks}
        for name, content in shared.items():
            object.__setattr__(self, name, Fixed(content))

    @property
    def chip(self) -> Chip:
        """The chip that the phase is reconstructed on."""
        return self.setting.chip

    @property
    def assumes(self) -> frozenset[str]:
        """What of its estimate is assumed: the chip, figures that the account names, both."""
        found = [item.distribution for item in self.inputs.values()]
        public = [item for item in found if not item.parameter]
        kinds = {kind_of_input(item, self.evidence.facts) for item in public}
        figures = self.setting.sizes_assumed or "assumption" in kinds
        assumed = {CHIP: self.setting.chip_assumed, FIGURES: figures}
        return frozenset(name for name, it_is in assumed.items() if it_is)

    @property
    def grounds(self) -> str:
        """What its estimate rests on, in words."""
        return GROUNDS[self.assumes]

    @property
    def inputs(self) -> Mapping[str, Input]:
        """Its inputs by name; stages that name one alike share it."""
        return {item.name: item for found in self.stage_inputs.values() for item in found.values()}

    @property
    def gpu_hours(self) -> np.ndarray:
        """GPU-hours in every sample; shape (samples,)."""
        return np.sum([work.gpu_hours for work in self.stages.values()], axis=0)

    @property
    def flop(self) -> np.ndarray:
        """FLOP in every sample; shape (samples,)."""
        return np.sum([work.flop for work in self.stages.values()], axis=0)

    @property
    def interval(self) -> dict[str, float]:
        """The 5th, 50th and 95th percentile of its GPU-hours, `p05`, `p50`, `p95`."""
        return percentiles(self.gpu_hours)

    @property
    def hours_by_view(self) -> dict[str, dict[str, float]]:
        """The 5th, 50th and 95th percentile of the GPU-hours of its stage with a layout, by each
        view alone and by both, at the middle of its work; empty without a layout.
        """
        laid_out = [stage for stage in self.phase.stages if getattr(stage.work, "layout", None)]
        if not laid_out or self.setting.views is None:
            return {}
        flop = float(np.median(self.stages[laid_out[0].id].flop))
        return {
            name: named_percentiles(
                np.sort(flop / (self.chip.peak_flop_s * view.quantile(ENDS)) / SECONDS_PER_HOUR)
            )
            for name, view in self.setting.views.by_name.items()
        }

    @property
    def needed_mfu(self) -> float:
        """The MFU at which the disclosed hours do the work, as printed MFUs count it: without
        modules for multi-token prediction; NaN without disclosed hours.
        """
        configuration = main_model(self.setting.configuration)
        plain = replace(self.setting, configuration=configuration)
        flop = flop_at_middle(self.phase, plain, self.stage_inputs)
        return float(mfu(flop, self.disclosed_gpu_hours or np.nan, self.chip.peak_flop_s))

    @property
    def needed_mfu_of_all_work(self) -> float:
        """The same with these modules counted as the work they are."""
        hours = self.disclosed_gpu_hours or np.nan
        return float(mfu(np.median(self.flop), hours, self.chip.peak_flop_s))

    def middle(self, kind: str) -> Middle:
        """The inputs of its stages of a kind at their medians, for a sum that is done by hand."""
        return middle_of(self.phase, self.setting, self.stage_inputs, *known_kinds([kind]))

    def at_middle(self, *kinds: str) -> float:
        """GPU-hours of its stages of some kinds (or of all) at the middle of the inputs."""
        known = (self.phase, self.setting, self.stage_inputs)
        return sum(
            gpu_hours_at_middle(*known, kind) for kind in known_kinds(kinds) or self.phase.kinds
        )

    def median(self, *kinds: str) -> float:
        """The median of the GPU-hours of its stages of some kinds (or of all)."""
        wanted = known_kinds(kinds) or self.phase.kinds
        stages = [stage.id for stage in self.phase.stages if stage.work.kind in wanted]
        return float(np.median(np.sum([self.stages[name].gpu_hours for name in stages], axis=0)))
