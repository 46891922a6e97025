"""Models counted alike: the final pre-training run, its hours disclosed or estimated, its rent on
one price basis.
"""

from __future__ import annotations

import datetime
import html
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from analysis.compare.account_run import first_run, run_of, run_of_account, work_of
from analysis.data.chips import peaks_of
from analysis.data.facts import Row
from analysis.data.mistakes import InputError, UnknownName
from analysis.data.prices import market_price
from analysis.data.tables import Evidence
from analysis.data.uncertainty import PERCENTILES
from analysis.physics.cost import rental_usd
from analysis.physics.training import gpu_hours
from analysis.reconstruction.account import Account
from analysis.reconstruction.model import Model
from analysis.runs.efficiency import estimator_for
from analysis.runs.references import (
    each_developer,
    flop_per_token_of,
    reference_runs,
    smallest_params,
)
from analysis.show.links import Html, counted, figure
from analysis.show.numbers import date_text, quantity_text, significant, usd_text

TRILLION, BILLION, ZETTA = 1e12, 1e9, 1e21
NEWEST, OWN = 10, 3


def compare(evidence: Evidence, account: Account | None = None) -> pd.DataFrame:
    """Every pre-training run with tokens and parameters, the final run alone; the first run of an
    account that has no row of its own among them too.

    Returns
    -------
    DataFrame
        A row a model: `id`, `row` (what its figures open to), `model`, `developer`,
        `release_date`, `architecture`, `chip`; `how` its hours are known (disclosed or estimated),
        and so `rent_how` its rent (derived or estimated);
        `flop`; `p05, p50, p95` (GPU-hours; equal where disclosed); `price_market` of its chip near
        the release [US$ per GPU-hour] and `usd_market`, the rent at it; and of that
        `usd_per_trillion_tokens`, `usd_per_billion_active` and `usd_per_zettaflop`.
    """
    runs = _runs(evidence)
    known = runs.id.isin(reference_runs(evidence).id)
    hours = pd.DataFrame([*_disclosed(runs[known]), *_estimated(runs[~known], evidence)])
    models = runs.assign(how=np.where(known, "disclosed", "estimated"))
    models = models.merge(hours, on="id", validate="one_to_one")
    models = models.assign(row="training_runs:" + models.id)
    if account and run_of(account.model, models, evidence) is None:
        models = pd.concat([models, run_of_account(account)], ignore_index=True)
    return _with_rent(models, evidence)


def at_one_date(compared: pd.DataFrame, date: str, evidence: Evidence) -> pd.DataFrame:
    """The models with rent at the price of each chip near one date, the same for all.

    Returns
    -------
    DataFrame
        The rows of `compare`, rising by `usd_common`, with `price_common` [US$ per GPU-hour] and
        `usd_common`; NaN where nobody quotes the chip.

    Raises
    ------
    InputError
        If `date` is no day, YYYY-MM-DD, or prices.csv has no price of any of their chips.
    """
    try:
        day = datetime.date.fromisoformat(date).isoformat()
    except ValueError:
        raise InputError(f"date: {date} is not a day, such as 2025-01-31") from None
    prices = {chip: market_price(chip, day, evidence) for chip in compared.chip.unique()}
    priced = compared.assign(price_common=compared.chip.map(prices).astype(float))
    if priced.price_common.isna().all():
        raise InputError("no chip of the models that are compared has a price", "prices.csv")
    return priced.assign(usd_common=rental_usd(priced.p50, priced.price_common)).sort_values(
        "usd_common", ignore_index=True
    )


def _runs(evidence: Evidence) -> pd.DataFrame:
    """The runs whose work is known, with their `flop`."""
    runs = evidence["training_runs"]
    runs = runs[
        runs[["params_active", "params_total", "tokens"]].notna().all(axis=1)
        & (runs.params_total >= smallest_params(evidence.facts))
        & (runs.chip != "")
        & (runs.work_known == "yes")
    ]
    runs = runs.assign(flop_per_token=flop_per_token_of(runs, evidence)).reset_index(drop=True)
    return runs.assign(flop=runs.tokens * runs.flop_per_token)


