"""What the pages on the estimator, on uncertainty and on other models say."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.compare.models import at_one_date, compare, selected
from analysis.compare.trend import Trend, trend
from analysis.data.tables import Evidence
from analysis.reconstruction.sensitivity import sobol_indices
from analysis.report.ledger import table_html
from analysis.report.phase_page import BillPage
from analysis.report.wording import Html
from analysis.runs.backtest import (
    CLEARLY_WORSE,
    backtest,
    calibration,
    choice,
    compare_candidates,
    known_developer,
    noise_floor,
    summary,
    with_ranges,
)
from analysis.runs.efficiency import CHOSEN
from analysis.runs.rl_backtest import alternatives, generation_shares, left_out_intervals
from analysis.runs.rl_steps import step_estimator_for
from analysis.show.numbers import hours_text, quantity_text, usd_text

FIGURES = {
    "n": "runs",
    "median_error_factor": "median error factor",
    "p90_error_factor": "90th percentile of the error factor",
    "coverage_90": "disclosed figures inside the 90 % interval",
    "median_width_factor": "median width of the interval, p95 over p05",
}
COMMON_DATE = "2025-01-20"
MISSES_SHOWN = 12
RANGE = "90 % range, developers drawn again"


@dataclass(frozen=True)
class EstimatorPage:
    """The evidence, and what the estimators make of it."""

    evidence: Evidence

    @cached_property
    def tested(self) -> pd.DataFrame:
        """Every run predicted as if never seen."""
        return backtest(self.evidence)

    @cached_property
    def compared(self) -> pd.DataFrame:
        """The candidates beside rules of thumb."""
        return compare_candidates(self.evidence)

    @property
    def calibration(self) -> pd.DataFrame:
        """What intervals of each level keep."""
        return calibration(self.tested)

    @cached_property
    def models(self) -> pd.DataFrame:
        """Every model on the boundary of its final run."""
        return at_one_date(compare(self.evidence), COMMON_DATE, self.evidence)

    @cached_property
    def step_factors(self) -> pd.DataFrame:
        """Error factors of the reinforcement model and of naive ways, step by step."""
        return alternatives(step_estimator_for(self.evidence), self.evidence)

    def choose(self, ids: str) -> pd.DataFrame:
        """Some of the models, by their ids separated by commas."""
        return selected(self.models, ids)

    def trend(self, developer: str) -> Trend:
        """Cost of compute over the years without one developer."""
        return trend(self.models, developer)


def open_estimator(data: str | None = None) -> EstimatorPage:
    """The evidence for the pages on estimates."""
    return EstimatorPage(Evidence.load(Path(data) if data else None))


def backtest_finding(page: EstimatorPage) -> Html:
    """The paragraph that opens the backtest."""
    found = summary(page.tested)
    picked = choice(page.compared)
    thumb = page.compared[page.compared["rank"] < 0].median_error_factor.min()
    return Html(
        f'<div class="finding"><p><strong>Predicted as if never seen, half of the {found["n"]:.0f} disclosed runs '
        f"come out within a factor of "
        f"{found['median_error_factor']:.2f}, nine in ten within {found['p90_error_factor']:.2f}.</strong> "
        f"The 90 % intervals held {found['coverage_90']:.0%} of the disclosed figures and span a factor of "
        f"{found['median_width_factor']:.1f}. "
        f"The best rule of thumb, with a constant chosen in hindsight, misses by {thumb:.2f}. "
        f"Richer models do not do better on a developer they have not seen: the simplest that is not clearly worse than the best "
        f"(by {CLEARLY_WORSE:g} standard error) is the one called {html.escape(picked)}, and it is the one in use "
        f"({html.escape(CHOSEN)}).</p></div>"
    )


def summary_table(page: EstimatorPage) -> Html:
    """The figures of the backtest with their ranges by developer."""
    frame = with_ranges(page.tested)
    rows = [
        {
            "figure": FIGURES[row.figure],
            "value": f"{row.value:.3g}",
            RANGE: f"{row.low:.3g} to {row.high:.3g}",
        }
        for row in frame.itertuples()
    ]
    return table_html(pd.DataFrame(rows))


def candidates_table(page: EstimatorPage) -> Html:
    """The candidates by the same nested scheme, and rules of thumb on the same rows."""
    rows = [
        {
            "candidate": html.escape(row.candidate),
            "uses": html.escape(row.uses),
            "median factor": f"{row.median_error_factor:.3f}",
            "90th percentile": f"{row.p90_error_factor:.3f}",
            "worse than the best by": f"{row.worse_by:.1f} standard errors",
        }
        for row in page.compared.itertuples()
    ]
    return table_html(pd.DataFrame(rows))


def misses_table(page: EstimatorPage) -> Html:
    """The largest misses by name, with what the source says that may explain them."""
    worst = page.tested.sort_values("error_factor", ascending=False).head(MISSES_SHOWN)
    rows = [
        {
            "run": html.escape(row.model),
            "disclosed": f"{hours_text(row.gpu_hours)} h",
            "predicted": f"{hours_text(row.predicted)} h ({hours_text(row.p05)} to {hours_text(row.p95)})",
            "factor": f"{row.error_factor:.2f} too {'high' if row.predicted > row.gpu_hours else 'low'}",
            "what the source says of its hours": html.escape(
                f"{row.hours_are.replace('_', ' ')}; {row.note}".strip("; ")
            ),
        }
        for row in worst.itertuples()
    ]
    return table_html(pd.DataFrame(rows))


def floor_table(page: EstimatorPage) -> Html:
    """What knowing the developer's other runs gives, and how far apart equal runs are."""
    known, pairs = known_developer(page.evidence), noise_floor(page.evidence)
    rows = [
        {
            "what": "runs of developers with several, the developer left out",
            "n": len(known),
            "median factor": f"{known.without.median():.3f}",
        },
        {
            "what": "the same, with the developer's other runs known",
            "n": len(known),
            "median factor": f"{known.error_factor.median():.3f}",
        },
        {
            "what": "pairs of one developer, chip and size: one against the other",
            "n": len(pairs),
            "median factor": f"{pairs.ratio.median():.3f}",
        },
    ]
    return table_html(pd.DataFrame(rows))


