"""Charts of the bill and of its phases."""

from __future__ import annotations

import altair as alt
import pandas as pd

from analysis.show.charts.look import ASSUMED, CHECK, DISCLOSED, PARTS, RECONSTRUCTED, TEXT, finish
from analysis.show.numbers import hours_text, usd_text


def bill_ladder(rungs: pd.DataFrame) -> alt.LayerChart:
    """The bill as a ladder: a bar a rung; `rungs` as `boundaries.ladder` returns them."""
    frame = rungs[["label", "usd", "gpu_hours"]].assign(
        figure=[usd_text(usd, 3) for usd in rungs.usd], headline=rungs.headline
    )
    headline = frame.usd[frame.headline].sum()
    top = frame.iloc[-1]
    base = alt.Chart(frame).encode(
        y=alt.Y(
            "label:N", sort=None, axis=None, scale=alt.Scale(paddingInner=0.62, paddingOuter=0.5)
        )
    )
    bars = base.mark_bar(cornerRadiusEnd=2).encode(
        x=alt.X(
            "usd:Q",
            title="US$, rent of the disclosed hours",
            axis=alt.Axis(format="$~s", tickCount=4),
            scale=alt.Scale(domainMax=top.usd * 1.16),
        ),
        color=alt.Color(
            "headline:N",
            scale=alt.Scale(domain=[True, False], range=["#b3365a", DISCLOSED]),
            legend=None,
        ),
        tooltip=[
            alt.Tooltip("label:N", title="boundary"),
            alt.Tooltip("usd:Q", format="$,.0f"),
            alt.Tooltip("gpu_hours:Q", format=",.0f", title="GPU-hours"),
        ],
    )
    names = base.mark_text(align="left", baseline="bottom", dy=-9, color=TEXT).encode(
        x=alt.datum(0), text="label:N"
    )
    figures = base.mark_text(align="left", dx=5, color=TEXT, fontWeight="bold").encode(
        x="usd:Q", text="figure:N"
    )
    description = "; ".join(f"{row.label}: {row.figure}" for row in frame.itertuples())
    return finish(
        bars + names + figures,
        f"The headline is {headline / top.usd:.0%} of the bill",
        description,
        height=215,
    )


def disclosed_and_reconstructed(frame: pd.DataFrame) -> alt.LayerChart:
    """Disclosed hours beside the reconstructed interval; a row a phase: `label, disclosed, p05,
    p50, p95`.
    """
    worst = frame.assign(
        error=(frame.p50 / frame.disclosed).where(
            frame.p50 > frame.disclosed, frame.disclosed / frame.p50
        )
    )
    lead = worst.loc[worst.error.idxmax()]
    inside = int(((frame.disclosed >= frame.p05) & (frame.disclosed <= frame.p95)).sum())
    title = (
        f"{lead.label}: reconstructed {lead.p50 / lead.disclosed:.2f} times the disclosed hours"
        if len(frame) == 1
        else f"{inside} of {len(frame)} disclosed figures lie inside their 90 % interval; {lead.label} is furthest from its middle"
    )
    base = alt.Chart(frame).encode(
        y=alt.Y(
            "label:N", sort=None, axis=None, scale=alt.Scale(paddingInner=0.5, paddingOuter=0.5)
        )
    )
    axis = alt.Axis(format="~s", tickCount=5)
    domain = [
        float(min(frame.p05.min(), frame.disclosed.min())) * 0.7,
        float(max(frame.p95.max(), frame.disclosed.max())) * 1.4,
    ]
    scale = alt.Scale(type="log", domain=domain, nice=False)
    tips = [
        alt.Tooltip("label:N", title="phase"),
        *(alt.Tooltip(f"{field}:Q", format=",.0f") for field in ("disclosed", "p05", "p50", "p95")),
    ]
    rule = base.mark_rule(strokeWidth=6, opacity=0.55, color=RECONSTRUCTED).encode(
        x=alt.X("p05:Q", title="GPU-hours (log scale)", scale=scale, axis=axis),
        x2="p95:Q",
        tooltip=tips,
    )
    middle = base.mark_tick(thickness=3, size=18, color=RECONSTRUCTED).encode(
        x=alt.X("p50:Q", scale=scale), tooltip=tips
    )
    point = base.mark_point(
        shape="diamond", filled=True, size=110, opacity=1, color=DISCLOSED
    ).encode(x=alt.X("disclosed:Q", scale=scale), tooltip=tips)
    names = base.mark_text(align="left", baseline="bottom", dy=-9, color=TEXT).encode(
        x=alt.datum(domain[0]), text="label:N"
    )
    description = (
        "Disclosed (diamond) against reconstructed (bar from 5th to 95th percentile, tick at the median), in GPU-hours. "
        + "; ".join(
            f"{row.label}: disclosed {row.disclosed:,.0f}, reconstructed {row.p05:,.0f} to {row.p95:,.0f}, middle {row.p50:,.0f}"
            for row in frame.itertuples()
        )
    )
    return finish(rule + middle + point + names, title, description, height=12 + 48 * len(frame))


