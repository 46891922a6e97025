"""Products that were timed at the sizes of a layout, as the page on measured rates shows them."""

from __future__ import annotations

from analysis.reconstruction import measured
from analysis.reconstruction.account import Account
from analysis.reconstruction.measured_tables import share
from analysis.runs.timed_products import RECIPE_OF
from analysis.show.links import Html
from analysis.show.tables import table

SECONDS = {"seconds": "as timed", "p50": "by the constants", "p05": "5 %", "p95": "95 %"}


def products(account: Account) -> Html:
    """All products of a micro-batch as timed, beside what the constants of a step say of them."""
    timed = measured.timed_products(account)
    if timed.empty:
        return Html("<p>Nobody has timed the products of this model at these sizes.</p>")
    shown = table(
        timed[["recipe", "chip", *SECONDS, "over", "clock_mhz"]],
        head={
            "recipe": "multiplied in",
            "over": "timed over constants",
            "clock_mhz": "clock, MHz",
            **SECONDS,
        },
        figures=dict.fromkeys([*SECONDS, "over", "clock_mhz"], 3),
        choices=("recipe", "chip"),
        caption="Seconds of all products of a micro-batch, over the whole model, on one chip",
        name="timed-products",
    )
    return Html(f"{_sentence(account)}{shown}")


def _sentence(account: Account) -> Html:
    """What it means for the run's own precision."""
    found = measured.laid_out(account)
    figures = measured.products_as_timed(account)
    if found is None or not all(value == value for value in figures.values()):
        return Html("")
    taken, allowed = (
        share(value, name)
        for value, name in zip(figures.values(), ("products_timed", "limit_as_timed"), strict=True)
    )
    return Html(
        f"<p>Multiplied in {RECIPE_OF[found[1].run.layout.precision]}, as in the run, products "
        f"take {taken} of the disclosed hours on whole chips. With these times the layout allows "
        f"{allowed} of the disclosed rate, for exchange takes processors and the slowest stage "
        "sets the pace. The constants stay as they were fixed before.</p>"
    )