def peers_table(page: EstimatorPage) -> Html:
    """Well-known runs beside what public estimators answer: ours as if never seen, theirs as they
    come.
    """
    peers = page.evidence["peer_estimates"].merge(
        page.tested[["id", "gpu_hours", "error_factor"]], left_on="run", right_on="id"
    )
    peers = peers.assign(factor=np.exp(np.abs(np.log(peers.estimated_gpu_hours / peers.gpu_hours))))
    own = peers.drop_duplicates("run").error_factor
    rows = [_peer("this estimator, the developer left out", own)]
    rows += [_peer(str(name), group.factor.dropna()) for name, group in peers.groupby("estimator")]
    rows.sort(key=lambda row: row["median factor"])
    return table_html(pd.DataFrame(rows))


def _peer(name: str, factors: pd.Series) -> dict[str, Any]:
    return {
        "estimator": html.escape(name),
        "runs": len(factors),
        "median factor": f"{factors.median():.2f}",
        "90th percentile": f"{factors.quantile(0.9):.2f}",
        "worst": f"{factors.max():.2f}",
    }


def reinforcement_table(page: EstimatorPage) -> Html:
    """Steps of reinforcement runs predicted without their developer, with what their intervals
    held, by kind.
    """
    factors, intervals = page.step_factors["this model"], left_out_intervals(page.evidence)
    return _by_kind(
        page,
        lambda inside: {
            "median factor": f"{factors[inside].median():.2f}",
            "90th percentile": f"{factors[inside].quantile(0.9):.2f}",
            "inside their 90 % interval": f"{intervals.inside[inside].mean():.0%}",
            "width, p95 over p05": f"{intervals.width[inside].median():.1f}",
        },
    )


def naive_table(page: EstimatorPage) -> Html:
    """Median factors of the model and of naive ways, on the same steps."""
    factors = page.step_factors.drop(columns=["id", "developer"])
    return _by_kind(
        page, lambda inside: {way: f"{factors[way][inside].median():.2f}" for way in factors}
    )


def _by_kind(page: EstimatorPage, figures: Callable[[np.ndarray], dict[str, str]]) -> Html:
    runs = step_estimator_for(page.evidence).runs
    groups = {"all steps": np.ones(len(runs), dtype=bool)}
    groups |= {
        f"of {developer}": (runs.developer == developer).to_numpy()
        for developer in runs.developer.unique()
    }
    groups |= {
        "models of 200 billion parameters and more": (runs.params_total >= 200e9).to_numpy(),
        "answers of 8,000 tokens and more": (runs.mean_len_tokens >= 8e3).to_numpy(),
        "on H800 or H100": runs.chip.isin(["H800 SXM", "H100 SXM"]).to_numpy(),
    }
    rows = [
        {"steps": html.escape(name), "n": int(inside.sum()), **figures(inside)}
        for name, inside in groups.items()
        if inside.any()
    ]
    return table_html(pd.DataFrame(rows))


def shares_table(page: EstimatorPage) -> Html:
    """The share of generation in a step, as disclosed and as predicted."""
    rows = [
        {
            "run": html.escape(row.model),
            "disclosed": f"{row.disclosed:.0%}",
            "predicted": f"{row.predicted:.0%}",
        }
        for row in generation_shares(step_estimator_for(page.evidence)).itertuples()
    ]
    return table_html(pd.DataFrame(rows))


