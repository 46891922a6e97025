"""Hours of reinforcement by a model fitted on the steps of other developers."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.physics.durations import SECONDS_PER_HOUR
from analysis.reconstruction.detail import rollout_run
from analysis.reconstruction.input_rows import ENDS
from analysis.reconstruction.phase_samples import PhaseSamples
from analysis.reconstruction.stages import ReinforcementStage
from analysis.runs.rl_steps import step_estimator_for


@lru_cache(maxsize=16)
def hours_by_steps(result: PhaseSamples) -> pd.DataFrame:
    """Each reinforcement stage of a phase by two models; found once for all who ask.

    Returns
    -------
    DataFrame
        A row a stage: `stage`, `parts` (the median by the parts of a rollout), `p05`, `p50`, `p95`
        by the model of steps [GPU-hour], and `fitted_on`.
    """
    estimator = step_estimator_for(result.evidence, (result.phase.developer,))
    rows = []
    for stage in result.phase.stages:
        if isinstance(stage.work, ReinforcementStage):
            run, rollouts = rollout_run(result, stage.id)
            predicted = estimator.predict(run).step_seconds
            hours = predicted.quantile(ENDS) * rollouts * run.chips.iloc[0] / SECONDS_PER_HOUR
            own = float(np.median(result.stages[stage.id].gpu_hours))
            rows.append((stage.label, own, *hours, predicted.basis))
    return pd.DataFrame(rows, columns=["stage", "parts", "p05", "p50", "p95", "fitted_on"])


def side_of_steps(result: PhaseSamples) -> str | None:
    """Where the disclosed hours of a phase lie in the range of the model of steps: below, above or
    within; None where they are not disclosed, or the phase is more than one reinforcement stage.
    """
    hours, stages = result.disclosed_gpu_hours, result.phase.stages
    if hours is None or len(stages) != 1 or not isinstance(stages[0].work, ReinforcementStage):
        return None
    found = hours_by_steps(result).iloc[0]
    return "above" if hours > found.p95 else "below" if hours < found.p05 else "within"
