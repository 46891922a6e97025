"""What the pages of checks find, in plain sentences with figures that open."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from analysis.check.claims import counts_of, judge_all
from analysis.check.contradictions import contradictions, moving
from analysis.check.counted import find_label
from analysis.check.others import others_estimates, partings
from analysis.reconstruction.account import Account
from analysis.show import links
from analysis.show.links import Html
from analysis.show.numbers import quantity_text, significant

HOLD = ("supported", "supported_within_boundary")


def claims(account: Account) -> Html:
    """How many claims hold, and which slip is the commonest."""
    counts = counts_of(judge_all(account)).set_index("verdict").claims
    if not counts.sum():
        return _nothing(f"public claim on {links.text(account.model.title)}")
    slips, all_claims = _claims(counts.misleading, "misleading"), _claims(counts.sum(), "all")
    hold = _claims(counts[list(HOLD)].sum(), "hold")
    wrong = _claims(counts.contradicted, "contradicted")
    unchecked = _claims(counts.not_checkable, "not_checkable")
    rest = f"Another {unchecked} cannot be checked. " if counts.not_checkable else ""
    return Html(
        f"<p><strong>{slips} of {all_claims} public claims on the cost of "
        f"{links.text(account.model.title)} put a true figure on the wrong thing.</strong> "
        f"The figures of another {wrong} are wrong, and {hold} claims hold. {rest}"
        f"{_commonest(account)}{_at_own_rent(account)}"
        "One rule gives all verdicts, from what a reader can check in the claim's source.</p>"
    )


def contradicting_sources(account: Account) -> Html:
    """In how many places sources disagree, and what it would do to the bill."""
    found = contradictions(account)
    touching = moving(found)
    title = links.text(account.model.title)
    if found.empty:
        return _nothing(f"disagreement between sources on {title}")
    own = touching[touching.same_publisher]
    others = touching[~touching.same_publisher]
    return Html(
        f"<p><strong>Sources on {title}, and on runs beside it, disagree in "
        f"{_places(len(found), 'all')} places, and {_places(len(touching), 'moving')} of them "
        "would move the bill.</strong> "
        f"{_worth(own, 'are within one publisher', 'one_publisher')}"
        f"{_worth(others, 'are between two publishers', 'two_publishers')}"
        f"{_untouching(found)}</p>"
    )


def estimates(account: Account) -> Html:
    """How many estimates of others differ from ours, and how often one step is the reason."""
    steps = others_estimates(account)
    if steps.empty:
        return _nothing("estimate of it by others")
    apart, all_estimates = len(partings(steps)), steps.estimate.nunique()
    return Html(
        f"<p><strong>{_places(apart, 'apart')} of {_places(all_estimates, 'estimates')} "
        "estimates by others differ from ours, and for each we name the step.</strong> It is the "
        "first where their figure and ours differ by more than rounding.</p>"
    )


def _nothing(what: str) -> Html:
    return Html(f"<p><strong>No {what} is on record.</strong></p>")


def _commonest(account: Account) -> str:
    """What is taken for what most often, among the claims that put a figure on the wrong thing."""
    slips = {one.id for one in judge_all(account) if one.verdict == "misleading"}
    pairs = Counter(
        (row["asserted_boundary"], row["said_of"], row["quantity"])
        for row in account.rows("claims")
        if row["id"] in slips
    )
    if not pairs:
        return ""
    (counted, said_of, quantity), times = pairs.most_common()[0]
    part, whole = (find_label(name, quantity, account) for name in (counted, said_of))
    slip = "The commonest slip" if [*pairs.values()].count(times) == 1 else "A common slip"
    return (
        f"{slip}, {_claims(times, 'commonest')} times, is to take the figure of "
        f"{links.text(part)} for {links.text(whole)}. "
    )


def _untouching(found: pd.DataFrame) -> str:
    """What the other places would do to the bill."""
    known = "" if found.effect_usd.notna().all() else ", or what they would do cannot be computed"
    return f"The rest do not touch the hours that the bill is made of{known}."


def _at_own_rent(account: Account) -> str:
    """What a rent that a reader set does to claims in dollars; nothing at the developer's own."""
    rent = account.names.named("edition_price_usd_per_gpu_hour")
    if rent.rows[0].table != "edition":
        return ""
    row, shown = rent.rows[0], quantity_text(rent.value, rent.unit)
    return (
        f"Dollars are judged at the rent set here, {links.figure(shown, 'assumption', row)}, "
        "and not at the one that a claim rests on. "
    )


def _worth(found: pd.DataFrame, what: str, place: str) -> str:
    """How many they are, and how much the largest of them would move the bill."""
    if found.empty:
        return ""
    most = quantity_text(significant(float(found.effect_usd.abs().max()), 3), "usd")
    largest = links.counted(most, f"contradictions.most_{place}")
    return f"{_places(len(found), place)} {what}, worth up to {largest}. "


def _claims(number: float, place: str) -> Html:
    return links.counted(f"{int(number)}", f"claims.{place}")


def _places(number: float, place: str) -> Html:
    return links.counted(f"{int(number)}", f"contradictions.{place}")