def where_the_time_goes(parts: pd.DataFrame) -> alt.LayerChart:
    """Median GPU-hours by part, and by stage if there are several; `parts` as
    `reconstruction.parts_of` returns them.
    """
    by_part = parts.groupby("part", sort=False, as_index=False)[["gpu_hours", "share"]].sum()
    lead = by_part.loc[by_part.share.idxmax()]
    title = (
        f"{lead.part[0].upper()}{lead.part[1:]} takes {lead.share:.0%} of the reconstructed hours"
    )
    if parts.stage.nunique() == 1:
        return _share_bars(by_part, "part", title, RECONSTRUCTED)
    return _stacked_by_stage(parts, list(by_part.part), title)


def _stacked_by_stage(parts: pd.DataFrame, order: list[str], title: str) -> alt.LayerChart:
    y = alt.Y("stage:N", sort=None, axis=None, scale=alt.Scale(paddingInner=0.6, paddingOuter=0.5))
    x = alt.X("sum(share):Q", title="share of the hours", axis=alt.Axis(format="%", tickCount=5))
    scale, legend = (
        alt.Scale(domain=order, range=PARTS[: len(order)]),
        alt.Legend(columns=1, labelLimit=320),
    )
    color = alt.Color("part:N", title=None, sort=order, scale=scale, legend=legend)
    tips = [
        "stage:N",
        "part:N",
        alt.Tooltip("gpu_hours:Q", format=",.0f"),
        alt.Tooltip("share:Q", format=".1%"),
    ]
    ranked = parts.assign(position=[order.index(part) for part in parts.part])
    bars = (
        alt.Chart(ranked)
        .mark_bar()
        .encode(x=x, y=y, color=color, order=alt.Order("position:Q"), tooltip=tips)
    )
    stages = alt.Chart(parts[["stage"]].drop_duplicates())
    names = stages.mark_text(align="left", baseline="bottom", dy=-8, color=TEXT).encode(
        x=alt.datum(0), y=y, text="stage:N"
    )
    description = "; ".join(
        f"{row.stage}, {row.part}: {row.share:.1%}" for row in parts.itertuples()
    )
    return finish(bars + names, title, description, height=10 + 46 * parts.stage.nunique())


def where_the_bill_goes(phases: pd.DataFrame) -> alt.LayerChart:
    """Disclosed GPU-hours by phase; a row a phase: `label, gpu_hours, share`."""
    lead = phases.loc[phases.share.idxmax()]
    return _share_bars(
        phases, "label", f"{lead.label} is {lead.share:.0%} of the disclosed hours", DISCLOSED
    )


