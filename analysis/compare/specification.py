"""What is public of a run that nobody disclosed: the short file that asks for its estimate."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    SkipValidation,
    TypeAdapter,
    ValidationError,
)

from analysis.data.folder import parse_toml, read_text
from analysis.data.mistakes import InputError, UnknownName, did_you_mean, first_mistake
from analysis.data.strictness import Day, Numbers
from analysis.data.tables import Evidence
from analysis.physics.architecture import Configuration
from analysis.physics.parameters import count_parameters
from analysis.physics.step_time.layout import Layout
from analysis.runs.config_files import read_config
from analysis.runs.configurations import configuration_of

# beyond what was seen by this factor, a slip of units is the likelier reason
FAR_BEYOND_SIZES, FAR_BEYOND_RATIOS = 20.0, 5.0
OF_CONFIG = {"head_dim": "head_dim", "vocab": "vocab_size", "tied_embeddings": "tied_embeddings"}
# keys that model files and scenarios have, by what they are called here
CALLED = {"chip": "hardware", "gpus": "chips", "seq_len_tokens": "seq_len", "title": "name"}
UNITS = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}


def in_units(value: Any) -> Any:
    """A number written as in papers, `70B` or `15 T`; anything else as it is."""
    written = value.strip().upper() if isinstance(value, str) else ""
    parts = re.fullmatch(r"((?:[0-9]*\.)?[0-9]+) ?([KMBT])", written)
    return float(parts[1]) * UNITS[parts[2]] if parts else value


Positive = Annotated[float, Field(gt=0, le=1e16)]
Count = Annotated[float, Field(ge=1, le=1e16)]
Amount = Annotated[Count, BeforeValidator(in_units)]


class _Spec(Numbers):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    name: str
    developer: str
    release_date: Day
    params_total: Amount
    params_active: Amount
    hardware: str = ""
    peak_bf16_tflops: Annotated[float, Field(ge=0.1, le=1e15)] | None = None
    chips: Count | None = None
    precision: Literal["bf16", "fp16", "fp8"] | None = None
    layers: Count | None = None
    d_model: Count | None = None
    n_heads: Count | None = None
    price_usd_per_gpu_hour: Positive | None = None

    def model_post_init(self, _: Any) -> None:
        if self.params_active > self.params_total * 1.001:
            raise ValueError("params_active is larger than params_total")
        if not self.hardware and self.peak_bf16_tflops is None:
            raise ValueError(
                'hardware is missing; name a chip of hardware.csv, such as "H100", or give its '
                "peak_bf16_tflops"
            )
        if self.release_date > datetime.date.today():
            raise ValueError(f"release_date {self.release_date} is in the future")


class PretrainingSpec(_Spec):
    """A pre-training run by what is public of it."""

    kind: Literal["pretraining"] = "pretraining"
    tokens: Amount
    seq_len: Count | None = None
    architecture: Literal["dense", "moe"] | None = None
    head_dim: Count | None = None
    vocab: Count | None = None
    tied_embeddings: bool | None = None
    active_counts: Literal["both", "head", "neither"] | None = None  # tables in params_active
    window_tokens: Count | None = None
    global_layers: Annotated[float, Field(ge=0, le=1e4)] | None = None
    config: str = ""  # the path of a config.json, or an id of architectures.csv
    shape: SkipValidation[Configuration | None] = None  # what it says
    layout: Layout | None = None

    def model_post_init(self, context: Any) -> None:
        super().model_post_init(context)
        if self.layout is not None and self.shape is None:
            raise ValueError("layout: needs a config, a config.json or an id of architectures.csv")
        if (self.window_tokens is None) != (self.global_layers is None):
            raise ValueError("window_tokens and global_layers: give both, or neither")
        if (self.global_layers or 0.0) > (self.layers or 1e4):
            raise ValueError(f"global_layers is larger than layers, {self.layers:g}")
        if self._look_up >= self.params_active:
            raise ValueError(
                f"params_active is no larger than vocab times d_model, {self._look_up:g}: "
                "active_counts or tied_embeddings may say which tables it holds"
            )

    @property
    def _look_up(self) -> float:
        """Parameters of the table that is looked up, where `params_active` is taken to hold it."""
        apart = self.tied_embeddings or self.active_counts in ("head", "neither")
        counted = self.shape is None and self.layers and not apart
        return (self.vocab or 0.0) * (self.d_model or 0.0) if counted else 0.0


class ReinforcementSpec(_Spec):
    """A reinforcement run by what is public of it."""

    kind: Literal["reinforcement"]
    chips: Count
    steps: Count
    prompts_per_step: Count
    samples_per_prompt: Count
    mean_len: Count
    max_len: Count
    asynchronous: bool = False

    @property
    def unused(self) -> list[str]:
        """What is given and changes nothing in the time of a step."""
        names = ("precision", "layers", "d_model", "n_heads")
        return [name for name in names if getattr(self, name) is not None]

    def model_post_init(self, context: Any) -> None:
        super().model_post_init(context)
        if self.mean_len > self.max_len:
            raise ValueError("mean_len is larger than max_len")


Spec = PretrainingSpec | ReinforcementSpec


def read_spec(text: str, where: str, evidence: Evidence, beside: Path | None = None) -> Spec:
    """A specification from TOML; an `InputError` names what is wrong in it. The path of its config
    begins in the folder `beside`.
    """
    return check_spec(parse_toml(text, where), where, evidence, beside)


def check_spec(
    content: Mapping[str, Any], where: str, evidence: Evidence, beside: Path | None = None
) -> Spec:
    """A specification from its keys; an `InputError` names what is wrong in it, and `where`, if
    that is said.
    """
    kind: type[Spec] = (
        ReinforcementSpec if str(content.get("kind")) == "reinforcement" else PretrainingSpec
    )
    if "shape" in content:
        raise UnknownName("shape", "known", kind.model_fields, where=where)
    for key, ours in CALLED.items():
        if key in content and ours in kind.model_fields:
            raise InputError(f"{key} is not known; did you mean {ours}?", where)
    try:
        if kind is PretrainingSpec and "config" in content:
            content = _with_shape(content, evidence, beside or Path())
        return TypeAdapter(kind).validate_python(dict(content))
    except ValidationError as error:
        raise first_mistake(error, where, kind.model_fields) from None
    except InputError as error:
        raise error.at(where) from None
    except ValueError as error:
        raise InputError(str(error), where) from None


def _with_shape(content: Mapping[str, Any], evidence: Evidence, beside: Path) -> dict[str, Any]:
    """The keys with what the config says, and its parameters where none are given."""
    name = content["config"]
    if not isinstance(name, str) or not name:
        raise InputError(f"found {name!r}, allowed is a text", "config")
    given = {ours: content[key] for key, ours in OF_CONFIG.items() if key in content}
    shape = (
        read_config(beside / name, evidence, **given)
        if name.endswith(".json")
        else configuration_of(name, evidence)
    )
    counted = count_parameters(shape)
    found = {"params_total": counted.total, "params_active": counted.active_with_embedding}
    return {**found, **content, "shape": shape}


def read_texts(path: Path) -> dict[str, str | InputError]:
    """The text of a file, or of every TOML file of a folder, by name; of one that cannot be read
    its mistake.
    """
    if not path.is_dir():
        return {path.name: read_text(path)}
    found: dict[str, str | InputError] = {}
    for file in sorted(path.glob("*.toml")):
        try:
            found[file.name] = read_text(file)
        except InputError as error:
            found[file.name] = error
    if not found:
        raise InputError(f"{path}: holds no .toml file")
    return found


def find_developer(name: str, evidence: Evidence) -> str:
    """A developer of the tables by that name, however it is spelt in case and blanks.

    Raises
    ------
    InputError
        If no run is of that developer.
    """
    developers = {*evidence["training_runs"].developer, *evidence["rl_runs"].developer}
    by_spelling = {_spelling(developer): developer for developer in sorted(developers)}
    if _spelling(name) not in by_spelling:
        raise InputError(
            f"{name} is no developer of training_runs.csv or rl_runs.csv"
            f"{did_you_mean(name, developers)}"
        )
    return by_spelling[_spelling(name)]


def _spelling(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())


def size_in_name(name: str) -> float | None:
    """Parameters in all, as the name of a model has them; None where it has none.

    >>> size_in_name("Some-70B-Chat"), size_in_name("Other-8x7B")
    (70000000000.0, None)
    """
    size = re.search(r"(?<![\w.])([0-9]+(?:\.[0-9]+)?)([BMbm])(?![a-zA-Z0-9])", name)
    return float(in_units("".join(size.groups()))) if size else None


def plausible_tokens(tokens: float, runs: pd.DataFrame) -> None:
    """Refuse tokens so far outside of all runs that a slip of units is the likelier reason."""
    for slip in _slips("tokens", tokens, runs.tokens, FAR_BEYOND_SIZES):
        raise InputError(f"{slip}; a number may end in B or T")


def unit_slips(spec: Spec, runs: pd.DataFrame) -> list[str]:
    """What lies so far outside of all usable runs that a slip of units is the likelier reason."""
    looked_at = {"params_total": (spec.params_total, runs.params_total, FAR_BEYOND_SIZES)}
    if isinstance(spec, PretrainingSpec):
        ratio, ratios = spec.tokens / spec.params_active, runs.tokens / runs.params_active
        looked_at["tokens"] = (spec.tokens, runs.tokens, FAR_BEYOND_SIZES)
        looked_at["tokens per active parameter"] = (ratio, ratios, FAR_BEYOND_RATIOS)
    return [slip for name, asked in looked_at.items() for slip in _slips(name, *asked)]


def _slips(name: str, value: float, known: pd.Series, factor: float) -> list[str]:
    """A line on a value that is further than a factor beyond what is known."""
    least, most = known.min(), known.max()
    if least / factor <= value <= most * factor:
        return []
    words = "looks like a slip of units: the runs known here have"
    return [f"{name} = {value:.3g} {words} {least:.3g} to {most:.3g}"]
