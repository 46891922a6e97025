"""The stages that a phase is made of, and the quantities they name: facts, arithmetic on facts,
spans, borrowings.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from analysis.data.expressions import facts_in, parse
from analysis.data.facts import Facts, Row
from analysis.data.uncertainty import Distribution, between, constant, from_fact


class Strict(BaseModel):
    """A record of a model file: no key but the declared ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Span(Strict):
    """A range between two expressions of fact ids, where no single fact has it; `why` says whose
    range it is.
    """

    low: str
    high: str
    why: str


class Borrowed(Strict):
    """A fact of another phase in the place of one not disclosed: an assumption, and `why`."""

    take: str
    why: str


FORMS = ("text", "range", "borrowed")  # in which a quantity is written


def _form(value: object) -> str | None:
    """In which form a quantity is written: what is missing in it is said of that form alone."""
    if isinstance(value, str):
        return "text"
    borrowed = isinstance(value, Borrowed) or (isinstance(value, dict) and "take" in value)
    return "borrowed" if borrowed else "range" if isinstance(value, dict | Span) else None


Quantity = Annotated[
    Annotated[str, Tag("text")]
    | Annotated[Span, Tag("range")]
    | Annotated[Borrowed, Tag("borrowed")],
    Discriminator(
        _form,
        custom_error_type="quantity",
        custom_error_message="expected a fact's id, arithmetic on facts, { low, high, why } or "
        "{ take, why }",
    ),
    Field(description="A fact id, an expression, a span of two, or one borrowed."),
]


class StageLayout(Strict):
    """How the steps of a stage are spread over chips, as its maker published it; what is not given
    is one, or the first choice.
    """

    chips: Quantity
    sequences_per_step: Quantity
    sequences_per_micro_batch: Quantity | None = None
    tensor_parallel: Quantity | None = None
    pipeline_parallel: Quantity | None = None
    virtual_stages: Quantity | None = None
    context_parallel: Quantity | None = None
    expert_parallel: Quantity | None = None
    nodes_per_token: Quantity | None = None
    exchange_bytes_per_value: Quantity | None = None
    precision: Literal["bf16", "fp16", "fp8"]
    schedule: Literal["1f1b", "dualpipe"] = "1f1b"
    sharding: Literal["none", "optimizer", "full"] = "optimizer"
    recomputation: Literal["none", "selective", "full"] = "none"
    exchange: Literal["exposed", "overlapped"] = "exposed"


class PretrainingStage(Strict):
    """Tokens once through the model at one sequence length."""

    kind: Literal["pretraining"]
    tokens: Quantity | None = None
    steps: Quantity | None = None
    sequences_per_step: Quantity | None = None
    seq_len_tokens: Quantity
    layout: StageLayout | None = None

    @model_validator(mode="after")
    def _tokens_are_given(self) -> Self:
        if self.tokens is None and (self.steps is None or self.sequences_per_step is None):
            raise ValueError("needs tokens, or steps and sequences_per_step")
        return self


class FineTuningStage(Strict):
    """Samples of a mean length, for some epochs."""

    kind: Literal["fine_tuning"]
    epochs: Quantity
    samples: Quantity
    mean_tokens: Quantity


class GenerationStage(Strict):
    """Samples written by the model; `draws_per_kept_sample` of them for each that was kept."""

    kind: Literal["generation"]
    samples: Quantity
    mean_tokens: Quantity
    draws_per_kept_sample: Quantity | None = None


class LengthLimit(Strict):
    """The largest answer length from a step on."""

    tokens: Quantity
    from_step: str | None = None


class ReinforcementStage(Strict):
    """Steps of reinforcement learning; where `steps` is absent, other developers' runs say how
    many.
    """

    kind: Literal["reinforcement"]
    gpus: Quantity
    prompts_per_step: Quantity
    samples_per_prompt: Quantity
    answers_per_rollout: Quantity
    limits: list[LengthLimit] = Field(min_length=1)
    steps: Quantity | None = None
    mean_answer_tokens: Quantity | None = None
    length_curve: str | None = None

    @model_validator(mode="after")
    def _lengths_are_given(self) -> Self:
        if self.mean_answer_tokens is None and self.length_curve is None:
            raise ValueError("needs mean_answer_tokens, or a length_curve")
        return self


