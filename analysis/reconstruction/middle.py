"""A phase at the middle of its inputs: every input at its median, for a sum that is done by hand.

The middle of the inputs is not the median of the hours: hours are no linear function of inputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.physics.attention import context_products
from analysis.physics.parameters import multiplying_parameters
from analysis.reconstruction.ground import evaluate
from analysis.reconstruction.model import NamedStage, Phase
from analysis.reconstruction.reinforcement import segments
from analysis.reconstruction.setting import Input, Setting, Work
from analysis.reconstruction.stages import ReinforcementStage
from analysis.show.numbers import exact_text, quantity_text, significant
from analysis.show.tables import Cell, code, table

IN_DIGITS = 1e6  # a whole number below this is written digit by digit
StageInputs = Mapping[str, Mapping[str, Input]]

# what a stage of a kind is made of, with units; each is an attribute of `Middle`
UNITS = {
    "tokens": "tokens",
    "seq_len_tokens": "tokens",
    "epochs": "epochs",
    "samples": "samples",
    "mean_tokens": "tokens",
    "draws_per_kept_sample": "draws_per_kept_sample",
    "multiplying_parameters": "params",
    "attention_width": "count",
    "peak_flop_s": "flop_per_s",
    "mfu": "ratio",
    "gpus": "chips",
    "answers": "samples_per_rollout",
    "mean_answer_tokens": "tokens",
    "answer_length_log_sd": "log_sd",
    "limit_tokens": "tokens",
    "longest_given_tokens": "tokens",
    "tokens_per_s_per_gpu": "tokens_per_s",
    "time_per_output_token_ms": "ms_per_token",
    "scoring_forward_passes": "count",
    "update_mfu": "ratio",
    "fixed_seconds": "seconds",
    "rollouts": "count",
}


@dataclass(frozen=True, repr=False)
class Middle:
    """The inputs of a phase's stages of one kind at their medians.

    Each input is an attribute: a number where all stages (and all segments of a run whose answers
    grow) have the same, else an array with a value for each. Stages that are alike in every input
    keep their arrays, so that a sum over them counts each. Empty where no stage is of the kind.
    """

    values: Mapping[str, np.ndarray]
    kind: str

    def __getattr__(self, name: str) -> np.ndarray:
        values = vars(self).get("values", {})  # a copy that is being made has none yet
        if name not in values:
            raise AttributeError(f"no input {name}; there are {', '.join(values)}")
        found = values[name]
        one = _same(found) and (len(found) == 1 or not all(map(_same, self.values.values())))
        return np.asarray(found[0] if one else found)

    def __repr__(self) -> str:
        return self.frame().to_string(index=False)

    def _repr_html_(self) -> str:
        shown = self.frame()
        if shown.empty:  # no stage of this kind
            return ""
        same = (shown["first"] == shown["last"]).all()
        for end in ("first", "last"):
            pairs = zip(shown[end], shown.unit, strict=True)
            shown[end] = [Cell(_text(value, unit), value) for value, unit in pairs]
        columns = {"input": "input", "first": "middle" if same else "first"}
        columns |= {} if same else {"last": "last"}
        caption = "The inputs of the sum below, by their names in it"
        shown = shown.assign(input=shown.input.map(code))
        return table(
            shown[list(columns)],
            head=columns,
            caption=caption,
            name=f"middle-{self.kind}",
            place="middle",
            kind="reconstructed",
        )._repr_html_()

    def frame(self) -> pd.DataFrame:
        """A row an input: `input`, `unit`, and its value `first` and `last` among the stages."""
        rows = [
            {"input": name, "unit": UNITS[name], "first": found[0], "last": found[-1]}
            for name, found in self.values.items()
            if len(found) and not np.isnan(found).all()
        ]
        return pd.DataFrame(rows, columns=["input", "unit", "first", "last"])


def _text(value: float, unit: str) -> str:
    """An input as a reader sees it; a limit or a batch is a whole number, and no digit is lost."""
    if float(value).is_integer() and value < IN_DIGITS:
        return exact_text(value, unit)
    return quantity_text(significant(value, 4), unit)


def _same(values: np.ndarray) -> bool:
    """Whether all stages have the same; what none of them has is no difference."""
    return len(values) > 0 and bool((values == values[0]).all() or np.isnan(values).all())


def middle_of(phase: Phase, setting: Setting, inputs: StageInputs, kind: str) -> Middle:
    """The inputs of a phase's stages of a kind, each at its median."""
    of_kind = [stage for stage in phase.stages if stage.work.kind == kind]
    columns = [_columns(stage, setting, inputs) for stage in of_kind]
    if not columns:
        return Middle({name: np.empty(0) for name in UNITS}, kind)
    names = dict.fromkeys(name for found in columns for name in found)
    values = {name: np.concatenate([found[name] for found in columns]) for name in names}
    return Middle(values, kind)


