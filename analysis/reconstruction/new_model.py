"""A model file to begin with, from what is public of a model: every open field explained, and its
facts beside it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.data.cells import plain
from analysis.data.facts import Fact
from analysis.data.folder import FACTS, named_file, read_bytes
from analysis.data.mistakes import InputError
from analysis.data.tables import Evidence
from analysis.physics.architecture import Architecture
from analysis.reconstruction.new_model_text import FILE

COLUMNS = tuple(Fact.__dataclass_fields__)
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,60}")
GENERAL = ("method", "hardware", "company", "other")  # subjects that are of no one model
SOURCE = "own_document"  # in sources.csv: the row of a fact names the document
UNITS = {
    "tokens": "tokens",
    "seq_len": "tokens",
    "gpu_hours": "gpu_hours",
    "price_usd_per_gpu_hour": "usd_per_gpu_hour",
}
WORDS = {
    "tokens": "tokens of pre-training",
    "seq_len": "sequence length of pre-training",
    "gpu_hours": "GPU-hours of pre-training",
    "price_usd_per_gpu_hour": "rent of a GPU-hour",
}


@dataclass(frozen=True)
class Origin:
    """How a figure is known, and its document with the place in it."""

    kind: str
    source_id: str
    locator: str
    note: str = ""


def told_in(where: str) -> Origin:
    """A figure that a document discloses, named with its page or table."""
    return Origin("disclosed", SOURCE, where)


TYPED = Origin(
    "assumption",
    SOURCE,
    "typed by its author",
    "No document is named. Put its row of sources.csv in source_id, the page or table in locator, "
    "and disclosed in kind.",
)
NO_DOCUMENT = "No document was named that says which chip it was."


@dataclass(frozen=True)
class NewModel:
    """What is public of a model: identity, sizes, and what its run took where that is known.

    `read_in` is where its sizes were read, `origins` where single figures were, by their names;
    other figures of its run were typed.
    """

    name: str
    title: str
    developer: str
    release_date: str
    chip: str
    architecture: Architecture
    kind: str
    read_in: Origin
    tokens: float
    seq_len: float
    gpu_hours: float | None = None
    price_usd_per_gpu_hour: float | None = None
    origins: Mapping[str, Origin] = field(default_factory=dict)
    sheet: str = ""  # its disclosure sheet
    chip_source: str = ""  # the document that names the chip
    chip_assumed: str = ""  # why this chip, where no source names it

    @property
    def prefix(self) -> str:
        """What the ids of its facts begin with."""
        return prefix_of(self.name)


def prefix_of(name: str) -> str:
    """The name of a model as the ids of its facts begin.

    >>> prefix_of("llama-3.1-8b")
    'llama_3_1_8b'
    """
    plain = re.sub(r"[^a-z0-9]+", "_", name)
    return plain if plain[0].isalpha() else f"m_{plain}"


def check_name(name: str, evidence: Evidence, force: bool) -> None:
    """Refuse a name that is no file name, or that a model has already."""
    if not NAME.fullmatch(name):
        raise InputError(f"{name} is no name of a model: small letters, digits, '.', '_' and '-'")
    for path in paths_of(name, evidence.directory):
        if path.is_symlink():
            raise InputError(f"{path} is a link, and what it leads to is not written over")
        if path.exists() and not force:
            raise InputError(f"{path} is there already; --force writes over it")


def paths_of(name: str, directory: Path) -> tuple[Path, Path]:
    """Where a model and its facts stand in an evidence folder."""
    models = directory / "models"
    return models / f"{name}.toml", models / f"{name}{FACTS}"


def model_text(model: NewModel) -> str:
    """The file of a model, in TOML."""
    sizes = "\n".join(f'{size} = "{model.prefix}_{size}"' for size in _sizes(model))
    hours = f'disclosed = {{ gpu_hours = "{model.prefix}_gpu_hours" }}'
    why = f'chip_assumed = "{_plain(model.chip_assumed)}"  # without this line it is disclosed'
    named = '# chip_assumed = ".."  # where no source names the chip: why this one'
    named_in = f"; named in {_plain(model.chip_source)}" if model.chip_source else ""
    price = f'price_usd_per_gpu_hour = "{model.prefix}_price_usd_per_gpu_hour"'
    nothing = '# disclosed = { gpu_hours = "FACT", usd = "FACT" }  # either may be missing'
    return FILE.format(
        name=model.name,
        title=_plain(model.title),
        developer=_plain(model.developer),
        release_date=model.release_date,
        kind=model.kind,
        chip=_plain(model.chip),
        named_in=named_in,
        sheet=f'\nsheet = "{model.sheet}"  # in cards' if model.sheet else "",
        assumed=why if model.chip_assumed else named,
        rent='rent = "release"' if model.price_usd_per_gpu_hour is None else price,
        prefix=model.prefix,
        architecture=sizes,
        not_known=", ".join(f'"{sentence}"' for sentence in _left_open(model)),
        disclosed=nothing if model.gpu_hours is None else hours,
    )


def _left_open(model: NewModel) -> list[str]:
    """What is known to be open from the start."""
    hours = ["The hours of the run, and their cost."] if model.gpu_hours is None else []
    return hours + (["The chip that it ran on."] if model.chip_assumed else [])


def facts_text(model: NewModel) -> str:
    """The facts of a model, as a table."""
    rows = [
        _fact(
            model,
            size,
            f"configuration: {size.replace('_', ' ')}",
            value,
            _unit(size),
            model.origins.get(size, model.read_in),
        )
        for size, value in _sizes(model).items()
    ]
    for name, unit in UNITS.items():
        value = getattr(model, name)
        if value is not None:
            origin = model.origins.get(name, TYPED)
            rows.append(_fact(model, name, WORDS[name], value, unit, origin))
    return _table(rows)


def assumptions_in(table: str) -> list[str]:
    """The ids of a table's facts that are assumptions.

    >>> assumptions_in("id,kind\\na,assumption\\nb,disclosed\\n")
    ['a']
    """
    rows = csv.DictReader(io.StringIO(table))
    return [row["id"] for row in rows if row["kind"] == "assumption"]


def copied(name: str, title: str, other: str, evidence: Evidence) -> tuple[str, str]:
    """The file and the facts of a model that begins as another: every fact under a name of its own,
    as an assumption until a source of the model's stands in its row.
    """
    path = named_file(evidence.directory, "models", other)
    text = read_bytes(path).decode("utf-8")
    used = [fact for fact in evidence.facts.values() if _names(text, fact.id)]
    own = [fact for fact in used if fact.subject not in GENERAL]
    prefix = prefix_of(name)
    for fact in sorted(own, key=lambda fact: -len(fact.id)):
        text = re.sub(rf"\b{re.escape(fact.id)}(?=\b|__)", f"{prefix}_{fact.id}", text)
    text = re.sub(r"(?m)^title = .*$", f'title = "{_plain(title)}"', text, count=1)
    text = re.sub(r"(?m)^chip_assumed = .*\n", "", text)
    text = re.sub(r"(?m)^chip = .*$", rf'\g<0>\nchip_assumed = "As of {other}."', text, count=1)
    note = f"As of {other}; put the model's own figure and source in this row."
    rows = [
        {column: getattr(fact, column) for column in COLUMNS}
        | {"id": f"{prefix}_{fact.id}", "subject": name, "kind": "assumption", "note": note}
        for fact in own
    ]
    return text, _table(rows)


def _names(text: str, fact_id: str) -> bool:
    return re.search(rf"\b{re.escape(fact_id)}(?=\b|__)", text) is not None


def _sizes(model: NewModel) -> dict[str, int]:
    """The sizes that are not as nothing said."""
    defaults = {key: info.default for key, info in type(model.architecture).model_fields.items()}
    given = model.architecture.model_dump()
    return {key: int(size) for key, size in given.items() if size and size != defaults[key]}


def _unit(size: str) -> str:
    return "params" if size.startswith("params_") else "count"


def _fact(
    model: NewModel, name: str, quantity: str, value: float, unit: str, origin: Origin
) -> dict[str, Any]:
    return {
        "id": f"{model.prefix}_{name}",
        "subject": model.name,
        "quantity": quantity,
        "value": f"{value:.15g}",
        "unit": unit,
        "confidence": "read",
        **asdict(origin),
    }


def _table(rows: list[dict[str, Any]]) -> str:
    """Rows of facts as CSV."""
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n", restval="")
    table.writeheader()
    table.writerows(
        {
            key: "" if isinstance(cell, float) and pd.isna(cell) else plain(cell)
            for key, cell in row.items()
        }
        for row in rows
    )
    return text.getvalue()


def _plain(text: str) -> str:
    """A text that can stand in quotation marks of TOML."""
    return "".join(char for char in text if char.isprintable() and char not in '"\\')
