"""Our model of power beside runs whose energy was metered."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.data.chips import chip_rows
from analysis.physics.cost import W_PER_KW, energy_kwh
from analysis.reconstruction.account import Account
from analysis.show import links
from analysis.show.ledger import CONFIDENCE
from analysis.show.links import Html
from analysis.show.tables import table

KWH_PER_MWH = 1000.0
GPU = "GPU"  # a kind of chip
WITHIN_SERVERS = "chips"  # metered without the rest of the server
WITHIN_BUILDING = "building"  # metered, or published, with cooling and losses
BASIS = {
    "chips": "the chips alone",
    "servers": "their servers",
    "network": "servers and network",
    "building": "the whole building",
}


def metered_energy(account: Account) -> pd.DataFrame:
    """Metered energy of runs, and what the account's power gives for the same hours.

    Ours counts as much as the meter: the chips at their rating, with the server's share where the
    meter is at servers, with that of the building where it is at the building. A network between
    servers is in no account of ours.

    Returns
    -------
    DataFrame
        A row a row of metered_energy.csv, with `ours_kwh`, `ratio` (metered over ours), and
        `machines_per_rating`: power of the chips or of their servers, without the building, over
        the rated power of the chips.
    """
    rows, facts = account.evidence["metered_energy"], account.evidence.facts
    tdp_w = chip_rows(rows.chip, account.evidence["hardware"]).tdp_w.to_numpy()
    pue = account.scenario.parameters.pue or facts.constant("datacentre_pue", "ratio").value
    power = facts.constant("node_power_per_tdp", "ratio").value
    server = np.where(rows.metered_at == WITHIN_SERVERS, 1.0, power)
    building = np.where(rows.metered_at == WITHIN_BUILDING, pue, 1.0)
    ours = energy_kwh(rows.gpu_hours.to_numpy(), tdp_w, server, building)
    rating_kwh = rows.gpu_hours * tdp_w / W_PER_KW
    machines = rows.energy_kwh / rows.pue.fillna(1.0) / rating_kwh
    return rows.assign(ours_kwh=ours, ratio=rows.energy_kwh / ours, machines_per_rating=machines)


def metered(account: Account) -> Html:
    """Metered runs and benchmarks beside ours, the sentence that they give, and what was left out
    with its reason.
    """
    found = metered_energy(account)
    counts = found[found.left_out == ""]
    if counts.empty:
        return Html("<p>No run whose energy was metered is on record.</p>")
    order = counts.sort_values(["kind", "ratio"], ascending=[False, False])
    return Html(f"{_said(counts, account)}{_shown(order, account)}{_left_out(found, account)}")


def _shown(found: pd.DataFrame, account: Account) -> Html:
    rows = pd.DataFrame(
        {
            "run": row.label,
            "developer": row.developer,
            "chip": row.chip,
            "metered at": BASIS[row.metered_at],
            "metered": row.energy_kwh / KWH_PER_MWH,
            "ours": row.ours_kwh / KWH_PER_MWH,
            "metered over ours": row.ratio,
            "source": _source(row, account),
        }
        for row in found.itertuples()
    )
    return table(
        rows,
        head={"metered": "metered, MWh", "ours": "ours, MWh"},
        rests={"metered": ("disclosed", "")},
        kind="assumption",
        caption="Energy that was metered, and what our model of power gives for the same hours",
        name="metered",
    )


def _said(found: pd.DataFrame, account: Account) -> Html:
    """What the meters say of our power, over whole runs and over those on GPUs."""
    runs = found[found.kind == "run"]
    kinds = chip_rows(runs.chip, account.evidence["hardware"]).kind.to_numpy()
    gpus = runs[kinds == GPU]
    all_runs = links.counted(str(len(runs)), "bill.metered_runs")
    developers = links.counted(str(runs.developer.nunique()), "bill.metered_developers")
    beside = links.counted(_ends(runs.ratio), "bill.metered")
    narrow = links.counted(_ends(gpus.ratio), "bill.metered_gpus")
    return Html(
        f"<p>The meters of {all_runs} runs by {developers} developers read {beside} what our model "
        f"of power gives. On GPUs they read {narrow} as much. TPUs are rated far above their mean "
        "power, says their maker. These runs are too few for an interval. The benchmarks below are "
        "no test of ours: the power of a server is taken from them.</p>"
    )


def _ends(ratios: pd.Series) -> str:
    return f"{ratios.min():.2f} to {ratios.max():.2f} times"


def _left_out(found: pd.DataFrame, account: Account) -> Html:
    """The published energies that no meter stands behind, with the reason."""
    rows = found[found.left_out != ""]
    if rows.empty:
        return Html("")
    shown = {
        "run": rows.label,
        "developer": rows.developer,
        "why it does not count": rows.left_out,
        "source": [_source(row, account) for row in rows.itertuples()],
    }
    return table(pd.DataFrame(shown), caption="Published energies that no meter stands behind")


def _source(row: Any, account: Account) -> Html:
    source = links.source(row.source_id, account.evidence)
    return Html(f"{source}, {links.text(row.locator)}{CONFIDENCE[row.confidence]}")
