"""What a lab would have to publish so that anyone can reconstruct its bill: a card, its score, and
what can be estimated.

The score is the share of the fields that are filled: identity, what the figures count, and for each
phase the chips, hours, tokens or steps, lengths and efficiency. Every field counts once; the
standard is the class `Card`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from analysis.compare.card import Card, CardPhase
from analysis.compare.estimate import estimate
from analysis.compare.forms import FORMS, filled, run_of
from analysis.compare.plausible import plausible
from analysis.data.chips import find_chip
from analysis.data.folder import named_file, read_toml
from analysis.data.mistakes import InputError, did_you_mean, first_mistake
from analysis.data.tables import Evidence
from analysis.data.uncertainty import PERCENTILES
from analysis.physics.durations import HOURS_PER_DAY
from analysis.reconstruction.model import Model

FIELD_WORDS = {  # of a sheet, where its name with blanks says too little
    "boundary": "what its figures count",
    "chip": "which chip",
    "chips": "how many chips",
    "efficiency": "efficiency, rate or step time",
    "failed_runs": "failed and smaller runs",
    "gpu_hours": "GPU-hours",
    "mean_len_tokens": "mean length of an answer",
    "params_active": "parameters that a token uses",
    "params_total": "parameters in all",
    "price_usd_per_gpu_hour": "price of a GPU-hour",
    "seq_len_tokens": "length of a sequence",
}
PRETRAINING_KINDS = ("pretraining", "context_extension")


def load_card(name: str, evidence: Evidence) -> Card:
    """A card by the name of a file in `cards/`, or by path.

    Raises
    ------
    InputError
        For an unknown card, key or chip, or fields that contradict each other.
    """
    path = Path(name) if name.endswith(".toml") else named_file(evidence.directory, "cards", name)
    content = read_toml(path)
    try:
        card = Card.model_validate(content)
    except ValidationError as error:
        raise _mistake(error, path.name) from None
    for position, phase in enumerate(card.phase, 1):
        if phase.chip:
            try:
                find_chip(phase.chip, evidence["hardware"])
            except InputError as error:
                raise InputError(f"{path.name}, phase {position} ({phase.kind}), {error}") from None
    runs = set(evidence["training_runs"].id)
    if card.training_run and card.training_run not in runs:
        raise InputError(
            f"{path.name}, training_run: {card.training_run} is not in training_runs.csv"
            f"{did_you_mean(card.training_run, runs)}"
        )
    return card


def sheet_of(model: Model, evidence: Evidence) -> Card | None:
    """The disclosure sheet of a model: the one that its file names, else as `find_sheet` does."""
    if model.sheet:
        return load_card(model.sheet, evidence)
    return find_sheet(model.name, model.title, evidence)


def find_sheet(name: str, title: str, evidence: Evidence) -> Card | None:
    """The sheet of that name, else the one whose model is called so; None where there is none."""
    if (evidence.directory / "cards" / f"{name}.toml").is_file():
        return load_card(name, evidence)
    called = title.casefold()
    return next((card for card in list_cards(evidence) if card.model.casefold() == called), None)


def list_cards(evidence: Evidence) -> list[Card]:
    """Every card of the evidence folder, the most open first."""
    cards = [
        load_card(path.stem, evidence)
        for path in sorted((evidence.directory / "cards").glob("*.toml"))
    ]
    return sorted(cards, key=lambda card: (-card.score, card.name))


def answer(card: Card, evidence: Evidence) -> dict[str, Any]:
    """The contract of `traincost card --json`: score, what is disclosed, what is missing, what we
    estimate of the rest, what it fills of the forms of others, and whether its work fits its hours.
    """
    there, checked = card.fields, plausible(card, evidence)
    return {
        "name": card.name,
        "score": card.score,
        "disclosed": [name for name, filled in there.items() if filled],
        "missing": [name for name, filled in there.items() if not filled],
        "estimate": [_phase_estimate(card, phase, evidence) for phase in card.phase],
        **{key: filled(card, form, evidence) for form, key in FORMS.items()},
        "possible": checked.possible,
        "arithmetic": checked.impossible,
        "warnings": checked.warnings,
    }


def scores(cards: list[Card]) -> pd.DataFrame:
    """The cards as a table: `card`, `model`, `developer`, `release_date`, `score`, `disclosed`,
    `asked`, `phases`, `hours_known`.
    """
    return pd.DataFrame(
        [
            {
                "card": card.name,
                "model": card.model,
                "developer": card.developer,
                "release_date": str(card.release_date),
                "score": card.score,
                "disclosed": sum(card.fields.values()),
                "asked": len(card.fields),
                "phases": len(card.phase),
                "hours_known": sum(phase.gpu_hours is not None for phase in card.phase),
            }
            for card in cards
        ]
    )


def fields_by_model(cards: list[Card]) -> pd.DataFrame:
    """Which fields each card fills: `model`, `developer`, `score`, `field` and `share` (of the
    phases that the field is asked of).
    """
    rows = [
        {
            "model": card.model,
            "developer": card.developer,
            "score": card.score,
            "field": _field_words(one.field),
            "there": one.there,
        }
        for card in cards
        for one in card.asked
    ]
    names = ["model", "developer", "score", "field"]
    filled = pd.DataFrame(rows).groupby(names, sort=False).there.mean()
    return filled.rename("share").reset_index()


def most_missing(cards: list[Card]) -> pd.DataFrame:
    """How many cards disclose each field, by phase kind or card: `field, disclosed, asked, share`,
    rarest first.
    """
    rows = [
        {"field": _field_words(one.field), "there": one.there}
        for card in cards
        for one in card.asked
    ]
    counted = pd.DataFrame(rows).groupby("field").there.agg(disclosed="sum", asked="count")
    table = counted.reset_index().assign(share=lambda fields: fields.disclosed / fields.asked)
    return table.sort_values("share", ignore_index=True)


def _field_words(name: str) -> str:
    return FIELD_WORDS.get(name, name.replace("_", " "))


def _phase_estimate(card: Card, phase: CardPhase, evidence: Evidence) -> dict[str, Any]:
    """Hours of a phase: as disclosed, by the estimator, or the reason why neither is possible."""
    if phase.gpu_hours:
        return _known(phase, "disclosed", phase.gpu_hours)
    if phase.chips and phase.days:
        return _known(phase, "chips x days", phase.chips * phase.days * HOURS_PER_DAY)
    lacking = _lacking(card, phase)
    run = None if lacking else run_of(card, phase, evidence)
    if run is None:
        how = f"not possible: needs {lacking}"
        return {"phase": phase.kind, "how": how, "gpu_hours": None}
    hours = estimate(run, evidence)["gpu_hours"]
    return {"phase": phase.kind, "how": "estimated", "gpu_hours": hours}


def _known(phase: CardPhase, how: str, hours: float) -> dict[str, Any]:
    return {"phase": phase.kind, "how": how, "gpu_hours": dict.fromkeys(PERCENTILES, hours)}


def _lacking(card: Card, phase: CardPhase) -> str:
    """What an estimate of a phase would need and the card does not have."""
    if phase.kind not in PRETRAINING_KINDS:
        return "gpu_hours, or chips and days"
    needed = {
        "params_total": card.params_total,
        "params_active": card.params_active,
        "tokens": phase.tokens,
        "chip": phase.chip,
    }
    return ", ".join(name for name, value in needed.items() if value is None)


def _mistake(error: ValidationError, file: str) -> InputError:
    """A pydantic error as one line; a contradiction has its own words."""
    detail = error.errors(include_url=False)[0]
    if detail["type"] == "value_error":
        place = f"phase {int(detail['loc'][1]) + 1}: " if len(detail["loc"]) > 1 else ""
        return InputError(f"{file}, {place}{detail['ctx']['error']}")
    known = [*Card.model_fields, *CardPhase.model_fields]
    return first_mistake(error, file, known)
