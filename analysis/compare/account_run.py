"""The first run of an account, as a row beside the runs of other models."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from analysis.compare.disclosure import sheet_of
from analysis.data.tables import Evidence
from analysis.physics.flop import flop_per_token
from analysis.physics.parameters import multiplying_parameters
from analysis.reconstruction.account import Account
from analysis.reconstruction.model import Model, Phase, configuration
from analysis.reconstruction.stages import (
    PretrainingStage,
    distribution,
    stage_quantities,
    unit_of,
)
from analysis.show import links

SAME = 0.05  # a run whose work is nearer than this share to another's of the same day is the same


def first_run(model: Model) -> Phase | None:
    """Its maker's first phase that reads a corpus; None where there is none."""
    own = [phase for phase in model.phases if phase.developer == model.developer]
    return next((phase for phase in own if "pretraining" in phase.kinds), None)


def work_of(model: Model, evidence: Evidence) -> tuple[float, float]:
    """Tokens and FLOP of a model's first run, each input at its middle; NaN where there is none."""
    phase = first_run(model)
    if phase is None:
        return math.nan, math.nan
    shape, facts = configuration(model, evidence.facts), evidence.facts
    tokens, flop = 0.0, 0.0
    for stage in (stage.work for stage in phase.stages):
        if isinstance(stage, PretrainingStage):
            values = {
                field: float(distribution(quantity, unit_of(field), facts).quantile(0.5))
                for field, quantity in stage_quantities(stage).items()
            }
            length = values["seq_len_tokens"]
            by_steps = values.get("steps", 0.0) * values.get("sequences_per_step", 0.0) * length
            read = values.get("tokens", by_steps)
            tokens, flop = tokens + read, flop + read * float(flop_per_token(shape, length))
    return tokens, flop


def run_of(model: Model, runs: pd.DataFrame, evidence: Evidence) -> str | None:
    """The id of a model's row among runs with their `flop`: as its disclosure sheet has it, by its
    name, or a run of its developer's of the same day and work.
    """
    sheet = sheet_of(model, evidence)
    named = sheet.training_run if sheet else None
    called = runs.id.isin([named, model.name]) | (runs.model == model.title)
    _, flop = work_of(model, evidence)
    alike = (runs.release_date == str(model.release_date)) & (np.log(runs.flop / flop).abs() < SAME)
    known = runs.id[called | ((runs.developer == model.developer) & alike)]
    return str(known.iloc[0]) if len(known) else None


def run_of_account(account: Account) -> pd.DataFrame:
    """The first run of an account as a row of the comparison; none where it reads no corpus."""
    model, phase = account.model, first_run(account.model)
    if phase is None:
        return pd.DataFrame()
    result = account[phase.id]
    tokens, _ = work_of(model, account.evidence)
    disclosed = result.disclosed_gpu_hours
    hours = result.interval if disclosed is None else dict.fromkeys(result.interval, disclosed)
    place = links.counted_row("comparison.account", model.title, "index.html")
    row: dict[str, Any] = {
        "id": model.name,
        "row": f"{place.table}:{place.id}",
        "model": model.title,
        "developer": model.developer,
        "release_date": str(model.release_date),
        "architecture": model.architecture_kind,
        "chip": account.chip.name,
        "how": "estimated" if disclosed is None else "disclosed",
        "tokens": tokens,
        "params_active": multiplying_parameters(result.setting.configuration),
        "flop": float(np.median(result.flop)),
        "usd_disclosed": math.nan,
        **hours,
    }
    return pd.DataFrame([row])
