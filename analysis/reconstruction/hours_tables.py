"""What a page shows of how uncertain all hours are, and which input would narrow them."""

from __future__ import annotations

from analysis.reconstruction.account import Account
from analysis.reconstruction.sensitivity import leading_inputs
from analysis.show.links import Html
from analysis.show.tables import ROUGH, table

FIRST = 5


def indices(account: Account) -> Html:
    """The inputs that the uncertainty of all hours goes with most."""
    shares = ("first_order", "total")
    return table(
        account.indices[["input", *shares, "assumed"]].head(FIRST),
        units=dict.fromkeys(shares, "ratio"),
        head={"first_order": "alone", "total": "alone and with others", "assumed": "is assumed"},
        figures=dict.fromkeys(shares, ROUGH),
        caption="What makes the hours of all phases uncertain: share of the variance",
        name="indices",
        kind="reconstructed",
    )


def narrowing(account: Account) -> Html:
    """For each phase, its interval and the two inputs that would narrow it most."""
    ends = {"p05": "5 %", "p50": "middle", "p95": "95 %"}
    return table(
        leading_inputs(account.reconstruction),
        units=dict.fromkeys(ends, "gpu_hours"),
        head=ends,
        figures=dict.fromkeys(ends, ROUGH),
        caption="Phase by phase: the hours, and the inputs that would narrow them most",
        name="narrowing",
        kind="reconstructed",
    )
