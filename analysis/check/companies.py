"""What failed runs and staff weigh at other developers, and whether the sum that they make of the
bill is possible.
"""

from __future__ import annotations

import math
from itertools import chain
from typing import Any

import pandas as pd

from analysis.reconstruction.account import Account
from analysis.reconstruction.arithmetic import expressed
from analysis.reconstruction.ladder import disclosed_rungs, rungs_of
from analysis.show import links
from analysis.show.links import Html
from analysis.show.numbers import significant, usd_text
from analysis.show.tables import ROUGH, Cell, table

NO_SHARES = "<p>No shares of other developers are on record for this model.</p>"
# what the sum needs, without its end, and what there is for it
NEEDS = ("failed_runs_{}_gpu_hours", "failed_runs_{}_gpu_hours", "staff_{}_usd")
MEANS = ("disclosed_cluster_gpu_hours", "reported_fleet_gpu_hours", "team_usd")
OVER = "high end over it"


def company_shares(account: Account) -> pd.DataFrame:
    """What each developer's shares would make of the bill.

    Returns
    -------
    DataFrame
        The rows of company_shares.csv for the model, with `final` and `staff` (the shares; NaN
        where nobody told), `with_failed_usd` (the last line on disclosed hours over the share of
        final runs) and `with_staff_usd` (that over what staff leaves of the whole).
    """
    rows = pd.DataFrame(account.rows("company_shares"))
    if rows.empty:
        return rows
    disclosed = disclosed_rungs(account.bill).usd.iloc[-1]
    final, staff = (
        [_share(row, field, account) for row in rows.to_dict("records")]
        for field in ("final_run_share", "staff_share")
    )
    found = rows.assign(final=final, staff=staff)
    with_failed = disclosed / found.final
    return found.assign(with_failed_usd=with_failed, with_staff_usd=with_failed / (1 - found.staff))


def companies(account: Account) -> Html:
    """The shares developer by developer, what each would make of the bill, and the range once
    developer by developer and once as one.
    """
    found = company_shares(account)
    if found.empty:
        return Html(NO_SHARES)
    rows = pd.DataFrame(_row(row, account) for row in found.to_dict("records"))
    shown = table(
        rows,
        units=dict.fromkeys(("with failed runs", "with staff too"), "usd"),
        figures=dict.fromkeys(("with failed runs", "with staff too"), ROUGH),
        caption="Shares of other developers, and what each would make of the bill",
        name="company-shares",
        kind="assumption",
    )
    return Html(f"{shown}{_ranges(found, account)}")


def possible(account: Account) -> Html:
    """Whether the sum is possible with the chips and the people that the developer is reported to
    have had over the time.
    """
    numbers = account.numbers
    if not all(name in numbers for name in (*chain(*map(_ends, NEEDS)), *MEANS)):
        return Html("")
    pairs = list(zip(NEEDS, MEANS, strict=True))
    cluster, fleet, team = (_enough(needs, there, account) for needs, there in pairs)
    shown = table(
        pd.DataFrame(_needed_beside(needs, there, account) for needs, there in pairs),
        units={OVER: "times"},
        figures={OVER: ROUGH},
        caption="Whether the sum is possible: what it needs beside what there is",
        name="company-means",
        kind="assumption",
    )
    return Html(
        "<p><strong>Is the sum possible? For its computing, the disclosed cluster is enough at "
        f"{cluster}, the chips that the press reports at {fleet}. For its people, the reported "
        f"team is enough at {team}.</strong></p>{shown}"
    )


def _share(row: dict[str, Any], field: str, account: Account) -> float:
    where = f"{row['where']}, {field}"
    return account.names.value(row[field], where) if row[field] else math.nan


def _row(row: dict[str, Any], account: Account) -> dict[str, Any]:
    shares = {
        "final runs": Cell(_shown(row["final_run_share"], row["final"], account), row["final"]),
        "staff": Cell(_shown(row["staff_share"], row["staff"], account), row["staff"]),
    }
    sums = {"with failed runs": row["with_failed_usd"], "with staff too": row["with_staff_usd"]}
    return {"developer": row["company"], "year": row["period"], **shares, **sums} | {
        "what the shares are of": row["counts"]
    }


def _shown(expression: str, value: float, account: Account) -> Html:
    if not expression:
        return links.text("not told")
    return expressed(f"{100 * value:.3g} %", "ratio", expression, account.names)


def _ranges(found: pd.DataFrame, account: Account) -> Html:
    """The range of the sum, developer by developer and as one."""
    both = found.dropna(subset="with_staff_usd")
    line = rungs_of(account.bill).iloc[-1]
    alone = " to ".join(
        usd_text(significant(end, 2))
        for end in (both.with_staff_usd.min(), both.with_staff_usd.max())
    )
    as_one = f"{usd_text(significant(line.usd_p05, 2))} to {usd_text(significant(line.usd_p95, 2))}"
    apart = links.counted(alone, "bill.by_company", kind="assumption")
    together = links.counted(as_one, "bill.as_one", kind="assumption")
    return Html(
        f"<p>Developer by developer it is {apart}, for those that tell both shares. As one it is "
        f"{together}: each share drawn from its whole range. That one developer's share says "
        "something of another is an assumption, and no source supports it.</p>"
    )


def _ends(needs: str) -> tuple[str, str]:
    """The names of both ends of what the sum needs."""
    return needs.format("low"), needs.format("high")


def _enough(needs: str, there: str, account: Account) -> str:
    """At which ends of the range what is there covers what is needed, in words."""
    low, high = (account.numbers[name].value for name in _ends(needs))
    value = account.numbers[there].value
    return "both ends" if high <= value else "its low end alone" if low <= value else "neither end"


def _needed_beside(needs: str, there: str, account: Account) -> dict[str, Any]:
    """What there is beside both ends of what is needed, in a line of the table."""
    numbers = account.numbers
    given, low, high = (numbers[name] for name in (there, *_ends(needs)))
    heads = zip(
        ("it gives", "needed, low end", "needed, high end"), (given, low, high), strict=True
    )
    figures = {head: Cell(links.number(number), number.value) for head, number in heads}
    return {"what there is": given.label} | figures | {OVER: high.value / given.value}
