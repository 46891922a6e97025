"""Figures that the book derives from facts: the rows of arithmetic.csv, evaluated in order."""

from __future__ import annotations

import re
from dataclasses import dataclass

from analysis.architecture import flop_per_token
from analysis.data import Evidence, InputError, names_in
from analysis.hardware import find_chip
from analysis.model import Model, configuration
from analysis.phases.pretraining import reference_runs
from analysis.stages import PretrainingStage, distribution

NEEDED_MFU = "v3_needed_mfu"  # the row that the counts of equally efficient runs refer to
KINDS = ("moe", "dense")


@dataclass(frozen=True)
class Number:
    """A figure derived from facts: its value, its arithmetic, and whether an assumption is in it."""

    id: str
    label: str
    value: float
    unit: str
    kind: str
    expression: str
    note: str


def arithmetic(model: Model, evidence: Evidence) -> dict[str, Number]:
    """Every row of arithmetic.csv with its value, in order; a row may use those above it."""
    values = computed_values(model, evidence)
    numbers = {}
    for row in evidence["arithmetic"].itertuples():
        try:
            values[row.id] = evidence.facts.calculate(row.expression, values)
            if row.id == NEEDED_MFU:
                values |= {f"{kind}_reference_runs_at_needed_mfu": runs_at_least(values[row.id], kind, model, evidence) for kind in KINDS}
        except InputError as error:
            raise InputError(f"arithmetic.csv, {row.id}: {error}") from None
        numbers[row.id] = Number(row.id, row.label, values[row.id], row.unit, row.kind, row.expression, row.note)
    return numbers


def computed_values(model: Model, evidence: Evidence) -> dict[str, float]:
    """What the arithmetic may use beside facts, by name.

    `own_flop_per_token` and `own_peak_flop_s`: of the model at the length of its first stage, and its chip;
    `moe_` and `dense_` with `reference_runs`, `reference_developers` and `reference_best_mfu` of other developers;
    `RUN_reference_mfu` for each reference run, its id with underscores.
    """
    runs = reference_runs(evidence["training_runs"], evidence["hardware"])
    values = {f"{re.sub('[^a-z0-9]', '_', run)}_reference_mfu": float(mfu) for run, mfu in zip(runs.id, runs.mfu, strict=True)}
    others = runs[runs.developer != model.developer]
    for kind, group in others.groupby("architecture"):
        values |= {
            f"{kind}_reference_runs": float(len(group)),
            f"{kind}_reference_developers": float(group.developer.nunique()),
            f"{kind}_reference_best_mfu": float(group.mfu.max()),
        }
    first = next(stage.work for phase in model.phases for stage in phase.stages if isinstance(stage.work, PretrainingStage))
    length = distribution(first.seq_len_tokens, "tokens", evidence.facts).quantile(0.5)
    values["own_flop_per_token"] = float(flop_per_token(configuration(model, evidence.facts), length))
    values["own_peak_flop_s"] = float(find_chip(model.chip, evidence["hardware"]).peak_flop_s)
    return values


def runs_at_least(mfu: float, kind: str, model: Model, evidence: Evidence) -> float:
    """How many reference runs of other developers reach an MFU [1]."""
    runs = reference_runs(evidence["training_runs"], evidence["hardware"], kind)
    return float((runs.mfu[runs.developer != model.developer] >= mfu).sum())


def rests_on_second_hand(number: Number, evidence: Evidence) -> bool:
    """Whether a fact behind the figure, however far behind, was seen only as restated by another."""
    rows = evidence["arithmetic"].set_index("id").expression
    pending, seen = names_in(number.expression), set()
    while pending:
        name = re.sub("__(low|high)$", "", pending.pop())
        if name in seen:
            continue
        seen.add(name)
        if name in rows.index:
            pending += names_in(rows[name])
        elif name in evidence.facts and evidence.facts[name].second_hand:
            return True
    return False
