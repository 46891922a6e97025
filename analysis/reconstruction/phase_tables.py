"""What a page shows of a phase: what is disclosed, the inputs, the comparison, the unknown."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd

from analysis.data.expressions import facts_in, parse
from analysis.data.facts import Row
from analysis.physics.cost import rental_usd
from analysis.physics.durations import SECONDS_PER_HOUR
from analysis.reconstruction.detail import rollout_run, widths_of
from analysis.reconstruction.input_rows import ENDS, input_row
from analysis.reconstruction.model import CrossCheck
from analysis.reconstruction.phase_samples import PhaseSamples
from analysis.reconstruction.stages import ReinforcementStage
from analysis.runs.references import flop_per_token_of
from analysis.runs.rl_steps import step_estimator_for
from analysis.show import links
from analysis.show.ledger import rests_on
from analysis.show.links import KIND_WORDS, Html
from analysis.show.numbers import quantity_text, ratio_text, significant
from analysis.show.tables import COMPUTED, PRINTED, ROUGH, Cell, table

FEWER = "The run was more efficient than runs like it, or its hours are not all counted."
MORE = "The run was less efficient than runs like it, or its hours hold other work."
BASIS = "The basis is the dense peak for 16-bit numbers, with attention counted causally."
AS_EXPECTED = "So public facts give no reason to doubt them."
RECONSTRUCTED = {"the middle": "p50", "low end, 5 %": "p05", "high end, 95 %": "p95"}


@dataclass(frozen=True)
class PhaseTables:
    """Tables of one phase."""

    result: PhaseSamples

    def finding(self) -> Html:
        """What we find of the phase, how sure it is and what that means, then what the phase is."""
        phase = self.result.phase
        return Html(
            f"<p>{self._found()} {self._range()}</p>"
            f"<p>{html.escape(phase.summary)} {self._widest()} {html.escape(phase.explanation)}</p>"
        )

    def _found(self) -> str:
        """Our estimate beside what is disclosed."""
        middle, disclosed = self._rounded("p50"), self.result.disclosed_gpu_hours
        if disclosed is None:
            return (
                f"<strong>Public facts alone give {middle}.</strong> "
                "Its source discloses no hours to compare with."
            )
        by = ratio_text(self.result.interval["p50"] / disclosed)
        return (
            f"<strong>The source discloses {self.disclosed_figure()}; public facts without them "
            f"give {middle}.</strong> Our estimate is {by} the disclosed figure."
        )

    def _range(self) -> str:
        """The interval, where the disclosed hours lie in it, and what follows."""
        disclosed, interval = self.result.disclosed_gpu_hours, self.result.interval
        low, high = (self._rounded(name) for name in ("p05", "p95"))
        said = f"Nine times in ten the hours of such a run lie between {low} and {high}"
        if disclosed is None:
            return f"{said}."
        if disclosed < interval["p05"]:
            return f"{said}; the disclosed ones are fewer. {FEWER}"
        if disclosed > interval["p95"]:
            return f"{said}; the disclosed ones are more. {MORE}"
        return f"{said}, and the disclosed ones do. {AS_EXPECTED}"

    def _rounded(self, end: str) -> Html:
        """A percentile of the hours in two figures, as prose has it."""
        value, phase = significant(self.result.interval[end], 2), self.result.phase.id
        return links.reconstructed(value, "gpu_hours", f"{phase}.gpu_hours")

    def _widest(self) -> str:
        widths = widths_of(self.result)
        if widths.empty:
            return "No input is uncertain."
        unknown = html.escape(widths.input[0])
        return f"Most of the uncertainty comes from one unknown: {unknown}."

    def efficiency(self) -> Html:
        """What the disclosed hours need beside what such runs usually reach, and the bases of the
        other figures that are found of the same run.
        """
        needed = self.result.needed_mfu
        if np.isnan(needed):
            return Html("<p>Its hours are not disclosed, so no efficiency follows from them.</p>")
        low, middle, high = (
            links.figure(_two(end), "reconstructed", Row("input", f"{self.result.phase.id}.mfu"))
            for end in self.result.inputs["mfu"].distribution.quantile(ENDS)
        )
        return Html(
            f"<p>Chips usually spend {middle} of their peak on training of this type; 90&nbsp;% of "
            f"runs lie between {low} and {high}. The disclosed hours need {self._needed()}.</p>"
            f"<p class='note'>{BASIS} {self._with_modules()}{self._among_all_runs()}</p>"
        )

    def _needed(self, of: Literal["", ".all_work"] = "") -> Html:
        """The efficiency that the disclosed hours need, on the printed basis or for all work."""
        result = self.result
        needed = result.needed_mfu_of_all_work if of else result.needed_mfu
        return links.figure(_two(needed), "derived", Row("needed", f"{result.phase.id}{of}"))

    def _with_modules(self) -> str:
        """The other figure where the model has modules that a printed MFU leaves out."""
        needed, all_work = self.result.needed_mfu, self.result.needed_mfu_of_all_work
        if _two(needed) == _two(all_work):
            return ""
        return (
            f"It is {self._needed('.all_work')} if modules for multi-token prediction, which "
            "printed figures leave out, count as work. "
        )

    def _among_all_runs(self) -> str:
        """The other error of the same run, where the estimator is judged on it."""
        result, hours = self.result, self.result.disclosed_gpu_hours
        runs = result.evidence["training_runs"]
        own = runs[(runs.developer == result.phase.developer) & (runs.gpu_hours == hours)]
        if len(own) != 1 or hours is None:
            return ""
        less = float((own.tokens * flop_per_token_of(runs)).loc[own.index[0]])
        share = less / float(np.median(result.flop))
        here = result.interval["p50"] / hours
        return (
            "Where the estimator is judged, each run is counted by its outer dimensions alone. "
            f"There the work is {ratio_text(share)} this, so the estimate is "
            f"{here * share:.2g} times the disclosed hours, not {here:.2g}."
        )

    def apart(self, *kinds: str) -> Html:
        """How far the median over all draws lies from the package's hours at the middle."""
        middle = self.result.at_middle(*kinds)
        away = self.result.median(*kinds) / middle - 1.0 if middle else 0.0
        return Html(
            f"<p>The package finds the same: {middle:,.0f} GPU-hours. The median over all draws is "
            f"{abs(away):.1%} {'higher' if away > 0 else 'lower'}, because hours do not grow in "
            "proportion to every input.</p>"
        )

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
                item.label, item.distribution, item.unit, evidence, f"{self.result.phase.id}.{name}"
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
        return table(
            pd.DataFrame(rows),
            units={"hours": "gpu_hours", "rent": "usd"},
            caption=f"{result.phase.label}: hours and rent",
            name="comparison",
        )

    def by_step_model(self) -> Html:
        """What a model fitted on other developers' steps says of each reinforcement stage."""
        result = self.result
        estimator = step_estimator_for(result.evidence, (result.phase.developer,))
        rows = []
        for stage in result.phase.stages:
            if isinstance(stage.work, ReinforcementStage):
                run, rollouts = rollout_run(result, stage.id)
                predicted = estimator.predict(run).step_seconds
                hours = predicted.quantile(ENDS) * rollouts * run.chips.iloc[0] / SECONDS_PER_HOUR
                own = float(np.median(result.stages[stage.id].gpu_hours))
                row = {"stage": stage.label, "by the parts of a rollout": own}
                by_steps = dict(zip(("5 %", "by the step model", "95 %"), hours, strict=True))
                rows.append(row | by_steps | {"fitted on": predicted.basis})
        of_hours = [name for name in rows[0] if name not in ("stage", "fitted on")] if rows else []
        return table(
            pd.DataFrame(rows),
            units=dict.fromkeys(of_hours, "gpu_hours"),
            figures=dict.fromkeys(of_hours, ROUGH),
            caption="Hours by two models of a step",
            name="step-model",
        )

    def not_known(self) -> Html:
        """What no source says of the phase."""
        lines = "".join(f"<li>{html.escape(line)}</li>" for line in self.result.phase.not_known)
        return Html(f'<ul class="not-known">{lines}</ul>')

    def disclosed_figure(self, field: Literal["gpu_hours", "usd"] = "gpu_hours") -> Html:
        """What is disclosed of its hours or dollars as a figure that leads to its source."""
        expression = self.result.phase.disclosed_as(field)
        if expression is None:
            return Html("not disclosed")
        value = self.result.evidence.facts.calculate(expression)
        return self._disclosed(expression, field, quantity_text(value, field))

    def _disclosed(self, expression: str, field: str, shown: str) -> Html:
        """A disclosed figure, as it is shown, that leads to its source."""
        evidence = self.result.evidence
        if parse(expression).is_name:
            return links.fact(evidence.facts[expression], evidence, shown)
        return links.summed(shown, field, expression)

    def _disclosed_cell(self, field: Literal["gpu_hours", "usd"]) -> Cell | str:
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
        hours, usd = (self._disclosed_cell(field) for field in ("gpu_hours", "usd"))
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


def _two(ratio: float) -> str:
    """A share in two figures, as prose has it."""
    return quantity_text(significant(float(ratio), 2), "ratio")
