"""What the pages of comparisons find, in plain sentences with figures that open."""

from __future__ import annotations

import pandas as pd

from analysis.compare.trend import Trend
from analysis.data.prices import market_quotes, newest_quote
from analysis.data.tables import Evidence
from analysis.reconstruction.model import Model
from analysis.show import links
from analysis.show.links import Html
from analysis.show.numbers import date_text, quantity_text, ratio_text, significant, usd_text

SILENT = "disclosure.silent"
USUAL = (0.05, 0.95)  # between these shares of the others a run is no outlier


def models(
    compared: pd.DataFrame,
    chosen: pd.DataFrame,
    found: Trend,
    date: str,
    beside: Model | None = None,
) -> Html:
    """Where one developer's newest run lies on the trend, and what the chosen models would cost;
    they were chosen to stand `beside` one.
    """
    every = _count(len(compared), "comparison.models")
    known = compared[compared.how == "disclosed"]
    printed = (known.gpu_hours_kind == "disclosed").sum()
    hours = {"disclosed": len(known), "printed": printed, "derived": len(known) - printed}
    all_known, as_such, derived = (
        _count(many, f"comparison.{name}") for name, many in hours.items()
    )
    return Html(
        f"<p>{_on_the_trend(found)}{_ends(chosen, date)}"
        f"{every} models are compared by their final pre-training run "
        f"alone. The hours of {all_known} are disclosed: {as_such} as such, {derived} by what they "
        "follow from, such as chips and days. We estimate the rest. "
        "Equal hours are not equal cost: chips, prices and what a run includes differ."
        f"{_chosen_beside(beside)}</p>"
    )


def _chosen_beside(model: Model | None) -> str:
    """How the models were chosen that stand beside one, and that its chip is assumed if it is."""
    if model is None:
        return ""
    chip = f" Its chip, {links.text(model.chip)}, is {links.known('assumption')}."
    return (
        f" Beside {links.text(model.title)} stand the runs whose work is nearest to its own. "
        "A few of its developer's are among them, where there are such."
        f"{chip if model.chip_assumed else ''}"
    )


def trend(found: Trend) -> Html:
    """How fast training compute gets cheaper."""
    less, low, high = (
        _share(1.0 - factor, f"comparison.cheaper{end}")
        for factor, end in ((found.factor_per_year, ""), (found.high, "_end"), (found.low, "_end"))
    )
    return Html(
        f"<p><strong>At market rents, training compute gets about {less} cheaper each year."
        f"</strong> The 90&nbsp;% interval is {low} to {high} a year.</p>"
    )


def prices(chosen: pd.DataFrame, date: str, evidence: Evidence) -> Html:
    """Why one chip has two prices in this book: the day of the quotes."""
    quoted = chosen.dropna(subset="price_common")
    if quoted.empty:
        return Html("<p>Nobody quotes a price of these chips.</p>")
    chip = quoted.chip.mode().iloc[0]
    newest = newest_quote(chip, evidence)
    then, now = (_quoted(chip, day, evidence) for day in (date, newest))
    return Html(
        f"<p>Prices move. An hour of {links.text(chip)} cost {then}, by the quotes nearest to "
        f"{date_text(date, '%B')}. By those nearest to {date_text(newest, '%B')}, the day of the "
        f"newest, it cost {now}. Where quotes are few, their middle jumps.</p>"
    )


def _quoted(chip: str, date: str, evidence: Evidence) -> str:
    """The middle of the quotes of a chip near a date, and how many they are."""
    quotes = market_quotes(chip, date, evidence)
    middle = quantity_text(float(quotes.usd_per_gpu_hour.median()), "usd_per_gpu_hour")
    price = links.counted(middle, "comparison.price", chip)
    return f"{price}, the middle of {_count(len(quotes), 'comparison.quotes')}"


def disclosure(scored: pd.DataFrame) -> Html:
    """How many models disclose all hours, who discloses most, and who nothing."""
    whole = (scored.hours_known == scored.phases).sum()
    silent, first = scored.model[scored.disclosed == 0], scored.iloc[0]
    names = f": {links.text(', '.join(silent))}" if len(silent) else ""
    all_hours = _count(whole, "disclosure.whole")
    models, nothing = _count(len(scored), "disclosure.models"), _count(len(silent), SILENT)
    half = _share(scored.score.median(), "disclosure.median")
    most = _share(first.score, "disclosure.score", first.model)
    return Html(
        f"<p><strong>{all_hours} of {models} models disclose the hours of every phase of their "
        f"training.</strong> Half of the disclosure sheets are filled to {half} or less. "
        f"{links.text(first.model)} has the fullest, {most}. {nothing} disclose nothing{names}. "
        "A base model has fewer phases to disclose than one that was also tuned. Compare the "
        "fields, not only the share.</p>"
    )


def _on_the_trend(found: Trend) -> str:
    """The newest run of the developer that is held against the others."""
    if found.own.empty:
        return ""
    own = found.own.sort_values("release_date").iloc[-1]
    by = links.counted(ratio_text(own.ratio), "comparison.trend", own.model)
    dearer = _share(1.0 - own.percentile, "comparison.dearer", own.model)
    low, high = USUAL
    outlier = ", which is no outlier" if low < own.percentile < high else ", which is an outlier"
    return (
        f"<strong>A unit of compute for {links.text(own.model)} cost {by} the trend for its date"
        f"{outlier}.</strong> Each against the trend, {dearer} of the other runs were dearer. "
    )


def _ends(chosen: pd.DataFrame, date: str) -> str:
    """The cheapest and the dearest of the chosen models at one day's market prices."""
    priced = chosen.dropna(subset="usd_common").sort_values("usd_common")
    if priced.empty:
        return ""
    least, most = (
        links.counted(usd_text(significant(row.usd_common, 2)), "comparison.rent", row.model)
        for row in (priced.iloc[0], priced.iloc[-1])
    )
    return (
        f"At the market prices of {date_text(date, '%B')} the models chosen here cost from {least} "
        f"({links.text(priced.model.iloc[0])}) to {most} ({links.text(priced.model.iloc[-1])}). "
    )


def _share(value: float, place: str, of: str = "") -> Html:
    return links.counted(quantity_text(significant(value, 2), "ratio"), place, of)


def _count(number: float, place: str) -> Html:
    return links.counted(f"{int(number)}", place)
