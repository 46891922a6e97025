"""Whether the work of a disclosure sheet can be done in its hours, and what else in it is odd."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from analysis.compare.card import Card, CardPhase
from analysis.data.chips import Chip, find_chip
from analysis.data.tables import Evidence
from analysis.physics.durations import SECONDS_PER_HOUR
from analysis.physics.flop import TRAINING_FLOP_PER_PARAMETER
from analysis.runs.references import reference_runs

HOURS_TOLERANCE = 0.10  # days and chips are often printed rounded


@dataclass(frozen=True)
class Plausible:
    """What the arithmetic of a sheet says: why it is impossible, where it is, and warnings."""

    impossible: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def possible(self) -> bool:
        """Whether all work of the sheet fits in its hours."""
        return not self.impossible


def plausible(card: Card, evidence: Evidence) -> Plausible:
    """The work of each phase, and of the sheet, held against the most that its chips can do.

    Work counts six FLOP for each active parameter and token, which leaves attention out: it is the
    least that was done. A chip does no more than its dense BF16 peak.
    """
    found, best = Plausible(), best_efficiency(evidence)
    for place, work, hours, chip in _works(card, evidence):
        ratio = work / (hours * SECONDS_PER_HOUR * chip.peak_flop_s)
        said = (
            f"{place}{work:.3g} FLOP in {hours:,.0f} hours of {chip.name} are {ratio:.0%} of its "
            f"peak of {chip.peak_flop_s / 1e12:,.4g} TFLOP/s"
        )
        if ratio > 1.0:
            found.impossible.append(said)
        elif ratio > best:
            found.warnings.append(f"{said}, above the {best:.0%} of the best run here")
    found.warnings.extend(_hours_apart(card))
    return found


def best_efficiency(evidence: Evidence) -> float:
    """The highest share of the peak that a run of training_runs.csv reached or says it did [1]."""
    return max(
        float(reference_runs(evidence).mfu.max()),
        float(evidence["training_runs"].mfu_disclosed.max()),
    )


def _works(card: Card, evidence: Evidence) -> Iterator[tuple[str, float, float, Chip]]:
    """Each work that the sheet states, with its hours and chip: of phases, and of the sheet."""
    known = [
        (place, phase, find_chip(phase.chip, evidence["hardware"]))
        for place, phase in _placed(card)
        if phase.hours and phase.chip
    ]
    for place, phase, chip in known:
        if phase.tokens and card.params_active:
            work = TRAINING_FLOP_PER_PARAMETER * card.params_active * phase.tokens
            yield place, work, float(phase.hours or 0.0), chip
    if card.flop and known:
        hours = sum(float(phase.hours or 0.0) for _, phase, _ in known)
        yield "flop: ", card.flop, hours, max((chip for *_, chip in known), key=_peak)


def _peak(chip: Chip) -> float:
    return chip.peak_flop_s


def _placed(card: Card) -> Iterator[tuple[str, CardPhase]]:
    for position, phase in enumerate(card.phase, 1):
        yield f"phase {position} ({phase.kind}): ", phase


def _hours_apart(card: Card) -> Iterator[str]:
    """Phases whose hours are not their chips times their days."""
    for place, phase in _placed(card):
        by_days = phase.hours_by_days
        if phase.gpu_hours and by_days and abs(phase.gpu_hours / by_days - 1.0) > HOURS_TOLERANCE:
            yield (
                f"{place}gpu_hours = {phase.gpu_hours:,.0f}, but {phase.chips:,.0f} chips x "
                f"{phase.days:g} days x 24 h = {by_days:,.0f}"
            )
