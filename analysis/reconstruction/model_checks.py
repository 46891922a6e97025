"""What a model file must be before it is used: every fact is there, in the unit of its use, and no
input is a check.
"""

from __future__ import annotations

from collections.abc import Collection

from analysis.data.chips import find_chip
from analysis.data.expressions import facts_in, parse
from analysis.data.facts import Facts
from analysis.data.mistakes import InputError, UnknownName, did_you_mean
from analysis.data.schema import least_of
from analysis.data.tables import Evidence
from analysis.reconstruction.model import Belief, Decoding, Model, configuration
from analysis.reconstruction.stages import (
    LAYOUT_UNITS,
    UNITS,
    Borrowed,
    Span,
    expressions_of,
    layout_quantities,
    stage_quantities,
    unit_of,
)

LARGEST = 1e18  # of anything that a model file names
FEWEST_POINTS = 2  # points without which there is no curve
SIZE_UNITS = {"params": "params", "window": "tokens"}  # by first word; else a count


def check_model(model: Model, evidence: Evidence, file: str, known: Collection[str]) -> None:
    """Every fact exists, in the unit its use expects, no input is a check, and each stage has what
    it needs.
    """
    _check_named(model, f"models/{file}", evidence)
    for check in model.checks:
        if check not in evidence.facts:
            raise InputError(
                f"models/{file}, checks: {check} is not a fact{did_you_mean(check, evidence.facts)}"
            )
    _check_bill(model, f"models/{file}")
    _check_ids(model, f"models/{file}")
    if model.belief:
        _check_belief(model, model.belief, evidence.facts, f"models/{file}, belief")
    for where, quantity, unit in quantities(model):
        _check_quantity(f"models/{file}, {where}", quantity, unit, evidence.facts, model.checks)
        if isinstance(quantity, str):
            others = set(known) - {model.name, *model.bases}
            _check_subjects(f"models/{file}, {where}", quantity, others, evidence.facts)
    if model.phases:
        configuration(model, evidence.facts)
    for phase in model.phases:
        for stage in phase.stages:
            curve = getattr(stage.work, "length_curve", None)
            if curve:
                _check_curve(curve, f"models/{file}, {phase.id}.{stage.id}.length_curve", evidence)
            if stage.work.kind in {"generation", "reinforcement"} and model.decoding is None:
                raise InputError(
                    f"models/{file}, {phase.id}.{stage.id}: "
                    "a stage that writes tokens needs the model's [decoding]"
                )


def _check_named(model: Model, file: str, evidence: Evidence) -> None:
    """The chip, the fact of the price, and the facts of cross-checks are there."""
    facts = evidence.facts
    try:
        find_chip(model.chip, evidence["hardware"])
    except InputError as error:
        raise error.at(f"{file}, chip") from None
    if model.price_usd_per_gpu_hour:
        try:
            facts.with_unit(model.price_usd_per_gpu_hour, "usd_per_gpu_hour")
        except InputError as error:
            raise error.at(f"{file}, price_usd_per_gpu_hour") from None
    for phase in model.phases:
        for check in phase.cross_checks:
            named = check.model_dump(exclude={"id", "label", "method"}, exclude_none=True)
            for field, expression in named.items():
                for name in facts_in(expression):
                    if name not in facts:
                        where = f"{file}, {phase.id}.cross_check {check.id}.{field}"
                        raise facts.unknown(name).at(where)


def _check_curve(name: str, where: str, evidence: Evidence) -> None:
    """A curve is a table of lengths by step, with two points at least."""
    if name not in evidence:
        raise UnknownName(name, "a table", evidence.tables, where=where)
    if not {"step", "mean_answer_tokens"} <= set(evidence[name]):
        raise InputError(f"{name} is no curve: it has no step and mean_answer_tokens", where)
    if len(evidence[name]) < FEWEST_POINTS:
        raise InputError(f"{name} has fewer than {FEWEST_POINTS} points", where)


def _check_bill(model: Model, file: str) -> None:
    """Every line of the bill adds phases that are there; where there is a bill, every phase is in
    one of its lines.
    """
    for boundary in model.boundaries:
        for phase in boundary.adds:
            _check_phase(model, phase, f"{file}, boundary {boundary.id}.adds")
    added = {phase for boundary in model.boundaries for phase in boundary.adds}
    lines = [boundary.id for boundary in model.boundaries]
    for phase in (phase.id for phase in model.phases if lines):
        if phase not in added:
            others = [line for line in lines if line != phase]
            raise InputError(
                f"no [[boundary]] adds it, so it is in no bill; the lines are {', '.join(lines)}"
                f"{did_you_mean(phase, others)}",
                f"{file}, phase {phase}",
            )


