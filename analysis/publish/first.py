"""What the first page says that is no sentence of its own: the date of the evidence, the picture of
the bill, and what an edition of other parameters moves.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from analysis.data.folder import named_files, package_version
from analysis.data.parameters import parameters_frame
from analysis.data.scenario import load_scenario
from analysis.data.tables import Evidence
from analysis.publish.changes import value_text
from analysis.publish.citation import read_citation
from analysis.reconstruction.account import Account, account_of
from analysis.reconstruction.whole import (
    beside_default,
    parts_of_bill,
    sources_of_hours,
    whole_line,
)
from analysis.show import links
from analysis.show.charts.hero import Hero, hero
from analysis.show.charts.panels import dollars
from analysis.show.links import Html
from analysis.show.numbers import significant, usd_text
from analysis.show.rounded import short_usd


def default_account(account: Account) -> Account:
    """The account of the same model in the default edition: the sources' own accounting, on the
    project's own evidence where the model is in it.
    """
    evidence = Evidence.load()
    known = f"models/{account.model.name}.toml" in named_files(evidence.directory)
    return account_of(account.model.name, load_scenario(), evidence if known else account.evidence)


def is_default(account: Account) -> bool:
    """Whether nothing was set, and the evidence is the project's own."""
    return account.scenario.is_default and account.evidence.is_own


def hero_of(account: Account) -> Hero:
    """The picture of the bill, in an edition of its own beside the default one."""
    parts = parts_of_bill(account)
    if not is_default(account):
        parts = beside_default(parts, parts_of_bill(default_account(account)))
    return hero(parts, account.price_usd_per_gpu_hour, sources_of_hours(account))


def small_line(account: Account, root: Path) -> Html:
    """Of which model, from evidence of which day, in which version."""
    evidence = f"evidence as of {read_citation(root).day}"
    said = f"{account.model.title} · {evidence} · version {package_version()}"
    return Html(f'<p class="first-line">{links.text(said)}</p>')


def moved(account: Account, changes: pd.DataFrame) -> Html:
    """One line on an edition that is not the default: what was set, what it moved, and where all of
    it stands; `changes` as `difference` returns them.
    """
    rows = changes[changes.part == "parameters"]
    settings = "; ".join(_setting(row) for row in rows.itertuples()) or account.scenario.title
    old, new = (_three(found) for found in (default_account(account), account))
    told = [
        f"{words} from {old[words]} to {new[words]}" for words in old if old[words] != new[words]
    ]
    said = ", ".join(told) or "none of the three sums"
    return Html(
        f'<p class="first-moved"><strong>Not the default edition.</strong> Set: '
        f"{links.text(settings)}. Moved: {links.text(said)}. "
        f'<a href="about.html#what-changed-in-this-edition">All that changed</a></p>'
    )


def whole_in_short(account: Account) -> str:
    """What the whole comes to, as the first page shows it; empty where nobody can say."""
    whole = whole_line(account)
    return "" if whole is None or whole.usd != whole.usd else short_usd(whole.usd, whole.usd)


def usd_at_middle(account: Account) -> str:
    """What all phases come to at the middle of our estimate, as the account of a model shows it."""
    return usd_text(significant(account.to_dict()["total"]["usd"]["reconstructed"]["p50"], 2))


def _setting(row: Any) -> str:
    """A parameter in words, its value here and in the default edition."""
    declared = parameters_frame().set_index("parameter")
    if row.what not in declared.index:
        return f"{row.what}: {row.after} instead of {row.before}"
    words = str(declared.meaning[row.what]).rstrip(".")
    sign = "$" if declared.unit[row.what].startswith("US$") else ""
    here, there = (
        f"{sign if isinstance(value, float) else ''}{value_text(value, '')}"
        for value in (row.after, row.before)
    )
    return f"{words[0].lower()}{words[1:]}, {here} (default: {there})"


def _three(account: Account) -> dict[str, str]:
    """The sums of the first page by their words: what was reported, the whole, and all with what is
    assumed.
    """
    parts = parts_of_bill(account)
    reported = parts[parts.part == "reported"].usd.sum(min_count=1)
    found = {"what was reported": usd_text(significant(reported, 3))}
    for words, part in (("the whole", "whole"), ("with what is assumed", "assumed")):
        lines = parts[parts.part == part]
        if len(lines):
            found[words] = dollars(lines.iloc[-1])
    return found
