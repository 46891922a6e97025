"""Figures in prose from data: roles for facts, derived figures and results, and directives for
tables and charts.

`{fact}`ID``, `{number}`ID`` and `{result}`PHASE.gpu_hours`` render a figure with its unit and kind,
linked to its row; `{source}`ID`` names a source, `{price}`scenario`` the edition's rent,
`{claim}`ID`` a claim's verdict `{said}`ID`` its date and `{rung}`ID`` what a rung adds; `{report}`
inserts a table or a chart by name. A wrong name is a warning, and a warning stops the build.
"""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from analysis.compare import models as comparison
from analysis.compare.card import standard
from analysis.data.mistakes import InputError
from analysis.data.scenario import load_scenario
from analysis.data.tables import Evidence
from analysis.publish.measured import measured_html
from analysis.publish.results import difference, scenario_results
from analysis.reconstruction.account import account_of
from analysis.reconstruction.ladder import disclosed_rungs
from analysis.report import (
    changes_page,
    claims_page,
    ledger,
    wording,
)
from analysis.show import charts
from analysis.show.charts.figure import figure_html
from analysis.show.numbers import quantity_text
from analysis.show.tables import table

LOGGER = logging.getLogger(__name__)


class Edition:
    """The evidence and the reconstruction that the pages speak of."""

    def __init__(self, data: str, given: dict[str, Any], model: str, benchmarks: str) -> None:
        self.benchmarks = benchmarks
        self.evidence = Evidence.load(Path(data))
        overrides = {key: value for key, value in given.items() if key not in {"scenario", "data"}}
        self.scenario = load_scenario(given["scenario"], self.evidence.directory, **overrides)
        self.account = account_of(model, self.scenario, self.evidence)
        self.reconstruction = self.account.reconstruction

    @cached_property
    def numbers(self) -> dict[str, Any]:
        return self.account.numbers

    def figure(self, kind: str, name: str) -> str:
        """A figure in prose as HTML."""
        if kind == "fact":
            return wording.fact_html(self.evidence.facts[name], self.evidence)
        if kind == "result":
            return wording.result_html(name, self.reconstruction)
        if kind == "rung":
            return wording.rung_html(name, self.account.bill)
        if kind == "claim":
            return claims_page.claim_html(name, self.account)
        if kind == "said":
            return claims_page.said_html(name, self.account)
        if kind == "source":
            return wording.source_html(name, self.evidence)
        if kind == "price":
            return wording.unbroken(
                quantity_text(self.reconstruction.price_usd_per_gpu_hour, "usd_per_gpu_hour")
            )
        if name not in self.numbers:
            raise InputError(f"{name} is not a row of arithmetic.csv")
        return wording.number_html(self.numbers[name], self.account.names)

    def report(self, name: str, lines: list[str]) -> str:
        """A table or a chart by name as HTML; `lines` say what it is of, where that is the page's
        choice.
        """
        makers = {
            "bill_table": lambda: ledger.bill_table(self.account),
            "bill_ladder": lambda: figure_html(
                charts.bill_ladder(disclosed_rungs(self.account.bill))
            ),
            "ladder_with_claims": lambda: figure_html(
                charts.ladder_with_claims(
                    self.account.bill, claims_page.claims_on_ladder(self.account)
                )
            ),
            "benchmarks": lambda: measured_html(
                json.loads(Path(self.benchmarks).read_text(encoding="utf-8"))
            ),
            "changes": lambda: changes_page.changes_html(self.changes()),
            "story": lambda: claims_page.story_table(self.account),
            "corrections": lambda: claims_page.corrections_table(self.account),
            "card_standard": lambda: table(standard()),
            "hours_of_models": lambda: figure_html(
                charts.hours_of_models(self.labelled_hours(lines))
            ),
            "facts": lambda: ledger.facts_table(self.evidence),
            "sources": lambda: ledger.sources_table(self.evidence),
            "arithmetic": lambda: ledger.arithmetic_table(self.account.names, self.evidence),
            "parameters": ledger.parameters_table,
        }
        if name not in makers:
            raise InputError(f"{name} is not a report: {', '.join(makers)}")
        return makers[name]()

    def changes(self) -> pd.DataFrame:
        """What differs from the default edition: the default scenario on the project's own
        evidence.
        """
        evidence = Evidence.load()
        own = scenario_results(self.account)
        if self.scenario.is_default and evidence.sha256 == self.evidence.sha256:
            return difference(own, own)
        default = account_of(self.reconstruction.model.name, load_scenario(), evidence)
        found = [scenario_results(default), own]
        if evidence.sha256 != self.evidence.sha256:  # ranks depend on the evidence alone
            date = str(self.reconstruction.model.release_date)
            ranked = [
                comparison.to_list(comparison.at_one_date(comparison.compare(data), date, data))
                for data in (evidence, self.evidence)
            ]
            found = [one | {"comparison": rows} for one, rows in zip(found, ranked, strict=True)]
        return difference(*found)

    def labelled_hours(self, lines: list[str]) -> pd.DataFrame:
        """Hours of facts under labels, from lines `label = fact`."""
        pairs = [line.split(" = ") for line in lines]
        hours = [self.evidence.facts.with_unit(fact, "gpu_hours").value for _, fact in pairs]
        return pd.DataFrame({"label": [label for label, _ in pairs], "gpu_hours": hours})


def edition(app: Sphinx) -> Edition:
    """The edition of this build, read once."""
    if not hasattr(app, "traincost_edition"):
        app.traincost_edition = Edition(
            app.config.traincost_data,
            app.config.traincost_given,
            app.config.traincost_model,
            app.config.traincost_benchmarks,
        )
    return app.traincost_edition


class FigureRole(SphinxRole):
    """A figure in prose."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        try:
            html = edition(self.env.app).figure(self.name, self.text)
        except InputError as error:
            LOGGER.warning("%s: %s", self.name, error, location=self.get_location())
            html = ""
        return [nodes.raw("", html, format="html")], []


class ReportDirective(SphinxDirective):
    """A table or a chart."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        try:
            html = edition(self.env.app).report(self.arguments[0], list(self.content))
        except InputError as error:
            LOGGER.warning("report: %s", error, location=self.get_location())
            html = ""
        return [nodes.raw("", html, format="html")]


def visit_math(translator: Any, node: nodes.math) -> None:
    """An inline formula as MathML."""
    translator.body.append(convert(node.astext()))
    raise nodes.SkipNode


def visit_math_block(translator: Any, node: nodes.math_block) -> None:
    """A displayed formula as MathML."""
    translator.body.append(
        f'<div class="formula" tabindex="0">{convert(node.astext(), display="block")}</div>\n'
    )
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("traincost_data", "", "env", [str])
    app.add_config_value("traincost_model", "", "env", [str])
    app.add_config_value("traincost_benchmarks", "", "env", [str])
    app.add_config_value("traincost_given", {"scenario": "paper"}, "env", [dict])
    for name in (
        "comments_config",
        "thebe_config",
    ):  # Jupyter Book sets them for extensions that we leave out
        app.add_config_value(name, {}, "", [dict])
    for role in ("fact", "number", "result", "source", "price", "claim", "said", "rung"):
        app.add_role(role, FigureRole())
    app.add_directive("report", ReportDirective)
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
    return {"parallel_read_safe": False}