def _check_ids(model: Model, file: str) -> None:
    """No two phases, stages of one phase, or lines of the bill have one id."""
    groups = {
        "phase": [phase.id for phase in model.phases],
        "boundary": [line.id for line in model.boundaries],
        **{f"{phase.id}.stage": [stage.id for stage in phase.stages] for phase in model.phases},
    }
    for kind, ids in groups.items():
        for name in ids:
            if ids.count(name) > 1:
                raise InputError("stands there twice", f"{file}, {kind} {name}.id")


def _check_belief(model: Model, belief: Belief, facts: Facts, where: str) -> None:
    """What the [belief] names is there: its line, its phase, its facts."""
    lines = [boundary.id for boundary in model.boundaries]
    if belief.boundary not in lines:
        raise UnknownName(
            belief.boundary, "a [[boundary]] of the file", lines, where=f"{where}.boundary"
        )
    _check_phase(model, belief.phase, f"{where}.phase")
    for name in belief.final_run_shares:
        try:
            facts.with_unit(name, "ratio")
        except InputError as error:
            raise error.at(f"{where}.final_run_shares") from None


def _check_phase(model: Model, phase: str, where: str) -> None:
    try:
        model.phase(phase)
    except InputError as error:
        raise error.at(where) from None


def quantities(model: Model) -> list[tuple[str, str | Span | Borrowed, str]]:
    """Every quantity that a model names, with where it stands and the unit it must have (any, if
    empty).
    """
    found: list[tuple[str, str | Span | Borrowed, str]] = [
        (f"architecture.{key}", size, SIZE_UNITS.get(key.partition("_")[0], "count"))
        for key, size in model.architecture.items()
    ]
    for boundary in model.boundaries:
        found += (
            [(f"boundary {boundary.id}.share", boundary.share, "ratio")]
            if boundary.share is not None
            else []
        )
        found += (
            [(f"boundary {boundary.id}.usd", boundary.usd, "usd")]
            if boundary.usd is not None
            else []
        )
    if model.decoding:
        found += [
            (f"decoding.{field}", getattr(model.decoding, field), UNITS.get(field, ""))
            for field in Decoding.model_fields
            if field != "family" and getattr(model.decoding, field) is not None
        ]
    for phase in model.phases:
        for stage in phase.stages:
            quantities = stage_quantities(stage.work)
            found += [
                (f"{phase.id}.{stage.id}.{field}", quantity, unit_of(field))
                for field, quantity in quantities.items()
            ]
            found += [
                (f"{phase.id}.{stage.id}.limits.{number}.from_step", limit.from_step, "steps")
                for number, limit in enumerate(getattr(stage.work, "limits", []))
                if limit.from_step is not None
            ]
            layout = getattr(stage.work, "layout", None)
            found += [
                (f"{phase.id}.{stage.id}.layout.{field}", quantity, LAYOUT_UNITS[field])
                for field, quantity in (layout_quantities(layout) if layout else {}).items()
            ]
    return found


def _check_quantity(
    where: str, quantity: str | Span | Borrowed, unit: str, facts: Facts, checks: list[str]
) -> None:
    for expression in expressions_of(quantity):
        try:
            _check_expression(expression, unit, facts, checks)
        except InputError as error:
            raise error.at(where) from None


def _check_subjects(where: str, expression: str, others: Collection[str], facts: Facts) -> None:
    """No figure of another model stands for one of this, but where a reason is given for it."""
    for name in facts_in(expression):
        subject = facts[name].subject
        if subject in others:
            raise InputError(
                f"{name} is a fact of {subject}; to borrow it, write {{ take, why }}", where
            )


def _check_expression(expression: str, unit: str, facts: Facts, checks: list[str]) -> None:
    named = facts_in(expression)
    if not named:
        raise InputError(f"{expression!r} names no fact; a number is a row of facts.csv")
    for name in named:
        if name in checks:
            raise InputError(f"{name} is a check of the run, which no reconstruction may read")
    if unit and parse(expression).is_name:
        facts.with_unit(expression, unit)
    found, least = facts.calculate(expression), least_of(unit)
    if not least <= found <= LARGEST:
        raise InputError(
            f"{expression!r} comes to {found:g}, allowed is {least:g} to {LARGEST:g}"
            f"{f' in {unit}' if unit else ''}"
        )
