"""One phase in detail, as frames: its parts, what makes it wide, rollouts, answer lengths."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.data.mistakes import InputError
from analysis.physics.parameters import multiplying_parameters, total_parameters
from analysis.reconstruction.ground import evaluate
from analysis.reconstruction.model import Phase
from analysis.reconstruction.phase_samples import PhaseSamples
from analysis.reconstruction.reinforcement import longest_tokens, rollouts_by_segment, segments
from analysis.reconstruction.stages import ReinforcementStage


def parts_of(result: PhaseSamples) -> pd.DataFrame:
    """Each part's share of the hours, by stage: the mean over the samples."""
    total = result.gpu_hours
    rows = [
        {"stage": stage.label, "part": part, "share": float(np.mean(hours / total))}
        for stage in result.phase.stages
        for part, hours in result.stages[stage.id].parts.items()
    ]
    return pd.DataFrame(rows)


def widths_of(result: PhaseSamples) -> pd.DataFrame:
    """How far each uncertain input alone moves a phase's hours, the others at their medians; widest
    first.

    `factor` is the hours at the input's 95th percentile over those at its 5th, or the inverse if
    that is larger.
    """
    setting, inputs = result.setting, result.stage_inputs
    middle = {name: item.distribution.quantile([0.5, 0.5]) for name, item in result.inputs.items()}
    rows = []
    for name, item in result.inputs.items():
        if item.distribution.shape == "constant":
            continue
        ends = item.distribution.quantile([0.05, 0.95])
        low, high = np.sum(
            [
                work.gpu_hours
                for work in evaluate(result.phase, inputs, middle | {name: ends}, setting).values()
            ],
            axis=0,
        )
        basis = item.distribution.basis
        rows.append(
            {
                "input": item.label,
                "p05": ends[0],
                "p95": ends[1],
                "assumed": item.distribution.assumed,
                "basis": basis,
                "factor": max(high / low, low / high),
            }
        )
    columns = ["input", "p05", "p95", "assumed", "basis", "factor"]
    return pd.DataFrame(rows, columns=columns).sort_values(
        "factor", ascending=False, ignore_index=True
    )


def rollout_seconds(result: PhaseSamples) -> pd.DataFrame:
    """Seconds of a rollout in each stage of reinforcement learning, every input at its median.

    Returns
    -------
    DataFrame
        `stage`, `step` (several where a length curve is known), `bound` (full throughput, longest
        answer, whole rollout) and `seconds`.
    """
    setting, inputs = result.setting, result.stage_inputs
    frames = []
    for stage in result.phase.stages:
        if not isinstance(stage.work, ReinforcementStage):
            continue
        values = {
            field: item.distribution.quantile([0.5]) for field, item in inputs[stage.id].items()
        }
        parts = {
            name: seconds[:, 0]
            for name, seconds in rollouts_by_segment(stage.work, values, setting)[0].items()
        }
        throughput = parts["generation at full throughput"]
        bounds = {
            "full throughput": throughput,
            "longest answer": throughput + parts["waiting for the longest answer"],
            "whole rollout": np.sum(list(parts.values()), axis=0),
        }
        step = (np.arange(len(throughput)) + 0.5) / len(throughput) * values["steps"][0]
        frames += [
            pd.DataFrame({"stage": stage.label, "step": step, "bound": name, "seconds": found})
            for name, found in bounds.items()
        ]
    return _stacked(frames, result.phase)


def rollout_run(result: PhaseSamples, stage_id: str) -> tuple[pd.DataFrame, float]:
    """A stage's rollout as a row of rl_runs.csv, every input at its median, and how many rollouts
    there are.
    """
    setting = result.setting
    stage = next(
        stage.work
        for stage in result.phase.stages
        if stage.id == stage_id and isinstance(stage.work, ReinforcementStage)
    )
    items = result.stage_inputs[stage_id]
    values = {field: item.distribution.quantile([0.5]) for field, item in items.items()}
    lengths = segments(stage, values, setting).mean_tokens
    rollouts = float(
        values["steps"][0]
        * values["prompts_per_step"][0]
        * values["samples_per_prompt"][0]
        / values["answers_per_rollout"][0]
    )
    run = {
        "params_total": total_parameters(setting.configuration),
        "params_active": multiplying_parameters(setting.configuration),
        "chip": setting.chip.name,
        "chips": values["gpus"][0],
        "prompts_per_step": values["answers_per_rollout"][0],
        "samples_per_prompt": 1.0,
        "mean_len_tokens": float(np.mean(lengths)),
        "max_len_tokens": values["limit_0_tokens"][0],
        "mode": "synchronous",
    }
    return pd.DataFrame([run]), rollouts


def answer_lengths(result: PhaseSamples) -> pd.DataFrame:
    """Mean answer lengths of each stage of reinforcement learning: the published curve, or the
    range we take.

    Returns
    -------
    DataFrame
        `stage`, `step`, `mean_answer_tokens`, `low_answer_tokens`, `high_answer_tokens` [token] and
        `kind`.
    """
    setting, inputs = result.setting, result.stage_inputs
    columns = ["step", "mean_answer_tokens", "low_answer_tokens", "high_answer_tokens", "kind"]
    frames = []
    for stage in result.phase.stages:
        if not isinstance(stage.work, ReinforcementStage):
            continue
        if stage.work.length_curve:
            frame = setting.tables[stage.work.length_curve][columns]
        else:
            low, middle, high = inputs[stage.id]["mean_answer_tokens"].distribution.quantile(
                [0.05, 0.5, 0.95]
            )
            frame = pd.DataFrame([[0, middle, low, high, "assumed"]], columns=columns)
        frames.append(frame.assign(stage=stage.label))
    return _stacked(frames, result.phase)


def longest_answers(result: PhaseSamples) -> pd.DataFrame:
    """The longest answer of a rollout and the limit of answers over the steps of each stage of
    reinforcement learning, every input at its median.

    Returns
    -------
    DataFrame
        `stage`, `step`, `longest_answer_tokens` and `limit_tokens` [token].
    """
    frames = []
    for stage in result.phase.stages:
        if not isinstance(stage.work, ReinforcementStage):
            continue
        items = result.stage_inputs[stage.id].items()
        values = {field: item.distribution.quantile([0.5]) for field, item in items}
        found = segments(stage.work, values, result.setting)
        longest = longest_tokens(found, values, result.setting)
        share = (np.arange(len(longest)) + 0.5) / len(longest)
        columns = {
            "step": share * values["steps"][0],
            "longest_answer_tokens": longest[:, 0],
            "limit_tokens": np.broadcast_to(found.limit_tokens, longest.shape)[:, 0],
        }
        frames.append(pd.DataFrame(columns).assign(stage=stage.label))
    return _stacked(frames, result.phase)


def _stacked(frames: list[pd.DataFrame], phase: Phase) -> pd.DataFrame:
    if not frames:
        raise InputError(
            f"{phase.id} has no stage of reinforcement learning; another notebook shows it"
        )
    return pd.concat(frames, ignore_index=True)