Stage = Annotated[
    PretrainingStage | FineTuningStage | GenerationStage | ReinforcementStage,
    Field(discriminator="kind"),
]


# The unit each field expects of a fact.
LAYOUT_UNITS = {
    "chips": "chips",
    "sequences_per_step": "sequences",
    "sequences_per_micro_batch": "sequences",
    "tensor_parallel": "ways",
    "pipeline_parallel": "ways",
    "virtual_stages": "ways",
    "context_parallel": "ways",
    "expert_parallel": "ways",
    "nodes_per_token": "count",
    "exchange_bytes_per_value": "bytes",
}
UNITS = {
    "tokens": "tokens",
    "steps": "steps",
    "sequences_per_step": "sequences",
    "seq_len_tokens": "tokens",
    "epochs": "epochs",
    "samples": "samples",
    "mean_tokens": "tokens",
    "draws_per_kept_sample": "draws_per_kept_sample",
    "gpus": "chips",
    "prompts_per_step": "prompts_per_step",
    "samples_per_prompt": "samples_per_prompt",
    "answers_per_rollout": "samples_per_rollout",
    "mean_answer_tokens": "tokens",
    "own_tokens_per_s_per_gpu": "tokens_per_s_per_gpu",
    "time_per_output_token_ms": "ms_per_token",
    "answer_length_log_sd": "log_sd",
    "scoring_forward_passes": "count",
    "from_step": "steps",
}


def distribution(quantity: str | Span | Borrowed, unit: str, facts: Facts) -> Distribution:
    """How an input is distributed: by its fact, by arithmetic on facts, or between two of them."""
    if isinstance(quantity, Borrowed):
        found = from_fact(facts.with_unit(quantity.take, unit))
        return replace(found, assumed=True, why=quantity.why)
    if isinstance(quantity, Span):
        low = _end(quantity.low, unit, facts, "low")
        high = _end(quantity.high, unit, facts, "high")
        return replace(between(low, high, *_basis(quantity, assumed=True)), why=quantity.why)
    if parse(quantity).is_name:
        return from_fact(facts.with_unit(quantity, unit))
    return constant(facts.calculate(quantity), *_basis(quantity, assumed=False))


def _basis(quantity: str | Span | Borrowed, assumed: bool) -> tuple[str, bool, tuple[Row, ...]]:
    """What a distribution says of where it comes from: the facts by name, and as rows."""
    named = [name for text in expressions_of(quantity) for name in facts_in(text)]
    names = list(dict.fromkeys(named))
    return ", ".join(names), assumed, tuple(Row("facts", name) for name in names)


def _end(expression: str, unit: str, facts: Facts, end: Literal["low", "high"]) -> float:
    """An end of a span: of a fact with a range its own end, else the value."""
    if not parse(expression).is_name:
        return facts.calculate(expression)
    fact = facts.with_unit(expression, unit)
    return float(getattr(fact, end)) if fact.has_range else fact.value


def stage_quantities(stage: Stage) -> dict[str, str | Span | Borrowed]:
    """The quantities of a stage by field, those of its length limits by position."""
    found: dict[str, str | Span | Borrowed] = {}
    for field in type(stage).model_fields:
        value = getattr(stage, field)
        if field == "limits":
            for position, limit in enumerate(value):
                found[f"limit_{position}_tokens"] = limit.tokens
        elif field in UNITS and value is not None:
            found[field] = value
    return found


def layout_quantities(layout: StageLayout) -> dict[str, str | Span | Borrowed]:
    """The sizes that a layout names, by field."""
    found = {field: getattr(layout, field) for field in LAYOUT_UNITS}
    return {field: quantity for field, quantity in found.items() if quantity is not None}


def expressions_of(quantity: str | Span | Borrowed) -> list[str]:
    """The expressions that a quantity is made of."""
    if isinstance(quantity, Span):
        return [quantity.low, quantity.high]
    return [quantity.take if isinstance(quantity, Borrowed) else quantity]


def unit_of(field: str) -> str:
    """The unit that a stage's field expects."""
    return "tokens" if field.startswith("limit_") else UNITS[field]