def beside_table(page: EstimatorPage, ids: str) -> Html:
    """Models side by side on several boundaries of work and money."""
    rows = []
    for row in page.choose(ids).itertuples():
        market = not np.isnan(row.usd_market)
        rows.append(
            {
                "model": html.escape(row.model),
                "tokens": quantity_text(row.tokens, "tokens"),
                "FLOP": quantity_text(float(f"{row.flop:.3g}"), "flop"),
                "GPU-hours": f"{hours_text(row.p50)} ({row.how})",
                "rent, one price": ""
                if np.isnan(row.usd_common)
                else usd_text(float(f"{row.usd_common:.3g}")),
                "US$ a trillion tokens": usd_text(float(f"{row.usd_per_trillion_tokens:.3g}"))
                if market
                else "",
                "US$ a billion active parameters": usd_text(
                    float(f"{row.usd_per_billion_active:.3g}")
                )
                if market
                else "",
                "US$ a zettaFLOP": f"${row.usd_per_zettaflop:,.0f}" if market else "",
            }
        )
    return table_html(pd.DataFrame(rows))


def uncertainty_finding(page: BillPage) -> Html:
    """The paragraph that opens the page on uncertainty."""
    found = page.indices
    lead = found.iloc[0]
    return Html(
        f'<div class="finding"><p><strong>Of all inputs, the {html.escape(lead.input)} alone accounts for '
        f"{lead.total:.0%} of how uncertain the "
        f"total is.</strong> Were it disclosed for runs like this one, the answer would narrow most; within single "
        f"phases other inputs lead, "
        f"as below.</p></div>"
    )


def leading_inputs_table(page: BillPage) -> Html:
    """For each phase and the total: percentiles, and the inputs that would narrow it most."""
    content = page.reconstruction.to_dict()
    rows = []
    for row in [*content["phases"], content["total"] | {"label": "total", "id": None}]:
        indices = sobol_indices(page.reconstruction, row["id"]) if row["id"] else page.indices
        interval = row["gpu_hours"]["reconstructed"]
        rows.append(
            {
                "phase": html.escape(row["label"]),
                "5th": hours_text(interval["p05"]),
                "50th": hours_text(interval["p50"]),
                "95th percentile": hours_text(interval["p95"]),
                "would narrow it most": "; ".join(
                    f"{html.escape(item.input)} ({item.total:.0%})"
                    for item in indices.head(2).itertuples()
                ),
            }
        )
    return table_html(pd.DataFrame(rows))


def models_finding(page: EstimatorPage) -> Html:
    """The paragraph that opens the comparison."""
    models = page.models
    counts = models.how.value_counts()
    return Html(
        f'<div class="finding"><p><strong>{len(models)} models on one boundary, the final pre-training run: '
        f"{counts.get('disclosed', 0)} with "
        f"disclosed hours, {counts.get('estimated', 0)} estimated with an interval, never drawn alike.</strong> "
        f"Rent is at one price for each chip on one day, "
        f"and beside it at quotes near each release. Comparable hours are not comparable cost: chips, prices and "
        f"what a run includes differ.</p></div>"
    )


def models_table(page: EstimatorPage) -> Html:
    """Every model with hours, how they are known, and rent on both bases."""
    rows = []
    for row in page.models.sort_values("release_date", ascending=False).itertuples():
        known = row.how == "disclosed"
        hours = (
            f"{hours_text(row.p50)} h"
            if known
            else f"{hours_text(row.p50)} h ({hours_text(row.p05)} to {hours_text(row.p95)})"
        )
        kind = "disclosed" if known else "reconstructed"
        rows.append(
            {
                "model": f"{html.escape(row.model)}<br><small>{html.escape(row.developer)}, {row.release_date}</small>",
                "GPU-hours": f'<span class="figure {kind}">{hours}</span>',
                "chip": html.escape(row.chip),
                "rent, one price": ""
                if np.isnan(row.usd_common)
                else usd_text(float(f"{row.usd_common:.3g}")),
                "at release": ""
                if np.isnan(row.usd_market)
                else usd_text(float(f"{row.usd_market:.3g}")),
                "US$ a trillion tokens": ""
                if np.isnan(row.usd_market)
                else usd_text(float(f"{row.usd_per_trillion_tokens:.3g}")),
            }
        )
    return table_html(pd.DataFrame(rows))


def trend_finding(page: EstimatorPage, developer: str) -> Html:
    """The paragraph that opens the page on the trend."""
    found = page.trend(developer)
    own = "; ".join(
        f"{html.escape(row.model)} at {row.ratio:.2f} of the line, cheaper than {1 - row.percentile:.0%} of the others for its date"
        for row in found.own.itertuples()
    )
    return Html(
        f'<div class="finding"><p><strong>At market rent, a unit of training compute cost '
        f"{found.factor_per_year:.2f} times as much each year "
        f"as the year before ({found.low:.2f} to {found.high:.2f}, 90 %), without the runs of "
        f"{html.escape(developer)}.</strong> "
        f"Against that line: {own}.</p></div>"
    )
