"""What an expression may name beside facts: figures that are computed, each with what it rests on.

Rows of arithmetic.csv, figures of the model itself, other developers' runs, prices rented and
bought. A name has letters, digits and underscores alone: `market_h100_sxm_latest`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import pandas as pd

from analysis.data.chips import find_chip
from analysis.data.expressions import fact_of, parse
from analysis.data.facts import Number, Row
from analysis.data.fixed import Fixed
from analysis.data.mistakes import InputError, find
from analysis.data.prices import market_quotes, system_price
from analysis.data.tables import Evidence
from analysis.physics.flop import flop_per_token
from analysis.physics.parameters import multiplying_parameters
from analysis.reconstruction.model import Model, configuration
from analysis.reconstruction.stages import PretrainingStage, distribution
from analysis.runs.references import reference_runs
from analysis.show.numbers import date_text

RUN_WORDS = {"dense": "dense runs", "moe": "runs of mixtures of experts"}
AT_NEEDED_MFU = "_reference_runs_at_needed_mfu"


@dataclass(frozen=True)
class Named:
    """A figure that an expression may name.

    `behind` are the names it is computed from, `rows` the rows of the evidence it is read from,
    `kind` how it is known, `words` what a reader calls it (a fact and a row of arithmetic.csv have
    their own).
    """

    value: float
    unit: str
    behind: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    kind: str = "derived"
    words: str = ""


class Names:
    """Every name that an expression of a model's tables may use, with value, unit and rows.

    `more` gives further names (those that need a reconstruction), asked for when one is met.
    """

    def __init__(
        self, model: Model, evidence: Evidence, more: Callable[[], Mapping[str, Named]] = dict
    ) -> None:
        self.model, self.evidence = model, evidence
        self._more = more
        self._computing: list[str] = []

    @cached_property
    def numbers(self) -> Mapping[str, Number]:
        """The model's rows of arithmetic.csv, evaluated."""
        return Fixed({name: self.number(name) for name in self._arithmetic})

    def number(self, name: str) -> Number:
        """One of the model's rows of arithmetic.csv, evaluated."""
        row = find(name, self._arithmetic, f"a figure of {self.model.name}")
        value, second_hand = self.named(name).value, self.is_second_hand(row.expression)
        texts = (row.unit, row.kind, row.expression, row.note)
        return Number(name, row.label, value, *texts, second_hand)

    @cached_property
    def _arithmetic(self) -> dict[str, pd.Series]:
        rows = self.evidence.for_model("arithmetic", self.model.name)
        return {row.id: row for _, row in rows.iterrows()}

    @cached_property
    def _computed(self) -> dict[str, Named]:
        return {**_of_evidence(self.evidence), **_own(self.model, self.evidence)}

    @cached_property
    def _more_names(self) -> Mapping[str, Named]:
        return self._more()

    @cached_property
    def _evaluated(self) -> dict[str, Named]:
        return {}

    def named(self, name: str) -> Named:
        """A name's figure; an `InputError` with the nearest name if there is none."""
        if fact_of(name) in self.evidence.facts:
            fact = self.evidence.facts[fact_of(name)]
            value = self.evidence.facts.named(name)
            return Named(value, fact.unit, rows=(Row("facts", fact.id),))
        if name in self._arithmetic:
            return self._of_arithmetic(name)
        if name in self._computed:
            return self._computed[name]
        if name.endswith(AT_NEEDED_MFU) and name in (counts := self._counts_at_needed_mfu()):
            return counts[name]
        if name in self._more_names:
            return self._more_names[name]
        raise self.evidence.facts.unknown(name, [*self._arithmetic, *self._computed])

    def value(self, expression: str, where: str) -> float:
        """An expression's value, NaN where a figure in it is not disclosed; an `InputError` that
        begins with `where` if it has none.
        """
        try:
            read = parse(expression)
            values = {name: self.named(name).value for name in read.names}
            if any(math.isnan(value) for value in values.values()):
                return math.nan
            return float(read.value(values.__getitem__))
        except InputError as error:
            raise error.at(where) from None

    def rows_behind(self, expressions: Iterable[str]) -> list[Row]:
        """The rows that expressions rest on, however far behind, in order and once each."""
        found: dict[Row, None] = {}
        pending = [name for text in expressions for name in parse(text).names]
        seen: set[str] = set()
        while pending:
            name = pending.pop(0)
            if name not in seen:
                seen.add(name)
                figure = self.named(name)
                found |= dict.fromkeys(figure.rows)
                pending = [*figure.behind, *pending]
        return list(found)

    def facts_behind(self, expressions: Iterable[str]) -> list[str]:
        """The facts among them, by id."""
        return [row.id for row in self.rows_behind(expressions) if row.table == "facts"]

    def is_second_hand(self, expression: str) -> bool:
        """Whether a fact behind an expression was seen only as restated by another source."""
        facts = self.evidence.facts
        return any(facts[name].second_hand for name in self.facts_behind([expression]))

    def _of_arithmetic(self, name: str) -> Named:
        if name not in self._evaluated:
            row = self._arithmetic[name]
            if name in self._computing:
                raise InputError(f"{name} rests on itself", row["where"])
            self._computing.append(name)
            try:
                value = self.value(row.expression, f"{row['where']}, expression")
            finally:
                self._computing.remove(name)
            names = parse(row.expression).names
            self._evaluated[name] = Named(value, row.unit, names)
        return self._evaluated[name]

    def _counts_at_needed_mfu(self) -> dict[str, Named]:
        """How many runs of others reach the MFU that the model's disclosed hours need, by kind;
        NaN where its hours are not disclosed.
        """
        belief = self.model.belief
        if belief is None:
            return {}
        where = f"models/{self.model.name}.toml, belief.needed_mfu"
        needed = self.value(belief.needed_mfu, where)
        found = {}
        for kind, group in _others(self.model, self.evidence).groupby("architecture"):
            count = math.nan if math.isnan(needed) else float((group.mfu >= needed).sum())
            behind = (belief.needed_mfu,)
            words = f"{RUN_WORDS[kind]} of others that reach the efficiency needed"
            found[f"{kind}{AT_NEEDED_MFU}"] = Named(
                count, "count", behind, _runs(group.id), words=words
            )
        return found


