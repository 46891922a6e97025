"""Fine-tuning, and the generation of the samples that it learns from."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.data.uncertainty import from_other_developers
from analysis.physics.architecture import flop_per_token
from analysis.physics.rollout import generation_gpu_hours
from analysis.reconstruction.pretraining import training_work
from analysis.reconstruction.setting import Input, Setting, Work
from analysis.reconstruction.stages import FineTuningStage, GenerationStage


def decode_throughput_input(setting: Setting) -> Input:
    """Decode throughput of a full batch [token/s per GPU]: what developers who run the model
    disclose.

    The developer's own fleet is one of them: it serves, it is not the run.
    """
    if setting.decoding is None:
        raise ValueError("a stage that writes tokens needs the model's [decoding]")
    rows = setting.tables["decoding"]
    rows = rows[(rows.unfit_as_throughput == "") & rows.tokens_per_s_per_gpu.notna()]
    own = setting.facts.calculate(setting.decoding.own_tokens_per_s_per_gpu)
    rates = pd.concat([rows.tokens_per_s_per_gpu, pd.Series([own])], ignore_index=True)
    developers = pd.concat([rows.developer, pd.Series([setting.developer])], ignore_index=True)
    prior = from_other_developers(
        rates, developers, "decode throughput of this model on Hopper chips"
    )
    return Input("decode_tokens_per_s_per_gpu", "decode throughput per GPU", "tokens_per_s", prior)


def inputs(stage: FineTuningStage, setting: Setting) -> dict[str, Input]:
    """The inputs of a fine-tuning stage, by field."""
    return setting.stage_inputs(stage) | {"mfu": setting.parameter_or("mfu", setting.mfu)}


def work(stage: FineTuningStage, values: Mapping[str, np.ndarray], setting: Setting) -> Work:
    """Hours of a fine-tuning stage: every sample attends to itself only."""
    tokens = values["epochs"] * values["samples"] * values["mean_tokens"]
    return training_work(tokens, values["mean_tokens"], values["mfu"], setting, mtp=False)


def generation_inputs(stage: GenerationStage, setting: Setting) -> dict[str, Input]:
    """The inputs of a generation stage, by field."""
    return setting.stage_inputs(stage) | {"tokens_per_s_per_gpu": decode_throughput_input(setting)}


def generation_work(
    stage: GenerationStage, values: Mapping[str, np.ndarray], setting: Setting
) -> Work:
    """Hours of writing samples: what was kept, written once, and what was drawn beyond it."""
    kept_tokens = values["samples"] * values["mean_tokens"]
    draws = values.get("draws_per_kept_sample", np.ones_like(kept_tokens))
    once = generation_gpu_hours(kept_tokens, values["tokens_per_s_per_gpu"])
    forward = flop_per_token(setting.configuration, values["mean_tokens"]) / 3.0
    parts = {"kept samples, written once": once, "samples drawn and not kept": once * (draws - 1.0)}
    return Work(once * draws, kept_tokens * draws * forward, parts)
