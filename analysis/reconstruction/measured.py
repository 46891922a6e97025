"""What others reach with the architecture of a model, and what its own layout would take: the
figures of the page that holds disclosed hours against both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from analysis.data.tables import Evidence
from analysis.data.uncertainty import PERCENTILES, percentiles
from analysis.physics.durations import SECONDS_PER_HOUR
from analysis.physics.step_time.layout import Layout
from analysis.physics.step_time.step import PARTS
from analysis.reconstruction.account import Account
from analysis.reconstruction.model_file import load_model
from analysis.reconstruction.reconstruction import PhaseResult
from analysis.reconstruction.views import Views
from analysis.runs.measured_rates import TABLE
from analysis.runs.planned import Planned, step_of
from analysis.runs.specifications import near_and_below, specifications
from analysis.runs.step_view import shift_without
from analysis.runs.timed_products import RECIPE_OF, products_of_micro_batch
from analysis.runs.timed_products import TABLE as TIMED
from analysis.runs.views import VIEW_WORDS

# What of a layout can be taken back, and to what.
TAKEN_BACK: Mapping[str, tuple[str, Any]] = {
    "multiplying in eight bits": ("precision", "bf16"),
    "exchange hidden behind other work": ("exchange", "exposed"),
    "the order of DualPipe": ("schedule", "1f1b"),
    "each token on few nodes": ("nodes_per_token", None),
    "eight bits on the way to experts": ("exchange_bytes_per_value", 2.0),
}
SAVED = ["choice", "low", "saves", "high"]
DATED = ["id", "name", "label", "date", "tokens_per_s_per_gpu", "sixteen", "near", "disclosed"]


def laid_out(account: Account) -> tuple[PhaseResult, Views] | None:
    """The phase of which a layout is published, with its views; None where there is none."""
    for result in account.phases:
        if result.hours_by_view and result.setting.views is not None:
            return result, result.setting.views
    return None


def rates(account: Account) -> pd.DataFrame:
    """Measured rates of the model's architecture by whomever: rows of the table, with `disclosed`,
    whether they are the developer's own.
    """
    evidence = account.evidence
    rows = evidence[TABLE]
    rows = rows[(rows.like != "") & rows.tokens_per_s_per_gpu.notna()]
    same = [name for name in rows.like.unique() if _is_like(name, account, evidence)]
    rows = rows[rows.like.isin(same)]
    developers = {result.phase.developer for result in account.phases}
    return rows.assign(disclosed=rows.who.isin(developers)).reset_index(drop=True)


def _is_like(name: str, account: Account, evidence: Evidence) -> bool:
    return load_model(name, evidence).architecture == account.model.architecture


def dated_rates(account: Account) -> pd.DataFrame:
    """Every measured rate of others, and the developer's own as disclosed: the columns `DATED`, in
    which `name` is the chip, of the disclosed rate the developer; `sixteen`, whether multiplied in
    sixteen bits; `near`, whether on chips with the same kernels.
    """
    rows = rates(account)
    rows = rows[~rows.disclosed]
    phase, chip = account.phases[0].phase, account.phases[0].chip.name
    kernels = account.evidence["hardware"].set_index("chip").kernels
    others = rows.assign(
        name=rows.chip,
        label=rows.who + ", " + rows.chip + ", " + rows.precision.str.upper(),
        sixteen=rows.precision.str.endswith("16"),
        near=rows.chip.map(kernels) == kernels[chip],
    )[DATED]
    own = own_rate(account)
    if own is None:
        return others.reset_index(drop=True)
    label = f"{phase.developer}, {chip}, as disclosed"
    day = phase.release_date.isoformat()
    disclosed = (None, phase.developer, label, day, own, False, True, True)
    return pd.concat([others, pd.DataFrame([disclosed], columns=DATED)], ignore_index=True)


def flop_of(result: PhaseResult) -> float:
    """FLOP of the phase, at the median of its draws."""
    return float(np.median(result.flop))


def own_rate(account: Account) -> float | None:
    """Tokens per second and chip that the disclosed hours of the phase with a layout amount to."""
    found = laid_out(account)
    hours = found[0].disclosed_gpu_hours if found else None
    if found is None or hours is None:
        return None
    return float(tokens_of(found[0]) / (hours * SECONDS_PER_HOUR))


def tokens_of(result: PhaseResult) -> float:
    """Tokens of the phase, at the middle of its inputs."""
    return float(np.sum(result.middle("pretraining").values["tokens"]))


def subject(account: Account) -> str:
    """What the phase with a layout is called; without one, the model's title."""
    found = laid_out(account)
    return account.model.title if found is None else found[0].phase.label


def disclosed_hours(account: Account) -> float | None:
    """The disclosed GPU-hours of the phase with a layout."""
    found = laid_out(account)
    return None if found is None else found[0].disclosed_gpu_hours


def view_hours(account: Account) -> pd.DataFrame:
    """The GPU-hours by each view: `label, p05, p50, p95`."""
    found = laid_out(account)
    hours = {} if found is None else found[0].hours_by_view
    rows = [{"label": VIEW_WORDS[name], **interval} for name, interval in hours.items()]
    return pd.DataFrame(rows, columns=["label", *PERCENTILES])


def step_seconds(account: Account) -> pd.Series:
    """Seconds of a step by part, the mean over all draws of the constants; empty without a
    layout.
    """
    found = laid_out(account)
    if found is None:
        return pd.Series(dtype=float)
    parts = step_of(found[1].run, account.evidence).parts
    return pd.Series({words: float(parts[name].mean()) for name, words in PARTS.items()})


