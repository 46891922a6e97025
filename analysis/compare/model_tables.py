"""What a page shows of models counted alike: what they cost first, then on which hours."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.compare.trend import Trend
from analysis.show.links import Html
from analysis.show.numbers import date_text, ratio_text
from analysis.show.tables import ALL, COMPUTED, ROUGH, Cell, day, table

PER_UNIT = {
    "usd_per_trillion_tokens": "of a trillion tokens",
    "usd_per_billion_active": "of a billion active parameters",
    "usd_per_zettaflop": "of a zettaFLOP",
}
PERCENTILES = {"p05": "5 %", "p95": "95 %"}
OF_RUN = ":row"  # what the numbers of a line rest on


def side_by_side(chosen: pd.DataFrame, date: str) -> Html:
    """Some models, the dearest first: rent on two price bases, and the work it paid for."""
    return _models(
        chosen,
        ["usd_common", "usd_market", "p50", "tokens", "flop", "how"],
        date,
        caption="The models that were chosen, the dearest first",
        name="side-by-side",
    )


def per_unit(chosen: pd.DataFrame) -> Html:
    """The same models' rent near their release over the work of the run."""
    return table(
        chosen[["row", "rent_how", "model", *PER_UNIT]],
        rests={ALL: ("rent_how", OF_RUN)},
        units=dict.fromkeys(PER_UNIT, "usd"),
        head=PER_UNIT,
        figures=dict.fromkeys(PER_UNIT, ROUGH),
        caption="Rent at quotes near each release, for each unit of work",
        name="per-unit",
    )


def all_models(compared: pd.DataFrame, date: str) -> Html:
    """Every model, the dearest first: rent on two price bases, and hours with their interval."""
    return _models(
        compared,
        ["usd_common", "usd_market", "p50", *PERCENTILES, "how", "release_date"],
        date,
        caption=f"All {len(compared)} models, the dearest first",
        name="all-models",
        choices=("how",),
    )


def own_runs(found: Trend, developer: str) -> Html:
    """A developer's runs against the line of the others."""
    own = found.own.sort_values("release_date")
    shown = own[["model", "usd_per_zettaflop", "expected", "ratio", "percentile", "release_date"]]
    return table(
        shown.assign(release_date=own.release_date.map(day), ratio=own.ratio.map(_from_line)),
        units={"usd_per_zettaflop": "usd", "expected": "usd", "percentile": "ratio"},
        head={
            "usd_per_zettaflop": "rent of a zettaFLOP",
            "expected": "on the line",
            "ratio": "against the line",
            "percentile": "of the others are cheaper",
            "release_date": "released",
        },
        figures=dict.fromkeys(("usd_per_zettaflop", "expected", "percentile"), ROUGH),
        caption=f"Runs of {developer} against the line of the others"
        if len(own)
        else "Nobody's runs are held against the line",
        name="own-runs",
    )


def _models(frame: pd.DataFrame, columns: list[str], date: str, **look: Any) -> Html:
    """Models by their rent at one date; estimated hours are rough, and have an interval."""
    dearest = frame.sort_values("usd_common", ascending=False, na_position="last", kind="stable")
    estimated = dearest.how == "estimated"
    figures = estimated.map({True: ROUGH, False: COMPUTED})
    shown = dearest.assign(
        p50=[
            Cell(str, hours, figures=few) for hours, few in zip(dearest.p50, figures, strict=True)
        ],
        **{end: dearest[end].where(estimated) for end in PERCENTILES},
        release_date=dearest.release_date.map(day),
    )
    return table(
        shown[["row", "rent_how", "model", *columns]],
        rests={
            ALL: ("derived", OF_RUN),
            "tokens": ("disclosed", OF_RUN),
            **dict.fromkeys(("p50", *PERCENTILES), ("how", OF_RUN)),
            **dict.fromkeys(("usd_common", "usd_market"), ("rent_how", OF_RUN)),
        },
        units={
            **dict.fromkeys(("p50", *PERCENTILES), "gpu_hours"),
            **dict.fromkeys(("usd_common", "usd_market"), "usd"),
            "tokens": "tokens",
            "flop": "flop",
        },
        head={
            "usd_common": f"rent at prices of {date_text(date)}",
            "usd_market": "rent at prices near its release",
            "p50": "hours",
            "flop": "work",
            "how": "hours known how",
            "release_date": "released",
            **PERCENTILES,
        },
        figures=dict.fromkeys(("usd_common", "usd_market", *PERCENTILES), ROUGH),
        bases={
            "usd_common": f"of {date_text(date)}, for all",
            "usd_market": "near each release",
        },
        **look,
    )


def _from_line(ratio: float) -> Cell:
    return Cell(ratio_text(ratio), ratio)