def _share_bars(frame: pd.DataFrame, field: str, title: str, color: str) -> alt.LayerChart:
    frame = frame[[field, "gpu_hours", "share"]].assign(
        text=[f"{row.share:.1%}  ({hours_text(row.gpu_hours)} h)" for row in frame.itertuples()]
    )
    base = alt.Chart(frame).encode(
        y=alt.Y(
            f"{field}:N", sort=None, axis=None, scale=alt.Scale(paddingInner=0.62, paddingOuter=0.5)
        )
    )
    x = alt.X(
        "share:Q",
        title="share of the hours",
        axis=alt.Axis(format="%", values=[0, 0.2, 0.4, 0.6, 0.8, 1]),
        scale=alt.Scale(domain=[0, float(frame.share.max()) * 1.35]),
    )
    tips = [
        alt.Tooltip(f"{field}:N"),
        alt.Tooltip("gpu_hours:Q", format=",.0f"),
        alt.Tooltip("share:Q", format=".1%"),
    ]
    bars = base.mark_bar(cornerRadiusEnd=2, color=color).encode(x=x, tooltip=tips)
    names = base.mark_text(align="left", baseline="bottom", dy=-8, color=TEXT).encode(
        x=alt.datum(0), text=f"{field}:N"
    )
    values = base.mark_text(align="left", dx=5, color=TEXT).encode(x="share:Q", text="text:N")
    description = "; ".join(f"{getattr(row, field)}: {row.share:.1%}" for row in frame.itertuples())
    return finish(bars + names + values, title, description, height=8 + 40 * len(frame))


def efficiency_of_runs(runs: pd.DataFrame, own_mfu: float, own_label: str) -> alt.LayerChart:
    """MFU of reference runs by kind, and the MFU that one run's disclosed hours need.

    `runs`: `model, developer, kind, mfu`, a row a run of another developer.
    """
    moe = runs[runs.kind == "mixture of experts"]
    above = int((moe.mfu >= own_mfu).sum())
    reach = f"{above or 'none'} of {len(moe)} mixture-of-experts runs of others reach that"
    title = f"{own_label} needs {own_mfu:.0%} of the peak, all its work counted; {reach}"
    x = alt.X(
        "mfu:Q",
        title="MFU: share of the dense BF16 peak, causal attention",
        axis=alt.Axis(format="%"),
        scale=alt.Scale(zero=True),
    )
    dots = (
        alt.Chart(runs[["model", "developer", "kind", "mfu"]])
        .mark_circle(size=60, opacity=0.6, color=ASSUMED)
        .encode(
            x=x,
            y=alt.Y(
                "kind:N",
                title=None,
                axis=alt.Axis(labelLimit=90, labelExpr="split(datum.label, ' ')"),
            ),
            tooltip=["model:N", "developer:N", alt.Tooltip("mfu:Q", format=".1%")],
        )
    )
    own = alt.Chart(pd.DataFrame({"mfu": [own_mfu], "label": [own_label]}))
    line = own.mark_rule(color=DISCLOSED, strokeWidth=2).encode(
        x="mfu:Q", tooltip=["label:N", alt.Tooltip("mfu:Q", format=".1%")]
    )
    name = own.mark_text(align="left", dx=4, y=6, color=TEXT).encode(x="mfu:Q", text="label:N")
    description = f"{own_label}: {own_mfu:.1%}. " + "; ".join(
        f"{kind}: {len(group)} runs, {group.mfu.min():.1%} to {group.mfu.max():.1%}, median {group.mfu.median():.1%}"
        for kind, group in runs.groupby("kind")
    )
    return finish(dots + line + name, title, description, height=100)


