"""A disclosure sheet held against the forms of others: what it fills of each, and the compute part
of the EU's model documentation form in words.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from analysis.compare.card import Card, CardPhase
from analysis.compare.estimate import estimate
from analysis.compare.specification import PretrainingSpec
from analysis.data.chips import find_chip, rated_power_w
from analysis.data.mistakes import UnknownName
from analysis.data.tables import Evidence
from analysis.physics.cost import energy_kwh
from analysis.physics.flop import TRAINING_FLOP_PER_PARAMETER

FORMS = {"eu": "eu_form", "fmti": "fmti"}
# of a sheet, and of its first phase
FIELDS = (*Card.model_fields, *(f"phase.{name}" for name in CardPhase.model_fields))
KWH_PER_MWH = 1000.0
NOTHING = "not disclosed"


def filled(card: Card, form: str, evidence: Evidence) -> dict[str, list[str]]:
    """Which fields of a form (`eu` or `fmti`) a sheet fills, and which are missing."""
    rows = evidence["disclosure_forms"]
    found: dict[str, list[str]] = {"filled": [], "missing": []}
    for row in rows[rows.form == form].itertuples():
        names = _answering(row)
        if names:
            found["filled" if _fills(card, names) else "missing"].append(str(row.field))
    return found


def _answering(row: Any) -> list[str]:
    """The fields of a sheet that answer a row of disclosure_forms.csv; none where none does."""
    names = row.card_field.split("|") if row.card_field else []
    for name in names:
        if name not in FIELDS:
            where = f"disclosure_forms.csv, {row.id}, card_field"
            raise UnknownName(name, "a field of a disclosure sheet", FIELDS, where=where)
    return names


def _fills(card: Card, names: list[str]) -> bool:
    return all(_is_given(card, name) for name in names)


def _is_given(card: Card, name: str) -> bool:
    """Whether a sheet has a field, or its first phase a field of phases (`phase.days`): forms ask
    for the final run.
    """
    of, _, key = name.partition(".")
    return getattr(card.phase[0] if of == "phase" else card, key or name) is not None


def agreement(cards: list[Card], evidence: Evidence) -> pd.DataFrame:
    """Our reading of the index's indicators beside its own scores, for models in both.

    Returns
    -------
    DataFrame
        `model`, `company`, `indicator` (in the index's words), `ours`, `theirs` and `agrees`.
    """
    forms = {row.id: row for row in evidence["disclosure_forms"].itertuples()}
    sheets = {card.model: card for card in cards}
    rows = []
    for score in evidence["fmti_scores"].itertuples():
        indicator = f"fmti.{score.indicator}"
        if indicator not in forms:
            where = f"fmti_scores.csv, {score.id}, indicator"
            raise UnknownName(indicator, "an id of disclosure_forms.csv", forms, where=where)
        names = _answering(forms[indicator])
        for model in (name for name in sheets if names and _names(score.model, name)):
            ours, field = _fills(sheets[model], names), forms[indicator].field
            rows.append((model, score.company, field, int(ours), int(score.score)))
    frame = pd.DataFrame(rows, columns=["model", "company", "indicator", "ours", "theirs"])
    return frame.assign(agrees=frame.ours == frame.theirs)


def _names(told: str, model: str) -> bool:
    """Whether what the index scored is this model."""
    return model in told or told in model


def eu_form(card: Card, evidence: Evidence) -> str:
    """The compute part of the EU's model documentation form, in Markdown: what is disclosed as it
    is, and the rest as an estimate, marked so, with its method in words.
    """
    lines = [f"# {card.model}: compute, energy and size, by the EU's model documentation form", ""]
    lines += [f"- **{name}**: {said}" for name, said in _answers(card, evidence)]
    return "\n".join(lines)


def _answers(card: Card, evidence: Evidence) -> Iterator[tuple[str, str]]:
    yield "Provider of the model", card.developer
    yield "Model", card.model
    yield "Date of release", f"{card.release_date}"
    yield "Date on the Union's market", _or_not(card.market_date)
    yield "Modified from another model", _or_not(card.base_model)
    yield "Architecture", _or_not(card.architecture)
    yield "Parameters in all", _figure(card.params_total)
    for phase in card.phase:
        yield f"Tokens of {phase.kind.replace('_', ' ')}", _figure(phase.tokens)
    yield from _time(card)
    yield from _work(card, evidence)


def _time(card: Card) -> Iterator[tuple[str, str]]:
    """Days and hours of the phases that say them, added up."""
    for words, name in (("Days of training", "days"), ("Hours of hardware", "gpu_hours")):
        given = [getattr(phase, name) for phase in card.phase]
        known = sum(one or 0.0 for one in given)
        every = "" if all(given) else ", of the phases that say so"
        yield words, f"{known:,.10g}{every}" if known else NOTHING


def _work(card: Card, evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Computation and energy: as disclosed, else estimated."""
    tokens = sum(phase.tokens or 0.0 for phase in card.phase)
    if card.flop:
        yield "Computation (FLOP)", f"{card.flop:.2g}; {_or_not(card.flop_method, 'method')}"
    elif card.params_active and tokens:
        work = TRAINING_FLOP_PER_PARAMETER * card.params_active * tokens
        yield (
            "Computation (FLOP)",
            f"ESTIMATE {work:.2g}: six FLOP for each active parameter and disclosed token, without "
            "attention",
        )
    else:
        yield "Computation (FLOP)", "not disclosed, and no tokens to estimate it from"
    yield "Energy of training (MWh)", _energy(card, evidence)


def _energy(card: Card, evidence: Evidence) -> str:
    if card.energy_mwh:
        return f"{card.energy_mwh:.3g}; {_or_not(card.energy_method, 'method')}"
    known = [phase for phase in card.phase if phase.hours and phase.chip]
    method = (
        "hours times the rated power of the chip, a server's share beside it, and the building's"
    )
    if known:
        kwh = sum(_kwh(str(phase.chip), float(phase.hours or 0.0), evidence) for phase in known)
        return f"ESTIMATE {kwh / KWH_PER_MWH:.2g}: {method}"
    phase = next((one for one in card.phase if one.kind == "pretraining"), None)
    spec = run_of(card, phase, evidence) if phase else None
    if spec is None:
        return "not disclosed, and neither hours nor tokens and chip to estimate it from"
    found = estimate(spec, evidence)["energy_kwh"]
    low, middle, high = (found[end] / KWH_PER_MWH for end in ("p05", "p50", "p95"))
    return (
        f"ESTIMATE {middle:.2g} ({low:.2g} to {high:.2g}): {method}; the hours themselves are "
        "estimated from tokens, parameters and what other runs reached"
    )


def _kwh(chip: str, hours: float, evidence: Evidence) -> float:
    facts, name = evidence.facts, find_chip(chip, evidence["hardware"]).name
    node, pue = facts["node_power_per_tdp"].value, facts["datacentre_pue"].value
    return float(energy_kwh(hours, rated_power_w(name, evidence["hardware"]), node, pue))


def run_of(card: Card, phase: CardPhase, evidence: Evidence) -> PretrainingSpec | None:
    """A phase of a sheet that reads a corpus as a run to be estimated, where enough of it is
    public; all its parameters are active where the sheet does not say.
    """
    if not (phase.tokens and phase.chip and card.params_total):
        return None
    return PretrainingSpec(
        name=card.name,
        developer=card.developer,
        release_date=card.release_date,
        params_total=card.params_total,
        params_active=card.params_active or card.params_total,
        tokens=phase.tokens,
        hardware=find_chip(phase.chip, evidence["hardware"]).name,
        seq_len=phase.seq_len_tokens,
        architecture=card.architecture,
    )


def _figure(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.3g}"


def _or_not(value: object, what: str = "") -> str:
    words = f"{what} not disclosed".strip()
    return words if value is None else str(value)
