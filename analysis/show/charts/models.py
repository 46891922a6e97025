"""Models beside each other: their hours, their cost, and cost over the years."""

from __future__ import annotations

from typing import Protocol

import altair as alt
import pandas as pd

from analysis.show.charts.axes import Measure, from_zero, on_log_scale, room_for
from analysis.show.charts.bars import (
    MOST_ROWS,
    SAYS,
    after,
    heights,
    interval_bars,
    labelled_bars,
    points,
    rows,
)
from analysis.show.charts.drawing import in_expression
from analysis.show.charts.frames import described, figures, share_text, short, texts
from analysis.show.charts.lines import names_below, room_below
from analysis.show.charts.look import (
    ACCENT,
    ASSUMED,
    DISCLOSED,
    OTHERS,
    RECONSTRUCTED,
    color_by,
    finish,
    sentence,
)
from analysis.show.charts.opening import HREF, opens_at
from analysis.show.numbers import hours_text, significant, usd_text

TREND_HEIGHT = 360
USUAL = (0.05, 0.95)  # a percentile between these is inside the scatter


def hours_of_models(frame: pd.DataFrame) -> alt.LayerChart:
    """Disclosed GPU-hours, a bar a model; `label, fact, gpu_hours`, the reference first."""
    frame = figures(frame, "gpu_hours")
    if not (frame.gpu_hours > 0).any():
        return sentence("No model compared here discloses its hours")
    text = texts(frame.gpu_hours, hours_text)
    says = [f"{label}: {words}" for label, words in zip(frame.label, text, strict=True)]
    opens = opens_at("facts", frame, "disclosed", ids="fact")
    frame = frame[["label", "gpu_hours"]].assign(text=text, says=says, opens=opens)
    frame["kind"] = ["subject"] + ["other"] * (len(frame) - 1)
    first = str(frame.label.iloc[0])
    color = color_by("kind", {"subject": ACCENT, "other": DISCLOSED}, legend=None)
    measure = from_zero("counts", frame.gpu_hours, room=(0, room_for(text)))
    return finish(
        *labelled_bars(frame, "label", "gpu_hours", measure, color, subject=first),
        title=_against_the_first(frame),
        subtitle="GPU-hours, as disclosed",
        description=described(frame),
        height=heights(frame.label),
        name="hours-of-models",
        source="the developers' own reports",
    )


def _against_the_first(frame: pd.DataFrame) -> str:
    first, others = frame.iloc[0], frame.iloc[1:][lambda rows: rows.gpu_hours.notna()]
    if not first.gpu_hours > 0:
        return f"{first.label} discloses no hours to compare the others with"
    if others.empty:
        return f"{first.label}: {first.text} GPU-hours, and no other model's to compare"
    more = int((others.gpu_hours > first.gpu_hours).sum())
    return f"{more or 'None'} of {len(others)} others took more hours than {first.label}"


def costs_of_models(compared: pd.DataFrame, developer: str | None = None) -> alt.LayerChart:
    """Rent of final pre-training runs at one price a chip, the dearest first; the developer's
    first stands out.

    `compared`: `id, model, developer, how` (disclosed or estimated)`, usd_common`, and the
    percentiles of the hours `p05, p50, p95`.
    """
    frame = figures(compared, "p05", "p50", "p95", "usd_common")
    frame = frame[frame.usd_common > 0]
    if frame.empty:
        return sentence("Nothing is known of what these models cost")
    own = frame[frame.developer == developer]
    subject = None if own.empty else str(own.model.iloc[0])
    frame = _with_usd_interval(frame).nlargest(MOST_ROWS, "usd_common")
    room = room_for(frame.low_text), room_for([*frame.text, *frame.high_text])
    measure = on_log_scale("dollars", frame.low.min(), frame.high.max(), room=room)
    base = rows(frame, "model", subject)
    known, guessed = (
        base.transform_filter(f"datum.how == '{how}'") for how in ("disclosed", "estimated")
    )
    color = alt.condition(
        f"datum.model == {in_expression(subject)}", alt.value(ACCENT), alt.value(DISCLOSED)
    )
    return finish(
        *interval_bars(guessed, ("low", "usd_common", "high"), measure, RECONSTRUCTED),
        points(known, "usd_common", measure, DISCLOSED).encode(color=color),
        after(known, "usd_common", measure),
        title=_place_of(subject, frame),
        subtitle="Rent of the final run in US$, each chip at one price, log scale. Diamond: hours"
        " disclosed. Bar: estimated, 90 % interval",
        description=described(frame),
        height=heights(frame.model),
        name="models",
        source="the table of training runs, and quotes for the rent of each chip",
    )


def _place_of(subject: str | None, frame: pd.DataFrame) -> str:
    """Where the subject stands among the models, by those alone whose range is not in its own."""
    if subject is None or len(frame) < 2:
        top = frame.iloc[0]
        return f"{top.model} costs {top.text}" + (", the most of all" if len(frame) > 1 else "")
    own = frame[frame.model == subject].iloc[0]
    others = frame[frame.model != subject]
    dearer = int((others.low > own.high).sum())
    alike = len(others) - dearer - int((others.high < own.low).sum())
    (name,) = short([subject])
    among = f"than {dearer or 'none'} of {len(others)} others"
    if alike:
        return f"{name} cost less {among}; {alike} may equal it"
    return f"{name} cost less {among} at one day's rents"


