"""What the page on measured rates shows: what others reach, the record, and what speaks for and
against the hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.expressions import parse
from analysis.data.mistakes import InputError
from analysis.data.protocol import protocol
from analysis.physics.durations import SECONDS_PER_HOUR
from analysis.reconstruction import measured
from analysis.reconstruction.account import Account
from analysis.runs.measured_rates import benchmarks_beside_runs
from analysis.runs.rate_record import VIEWS, figures, gain, mixture_record, rate_record
from analysis.runs.specifications import CHOICES, near_and_below, shares_of_choices
from analysis.runs.views import VIEWS as HOURS_VIEWS
from analysis.runs.views import hours_record, view_figures
from analysis.show import links
from analysis.show.links import Html, counted
from analysis.show.numbers import hours_text, significant
from analysis.show.tables import Cell, day, table

PAGE = "others_measured"
KINDS = {"all": "all rates", "mixtures": "mixtures with each model left out"}
SOME = {
    "dense": ("mixture", 0.0),
    "mixtures": ("mixture", 1.0),
    "eight bits": ("fp8", 1.0),
    "sixteen bits": ("fp8", 0.0),
    "Hopper": ("hopper", 1.0),
    "A100": ("hopper", 0.0),
}
UNIT_OF = {"mixtures by model": "configuration"}
BY = {"step_time": "step time", "baseline": "MFU"}
TERA = 1e12


def finding(account: Account) -> Html:
    """What others reach, what the layout allows, and what both views say of the hours."""
    found = measured.balance(account)
    if not found:
        return Html(
            "<p>No layout of a run of this model is published, so no step can be timed.</p>"
        )
    limit, best = found["limit_over_disclosed"], found["best_measured_over_disclosed"]
    others, both = found["others_over_their_limit"], found["both_views_over_disclosed"]
    timed = found["limit_as_timed_over_disclosed"]
    return Html(
        f"<p><strong>Measured kernels and links allow {share(limit, 'limit')} of the disclosed "
        f"rate; other makers' software has reached {share(best, 'best')} of it on such chips."
        f"</strong> {_as_timed(timed)}Of what the time of a step allows, other makers of mixtures "
        f"reach {share(others, 'others')}. By type and by layout together we expect "
        f"{counted(f'{both:.2g} times', f'{PAGE}.both')} the disclosed hours. So the hours "
        f"{_can_be(found)}, and nobody else has shown as few on such chips.</p>"
    )


def _can_be(found: Mapping[str, float]) -> str:
    """Whether the time of a step allows the disclosed rate: at the middle of its constants, or
    within their range.
    """
    if found["limit_over_disclosed"] >= 1.0:
        return "are possible"
    within = found["highest_limit_over_disclosed"] >= 1.0
    return "cannot be ruled out" if within else "are fewer than the constants allow"


def _as_timed(allowed: float) -> str:
    """What the layout allows with products as they were timed, if they were."""
    if np.isnan(allowed):
        return ""
    return (
        f"With products as slow as we timed them, they allow {share(allowed, 'limit_as_timed')}. "
    )


def share(value: float, name: str) -> Html:
    """A share in percent, which opens to what the book says of it."""
    return counted(f"{significant(value * 100, 2):g} %", f"{PAGE}.{name}")


def rates(account: Account) -> Html:
    """Every measured rate of the architecture, the newest first, with the hours that a trillion
    tokens, and those of the phase with a layout, would take at it.
    """
    rows = measured.rates(account).sort_values("date", ascending=False, kind="stable")
    found = measured.laid_out(account)
    per_hour = rows.tokens_per_s_per_gpu * SECONDS_PER_HOUR
    shown = pd.DataFrame(
        {
            "id": rows.id,
            "by": rows.who,
            "chip": rows.chip + ", " + rows.precision.str.upper(),
            "rate": rows.tokens_per_s_per_gpu,
            "hours": TERA / per_hour,
            "own": np.nan if found is None else measured.tokens_of(found[0]) / per_hour,
            "when": [day(str(date)) for date in rows.date],
            "apart": rows.left_out,
        }
    )
    return table(
        shown,
        units=dict.fromkeys(("hours", "own"), "gpu_hours"),
        head={
            "rate": "tokens/s of a chip",
            "hours": "for a trillion tokens",
            "own": "for all tokens of the run",
            "apart": "not like the run in",
        },
        rests={"rate": ("disclosed", "training_throughput:id")},
        choices=("by", "chip"),
        caption="Measured rates of this architecture, the newest first",
        name="measured-rates",
    )


def benchmarks_and_runs(account: Account) -> Html:
    """How far the best benchmark and the best rate of a run of the same model lie apart."""
    found = benchmarks_beside_runs(account.evidence)
    if found.empty:
        return Html("<p>No model has a rate of both kinds on one chip and precision.</p>")
    shown = found[["configuration", "chip", "run_by", "run", "benchmark_by", "benchmark", "apart"]]
    return table(
        shown,
        head={
            "configuration": "model",
            "run_by": "run by",
            "run": "tokens/s",
            "benchmark_by": "benchmark by",
            "benchmark": "its tokens/s",
            "apart": "benchmark over run",
        },
        figures={"run": 4, "benchmark": 4},
        caption="Benchmark and run of the same model, chip and precision",
        name="benchmarks-runs",
    )


def record(account: Account) -> Html:
    """How well measured rates are predicted without their developer, beside an MFU by kind."""
    evidence = account.evidence
    records = {"all": rate_record(evidence), "mixtures": mixture_record(evidence)}
    whole = records["all"]
    parts = {
        "all": whole,
        **{name: whole[whole[column] == value] for name, (column, value) in SOME.items()},
        "mixtures by model": records["mixtures"],
    }
    rows = [
        {"rates": f"{kind}, {BY[view]}", **figures(found[found["view"] == view], UNIT_OF.get(kind))}
        for kind, found in parts.items()
        for view in VIEWS
    ]
    frame, shares = pd.DataFrame(rows), ("coverage_90", "coverage_90_developers")
    errors = table(
        frame[["rates", "n", "developers", "median_error_factor", "p90_error_factor"]],
        head={
            "n": "how many",
            "developers": "makers",
            "median_error_factor": "median error",
            "p90_error_factor": "nine in ten",
        },
        figures={"n": 4},
        caption="Measured rates, each predicted without its maker (by model: without its model), "
        "by the time of a step and by an MFU of its kind, precision and chip: errors are factors, "
        "of groups of rates",
        name="rate-record",
    )
    scores = table(
        frame[["rates", *shares, "log_score", "interval_score"]],
        units=dict.fromkeys(shares, "ratio"),
        head={"coverage_90": "inside", "coverage_90_developers": "inside, by maker"},
        caption="The same rates: how many lie inside their 90 % interval, and both scores",
        name="rate-scores",
    )
    shown = f"{errors}{scores}"
    return Html(f"{_gains(records)}{shown}")


def _gains(records: dict[str, pd.DataFrame]) -> Html:
    """Whether the time of a step passes what the protocol asks."""
    words, score = [], links.term("log_score", "log score")
    for kind, unit in (("all", None), ("mixtures", "configuration")):
        better, error = gain(records[kind], unit)
        passes = "more" if better > error else "no more"
        words.append(
            f"On {KINDS[kind]}, the time of a step is better than an MFU by "
            f"{counted(f'{better:.2f}', f'{PAGE}.gain_{kind}')} in {score}. That is {passes} "
            f"than the standard error, {counted(f'{error:.2f}', f'{PAGE}.gain_error_{kind}')}."
        )
    return Html(f"<p>{' '.join(words)}</p>")


def hours_of_runs(account: Account) -> Html:
    """The record of all three views on runs that publish hours and a layout."""
    found = hours_record(account.evidence)
    rows = [
        {"way": HOURS_VIEWS[name], **view_figures(found[found["view"] == name])}
        for name in HOURS_VIEWS
    ]
    return table(
        pd.DataFrame(rows).drop(columns=["p90_error_factor"]),  # of few runs it says nothing
        units={"coverage_90": "ratio"},
        head={
            "n": "runs",
            "median_error_factor": "median error",
            "coverage_90": "inside",
            "median_width_factor": "width",
        },
        caption="Hours of runs with a published layout, each predicted without its developer",
        name="hours-record",
    )


def every_choice(account: Account) -> Html:
    """What all specifications say, and which choice moves them most."""
    found = measured.laid_out(account)
    if found is None or found[0].disclosed_gpu_hours is None:
        return Html("")
    specified = measured.every_choice(account)
    all_of = near_and_below(specified, float(found[0].disclosed_gpu_hours))
    most = shares_of_choices(specified)
    count = counted(f"{all_of['count']:,.0f}", f"{PAGE}.spec_count")
    low, middle, high = (
        counted(_hours(all_of[name]), f"{PAGE}.spec_{name}") for name in ("p05", "p50", "p95")
    )
    below, near = (share(all_of[name], f"spec_{name}") for name in ("below", "near"))
    factor = counted(f"{protocol().specifications.near:g}", f"{PAGE}.spec_factor")
    return Html(
        f"<p>Half of {count} specifications give fewer than {middle}; nine in ten lie between "
        f"{low} and {high}. Of all, {below} lie below the disclosed hours, and {near} within "
        f"a factor of {factor} of them. What moves them most: "
        f"{links.text(CHOICES[str(most.index[0])])}, with "
        f"{share(float(most.iloc[0]), 'spec_most')} of the variance.</p>"
    )


def _hours(value: float) -> str:
    return f"{hours_text(significant(value, 2))} GPU-hours"


def for_and_against(account: Account, side: str) -> Html:
    """What speaks for the hours, or against them: each with its figure and what would turn it."""
    rows = [
        {
            "what": row["what"],
            "figure": Cell(_figure(row["id"], value, row["unit"]), value),
            "what would turn it": row["changes_sign"],
            "source": Html(
                f"{links.source(row['source_id'], account.evidence)}, {links.text(row['locator'])}"
            ),
        }
        for row, value in _known(account, side)
    ]
    if not rows:
        return Html("<p>Nothing is on record.</p>")
    words = {"for": "What speaks for the disclosed hours", "against": "What speaks against them"}
    return table(pd.DataFrame(rows), caption=words[side], name=f"hours-{side}")


def _known(account: Account, side: str) -> Iterator[tuple[Mapping[str, Any], float]]:
    """Rows of one side with their figures, without those of which a figure is not known."""
    balance = measured.balance(account)
    missing = {name for name, value in balance.items() if np.isnan(value)}
    for row in account.rows("hours_evidence") if balance else ():
        try:
            if row["side"] == side and missing.isdisjoint(parse(row["figure"]).names):
                yield row, account.evidence.facts.calculate(row["figure"], balance)
        except InputError as error:
            raise error.at(f"{row['where']}, figure") from None


def _figure(name: str, value: float, unit: str) -> Html:
    of_all = (
        f"{significant(value * 100, 2):g} %" if value <= 1 else f"{significant(value, 2):g} times"
    )
    shown = f"{value:g}" if unit == "count" else of_all
    return counted(shown, f"{PAGE}.{name}")
