"""What a page shows of a phase: what is disclosed, the inputs, the comparison, the unknown."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from functools import partial
from typing import Literal

import pandas as pd

from analysis.data.expressions import facts_in
from analysis.data.facts import Row
from analysis.physics.cost import rental_usd
from analysis.reconstruction.by_steps import hours_by_steps, side_of_steps
from analysis.reconstruction.input_rows import input_row
from analysis.reconstruction.model import CrossCheck
from analysis.reconstruction.phase_words import PhaseWords
from analysis.show import links
from analysis.show.ledger import rests_on
from analysis.show.links import KIND_WORDS, Html
from analysis.show.tables import COMPUTED, PRINTED, ROUGH, Cell, table

OF_STEP_MODEL = {
    "parts": "by the parts of a rollout",
    "p05": "step model, 5 %",
    "p50": "step model, middle",
    "p95": "step model, 95 %",
    "fitted_on": "fitted on",
}
RECONSTRUCTED = {"the middle": "p50", "low end, 5 %": "p05", "high end, 95 %": "p95"}


@dataclass(frozen=True)
class PhaseTables(PhaseWords):
    """Tables of one phase, and what is said of it."""

    def disclosed(self) -> Html:
        """What the source discloses of the phase's hours and dollars."""
        facts = [self.result.evidence.facts[name] for name in self._disclosed_facts()]
        rows = [
            {
                "disclosed": fact.quantity,
                "figure": links.fact(fact, self.result.evidence),
                "known how": KIND_WORDS[fact.kind],
                "source": Html(
                    f"{links.source(fact.source_id, self.result.evidence)}, "
                    f"{links.text(fact.locator)}"
                ),
                "note": fact.note,
            }
            for fact in facts
        ]
        if not rows:
            return Html("<p>The source discloses nothing of its cost.</p>")
        caption = f"{self.result.phase.label}: what its source prints"
        return table(pd.DataFrame(rows), caption=caption, name="disclosed")

    def inputs(self) -> Html:
        """What the reconstruction is made from: each input, its middle and range, its source."""
        evidence = self.result.evidence
        rows = [
            input_row(
                item.label,
                item.distribution,
                item.unit,
                evidence,
                Row("input", f"{self.result.phase.id}.{name}"),
            )
            for name, item in self.result.inputs.items()
        ]
        caption = f"{self.result.phase.label}: what the estimate is made from"
        return table(pd.DataFrame(rows), caption=caption, name="inputs")

    def comparison(self) -> Html:
        """Disclosed, reconstructed and cross-checked hours and dollars, side by side."""
        result = self.result
        rows = [self._disclosed_row()] if result.disclosed_gpu_hours is not None else []
        for words, name in RECONSTRUCTED.items():
            shown = f"reconstructed, {words}"
            rows.append(self._reconstructed_row(shown, result.interval[name]))
        rows += [self._check_row(check) for check in result.phase.cross_checks]
        beside = [] if result.disclosed_gpu_hours is not None else ["times the disclosed"]
        return table(
            pd.DataFrame(rows).drop(columns=beside),
            units={"hours": "gpu_hours", "rent": "usd"},
            caption=f"{result.phase.label}: hours and rent",
            name="comparison",
        )

    def by_step_model(self) -> Html:
        """What a model fitted on other developers' steps says of each reinforcement stage, and of
        the disclosed hours where the phase is one stage.
        """
        found = hours_by_steps(self.result).rename(columns=OF_STEP_MODEL)
        of_hours = [*OF_STEP_MODEL.values()][:-1]
        shown = table(
            found,
            units=dict.fromkeys(of_hours, "gpu_hours"),
            figures=dict.fromkeys(of_hours, ROUGH),
            caption="Hours by two models of a step",
            name="step-model",
            kind="reconstructed",
        )
        side = side_of_steps(self.result)
        where = f"<p>The disclosed hours lie {side} the range of the step model.</p>"
        return Html(f"{shown}{where if side else ''}")

    def disclosed_cell(self, field: Literal["gpu_hours", "usd"]) -> Cell | str:
        """What its source discloses of the hours or dollars, as a cell that opens to its facts."""
        expression = self.result.phase.disclosed_as(field)
        if expression is None:
            return "not disclosed"
        value = self.result.evidence.facts.calculate(expression)
        return Cell(partial(self._disclosed, expression, field), value, figures=PRINTED)

    def _disclosed_facts(self) -> list[str]:
        fields: tuple[Literal["gpu_hours", "usd"], ...] = ("gpu_hours", "usd")
        expressions = [self.result.phase.disclosed_as(field) for field in fields]
        named = [name for text in expressions if text for name in facts_in(text)]
        return list(dict.fromkeys(named))

    def _disclosed_row(self) -> dict[str, object]:
        hours, usd = (self.disclosed_cell(field) for field in ("gpu_hours", "usd"))
        return {"figure": "disclosed", "hours": hours, "rent": usd, "times the disclosed": None}

    def _reconstructed_row(self, words: str, hours: float) -> dict[str, object]:
        phase = self.result.phase.id
        rows = [Row("results", f"{phase}.{field}") for field in ("gpu_hours", "usd")]
        return self._row(words, hours, ROUGH, "reconstructed", *rows)

    def _check_row(self, check: CrossCheck) -> dict[str, object]:
        facts = rests_on(check.facts, self.result.evidence)
        words = Html(f"cross-check: {html.escape(check.label)} {facts}")
        row, hours = Row("check", f"{self.result.phase.id}.{check.id}"), self.result.cross_checks
        return self._row(words, hours[check.id], COMPUTED, "derived", row, row)

    def _row(
        self, words: str, hours: float, figures: int, kind: str, of_hours: Row, of_rent: Row
    ) -> dict[str, object]:
        """Hours and rent as figures of a kind, and the hours over the disclosed ones."""
        rent = float(rental_usd(hours, self.result.price_usd_per_gpu_hour))
        disclosed = self.result.disclosed_gpu_hours
        times = hours / disclosed if disclosed else math.nan
        return {
            "figure": words,
            "hours": Cell(partial(links.figure, kind=kind, row=of_hours), hours, figures=figures),
            "rent": Cell(partial(links.figure, kind=kind, row=of_rent), rent, figures=figures),
            "times the disclosed": Cell(str, times, figures=figures),
        }
