"""Pre-training and context extension: tokens through the model at one sequence length."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analysis.physics.flop import flop_per_token
from analysis.physics.training import gpu_hours
from analysis.reconstruction.setting import Input, Setting, Work
from analysis.reconstruction.stages import PretrainingStage

# The input of a stage with a layout, both views in one; by its name it is drawn after all others,
# which stay as they are without it.
COMBINED = "views_mfu"
OVERHEAD = "overhead"  # the part of training's hours in which the chips are below their peak


def inputs(stage: PretrainingStage, setting: Setting) -> dict[str, Input]:
    """The inputs of a stage, by field."""
    mfu = setting.mfu
    if stage.layout is not None and setting.views is not None:
        label = f"{mfu.label}, by type and layout"
        mfu = Input(COMBINED, label, mfu.unit, setting.views.combined)
    return setting.stage_inputs(stage) | {"mfu": setting.parameter_or("mfu", mfu)}


def work(stage: PretrainingStage, values: Mapping[str, np.ndarray], setting: Setting) -> Work:
    """Hours of a stage; multi-token prediction counts as the work it is."""
    length = values["seq_len_tokens"]
    tokens = (
        values["tokens"]
        if "tokens" in values
        else values["steps"] * values["sequences_per_step"] * length
    )
    return training_work(tokens, length, values["mfu"], setting, mtp=True)


def training_work(
    tokens: np.ndarray, seq_len_tokens: np.ndarray, mfu: np.ndarray, setting: Setting, mtp: bool
) -> Work:
    """Hours of training on `tokens` of `seq_len_tokens`, split into work at the peak and what is
    lost to it.
    """
    flop = tokens * flop_per_token(setting.configuration, seq_len_tokens, mtp=mtp)
    hours = gpu_hours(tokens, flop / tokens, setting.chip.peak_flop_s, mfu)
    return Work(hours, flop, {"arithmetic": hours * mfu, OVERHEAD: hours * (1.0 - mfu)})
