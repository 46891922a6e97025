"""The accounts of all models, phase by phase: where the hours go in each, and who says what."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from analysis.data.folder import edition_model
from analysis.data.scenario import Scenario
from analysis.data.tables import Evidence
from analysis.reconstruction.account import Account, account_of
from analysis.reconstruction.account_tables import QUANTITIES
from analysis.reconstruction.model import Phase
from analysis.reconstruction.model_file import list_models, load_model
from analysis.show import links
from analysis.show.links import Html
from analysis.show.numbers import quantity_text, significant
from analysis.show.tables import ROUGH, day, table

FIRST, LATER, TUNING, REINFORCEMENT = (
    "pre-training",
    "later pre-training",
    "fine-tuning",
    "reinforcement",
)
GROUPS = (FIRST, LATER, TUNING, REINFORCEMENT)
INTERVAL = ("p05", "p50", "p95")
PAGE = "models"


def accounts_of(
    scenario: Scenario, evidence: Evidence, models: Iterable[str] | None = None
) -> list[Account]:
    """The accounts of some models (of all that have phases), the newest first."""
    names = list(models) if models else list_models(evidence)
    known = [load_model(name, evidence) for name in names]
    with_phases = [model for model in known if model.phases]
    newest = sorted(with_phases, key=lambda model: model.release_date, reverse=True)
    return [account_of(model.name, scenario, evidence) for model in newest]


def phases_of(accounts: Iterable[Account]) -> pd.DataFrame:
    """A row a model and group of phases.

    Returns
    -------
    DataFrame
        `model`, `title`, `group` (of :data:`GROUPS`), `disclosed` [GPU-hour] (NaN where none of its
        phases is), `p50` [GPU-hour], `usd` (rent of the middle) and `share` of the model's middle.
    """
    rows = [
        {
            "model": account.model.name,
            "title": account.model.title,
            "group": group_of(account[row.id].phase, account),
            "disclosed": row.disclosed,
            "p50": row.p50,
            "usd": row.usd_p50,
        }
        for account in accounts
        for row in account.frame().itertuples()
    ]
    frame = pd.DataFrame(rows, columns=["model", "title", "group", "disclosed", "p50", "usd"])
    keys = ["model", "title", "group"]
    summed = frame.groupby(keys, sort=False, as_index=False).sum(min_count=1)
    return summed.assign(share=summed.p50 / summed.groupby("model").p50.transform("sum"))


def group_of(phase: Phase, account: Account) -> str:
    """What a phase does, in the words of :data:`GROUPS`; the first that reads a corpus is
    pre-training.
    """
    if "reinforcement" in phase.kinds:
        return REINFORCEMENT
    if "pretraining" not in phase.kinds:
        return TUNING
    reading = [found.phase.id for found in account.phases if "pretraining" in found.phase.kinds]
    return FIRST if phase.id == reading[0] else LATER


def finding(accounts: list[Account]) -> Html:
    """Where most hours go, and how much is reinforcement."""
    frame = phases_of(accounts)
    first = frame[frame.group == FIRST]
    most = first[first.share > 0.5]
    learned = frame[frame.group == REINFORCEMENT].sort_values("share", ascending=False)
    disclosing = sum(account.frame().disclosed.notna().any() for account in accounts)
    said = (
        f"<strong>In {_counted(len(most), 'first')} of {_counted(len(first), 'all')} accounts most "
        "hours that can be estimated go into pre-training.</strong> "
    )
    if len(learned):
        top = learned.iloc[0]
        share = links.figure(
            quantity_text(significant(top.share, 2), "ratio"),
            "reconstructed",
            links.counted_row("models.reinforcement", top.title, f"{PAGE}.html"),
        )
        said += (
            f"Reinforcement learning has its largest share in {links.text(top.title)}: {share}. "
        )
    return Html(
        f"<p>{said}In {_counted(disclosing, 'disclosing')} accounts the maker discloses the hours "
        "of at least one phase, or what they follow from. The others rest on public facts alone."
        "</p>"
    )


def _counted(number: int, place: str) -> Html:
    return links.counted(str(number), f"models.{place}", page=PAGE)


def side_by_side(accounts: list[Account]) -> Html:
    """Each model's hours and rent in all, with what is disclosed."""
    rows = []
    for account in accounts:
        total, frame = account.to_dict()["total"], account.frame()
        rows.append(
            {
                "model": _page(account),
                "released": day(str(account.model.release_date)),
                "chip": account.chip.name,
                "disclosed": frame.disclosed.sum(min_count=1),
                **total["gpu_hours"]["reconstructed"],
                "rent": total["usd"]["reconstructed"]["p50"],
            }
        )
    hours = ("disclosed", *INTERVAL)
    return table(
        pd.DataFrame(rows),
        units=dict.fromkeys(hours, "gpu_hours") | {"rent": "usd"},
        head={"p05": "5 %", "p50": "middle", "p95": "95 %", "rent": "rent of the middle"},
        figures=dict.fromkeys((*INTERVAL, "rent"), ROUGH),
        caption="Models side by side: hours of all phases, disclosed and estimated, and their rent "
        "at each account's own price",
        rests={"disclosed": ("derived", "")},
        name="accounts",
        kind="reconstructed",
    )


def by_group(accounts: list[Account]) -> Html:
    """The middle hours of each model by what they go into."""
    frame = phases_of(accounts)
    wide = frame.pivot(index="title", columns="group", values="p50")
    wide = wide.reindex(index=list(dict.fromkeys(frame.title)), columns=list(GROUPS))
    return table(
        wide.reset_index().rename(columns={"title": "model"}),
        units=dict.fromkeys(GROUPS, "gpu_hours"),
        figures=dict.fromkeys(GROUPS, ROUGH),
        caption="Estimated hours by what they go into, middles",
        name="accounts-by-phase",
        kind="reconstructed",
    )


def who_says_what(accounts: list[Account]) -> Html:
    """Of which of nine quantities each model's maker gives a figure or a word."""
    evidence = accounts[0].evidence
    rows = evidence["disclosed"]
    rows = rows.assign(there=(rows.facts != "") | (rows.source_id != ""))
    wide = rows.pivot(index="model", columns="quantity", values="there")
    names = [account.model.name for account in accounts if account.model.name in wide.index]
    wide = wide.reindex(index=names, columns=list(dict.fromkeys(rows.quantity)))
    titles = {account.model.name: account.model.title for account in accounts}
    marks = wide.map(lambda there: "yes" if there == 1 else "–")
    marks.insert(0, "maker of", [titles[name] for name in names])
    marks = marks.rename(columns=QUANTITIES)
    return table(
        marks.reset_index(drop=True),
        caption="Who says what: a figure or a word of each quantity, or nothing",
        name="who-says-what",
    )


def _page(account: Account) -> Html:
    """A model by its title, linked to its page; the book's own model has the first one."""
    name = "index" if account.model.name == edition_model() else account.model.name
    return Html(f'<a href="{links.text(name)}.html">{links.text(account.model.title)}</a>')