def input_widths(widths: pd.DataFrame, label: str) -> alt.LayerChart:
    """How far each input alone moves a phase; `widths` as `reconstruction.widths_of` returns them."""
    if widths.empty:  # the parameters of the edition leave nothing open
        widths = pd.DataFrame([{"input": "none", "factor": 1.0, "assumed": False}])
    frame = widths[["input", "factor", "assumed"]].assign(
        text=[f"× {factor:.2f}" for factor in widths.factor],
        known=["assumed" if assumed else "from data" for assumed in widths.assumed],
    )
    lead = frame.iloc[0]
    base = alt.Chart(frame).encode(
        y=alt.Y(
            "input:N", sort=None, axis=None, scale=alt.Scale(paddingInner=0.62, paddingOuter=0.5)
        )
    )
    scale = alt.Scale(type="log", domain=[1, float(frame.factor.max()) * 1.5], nice=False)
    axis = alt.Axis(values=[1, 1.5, 2, 3, 5, 10, 20, 50], format="~g")
    x = alt.X(
        "factor:Q",
        title="hours at the input's 95th percentile over those at its 5th (log scale)",
        scale=scale,
        axis=axis,
    )
    bars = base.mark_bar(cornerRadiusEnd=2).encode(
        x=x,
        x2=alt.datum(1),
        color=alt.Color(
            "known:N",
            title=None,
            scale=alt.Scale(domain=["from data", "assumed"], range=[RECONSTRUCTED, ASSUMED]),
        ),
        tooltip=["input:N", alt.Tooltip("factor:Q", format=".2f"), "known:N"],
    )
    names = base.mark_text(align="left", baseline="bottom", dy=-8, color=TEXT).encode(
        x=alt.datum(1), text="input:N"
    )
    values = base.mark_text(align="left", dx=5, color=TEXT).encode(x="factor:Q", text="text:N")
    title = (
        f"{label}: the width comes from the {lead.input}"
        if lead.factor > 1
        else f"{label}: no input is uncertain"
    )
    description = "; ".join(
        f"{row.input} ({row.known}): factor {row.factor:.2f}" for row in frame.itertuples()
    )
    return finish(bars + names + values, title, description, height=10 + 40 * len(frame))


def answer_lengths(lengths: pd.DataFrame) -> alt.LayerChart:
    """Mean answer length; `lengths` as `reconstruction.answer_lengths` returns them: a curve, or a
    range a stage.
    """
    if lengths.step.nunique() == 1:
        return _length_ranges(lengths)
    drawn = lengths[lengths.kind == "digitised"]
    first, last = drawn.iloc[0], drawn.iloc[-1]
    base = alt.Chart(lengths).encode(
        x=alt.X("step:Q", title="training step", axis=alt.Axis(format="~s"))
    )
    y = alt.Y("mean_answer_tokens:Q", title="tokens an answer", axis=alt.Axis(format="~s"))
    band = base.mark_area(opacity=0.18, color=DISCLOSED).encode(
        y="low_answer_tokens:Q", y2="high_answer_tokens:Q"
    )
    line = base.mark_line(color=DISCLOSED, strokeWidth=2).encode(
        y=y,
        strokeDash=alt.StrokeDash("kind:N", title=None, legend=None),
        tooltip=["step:Q", alt.Tooltip("mean_answer_tokens:Q", format=",.0f"), "kind:N"],
    )
    title = f"Answers grow from {first.mean_answer_tokens:,.0f} to {last.mean_answer_tokens:,.0f} tokens in the mean"
    description = "; ".join(
        f"step {row.step:,}: {row.mean_answer_tokens:,.0f} tokens"
        for row in lengths.iloc[::20].itertuples()
    )
    return finish(band + line, title, description, height=200)


def _length_ranges(lengths: pd.DataFrame) -> alt.LayerChart:
    base = alt.Chart(lengths).encode(
        y=alt.Y(
            "stage:N", sort=None, axis=None, scale=alt.Scale(paddingInner=0.5, paddingOuter=0.5)
        )
    )
    x = alt.X(
        "low_answer_tokens:Q",
        title="tokens an answer, mean",
        axis=alt.Axis(format="~s", tickCount=5),
        scale=alt.Scale(zero=True),
    )
    tips = [
        alt.Tooltip(f"{field}_answer_tokens:Q", format=",.0f") for field in ("low", "mean", "high")
    ]
    rule = base.mark_rule(strokeWidth=6, opacity=0.6, color=ASSUMED).encode(
        x=x, x2="high_answer_tokens:Q", tooltip=tips
    )
    tick = base.mark_tick(thickness=3, size=18, color=ASSUMED).encode(
        x="mean_answer_tokens:Q", tooltip=tips
    )
    names = base.mark_text(align="left", baseline="bottom", dy=-9, color=TEXT).encode(
        x=alt.datum(0), text="stage:N"
    )
    description = "; ".join(
        f"{row.stage}: {row.low_answer_tokens:,.0f} to {row.high_answer_tokens:,.0f} tokens"
        for row in lengths.itertuples()
    )
    title = "No length curve is published for this phase: the lengths are assumed ranges"
    return finish(rule + tick + names, title, description, height=12 + 46 * len(lengths))


