"""What a page shows of where sources disagree, of others' estimates, and of what they would ask one
to believe.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from analysis.check.beliefs import beliefs
from analysis.check.contradictions import GROUPS, contradictions, moves
from analysis.check.others import others_estimates
from analysis.check.studies import from_theirs_to_ours, study_usd
from analysis.check.tables import figure_text, rows_or_words
from analysis.data.tables import Evidence
from analysis.reconstruction.account import Account
from analysis.reconstruction.arithmetic import expressed
from analysis.show import links
from analysis.show.links import Html
from analysis.show.numbers import quantity_text, significant, usd_text
from analysis.show.tables import Cell, table

FEWEST_TIMES = 1.1  # two figures nearer than this are apart by per cent, not by times
NO_TOTAL = "<p>The model's file names no total to hold against the bill.</p>"


def disagreements(account: Account, group: str) -> Html:
    """Where sources disagree in one way (`contradictions.GROUPS`), the largest effect on the bill
    first; a bill that stays as it is says nothing.
    """
    found = contradictions(account)
    rows = [
        {
            "anchor": row["id"],
            "in question": row["what"],
            "likely reason": row["likely_reason"],
            "one side": _side(row, "a", account),
            "other side": _side(row, "b", account),
            "apart": _apart(row["apart"]),
            "bill, if the other side is right": _effect(row),
        }
        for row in found[found.group == group].to_dict("records")
    ]
    about = f"{GROUPS[group]}: {len(rows)}, the largest effect on the bill first"
    return rows_or_words(
        rows,
        "None is on record.",
        caption=about,
        classes="ledger disagreements",
        name=f"disagreements-{group}",
        place="disagreements",
    )


def estimates(account: Account) -> Html:
    """Others' estimates, a table each, step by step to where they part from ours."""
    found = others_estimates(account).groupby("estimate", sort=False)
    shown = [_estimate(str(name), steps, account) for name, steps in found]
    return Html("".join(shown) or "<p>No estimate of it by others is on record.</p>")


def to_believe(account: Account) -> Html:
    """For each claimed total, a table of what would have to be true, and whether it can be."""
    found = beliefs(account).groupby("total", sort=False)
    shown = [_believed(str(total), needed) for total, needed in found]
    return Html("".join(shown) or NO_TOTAL)


def studies(evidence: Evidence) -> Html:
    """Published studies' ownership cost, and the steps from theirs to ours, a table each."""
    shown = [_study(study, evidence) for study in evidence["ownership_studies"].itertuples()]
    return Html("".join(shown) or "<p>No study of what owned machines cost is on record.</p>")


def _side(row: dict[str, Any], side: str, account: Account) -> Html:
    """One side of a disagreement: its figure, what it says, and where."""
    written, expression = figure_text(row[side], row["unit"], 4), row[f"value_{side}"]
    figure = expressed(written, row["unit"], expression, account.names) if written else ""
    head = f"<strong>{figure}</strong><br>" if figure else ""
    source = links.source(row[f"source_{side}"], account.evidence)
    says, place = (links.text(row[f"{name}_{side}"]) for name in ("says", "locator"))
    return Html(f"{head}{says}<br><small>{source}, {place}</small>")


def _effect(row: dict[str, Any]) -> Cell:
    """What the bill would be, and by how much that is more or less; nothing where it stays."""
    usd = row["effect_usd"]
    if math.isnan(usd):
        return Cell("cannot be computed", math.nan)
    if not moves(usd):
        return Cell("", 0.0)
    sign, of = "+" if usd > 0 else "\N{MINUS SIGN}", row["what"]
    by, becomes = usd_text(abs(significant(usd, 3))), usd_text(row["bill_b"])
    less_or_more = links.counted(f"{sign}{by}", "contradictions.effect", of)
    other = links.counted(becomes, "contradictions.other_bill", of)
    return Cell(Html(f"<strong>{less_or_more}</strong><br><small>to {other}</small>"), usd)