def _with_usd_interval(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with `low` and `high` in dollars, the figure itself where it has no interval."""
    low, high = (frame.usd_common * frame[end] / frame.p50 for end in ("p05", "p95"))
    columns = ["model", "developer", "how", "usd_common"]
    found = frame[columns].assign(
        low=low.fillna(frame.usd_common), high=high.fillna(frame.usd_common)
    )
    words = {
        f"{name}_text": texts(found[end], _about)
        for name, end in (("low", "low"), ("high", "high"), ("middle", "usd_common"))
    }
    says = [
        f"{row.model}, {row.how}: {middle}"
        + (f" ({low} to {high})" if row.how == "estimated" else "")
        for row, middle, low, high in zip(
            found.itertuples(),
            words["middle_text"],
            words["low_text"],
            words["high_text"],
            strict=True,
        )
    ]
    kinds = ["derived" if how == "disclosed" else how for how in frame.how]
    opens = opens_at("training_runs", frame, kinds)
    return found.assign(text=words.pop("middle_text"), **words, says=says, opens=opens)


def _about(usd: float) -> str:
    return usd_text(significant(usd, 3))


class Trend(Protocol):
    """Cost per unit of compute over the years, as it is found.

    `runs` and `own`: `id, model, developer, year, usd_per_zettaflop`; `own` also `expected` [US$]`,
    ratio` and `percentile` [1]; `line`: `year, low, middle, high` [US$].
    """

    @property
    def runs(self) -> pd.DataFrame:
        """The runs of others, and the own ones."""

    @property
    def own(self) -> pd.DataFrame:
        """The own runs, and what the line expects of them."""

    @property
    def line(self) -> pd.DataFrame:
        """The line with its band."""

    @property
    def factor_per_year(self) -> float:
        """What a year multiplies the cost by [1]."""


def cost_trend(found: Trend) -> alt.LayerChart:
    """Cost per unit of compute over the years, with the runs of one developer named."""
    runs, own = _of_known_cost(found.runs), _of_known_cost(found.own)
    if runs.empty:
        return sentence("No run's cost per unit of compute is known")
    own = own.assign(name=short(own.model)).tail(3)
    line = found.line
    costs = [*runs.usd_per_zettaflop, *line.low, *line.high]
    years = [*runs.year, *line.year]
    across = Measure("years", min(years) - 0.1, max(years) + 0.1, room=(2, 14), grid=False)
    up = on_log_scale("dollars", min(costs), max(costs), room=(room_below(len(own)), 6))
    x, y = across.x("year"), up.y("usd_per_zettaflop")
    others = alt.Chart(runs[~runs.model.isin(own.model)]).encode(
        x=x, y=y, description=SAYS, href=HREF
    )
    base = alt.Chart(line).encode(x=x)
    marked = alt.Chart(own).encode(x=x, y=y, description=SAYS, href=HREF)
    return finish(
        base.mark_area(opacity=0.15, color=ASSUMED).encode(y=up.y("low"), y2=alt.Y2("high:Q")),
        base.mark_line(color=ASSUMED).encode(y=up.y("middle")),
        others.mark_circle(size=45, opacity=0.8, color=OTHERS),
        *names_below(own, ("year", "usd_per_zettaflop"), across, up, TREND_HEIGHT, ACCENT),
        marked.mark_point(shape="diamond", filled=True, size=110, color=ACCENT, opacity=1),
        title=_cheaper(found.factor_per_year, own),
        subtitle="US$ of rent for a zettaFLOP (10²¹ operations) at release, log scale. Band: nine"
        " of ten single runs",
        description=described(own) or f"{len(runs)} runs of others",
        height=TREND_HEIGHT,
        name="trend",
        source="disclosed hours in the table of training runs, and quotes near each release",
    )


def _of_known_cost(runs: pd.DataFrame) -> pd.DataFrame:
    known = figures(runs, "usd_per_zettaflop")[lambda rows: rows.usd_per_zettaflop > 0]
    says = [
        f"{row.model}, {row.developer}: {_about(row.usd_per_zettaflop)}"
        for row in known.itertuples()
    ]
    return known[["model", "developer", "year", "usd_per_zettaflop", *_of_the_line(known)]].assign(
        says=says, opens=opens_at("training_runs", known, "derived")
    )


def _of_the_line(runs: pd.DataFrame) -> list[str]:
    return [column for column in ("expected", "ratio", "percentile") if column in runs]


def _cheaper(factor_per_year: float, own: pd.DataFrame) -> str:
    """How much cheaper compute got, and where the own run lies."""
    turn = "cheaper" if factor_per_year <= 1 else "dearer"
    change = f"Compute got {share_text(abs(1 - factor_per_year))} {turn} a year"
    if own.empty:
        return change
    last = own.iloc[-1]
    usual = USUAL[0] < last.percentile < USUAL[1]
    return f"{change}; {last['name']} is {'no' if usual else 'an'} outlier"