def _disclosed(runs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for run in runs.itertuples():
        yield {"id": run.id} | dict.fromkeys(PERCENTILES, run.gpu_hours)


def _estimated(runs: pd.DataFrame, evidence: Evidence) -> Iterator[dict[str, Any]]:
    """Hours by the estimator without the run's developer."""
    for developer, own in each_developer(runs.developer):
        rows = runs[own]
        expected = estimator_for(evidence, (developer,)).predict(rows)
        peaks = peaks_of(rows.chip, evidence["hardware"])
        for run, peak, mfu in zip(rows.itertuples(), peaks, expected, strict=True):
            few_to_many = np.array(list(mfu.percentiles().values()))[::-1]  # high MFU, few hours
            hours = gpu_hours(run.tokens, run.flop_per_token, peak, few_to_many)
            yield {"id": run.id} | dict(zip(PERCENTILES, hours, strict=True))


def _with_rent(models: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    """Rent at the price near each release, whole and per unit of work."""
    market = [market_price(run.chip, run.release_date, evidence) for run in models.itertuples()]
    price = np.array(market, dtype=float)
    usd = rental_usd(models.p50, price)
    return models.assign(
        rent_how=np.where(models.how == "disclosed", "derived", "estimated"),
        price_market=price,
        usd_market=usd,
        usd_per_trillion_tokens=usd / models.tokens * TRILLION,
        usd_per_billion_active=usd / models.params_active * BILLION,
        usd_per_zettaflop=usd / models.flop * ZETTA,
    )


def selected(compared: pd.DataFrame, names: str | None = None) -> pd.DataFrame:
    """Some of the models, in the order asked for.

    Parameters
    ----------
    compared
        Models as `compare` or `at_one_date` give them.
    names
        Ids separated by commas; the ten newest models without.

    Raises
    ------
    InputError
        If one of the names is no model of the comparison.
    """
    if names is None:
        newest = compared.sort_values("release_date", ascending=False).head(NEWEST)
        return newest.reset_index(drop=True)
    known, ids = compared.set_index("id"), [name.strip() for name in names.split(",")]
    for name in ids:
        if name not in known.index:
            raise UnknownName(name, "a model of the comparison", known.index)
    return known.loc[ids].reset_index()


def around(model: Model, evidence: Evidence) -> list[str]:
    """The runs that stand well beside a model: those nearest in work to its first run (in time, if
    it has none), ten at most, up to three of them its developer's own.

    Returns
    -------
    list
        Their ids, the model's own first, be it a row of training_runs.csv or not, then its
        developer's.
    """
    runs = _runs(evidence)
    known = run_of(model, runs, evidence)
    itself = known or (model.name if first_run(model) else None)
    nearest = _apart(runs, model, evidence)[lambda rows: rows.id != known]
    own = nearest[nearest.developer == model.developer].head(OWN)
    others = nearest[nearest.developer != model.developer].head(NEWEST - len(own))
    return [*([itself] if itself else []), *own.id, *others.id]


def _apart(runs: pd.DataFrame, model: Model, evidence: Evidence) -> pd.DataFrame:
    """Runs by how far their work is from that of a model's first run, or their release from its."""
    _, flop = work_of(model, evidence)
    days = (pd.to_datetime(runs.release_date) - pd.Timestamp(model.release_date)).abs().dt.days
    apart = days if np.isnan(flop) else np.log(runs.flop / flop).abs()
    return runs.loc[apart.sort_values(kind="stable").index]


def beside_own_accounts(priced: pd.DataFrame, date: str) -> Html:
    """The rent of `at_one_date` beside what the developers say themselves, each with its price
    basis; a sentence where none of them says.
    """
    told = priced.dropna(subset=["usd_disclosed", "usd_common"])
    lines = [
        f"<li>{html.escape(row.model)}: {_two(row.usd_common, row.rent_how, row.id)} at the market "
        f"price of {date_text(date, '%B')} "
        f"({_price(row.price_common, 'comparison.price', row.chip)}), and "
        f"{_two(row.usd_disclosed, 'disclosed', row.id)} by its developer's own account "
        f"({_own_price(row)}).</li>"
        for row in told.itertuples()
    ]
    if not lines:
        return Html("<p>None of their developers says what the run cost.</p>")
    return Html(f"<ul>{''.join(lines)}</ul>")


def _two(usd: float, kind: str, run: str) -> Html:
    return figure(usd_text(significant(usd, 2)), kind, row=Row("training_runs", run))


def _own_price(row: Any) -> str:
    known = row.how == "disclosed"
    return (
        _price(row.usd_disclosed / row.p50, "comparison.own_price", row.model)
        if known
        else "its hours are not disclosed"
    )


def _price(usd: float, place: str, of: str) -> str:
    return counted(quantity_text(usd, "usd_per_gpu_hour"), place, of)


def to_list(compared: pd.DataFrame) -> list[dict[str, Any]]:
    """The comparison as results.json has it."""
    return [
        {
            "id": row["id"],
            "model": row["model"],
            "developer": row["developer"],
            "how": row["how"],
            "flop": row["flop"],
            "gpu_hours": {name: row[name] for name in ("p05", "p50", "p95")},
            "usd_common": _or_none(row["usd_common"]),
            "usd_market": _or_none(row["usd_market"]),
        }
        for row in compared.to_dict("records")
    ]


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value
