"""How both ways to the hours are pooled: hours by each, the weight, hours at other weights."""

from __future__ import annotations

import pandas as pd

from analysis.data.protocol import protocol
from analysis.data.uncertainty import PERCENTILES
from analysis.reconstruction import measured
from analysis.reconstruction.account import Account
from analysis.reconstruction.reconstruction import PhaseResult
from analysis.reconstruction.views import Views
from analysis.runs.views import VIEW_WORDS, pool_over_weight, stacking_weight
from analysis.show.links import Html, counted
from analysis.show.tables import ROUGH, table

PAGE = "others_measured"
ENDS = {"p05": "5 %", "p50": "middle", "p95": "95 %"}


def views(account: Account) -> Html:
    """The hours by each view, the weight of the pool, and the hours at other weights."""
    found = measured.laid_out(account)
    if found is None:
        return Html("<p>No layout is published, so what such runs reach leads alone.</p>")
    result, both = found
    weight = stacking_weight(account.evidence, both.run.developers)
    return Html(f"{formula(weight)}{_by_each(result)}{_by_weight(result, both)}")


def formula(weight: dict[str, float]) -> Html:
    """The weight of step time as :func:`analysis.runs.views.stacking_weight` found it, with the
    formula of the protocol.
    """
    rules = protocol().combined
    shown = {
        "D": _counted(f"{weight['developers']:.0f}", "stacking_developers"),
        "s": _counted(f"{weight['stacking']:.2f}", "stacking"),
        "K": _counted(f"{rules.prior_developers}", "prior_developers"),
        "p": _counted(f"{rules.prior_weight:g}", "prior_weight"),
        "w": _counted(f"{weight['weight']:.2f}", "weight"),
    }
    filled = "({D} × {s} + {K} × {p}) / ({D} + {K}) = {w}".format(**shown)
    return Html(
        "<p>Of many draws, a share <em>w</em> is made by the time of a step, and the rest by what "
        "such runs reach.</p>"
        f"<p><em>w</em> = (<em>D</em> × <em>s</em> + <em>K</em> × <em>p</em>) / (<em>D</em> + "
        f"<em>K</em>) = {filled}</p>"
        "<p>Runs of <em>D</em> developers publish hours, and a layout with a measured rate; on "
        "them a weight of <em>s</em> would have been best. Few runs say little, so the weight is "
        "drawn towards <em>p</em>, as if <em>K</em> further developers had said so.</p>"
    )


def _by_each(result: PhaseResult) -> Html:
    rows = [{"way": VIEW_WORDS[name], **hours} for name, hours in result.hours_by_view.items()]
    return _hours(pd.DataFrame(rows), f"{result.phase.label}: hours by each way", "views")


def _by_weight(result: PhaseResult, both: Views) -> Html:
    flop, peak = measured.flop_of(result), result.chip.peak_flop_s
    over = pool_over_weight(both.step_time, both.by_kind, flop, peak).iloc[::2]
    return _hours(over, f"{result.phase.label}: hours at other weights", "weights")


def _hours(frame: pd.DataFrame, caption: str, name: str) -> Html:
    return table(
        frame,
        units=dict.fromkeys(PERCENTILES, "gpu_hours"),
        head={"weight": "weight of step time", **ENDS},
        figures=dict.fromkeys(PERCENTILES, ROUGH),
        caption=caption,
        name=name,
        kind="reconstructed",
    )


def _counted(shown: str, name: str) -> Html:
    return counted(shown, f"{PAGE}.{name}")