def gpu_hours_at_middle(phase: Phase, setting: Setting, inputs: StageInputs, kind: str) -> float:
    """GPU-hours of a phase's stages of a kind, as the package has them at the middle of inputs."""
    works = works_at_middle(phase, setting, inputs)
    of_kind = [stage.id for stage in phase.stages if stage.work.kind == kind]
    return float(sum(works[name].gpu_hours[0] for name in of_kind))


def flop_at_middle(phase: Phase, setting: Setting, inputs: StageInputs) -> float:
    """FLOP of a phase at the middle of its inputs."""
    return float(sum(work.flop[0] for work in works_at_middle(phase, setting, inputs).values()))


def works_at_middle(phase: Phase, setting: Setting, inputs: StageInputs) -> dict[str, Work]:
    """Hours and FLOP of a phase's stages at the middle of its inputs."""
    draws = {
        item.name: item.distribution.quantile([0.5])
        for found in inputs.values()
        for item in found.values()
    }
    return evaluate(phase, inputs, draws, setting)


def _columns(stage: NamedStage, setting: Setting, inputs: StageInputs) -> dict[str, np.ndarray]:
    """A stage's inputs by the names of `UNITS`, arrays of one length: a value a segment."""
    values = {field: item.distribution.quantile([0.5]) for field, item in inputs[stage.id].items()}
    peak = np.array([setting.chip.peak_flop_s])
    if isinstance(stage.work, ReinforcementStage):
        return _of_reinforcement(stage.work, setting, values, peak)
    if stage.work.kind == "generation":
        once = np.ones(1)
        return {
            "samples": values["samples"],
            "mean_tokens": values["mean_tokens"],
            "draws_per_kept_sample": values.get("draws_per_kept_sample", once),
            "tokens_per_s_per_gpu": values["tokens_per_s_per_gpu"],
        }
    if stage.work.kind != "pretraining":
        names = ("epochs", "samples", "mean_tokens")
        return {name: values[name] for name in names} | _training(
            values["mean_tokens"], values["mfu"], setting, mtp=False
        )
    length = values["seq_len_tokens"]
    tokens = values.get("tokens")
    if tokens is None:
        tokens = values["steps"] * values["sequences_per_step"] * length
    training = _training(length, values["mfu"], setting, mtp=True)
    return {"tokens": tokens, "seq_len_tokens": length} | training


def _training(
    length: np.ndarray, mfu: np.ndarray, setting: Setting, mtp: bool
) -> dict[str, np.ndarray]:
    """What the work of a token is made of, and what the chips do of it.

    The width of attention is that of layers which look back on half of a text of this length:
    layers with a window or a summary count by the work that they do.
    """
    architecture = setting.configuration
    return {
        "multiplying_parameters": np.array([multiplying_parameters(architecture, mtp)]),
        "attention_width": context_products(architecture, length, mtp=mtp) / (length / 2),
        "peak_flop_s": np.array([setting.chip.peak_flop_s]),
        "mfu": mfu,
    }


def _of_reinforcement(
    stage: ReinforcementStage,
    setting: Setting,
    values: Mapping[str, np.ndarray],
    peak: np.ndarray,
) -> dict[str, np.ndarray]:
    found = segments(stage, values, setting)
    given = setting.parameters.longest_answer_tokens
    constants = {
        "gpus": values["gpus"],
        "answers": values["answers_per_rollout"],
        "answer_length_log_sd": values["answer_length_log_sd"],
        "longest_given_tokens": np.array([np.nan if given is None else given]),
        "tokens_per_s_per_gpu": values["tokens_per_s_per_gpu"],
        "time_per_output_token_ms": values["time_per_output_token_ms"],
        "scoring_forward_passes": values["scoring_forward_passes"],
        "multiplying_parameters": np.array([multiplying_parameters(setting.configuration)]),
        "peak_flop_s": peak,
        "update_mfu": values["update_mfu"],
        "fixed_seconds": values["fixed_seconds"],
        "rollouts": found.rollouts,
    }
    mean_tokens = found.mean_tokens
    return {
        "mean_answer_tokens": mean_tokens[:, 0],
        "limit_tokens": np.broadcast_to(found.limit_tokens, mean_tokens.shape)[:, 0],
        **{name: np.repeat(array[0], len(mean_tokens)) for name, array in constants.items()},
    }