def rollout_bounds(frame: pd.DataFrame) -> alt.Chart:
    """Median seconds of a rollout by bound; `frame` as `reconstruction.rollout_seconds` returns it."""
    by_bound = frame.groupby("bound").seconds
    latency, throughput = (
        by_bound.get_group("longest answer"),
        by_bound.get_group("full throughput"),
    )
    title = f"Latency holds the GPUs {(latency.to_numpy() / throughput.to_numpy()).mean():.0f} times as long as throughput would"
    order = ["full throughput", "longest answer", "whole rollout"]
    color = alt.Color(
        "bound:N",
        title=None,
        sort=order,
        scale=alt.Scale(domain=order, range=[ASSUMED, RECONSTRUCTED, CHECK]),
    )
    tips = ["stage:N", "step:Q", "bound:N", alt.Tooltip("seconds:Q", format=",.0f")]
    base = alt.Chart(frame)
    if frame.groupby("stage").step.nunique().max() > 1:
        x = alt.X("step:Q", title="training step", axis=alt.Axis(format="~s"))
        y = alt.Y(
            "seconds:Q",
            title="seconds a rollout (log scale)",
            scale=alt.Scale(type="log"),
            axis=alt.Axis(format="~s", tickCount=5),
        )
        chart, height = (
            base.mark_line(strokeWidth=2).encode(x=x, y=y, color=color, tooltip=tips),
            220,
        )
    else:
        x = alt.X("seconds:Q", title="seconds a rollout", axis=alt.Axis(tickCount=5))
        y = alt.Y(
            "stage:N",
            sort=None,
            title=None,
            axis=alt.Axis(labelLimit=110, labelExpr="split(datum.label, ' ')"),
        )
        chart = base.mark_bar().encode(
            x=x, y=y, yOffset=alt.YOffset("bound:N", sort=order), color=color, tooltip=tips
        )
        height = 20 + 62 * frame.stage.nunique()
    description = "Median seconds of a rollout. " + "; ".join(
        f"{bound}: {group.iloc[0]:,.0f} s at first, {group.iloc[-1]:,.0f} s at last"
        for bound, group in by_bound
    )
    return finish(chart, title, description, height=height)


def hours_of_models(frame: pd.DataFrame) -> alt.LayerChart:
    """Disclosed GPU-hours of models side by side; `label, gpu_hours`, the reference first."""
    reference = frame.iloc[0]
    frame = frame[["label", "gpu_hours"]].assign(
        text=[f"{hours_text(hours)} h" for hours in frame.gpu_hours]
    )
    base = alt.Chart(frame).encode(
        y=alt.Y(
            "label:N", sort=None, axis=None, scale=alt.Scale(paddingInner=0.62, paddingOuter=0.5)
        )
    )
    x = alt.X(
        "gpu_hours:Q",
        title="GPU-hours",
        axis=alt.Axis(format="~s", tickCount=5),
        scale=alt.Scale(domainMax=float(frame.gpu_hours.max()) * 1.2),
    )
    bars = base.mark_bar(cornerRadiusEnd=2, color=DISCLOSED).encode(
        x=x, tooltip=["label:N", alt.Tooltip("gpu_hours:Q", format=",.0f")]
    )
    names = base.mark_text(align="left", baseline="bottom", dy=-8, color=TEXT).encode(
        x=alt.datum(0), text="label:N"
    )
    values = base.mark_text(align="left", dx=5, color=TEXT).encode(x="gpu_hours:Q", text="text:N")
    others = " and ".join(
        f"{row.gpu_hours / reference.gpu_hours:.2f} times ({row.label})"
        for row in frame.iloc[1:].itertuples()
    )
    description = "; ".join(
        f"{row.label}: {row.gpu_hours:,.0f} GPU-hours" for row in frame.itertuples()
    )
    return finish(
        bars + names + values,
        f"Against {reference.label}: {others}",
        description,
        height=8 + 40 * len(frame),
    )