def step_size(account: Account) -> tuple[float, float]:
    """Tokens and chips of a step; NaN without a layout."""
    found = laid_out(account)
    if found is None:
        return np.nan, np.nan
    layout = found[1].run.layout
    return float(layout.sequences_per_step * layout.seq_len_tokens), float(layout.chips)


def step_rate(account: Account) -> float:
    """Tokens a second and chip that the layout allows, the mean over all draws; NaN without one."""
    found = laid_out(account)
    if found is None:
        return np.nan
    return float(step_of(found[1].run, account.evidence).tokens_per_s_per_gpu.mean())


@lru_cache(maxsize=4)
def timed_products(account: Account) -> pd.DataFrame:
    """Products of a micro-batch as timed at the sizes of the model's layout, by chip and way to
    multiply, as :func:`analysis.runs.timed_products.products_of_micro_batch` gives them; without
    rows where nobody timed them.
    """
    found, rows = laid_out(account), account.evidence[TIMED]
    if found is None:
        return pd.DataFrame()
    run = found[1].run
    alike = rows[rows.configuration.isin(run.like)]
    return products_of_micro_batch(alike, run.date, account.evidence)


def products_as_timed(account: Account) -> dict[str, float]:
    """What timed products mean for the disclosed rate, on the slowest chip that was timed: their
    share of the hours, and the rate that the layout allows if products ran like this [1]; NaN where
    none were timed.
    """
    found, timed, own = laid_out(account), timed_products(account), own_rate(account)
    names = ("products_over_disclosed", "limit_as_timed_over_disclosed")
    if found is None or own is None or timed.empty:
        return dict.fromkeys(names, np.nan)
    run = found[1].run
    alike = timed[timed.recipe == RECIPE_OF[run.layout.precision]]
    if alike.empty:
        return dict.fromkeys(names, np.nan)
    slowest = alike.loc[alike.seconds.idxmax()]
    tokens = run.layout.sequences_per_micro_batch * run.layout.seq_len_tokens
    step = step_of(run, account.evidence)
    slower = 1.0 + (slowest.over - 1.0) * step.parts["products"] / step.seconds
    rate = float(np.median(step.tokens_per_s_per_gpu / slower))
    return dict(zip(names, (slowest.seconds * own / tokens, rate / own), strict=True))


def savings_of(account: Account) -> pd.DataFrame:
    """What each choice of the model's layout saves; empty without one."""
    found = laid_out(account)
    if found is None:
        return pd.DataFrame(columns=SAVED)
    return savings(found[1].run, account.evidence)


def savings(run: Planned, evidence: Evidence) -> pd.DataFrame:
    """What each choice of a layout saves of the time of a step, all others kept: `choice` and
    `low, saves, high` [1 of the time without it], 5th, 50th and 95th percentile over the draws of
    the constants.
    """
    own = step_of(run, evidence).seconds
    rows = []
    for choice, (field, value) in TAKEN_BACK.items():
        if getattr(run.layout, field) != value:
            changed = Layout.model_validate(run.layout.model_dump() | {field: value})
            without = step_of(replace(run, layout=changed), evidence).seconds
            rows.append((choice, *percentiles(1.0 - own / without).values()))
    return pd.DataFrame(rows, columns=SAVED)


@lru_cache(maxsize=4)
def every_choice(account: Account) -> pd.DataFrame:
    """The hours of the phase with a layout under every choice of the protocol, if there is one."""
    found = laid_out(account)
    if found is None:
        return pd.DataFrame(columns=["gpu_hours", "published"])
    result, views = found
    return specifications(views.run, tokens_of(result), account.evidence)


def published_hours(account: Account) -> float:
    """The hours of the one specification whose choices are those of the published view."""
    every = every_choice(account)
    return float(every.gpu_hours[every.published.astype(bool)].mean())


def balance(account: Account) -> dict[str, float]:
    """Figures that speak for and against the disclosed hours [1], by the names that
    hours_evidence.csv uses; NaN where one is not known.
    """
    found = laid_out(account)
    if found is None or found[0].disclosed_gpu_hours is None:
        return {}
    result, views = found
    disclosed, tokens = float(result.disclosed_gpu_hours or np.nan), tokens_of(result)
    rates_of_step = step_of(views.run, account.evidence).tokens_per_s_per_gpu
    mean, _ = shift_without(account.evidence, views.run.developers).of(views.run.row)
    alike = rates(account)
    kernels = account.evidence["hardware"].set_index("chip").kernels
    near = alike[~alike.disclosed & (alike.chip.map(kernels) == kernels[views.run.chip])]
    own = tokens / (disclosed * SECONDS_PER_HOUR)
    return {
        "limit_over_disclosed": float(np.median(rates_of_step)) / own,
        "highest_limit_over_disclosed": percentiles(rates_of_step)["p95"] / own,
        "others_over_their_limit": float(np.exp(np.median(mean))),
        "best_measured_over_disclosed": float(near.tokens_per_s_per_gpu.max() / own),
        "both_views_over_disclosed": result.hours_by_view["combined"]["p50"] / disclosed,
        "specifications_below": near_and_below(every_choice(account), disclosed)["below"],
        "runs_at_needed_efficiency": float(
            np.mean(_same_kind(result, account).mfu >= result.needed_mfu)
        ),
        **products_as_timed(account),
    }


def _same_kind(result: PhaseResult, account: Account) -> pd.DataFrame:
    runs = result.references()
    return runs[runs.kind == account.model.architecture_kind]