def as_name(text: str) -> str:
    """A chip's or a run's name as an expression may write it.

    >>> as_name("H100 SXM")
    'h100_sxm'
    """
    return re.sub("[^a-z0-9]", "_", text.lower())


def _runs(ids: Iterable[str]) -> tuple[Row, ...]:
    return tuple(Row("training_runs", name) for name in ids)


def _quotes(rows: pd.DataFrame) -> tuple[Row, ...]:
    return tuple(Row("prices", name) for name in rows.id)


def _others(model: Model, evidence: Evidence) -> pd.DataFrame:
    return reference_runs(evidence, exclude=[model.developer])


def _own(model: Model, evidence: Evidence) -> dict[str, Named]:
    """Figures of the model itself, and of the runs that others may be compared with."""
    chip = find_chip(model.chip, evidence["hardware"])
    rows = (Row("hardware", chip.name),)
    peak = Named(chip.peak_flop_s, "flop_per_s", rows=rows, words=f"peak of one {chip.name}")
    found = {"own_peak_flop_s": peak, **_kinds(model, evidence)}
    if not model.architecture:
        return found
    architecture = configuration(model, evidence.facts)
    sizes = model.architecture.values()
    facts = tuple(dict.fromkeys(name for size in sizes for name in parse(size).names))
    active = float(multiplying_parameters(architecture))
    words = "parameters that a token of this model is multiplied with"
    found["own_params_active"] = Named(active, "params", facts, words=words)
    first = next((s for s in model.stages if isinstance(s, PretrainingStage)), None)
    if first is not None:
        length = distribution(first.seq_len_tokens, "tokens", evidence.facts).quantile(0.5)
        flop = float(flop_per_token(architecture, length))
        words = "work of this model per token"
        found["own_flop_per_token"] = Named(flop, "flop_per_token", facts, words=words)
    return found


def _kinds(model: Model, evidence: Evidence) -> dict[str, Named]:
    """Runs, developers and the best MFU of other developers, dense and mixtures of experts."""
    found = {}
    for kind, group in _others(model, evidence).groupby("architecture"):
        figures = {
            "runs": (float(len(group)), "count", "{} of other developers"),
            "developers": (float(group.developer.nunique()), "count", "developers of {}"),
            "best_mfu": (
                float(group.mfu.max()),
                "ratio",
                "best efficiency of {} of other developers",
            ),
        }
        rows = _runs(group.id)
        for name, (value, unit, words) in figures.items():
            said = words.format(RUN_WORDS[kind])
            found[f"{kind}_reference_{name}"] = Named(value, unit, rows=rows, words=said)
    return found


@lru_cache(maxsize=4)
def _of_evidence(evidence: Evidence) -> Mapping[str, Named]:
    """Figures that are of no model: MFUs of reference runs, rents, prices with the server."""
    runs = reference_runs(evidence)
    mfus = {
        f"{as_name(run)}_reference_mfu": Named(
            float(mfu), "ratio", rows=_runs([run]), words=f"efficiency (MFU) of {run}"
        )
        for run, mfu in zip(runs.id, runs.mfu, strict=True)
    }
    return {**mfus, **_rents(evidence), **_system_prices(evidence)}


def _rents(evidence: Evidence) -> dict[str, Named]:
    """Rents of a chip: lowest and highest quote, the middle near the last, and near each run."""
    prices, found = evidence["prices"], {}
    for chip, rows in prices.groupby("chip"):
        name = as_name(str(chip))
        for end, word, value in (
            ("low", "lowest", rows.usd_per_gpu_hour.min()),
            ("high", "highest", rows.usd_per_gpu_hour.max()),
        ):
            at_end = _quotes(rows[rows.usd_per_gpu_hour == value])
            found[f"quote_{end}_{name}"] = Named(
                float(value), "usd_per_gpu_hour", rows=at_end, words=f"{word} rent of {chip}"
            )
        found[f"market_{name}_latest"] = _market(str(chip), rows.date.max(), evidence)
    quoted = set(prices.chip)
    for run in evidence["training_runs"].itertuples():
        if run.chip in quoted:
            name = f"market_{as_name(run.chip)}_at_{as_name(run.id)}"
            found[name] = _market(run.chip, run.release_date, evidence)
    return found


def _market(chip: str, date: str, evidence: Evidence) -> Named:
    quotes = market_quotes(chip, date, evidence)
    value = float(quotes.usd_per_gpu_hour.median())
    words = f"middle rent of {chip} around {date_text(date)}"
    return Named(value, "usd_per_gpu_hour", rows=_quotes(quotes), words=words)


def _system_prices(evidence: Evidence) -> dict[str, Named]:
    """The ends of the range of a chip's price with its server."""
    found = {}
    for chip in sorted(set(evidence["purchase_prices"].chip)):
        price = system_price(chip, evidence)
        if price is not None:
            for end, value in (("low", price.low), ("high", price.high)):
                name = f"system_price_{end}_{as_name(chip)}"
                words = f"price of {chip} with its server, {end} end"
                found[name] = Named(value, "usd_per_gpu", rows=price.rows, words=words)
    return found
