"""Figures that the book derives from facts: the rows of arithmetic.csv, evaluated in order."""

from __future__ import annotations

import re
from dataclasses import dataclass

from analysis.architecture import flop_per_token
from analysis.data import Evidence, InputError, names_in
from analysis.hardware import find_chip
from analysis.model import Model, configuration
from analysis.phases.pretraining import reference_runs


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
        except InputError as error:
            raise InputError(f"arithmetic.csv, {row.id}: {error}") from None
        numbers[row.id] = Number(row.id, row.label, values[row.id], row.unit, row.kind, row.expression, row.note)
    return numbers


def computed_values(model: Model, evidence: Evidence) -> dict[str, float]:
    """What the arithmetic may use beside facts: FLOP per token, the chip's peak, and counts of reference runs."""
    facts = evidence.facts
    length = facts.with_unit("v3_sequence_length_pretraining", "tokens").value
    own_flop = float(flop_per_token(configuration(model, facts), length))
    own_peak = float(find_chip(model.chip, evidence["hardware"]).peak_flop_s)
    values = {"own_flop_per_token": own_flop, "own_peak_flop_s": own_peak}
    runs = reference_runs(evidence["training_runs"], evidence["hardware"]).set_index("id")
    others = runs[runs.developer != model.developer]
    needed = facts.calculate("v3_pretraining_tokens * own_flop_per_token / (v3_pretraining_gpu_hours * 3600 * own_peak_flop_s)", values)
    for kind in ("moe", "dense"):
        mfu = others.mfu[others.architecture == kind]
        values |= {
            f"{kind}_reference_runs": float(len(mfu)),
            f"{kind}_reference_runs_at_needed_mfu": float((mfu >= needed).sum()),
            f"{kind}_reference_best_mfu": float(mfu.max()),
        }
    return values | {"maverick_reference_mfu": float(runs.mfu["llama4-maverick"]), "scout_reference_mfu": float(runs.mfu["llama4-scout"])}


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
