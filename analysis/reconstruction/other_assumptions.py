"""What the time of a step rests on: the hours with other assumptions, what their interval goes
with, hours billed for each hour running, and how many makers its record on mixtures has.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.data.protocol import protocol
from analysis.data.uncertainty import PERCENTILES
from analysis.reconstruction import measured
from analysis.reconstruction.account import Account
from analysis.runs.basis import basis
from analysis.runs.interval_shares import shares_of_constants, shares_of_parts
from analysis.runs.planned import by_step_time, log_rate_by_part, ratios_of_runs
from analysis.runs.rate_record import mixture_record
from analysis.runs.views import hours_by
from analysis.show.links import Html, counted
from analysis.show.numbers import alike, exact_text, significant
from analysis.show.tables import ROUGH, Cell, table

RANKED = 10  # constants that the table shows


def hours_otherwise(account: Account) -> pd.DataFrame:
    """GPU-hours by the time of a step as in the answer, with each spread between developers that
    the protocol names, and without the developer's own figures: `assumption, p05, p50, p95`; empty
    without a layout.
    """
    found = measured.laid_out(account)
    if found is None:
        return pd.DataFrame(columns=["assumption", *PERCENTILES])
    result, views = found
    run, evidence = views.run, account.evidence
    efficiencies = {
        "as in the answer": by_step_time(run, evidence),
        **{
            _spread_words(spread): by_step_time(run, evidence, between_developers=spread)
            for spread in protocol().shift.shown_with
        },
        "without the maker's own kernel figures": by_step_time(run, evidence, False),
    }
    tokens, peak = measured.tokens_of(result), result.chip.peak_flop_s
    rows = [
        {"assumption": words, **hours_by(mfu, tokens, run.flop_per_token, peak)}
        for words, mfu in efficiencies.items()
    ]
    return pd.DataFrame(rows)


def _spread_words(spread: float | str) -> str:
    if spread == "bound":
        return "makers apart by the most that is not refuted"
    if not spread:
        return "all makers alike"
    return f"makers a factor of {np.exp(float(spread)):.2g} apart"


def otherwise(account: Account) -> Html:
    """The hours by the time of a step under other assumptions."""
    rows = hours_otherwise(account)
    if rows.empty:
        return Html("")
    return table(
        rows,
        units=dict.fromkeys(PERCENTILES, "gpu_hours"),
        head={"p05": "5 %", "p50": "middle", "p95": "95 %"},
        figures=dict.fromkeys(PERCENTILES, ROUGH),
        kind="reconstructed",
        caption="Hours by the time of a step, with other assumptions on what makers share",
        name="step-otherwise",
    )


def interval(account: Account) -> Html:
    """What the spread of the hours by the time of a step goes with: its parts, and the constants
    that matter most.
    """
    found = measured.laid_out(account)
    if found is None:
        return Html("")
    run, evidence = found[1].run, account.evidence
    parts = shares_of_parts(log_rate_by_part(run, evidence))
    said = {name: _percent(share, name) for name, share in parts.items()}
    ranked = shares_of_constants(run, evidence).head(RANKED)
    return Html(
        f"<p>How far makers lie apart is {said['makers']} of the variance of the log hours. "
        f"Hours billed are {said['billed']}, and all constants of the model {said['constants']}. "
        f"Of that last part, these have the most.</p>{_ranked(ranked, account)}"
    )


def _percent(share: float, name: str) -> Html:
    return counted(f"{significant(share * 100, 2):g} %", f"others_measured.part_{name}")


def _ranked(shares: pd.Series, account: Account) -> Html:
    facts = [account.evidence.facts[name] for name in shares.index]
    ends = [alike([fact.low, fact.high], fact.unit, exact_text) for fact in facts]
    shown = pd.DataFrame(
        {
            "id": shares.index,
            "constant": [fact.quantity for fact in facts],
            "kind": [fact.kind for fact in facts],
            "low": [Cell(low, fact.low) for (low, _), fact in zip(ends, facts, strict=True)],
            "high": [Cell(high, fact.high) for (_, high), fact in zip(ends, facts, strict=True)],
            "share": shares.to_numpy(),
        }
    )
    known = ("kind", "facts:id")
    return table(
        shown,
        units={"share": "ratio"},
        head={"kind": "known", "low": "from", "high": "to", "share": "of their spread"},
        figures={"share": ROUGH},
        rests={"low": known, "high": known},
        kind="reconstructed",
        caption="Constants by how much of the spread of the hours goes with them",
        name="interval-constants",
    )


def billed(account: Account) -> Html:
    """Hours billed over hours running, of every run of others that publishes both."""
    found = measured.laid_out(account)
    out = set(found[1].run.developers) if found else set()
    runs = ratios_of_runs(basis(account.evidence))
    runs = runs[~(runs.developer.isin(out) | runs.who.isin(out))].sort_values("ratio")
    return table(
        runs[["run", "developer", "ratio"]],
        head={"developer": "maker", "ratio": "billed over running"},
        figures={"ratio": 3},
        caption="Hours billed over hours at the rate while running, where a run publishes both; "
        "below one is noise of a rounded figure, and counts as one",
        name="billed-over-running",
    )


def makers_of_mixtures(account: Account) -> Html:
    """How many makers the rates of mixtures come from, and what that forbids to conclude."""
    found = mixture_record(account.evidence)
    makers = int(found[protocol().groups.fold].nunique()) if len(found) else 0
    if makers >= protocol().shift.fewest_developers:
        return Html("")
    count = counted(f"{makers}", "others_measured.mixture_makers")
    return Html(
        f"<p>The rates of mixtures that count come from {count} makers. Were each "
        "left out, almost nothing would remain to learn from, so each model is. How well a further "
        "maker of mixtures would be predicted, nobody can tell from that.</p>"
    )
