"""Fine-tuning, and the generation of the samples that it learns from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.data.uncertainty import fewest_for_t, from_other_developers
from analysis.physics.flop import forward_flop_per_token
from analysis.physics.rollout import generation_gpu_hours
from analysis.reconstruction.pretraining import training_work
from analysis.reconstruction.setting import Input, Setting, Work
from analysis.reconstruction.stages import FineTuningStage, GenerationStage


def decode_throughput_input(setting: Setting) -> Input:
    """Decode throughput of a full batch [token/s per GPU], by those who disclose what they reach:
    one for all stages that write.

    Rows of the model's family on its class of chips count; where the family has none, those of all
    families, which is an assumption. The developer's own fleet is one of them: it serves, it is not
    the run.
    """
    return setting.once("decode_throughput", lambda: _decode_throughput(setting))


def _decode_throughput(setting: Setting) -> Input:
    decoding = setting.decoding
    if decoding is None:
        raise ValueError("a stage that writes tokens needs the model's [decoding]")
    rows = setting.tables["decoding"]
    rows = rows[(rows.unfit_as_throughput == "") & rows.tokens_per_s_per_gpu.notna()]
    of_family = rows[rows.model_family == decoding.family]
    known = len(of_family) > 0
    rates = (of_family if known else rows)[["tokens_per_s_per_gpu", "developer"]]
    if decoding.own_tokens_per_s_per_gpu is not None:
        own = setting.facts.calculate(decoding.own_tokens_per_s_per_gpu)
        rates = pd.concat(
            [rates, pd.DataFrame([[own, setting.developer]], columns=rates.columns)],
            ignore_index=True,
        )
    words = f"decode throughput of {decoding.family if known else 'other models'}, Hopper chips"
    where = "decoding.csv, tokens_per_s_per_gpu"
    prior = from_other_developers(
        rates.tokens_per_s_per_gpu,
        rates.developer,
        words,
        fewest_for_t(setting.facts),
        where=where,
    )
    prior = prior if known else replace(prior, assumed=True)
    return Input("decode_tokens_per_s_per_gpu", "writing speed per GPU", "tokens_per_s", prior)


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
    forward = forward_flop_per_token(setting.configuration, values["mean_tokens"])
    parts = {"kept samples": once, "answers thrown away": once * (draws - 1.0)}
    return Work(once * draws, kept_tokens * draws * forward, parts)
