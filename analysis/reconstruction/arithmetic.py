"""Figures that the book derives from facts: the rows of arithmetic.csv, evaluated in order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from analysis.data.chips import find_chip
from analysis.data.expressions import names_in
from analysis.data.mistakes import InputError
from analysis.data.prices import market_price, system_price
from analysis.data.tables import Evidence
from analysis.physics.architecture import flop_per_token, multiplying_parameters
from analysis.reconstruction.model import Model, configuration
from analysis.reconstruction.stages import PretrainingStage, distribution
from analysis.runs.references import reference_runs

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
                values |= {
                    f"{kind}_reference_runs_at_needed_mfu": runs_at_least(
                        values[row.id], kind, model, evidence
                    )
                    for kind in KINDS
                }
        except InputError as error:
            raise InputError(f"arithmetic.csv, {row.id}: {error}") from None
        numbers[row.id] = Number(
            row.id, row.label, values[row.id], row.unit, row.kind, row.expression, row.note
        )
    return numbers


def computed_values(model: Model, evidence: Evidence) -> dict[str, float]:
    """What the arithmetic may use beside facts, by name.

    `own_params_active` (head counted, embedding not), `own_flop_per_token` (at the length of the
    model's first stage) and `own_peak_flop_s` of its chip; `moe_` and `dense_` with
    `reference_runs`, `reference_developers` and `reference_best_mfu` of other developers;
    `RUN_reference_mfu` for each reference run; and prices, rented and bought (`quotes`,
    `system_prices`). Names have underscores for all but letters and digits.
    """
    runs = reference_runs(evidence["training_runs"], evidence["hardware"])
    values = (
        dict(quotes(evidence))
        | system_prices(evidence)
        | {
            f"{_as_name(run)}_reference_mfu": float(mfu)
            for run, mfu in zip(runs.id, runs.mfu, strict=True)
        }
    )
    others = runs[runs.developer != model.developer]
    for kind, group in others.groupby("architecture"):
        values |= {
            f"{kind}_reference_runs": float(len(group)),
            f"{kind}_reference_developers": float(group.developer.nunique()),
            f"{kind}_reference_best_mfu": float(group.mfu.max()),
        }
    first = next(
        stage.work
        for phase in model.phases
        for stage in phase.stages
        if isinstance(stage.work, PretrainingStage)
    )
    length = distribution(first.seq_len_tokens, "tokens", evidence.facts).quantile(0.5)
    values["own_params_active"] = float(
        multiplying_parameters(configuration(model, evidence.facts))
    )
    values["own_flop_per_token"] = float(
        flop_per_token(configuration(model, evidence.facts), length)
    )
    values["own_peak_flop_s"] = float(find_chip(model.chip, evidence["hardware"]).peak_flop_s)
    return values


@lru_cache(maxsize=4)
def quotes(evidence: Evidence) -> Mapping[str, float]:
    """Rents by name [US$ per GPU-hour], looked up once for the same evidence.

    `quote_low_CHIP` and `quote_high_CHIP` over all quotes of a chip, `market_CHIP_latest` its
    middle near the last of them, `market_CHIP_at_RUN` its middle near the release of a run of
    training_runs.csv on it.
    """
    prices = evidence["prices"]
    found: dict[str, float] = {}
    for chip, rows in prices.groupby("chip"):
        name, latest = _as_name(str(chip)), market_price(str(chip), rows.date.max(), prices)
        found |= {
            f"quote_low_{name}": float(rows.usd_per_gpu_hour.min()),
            f"quote_high_{name}": float(rows.usd_per_gpu_hour.max()),
        }
        found |= {f"market_{name}_latest": float(latest or "nan")}
    for run in evidence["training_runs"].itertuples():
        price = market_price(run.chip, run.release_date, prices) if run.chip else None
        if price is not None:
            found[f"market_{_as_name(run.chip)}_at_{_as_name(run.id)}"] = price
    return found


def system_prices(evidence: Evidence) -> dict[str, float]:
    """Prices of a chip with its server by name, `system_price_low_CHIP` and
    `system_price_high_CHIP` [US$].
    """
    found: dict[str, float] = {}
    for chip in sorted(set(evidence["purchase_prices"].chip)):
        price = system_price(chip, evidence)
        if price is not None:
            found |= {
                f"system_price_low_{_as_name(chip)}": price.low,
                f"system_price_high_{_as_name(chip)}": price.high,
            }
    return found


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


def _as_name(text: str) -> str:
    return re.sub("[^a-z0-9]", "_", text.lower())