def _apart(factor: float) -> Cell:
    """How far apart two sides are, in times or, where that says nothing, in per cent."""
    if math.isnan(factor):
        return Cell("", math.nan)
    per_cent = f"{100 * (factor - 1):.2g} %"
    return Cell(f"{factor:.3g} times" if factor >= FEWEST_TIMES else per_cent, factor)


def _estimate(name: str, steps: pd.DataFrame, account: Account) -> Html:
    """The steps of an estimate, the one marked where it parts from ours."""
    first = steps.iloc[0]
    source = f"{links.source(first.source_id, account.evidence)}, {links.text(first.locator)}"
    rows = pd.DataFrame([_step(row, account) for row in steps.to_dict("records")])
    agrees = "" if steps.parts_here.any() else ": it agrees with ours at every step"
    caption = f"{first.title}{agrees}"
    shown = table(rows, caption=caption, name=name, place="estimate", anchors="anchor")
    return Html(f'{shown}<p class="source">{source}</p>')


def _step(row: dict[str, Any], account: Account) -> dict[str, Any]:
    theirs, ours = (Cell(_of_side(row, side, account), row[side]) for side in ("theirs", "ours"))
    parts = "<br><strong>Here they part.</strong>" if row["parts_here"] else ""
    return {
        "anchor": row["estimate"] if row["step"] == 1 else "",
        "step": Html(f"{row['step']}. {links.text(row['label'])}{parts}"),
        "theirs": theirs,
        "ours": ours,
        "theirs over ours": row["ratio"],
        "note": row["note"],
    }


def _of_side(row: dict[str, Any], side: str, account: Account) -> Html:
    """A figure of a step, with the arithmetic that gives it."""
    written = figure_text(row[side], row["unit"], 4)
    return expressed(written, row["unit"], row[f"{side}_is"], account.names)


def _believed(total: str, needed: pd.DataFrame) -> Html:
    rows = pd.DataFrame(
        {
            "one would have to believe": row.lever,
            "to be": row.why if row.unit == "usd" else _counted(row, "needed", row.needed),
            "which is": _allowed(row.allowed),
            "possible is": _possible(row),
        }
        for row in needed.itertuples()
    )
    usd = quantity_text(needed.usd.iloc[0], "usd")
    return table(rows, caption=f"For {usd} to be true ({total})", classes="beliefs")


def _study(study: Any, evidence: Evidence) -> Html:
    """A study's figure, what ours gives for its inputs, and ours, one input after the other."""
    steps = from_theirs_to_ours(study, evidence)
    published = figure_text(study.published_usd, "usd", 4) or "no total"
    source = f"{links.source(study.source_id, evidence)}, {links.text(study.locator)}"
    shown = table(
        steps,
        units={"usd": "usd"},
        head={"usd": "the run costs", "factor": "times the step before"},
        caption=f"{study.label}: {published} published; ours with its inputs: "
        f"{usd_text(significant(study_usd(study), 4))}",
        name=f"study-{study.id}",
        place="study",
        kind="assumption",
    )
    return Html(f'{shown}<p class="source">{source}. {links.text(study.note)}</p>')


def _allowed(allowed: bool | None) -> str:
    return "not known" if allowed is None else "possible" if allowed else "out of range"


def _counted(row: Any, what: str, value: float) -> Html:
    """A figure that one would have to believe, or an end of what is possible; or words."""
    shown = _needed(value, row.unit)
    if not any(letter.isdigit() for letter in shown):
        return links.text(shown)
    return links.counted(shown, f"contradictions.{what}", row.lever)


def _possible(row: Any) -> str:
    """The range that is possible, in words."""
    unit, low, high, why = (getattr(row, name) for name in ("unit", "low", "high", "why"))
    if unit == "usd":
        return "inside the interval of that line, or within 1 % of it"
    ends = " to ".join(_counted(row, "possible", end) for end in (low, high))
    return Html(f"{ends}: {links.text(why)}")


def _needed(value: float, unit: str) -> str:
    if math.isinf(value):
        return "no value: less would be left than nothing"
    if value < 0:
        return "less than none"
    return quantity_text(significant(value, 2 if unit == "ratio" else 3), unit)
